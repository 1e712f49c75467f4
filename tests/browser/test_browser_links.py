"""Links: what is set is in the address, and the address gives the picture back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import NewContext, Server
from explore_page import ExplorePage

from dashboard.screens.explore.settings import SETTINGS, View

pytestmark = pytest.mark.browser

AT_REST = """
() => document.querySelector('.hg-chart[data-ready="true"]')
    && document.querySelector('[data-testid="stApp"]').dataset.testScriptState === "notRunning"
"""


def same_link(first: str, second: str) -> bool:
    """Tell whether two links lead to the same: a slash before the question mark is optional."""
    return first.strip().replace("/?", "?") == second.strip().replace("/?", "?")


def picture(explore: ExplorePage) -> tuple[object, ...]:
    """All that is on the screen."""
    return (
        explore.drawn_link,
        explore.message,
        explore.table,
        explore.readout,
        explore.labels,
        explore.paths,
    )


def test_a_link_gives_the_same_picture(
    explore: ExplorePage, new_context: NewContext, server: Server
) -> None:
    explore.open()
    with explore.redrawn():
        explore.choose("family", "Logistic regression")
    with explore.redrawn():
        explore.choose("data", "Breast cancer (569 × 30)")
    with explore.redrawn():
        explore.press("contraction", "ArrowLeft", times=2)
    with explore.redrawn():
        explore.switch("methods", "Truncated ITD")
    with explore.redrawn():
        explore.switch("methods", "One-step")
    with explore.redrawn():
        explore.press("adjoint_steps", "ArrowRight")
    with explore.redrawn():
        explore.press("horizon", "ArrowLeft", times=4)
    with explore.redrawn():
        explore.switch("bound", "Sharp")
    with explore.redrawn():
        explore.switch("x_axis", "Products")
    with explore.redrawn():
        explore.switch("error", "Absolute")
    with explore.redrawn():
        explore.press("target", "ArrowRight")
    with explore.redrawn():
        seed = explore.page.locator(".st-key-seed input")
        seed.fill("7")
        seed.press("Enter")
    assert explore.address == {
        "problem": "logistic",
        "data": "breast_cancer",
        "q": "0.88",
        "methods": "itd.itd-truncated.one-step.aid-fp.aid-cg",
        "k": "12",
        "T": "80",
        "seed": "7",
        "x": "products",
        "error": "absolute",
        "bound": "sharp",
        "eps": "3e-05",
    }
    shown = picture(explore)
    assert len(explore.table) == 5

    fresh = ExplorePage(new_context().new_page(), server.base)
    fresh.open(explore.page.url.partition("?")[2])
    assert picture(fresh) == shown


def test_slices_and_hidden_settings_are_in_the_link(
    explore: ExplorePage, new_context: NewContext, server: Server
) -> None:
    explore.open("problem=quadratic&m=10")
    with explore.redrawn():
        explore.choose("vary", "k, with t fixed")
    with explore.redrawn():
        explore.press("inner_steps", "ArrowLeft")
    with explore.redrawn():
        explore.choose("spectrum", "Two clusters")
    with explore.redrawn():
        explore.press("hyper_size", "ArrowRight")
    changed = {"vary": "adjoint", "t": "45", "spectrum": "clusters", "m": "20"}
    assert explore.address == {"problem": "quadratic", **changed}
    shown = picture(explore)
    fresh = ExplorePage(new_context().new_page(), server.base)
    fresh.open(explore.page.url.partition("?")[2])
    assert picture(fresh) == shown
    # A setting whose widget is hidden meanwhile is not lost.
    with fresh.redrawn():
        fresh.choose("vary", "t = k together")
    with fresh.redrawn():
        fresh.choose("vary", "k, with t fixed")
    assert picture(fresh) == shown


def test_the_link_to_copy_is_the_address(explore: ExplorePage) -> None:
    explore.open("q=0.95&eps=1e-06")
    explore.page.get_by_text("A link to this picture").click()
    shown = explore.page.get_by_text("q=0.95&eps=1e-06")
    shown.wait_for()
    assert same_link(shown.inner_text(), explore.page.url)


def test_a_value_between_two_stops_is_kept(explore: ExplorePage) -> None:
    explore.open("q=0.9876&d=37&T=33&eps=2e-05")
    assert explore.drawn == {"q": "0.9876", "d": "37", "T": "33", "eps": "2e-05", "theme": "light"}
    assert explore.address == {"q": "0.9876", "d": "37", "T": "33", "eps": "2e-05"}


def test_a_bad_link_says_what_was_replaced(explore: ExplorePage) -> None:
    explore.open("q=2&problem=foo&T=abc&eps=nan&methods=itd.zzz&d=7")
    note = explore.page.locator('[data-testid="stAlert"]')
    assert note.count() == 1
    said = note.inner_text()
    for name, value, taken in (
        ("q", "2", "0.9"),
        ("problem", "“foo”", "Kernel ridge regression"),
        ("T", "“abc”", "120"),
        ("eps", "nan", "0.0001"),
        ("methods", "“zzz”", "ITD, AID-FP, AID-CG"),
    ):
        assert f"{name} = {value} is not allowed" in said
        assert f"Used instead: {taken}." in said
    assert explore.scenario == replace(SETTINGS.scenario, size=7)
    assert explore.view == View()
    assert explore.address == {"d": "7"}
    assert len(explore.paths) > 3
    assert len(explore.table) == 3

    explore.page.locator(".st-key-dismiss button").click()
    note.wait_for(state="detached")
    explore.settle()
    assert explore.scenario == replace(SETTINGS.scenario, size=7)


def test_parameters_of_others_are_kept(explore: ExplorePage) -> None:
    explore.open("utm=1&q=0.8", committed=False)
    explore.rest()
    before = explore.drawn_link
    explore.press("contraction", "ArrowLeft")
    explore.wait_for_other_link(before)
    explore.wait_for_address("q", "0.79")
    assert explore.address == {"utm": "1", "q": "0.79"}


@pytest.mark.parametrize("href", ["why?d=6&T=9&show=plane", "./?problem=biased&T=9", "?T=9"])
def test_a_link_in_a_text_is_followed_in_the_same_window(explore: ExplorePage, href: str) -> None:
    """The session goes on: a visitor's other pages stay as they were left."""
    explore.open()
    page, start = explore.page, explore.page.url
    page.evaluate(
        """href => {
            window.before = true;
            const text = document.querySelector(".stMain .stMarkdown li");
            text.insertAdjacentHTML("beforeend", `<a href="${href}" target="_blank">There</a>`);
        }""",
        href,
    )
    page.get_by_role("link", name="There").press("Enter")
    page.wait_for_url(f"**/{href.removeprefix('./')}")
    page.wait_for_function(AT_REST)
    assert page.evaluate("window.before")
    assert page.evaluate("document.activeElement.classList.contains('stMain')")
    assert len(page.context.pages) == 1
    page.go_back()
    page.wait_for_url(start)
    explore.settle()

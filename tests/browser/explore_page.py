"""The Explore page as a person handles it: open, press, drag, read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Locator, Page

from dashboard.kit.links import links_of
from dashboard.screens.explore.settings import SETTINGS, View
from hypergrad_core import Experiment, Scenario

TIMEOUT = 20_000
"""Milliseconds; far above what anything takes, for machines that are busy."""

STILL = 250
"""Milliseconds without a change in the chart after which it is taken to be at rest."""

# Streamlit's script and the chart have both come to an end, and the address tells the picture.
_COMMITTED = """
() => {
    const chart = document.querySelector('.hg-chart[data-ready="true"]');
    const app = document.querySelector('[data-testid="stApp"]');
    if (!chart || app.dataset.testScriptState !== "notRunning") return false;
    const drawn = new URLSearchParams(chart.dataset.drawnLink);
    drawn.delete("theme");
    const address = new URLSearchParams(location.search);
    drawn.sort();
    address.sort();
    return drawn.toString() === address.toString();
}
"""

_SHOWS = """
wanted => {
    const drawn = new URLSearchParams(document.querySelector(".hg-chart").dataset.drawnLink);
    return Object.entries(wanted).every(([name, value]) => drawn.get(name) === value);
}
"""

_STILL = """
([quiet, limit]) => new Promise((resolve, reject) => {
    const root = document.querySelector(".hg-chart");
    let timer;
    const finish = () => { observer.disconnect(); clearTimeout(late); resolve(); };
    const restart = () => { clearTimeout(timer); timer = setTimeout(finish, quiet); };
    const observer = new MutationObserver(restart);
    const all = { subtree: true, childList: true, attributes: true, characterData: true };
    observer.observe(root, all);
    const late = setTimeout(() => {
        observer.disconnect();
        clearTimeout(timer);
        reject(new Error("the chart does not come to rest"));
    }, limit);
    restart();
})
"""

TWO_FRAMES = """
() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
"""

_READOUT = """
cards => cards.map(card => ({
    name: card.querySelector(".hg-name").textContent.trim(),
    rows: [...card.querySelectorAll(".hg-row")].map(row =>
        [".hg-label", ".hg-value", ".hg-ratio"].map(part => row.querySelector(part).textContent)),
}))
"""


@dataclass(frozen=True)
class Card:
    """What the readout says of one method: texts of the error, the bounds and their ratios."""

    name: str
    error: str
    bounds: dict[str, tuple[str, str]]


class ExplorePage:
    """Handles and readings of one page.

    Attributes:
        page: Playwright's page.
        base: address of the server, with a slash at its end.
    """

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        page.set_default_timeout(TIMEOUT)

    # Opening and waiting

    def open(self, query: str = "", *, committed: bool = True) -> None:
        """Go to a link and wait for its picture."""
        self.page.goto(f"{self.base}?{query}" if query else self.base)
        self.page.locator('.hg-chart[data-ready="true"]').wait_for()
        if committed:
            self.settle()

    def settle(self) -> None:
        """Wait until the address, Streamlit and the chart agree."""
        self.page.wait_for_function(_COMMITTED)

    def rest(self) -> None:
        """Wait until nothing changes in the chart any more."""
        self.page.evaluate(_STILL, [STILL, TIMEOUT])

    @contextmanager
    def redrawn(self, **wanted: str) -> Iterator[None]:
        """Wait, after the block, for another picture, and until it is committed.

        Args:
            wanted: parameters that it shows: where a gesture commits more than once on its way,
                they tell the last picture from those before it.
        """
        before = self.drawn_link
        yield
        self.wait_for_other_link(before)
        self.page.wait_for_function(_SHOWS, arg=wanted)
        self.settle()

    def wait_for_other_link(self, before: str) -> str:
        """Wait for a picture of other settings than ``before``; return its link."""
        self.page.wait_for_function(
            "before => document.querySelector('.hg-chart').dataset.drawnLink !== before", arg=before
        )
        return self.drawn_link

    # Readings

    @property
    def drawn_link(self) -> str:
        """The query string of the settings on the screen."""
        found: str = self.page.evaluate(
            "() => document.querySelector('.hg-chart').dataset.drawnLink"
        )
        return found

    @property
    def drawn(self) -> dict[str, str]:
        """The parameters on the screen."""
        return dict(parse_qsl(self.drawn_link))

    @property
    def address(self) -> dict[str, str]:
        """The parameters in the address bar."""
        return dict(parse_qsl(urlsplit(self.page.url).query))

    @property
    def scenario(self) -> Scenario:
        """The scenario on the screen."""
        scenario, _, bad = SETTINGS.of_link(self.drawn)
        assert not bad
        return scenario

    @property
    def view(self) -> View:
        """The view on the screen."""
        view, bad = links_of(View).from_link(self.drawn)
        assert not bad
        return view

    @property
    def paths(self) -> list[str]:
        """The geometry of all lines of the plot, once it is at rest."""
        self.rest()
        found: list[str] = self.page.locator(".hg-plot path.js-line").evaluate_all(
            "paths => paths.map(path => path.getAttribute('d'))"
        )
        return found

    @property
    def labels(self) -> list[str]:
        """The texts inside the plot, once it is at rest."""
        self.rest()
        # Names that are not needed now are kept, hidden.
        texts = self.page.locator(".hg-plot .textpoint:visible").all_text_contents()
        return [text.strip() for text in texts]

    @property
    def table(self) -> list[list[str]]:
        """The cells of the table's body."""
        found: list[list[str]] = self.page.locator(".hg-table tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent.trim()))"
        )
        return found

    @property
    def message(self) -> str:
        """The sentence above the plot."""
        return self.page.locator(".hg-message").inner_text()

    @property
    def cursor(self) -> int:
        """The step that the cursor reads."""
        return int(self.page.locator(".hg-chart").get_attribute("data-cursor") or -1)

    @property
    def readout(self) -> list[Card]:
        """The cards below the plot."""
        cards = self.page.locator(".hg-readout .hg-card").evaluate_all(_READOUT)
        return [
            Card(
                name=card["name"],
                error=card["rows"][0][1],
                bounds={label: (value, ratio) for label, value, ratio in card["rows"][1:]},
            )
            for card in cards
        ]

    # Handles

    def thumb(self, key: str) -> Locator:
        """The range input of a slider."""
        return self.page.locator(f".st-key-{key} input[type=range]")

    def press(self, key: str, name: str, times: int = 1) -> None:
        """Press a key on a slider, each time waiting until the thumb has moved."""
        thumb = self.thumb(key)
        for _ in range(times):
            before = thumb.get_attribute("aria-valuetext")
            thumb.press(name)
            self.page.wait_for_function(
                "([key, before]) => document.querySelector(`.st-key-${key} input[type=range]`)"
                ".getAttribute('aria-valuetext') !== before",
                arg=[key, before],
            )

    @contextmanager
    def grabbed(self, key: str) -> Iterator[tuple[float, float]]:
        """Hold a slider's thumb with the mouse; yields where. Let go after the block."""
        self.thumb(key).scroll_into_view_if_needed()
        box = self.thumb(key).locator("xpath=../..").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        try:
            yield x, y
        finally:
            self.page.mouse.up()

    def choose(self, key: str, label: str) -> None:
        """Choose from a select box."""
        box = self.page.locator(f".st-key-{key} input[role=combobox]")
        box.scroll_into_view_if_needed()
        # The list closes when the page scrolls: let that be over.
        box.evaluate(TWO_FRAMES)
        box.click()
        self.page.get_by_role("option", name=label, exact=True).click()

    def switch(self, key: str, label: str) -> None:
        """Press one button of a group."""
        self.page.locator(f".st-key-{key}").get_by_role("button", name=label, exact=True).or_(
            self.page.locator(f".st-key-{key}").get_by_role("radio", name=label, exact=True)
        ).click()

    def button(self, label: str) -> Locator:
        """A button of the chart by its label."""
        return self.page.locator(".hg-chart").get_by_role("button", name=label, exact=True)

    def wait_for_cursor(self, condition: str) -> int:
        """Wait until ``condition``, JavaScript over the cursor's step ``i``, holds."""
        self.page.wait_for_function(
            f"() => {{ const i = Number(document.querySelector('.hg-chart').dataset.cursor);"
            f" return {condition}; }}"
        )
        return self.cursor

    def wait_for_address(self, name: str, value: str | None) -> None:
        """Wait until a parameter of the address has a value; None: until it is gone."""
        self.page.wait_for_function(
            "([name, value]) => new URLSearchParams(location.search).get(name) === value",
            arg=[name, value],
        )


_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def number(text: str) -> float:
    """Read a number as the page writes it: 0.0671, 1.73·10⁻⁴, 10⁻⁴, 8 310, 31×, 2·10⁵×."""
    text = re.sub(r"[\s×≤]", "", text)
    mantissa, power, exponent = re.fullmatch(
        r"(-?[\d.]+(?![⁻⁰¹²³⁴⁵⁶⁷⁸⁹\d.]))?(·?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text
    ).groups()  # type: ignore[union-attr]
    value = float(mantissa) if mantissa else 1.0
    return value * 10.0 ** int(exponent.translate(_SUPERSCRIPTS)) if power else value


def scale_of(experiment: Experiment, view: View) -> float:
    """What the page divides errors by."""
    return experiment.constants.hypergradient_norm if view.error == "relative" else 1.0

"""The picture as a file of its own: works offline, sends nothing, says what the page says."""

from __future__ import annotations

import html.parser
import json
import re
from typing import Any

import numpy as np
import pytest
from budget_cases import budget_picture
from frames import ALL, experiment_of, explore_picture, traces, unpacked
from why_cases import why_picture

from dashboard.chart import PLOTLY_FILE, Frame
from dashboard.kit.export import settings_of
from dashboard.kit.export_page import PAIR, to_html
from dashboard.kit.theme import Mode
from dashboard.screens.budget.maps import Maps
from dashboard.screens.budget.settings import SETTINGS as BUDGET
from dashboard.screens.explore.settings import View
from dashboard.screens.why.frame import dissect
from dashboard.screens.why.settings import PARTS, WhyView
from hypergrad_core import Scenario

ADDRESS = "http://localhost:8501/?q=0.9&methods=itd"
SCENARIOS = [
    Scenario(),
    Scenario(methods=ALL, size=12, horizon=20),
    Scenario(family="logistic", data="breast_cancer", horizon=15, methods=("aid-fp", "itd")),
    # No method applies.
    Scenario(methods=("itd",), vary="adjoint", size=12, horizon=5),
]
every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
VOID = {"meta"}


def pair_of(scenario: Scenario, view: View) -> PAIR:
    experiment = experiment_of(scenario)
    return explore_picture(experiment, view, "light"), explore_picture(experiment, view, "dark")


def page_of(scenario: Scenario, view: View | None = None, address: str = ADDRESS) -> str:
    experiment = experiment_of(scenario)
    settings = settings_of(scenario, experiment.state_size, experiment.hyper_size)
    return to_html("Explore", {"": pair_of(scenario, view or View())}, settings, address)


class Page(html.parser.HTMLParser):
    """The tags of a page, its scripts, and its text outside scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.stack: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the tag."""
        self.tags.append((tag, dict(attrs)))
        if tag in VOID:
            return
        self.stack.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        """Tags are closed in their order."""
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        """Remember text and scripts apart."""
        if "script" in self.stack:
            self.scripts[-1] += data
        elif "style" not in self.stack:
            self.text += data

    def all_of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each tag of that name."""
        return [attributes for name, attributes in self.tags if name == tag]


def constant_of(page: Page, name: str) -> Any:
    """A constant of the page's own script."""
    found = re.search(rf"^const {name} = (.*);$", page.scripts[-1], re.MULTILINE)
    assert found
    return json.loads(found[1])


@every_scenario
def test_the_page_works_without_a_network(scenario: Scenario) -> None:
    page = Page(page_of(scenario))
    assert page.stack == []
    plotly, drawing = page.scripts
    assert plotly == PLOTLY_FILE.read_text(encoding="utf-8")
    for tag, attributes in page.tags:
        assert tag not in {"link", "img", "iframe", "object", "base", "form"}
        assert not {"src", "data", "action", "srcset"} & attributes.keys()
        # The only address is the way back.
        assert ("href" in attributes) == (tag == "a")
    own = drawing.replace("http://www.w3.org/", "")  # a namespace, not a place
    assert not re.search(r"\w+://|@import|url\(|fetch\(|XMLHttp", own)


def test_nothing_is_sent_to_anybody() -> None:
    config = constant_of(Page(page_of(SCENARIOS[0])), "CONFIG")
    assert config["plotlyServerURL"] == ""
    assert config["showSendToCloud"] is False
    assert "sendChartToCloud" in config["modeBarButtonsToRemove"]


@every_scenario
def test_the_page_says_what_the_dashboard_says(scenario: Scenario) -> None:
    page = Page(page_of(scenario))
    frame, _ = pair_of(scenario, View())
    assert frame["message"] in page.text
    for row in frame["table"]["rows"]:
        for cell in row["cells"]:
            assert cell in page.text
    (link,) = page.all_of("a")
    assert link["href"] == ADDRESS
    assert str(scenario.contraction) in page.text
    for one in frame.get("absent", []):
        assert f"{one['name']} does not apply here: {one['reason']}" in page.text
    for entry in frame.get("key", []):
        assert entry["text"] in page.text


def test_the_page_has_a_language_a_main_part_and_one_heading() -> None:
    page = Page(page_of(SCENARIOS[0]))
    assert page.all_of("html") == [{"lang": "en"}]
    for tag in ("main", "h1", "title", "figure", "table"):
        assert len(page.all_of(tag)) == 1
    (figure,) = page.all_of("figure")
    assert figure["aria-label"] == pair_of(SCENARIOS[0], View())[0]["alt"]
    # The title of the run is text; the figure has none, so that it does not stand there twice.
    for picture in constant_of(page, "PICTURES"):
        assert "title" not in picture["light"]["layout"]
        assert picture["light"]["layout"]["hovermode"] == "closest"
    assert page.text.count("seed 0") == 1


@every_scenario
def test_the_figures_are_those_of_the_dashboard_in_both_themes(scenario: Scenario) -> None:
    view = View(error="absolute", bound="paper", x_axis="products")
    (picture,) = constant_of(Page(page_of(scenario, view)), "PICTURES")
    for mode, frame in zip(("light", "dark"), pair_of(scenario, view), strict=True):
        drawn = picture[mode]["data"]
        assert len(drawn) == len(traces(dict(frame)))
        for ours, theirs in zip(drawn, traces(dict(frame)), strict=True):
            np.testing.assert_array_equal(unpacked(ours["y"]), unpacked(theirs["y"]))
            assert ours.get("line") == theirs.get("line")


def test_what_moves_with_the_cursor_stands_where_it_does() -> None:
    scenario, view = BUDGET.scenario, BUDGET.view
    small = Scenario(family="logistic", size=4, samples=6, horizon=8)
    found = Maps.of(small, view).run()

    def of(mode: Mode) -> Frame:
        return budget_picture(found, small, view, mode)

    page = Page(to_html("Budget", {"": (of("light"), of("dark"))}, {}, ADDRESS, (3, 5)))
    (picture,) = constant_of(page, "PICTURES")
    assert scenario.horizon > 5
    checked = 0
    moving = of("light").get("moving", [])
    for move in moving:
        if "y" in move:
            if "across" in move["y"]:
                row = unpacked(moving[move["y"]["across"]]["y"]).reshape(9, 9)[:, 5]
            else:
                row = unpacked(move["y"]).reshape(9, 9)[(3, 5)[move["by"]]]
            here = picture["light"]["data"][move["trace"]]["y"]
            np.testing.assert_array_equal(unpacked(here).astype(np.float32), row)
            checked += 1
    assert checked


def test_every_view_of_a_page_has_its_heading() -> None:
    found = dissect(Scenario(size=4, hyper_size=2, horizon=8))
    view = WhyView()

    def of(part: str, mode: Mode) -> Frame:
        return why_picture(part, found, view, mode)

    pictures = {PARTS[part]: (of(part, "light"), of(part, "dark")) for part in PARTS}
    page = Page(to_html("Why", pictures, {}, ADDRESS, (3, 0)))
    assert len(page.all_of("figure")) == len(PARTS)
    for heading in PARTS.values():
        assert heading in page.text


def test_a_link_stays_text() -> None:
    wicked = "http://localhost/?problem=</script><script>alert(1)</script>&x=\"'><img src=x>"
    page = Page(page_of(SCENARIOS[0], address=wicked))
    assert len(page.scripts) == 2
    assert page.all_of("img") == []
    assert page.all_of("a")[0]["href"] == wicked


def test_nothing_in_a_figure_can_end_its_script() -> None:
    light, dark = pair_of(SCENARIOS[0], View())
    light["figure"]["layout"]["meta"] = "</script><!--<script>"
    light["message"] = "</p><script>alert(1)</script>"
    page = Page(to_html("<b>", {"<i>": (light, dark)}, {"<u>": "</dl><script>"}, ADDRESS))
    assert len(page.scripts) == 2
    assert constant_of(page, "PICTURES")[0]["light"]["layout"]["meta"] == "</script><!--<script>"
    assert "</p><script>alert(1)</script>" in page.text


def test_a_key_on_a_patch_is_so_in_the_file() -> None:
    scenario, view, _ = BUDGET.of_link({"d": "8", "n": "12", "T": "8"})
    found = Maps.of(scenario, view).run()
    light = budget_picture(found, scenario, view, "light")
    dark = budget_picture(found, scenario, view, "dark")
    page = Page(to_html("Budget", {"": (light, dark)}, {}, ADDRESS))
    patches = [attrs.get("data-background") for _, attrs in page.tags if "data-mark" in attrs]
    wanted = [entry.get("background") for entry in light["key"]]
    assert any(wanted)
    assert patches[: len(wanted)] == wanted

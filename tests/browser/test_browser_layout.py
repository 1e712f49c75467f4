"""Everything can be read: at each size of screen and in both themes nothing is cut or covered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT
from playwright.sync_api import CDPSession, Page

from dashboard.kit.theme import Mode
from dashboard.screens.why.settings import WHAT_IF
from hypergrad_core import METHODS

pytestmark = pytest.mark.browser

# Width, height, pixels of the device in one of the page; the last is 1440x900 at a zoom of 200 %.
SIZES = {
    "1920x1080": (1920, 1080, 1),
    "1440x900": (1440, 900, 1),
    "1280x720": (1280, 720, 1),
    "1024x768": (1024, 768, 1),
    "1080x1920": (1080, 1920, 1),
    "720x450 (zoom)": (720, 450, 2),
    "390x844": (390, 844, 3),
    "320x640": (320, 640, 2),
}
SIZES_IN_DARK = ("1440x900", "390x844")
MODES: tuple[Mode, ...] = ("light", "dark")

ALL = ".".join(METHODS)
# Short runs of the long pages: what is shown differs in nothing else.
SWEEP = "complexity?d=16&m=2&points=4&qmax=0.95&seeds=1"
DESCENT = "descent?data=synthetic&d=6&n=9&outer=5"
REPLICATION = "paper?kind=networks&T=50&values=3"
LINKS = {
    "explore": "",
    "explore, every method": f"?methods={ALL}&bound=none",
    "explore, every method and bounds": f"?methods={ALL}",
    "explore, a real problem by products": "?problem=hyper-representation&x=products",
    "explore, a network beyond q = 1": "?problem=graph-network&q=1.3",
    "explore, a method refused": "?problem=nonsymmetric",
    "explore, k held": "?problem=logistic&vary=inner&k=20&eps=1e-2",
    "complexity": SWEEP,
    "complexity, every method": f"{SWEEP}&methods={ALL}&axis=products",
    "budget": "budget",
    "budget, one method": "budget?right=none&problem=logistic&d=20&n=40&layer=sharp",
    "why": "why",
    "why, every what-if": f"why?if={'.'.join(WHAT_IF)}&show=bound",
    "why, a method refused": "why?problem=nonsymmetric",
    "descent": DESCENT,
    "descent, every method": f"{DESCENT}&methods={ALL}&height=error&against=steps",
    "descent, over f": "descent?problem=kernel-ridge&data=synthetic&d=9&m=2&outer=5&rule=fixed",
    "paper": REPLICATION,
    "lecture": "lecture?lesson=implicit&stage=told&guess=0.1",
    "lecture, asked": "lecture",
    "lecture, asked for a curve": "lecture?lesson=burn-in",
    "lecture, asked for an order": "lecture?lesson=memory",
    "lecture, a number": "lecture?stage=told&guess=1",
    "lecture, a step": "lecture?lesson=fixed-point&stage=told&guess=5",
    "lecture, a place on a map": "lecture?lesson=budget&stage=told&guess=30",
    "lecture, a curve": f"lecture?lesson=burn-in&stage=told&guess={'_'.join(['1'] * 21)}",
    "lecture, a choice": "lecture?lesson=failures&stage=told&guess=falls",
    "lecture, an order": "lecture?lesson=wild&stage=told&guess=itd_aid-fp_aid-cg",
    "lecture, bounds": "lecture?lesson=bounds&stage=skipped",
    "lecture, polynomials": "lecture?lesson=polynomials&stage=skipped",
    "theory": "theory?section=R13",
    "theory, a chapter": "theory?section=bounds-of-the-methods",
}
# Still at work while it is looked at.
UNFINISHED = {"complexity, filling": "complexity?d=500&points=24&seeds=10&seed=41"}
UNFINISHED_SIZES = ("1920x1080", "1024x768", "1080x1920", "390x844")

# Milliseconds in which nothing changes at rest, and between two pictures of what is computed.
QUIET, QUIET_BETWEEN_PICTURES = 250, 60
# Milliseconds after which the rest of the page has followed a new size, too.
SETTLING = 1000

DRAWN = """
() => {
    const charts = [...document.querySelectorAll(".hg-chart")];
    const app = document.querySelector('[data-testid="stApp"]');
    return app.dataset.testScriptState === "notRunning"
        && (charts.length > 0 || document.querySelector(".st-key-theory"))
        && charts.every(chart => chart.dataset.ready === "true")
        && document.querySelector('[data-testid="stProgress"]') === null;
}
"""
BEGUN = """
() => document.querySelector('.hg-chart[data-ready="true"]') !== null
    && document.querySelector('[data-testid="stProgress"]') !== null
"""
# Nothing in the charts has changed for a while, and each has the size of its frame.
AT_REST = """
quiet => new Promise(resolve => {
    const plots = [...document.querySelectorAll(".hg-plot")];
    let timer;
    const look = () => {
        // Those that are there now: one may have been taken away meanwhile.
        const fits = [...document.querySelectorAll(".hg-plot")].every(plot => {
            const { width, height } = plot.querySelector(".hg-plotly")._fullLayout ?? {};
            return width === plot.clientWidth && height === plot.clientHeight;
        });
        if (fits) { observer.disconnect(); resolve(); } else wait();
    };
    const wait = () => { clearTimeout(timer); timer = setTimeout(look, quiet); };
    const observer = new MutationObserver(wait);
    const all = { subtree: true, childList: true, attributes: true, characterData: true };
    plots.forEach(plot => observer.observe(plot, all));
    wait();
})
"""

# What is wrong with the page as it stands, in words.
FAULTS = """
() => {
    const SLACK = 2; // pixels
    const EMPTY = 0.2; // of the font size: what a line of text leaves free above and below
    const found = [];
    // What is in an SVG group that is not displayed has no box, and yet claims to be visible.
    const visible = node => node.getClientRects().length > 0 && node.checkVisibility({
        checkOpacity: true, checkVisibilityCSS: true, contentVisibilityAuto: true
    });
    const say = text => `“${text.trim().replace(/\\s+/g, " ").slice(0, 60)}”`;
    const round = ({ left, top, right, bottom }) =>
        [left, top, right, bottom].map(Math.round).join(" ");

    // The four corners of a node's box on the screen, turned as the node is.
    const cornersOf = node => {
        if (!(node instanceof SVGElement)) {
            const range = document.createRange();
            range.selectNodeContents(node);
            const { left, top, right, bottom } = range.getBoundingClientRect();
            return [[left, top], [right, top], [right, bottom], [left, bottom]];
        }
        const { x, y, width, height } = node.getBBox();
        const matrix = node.getScreenCTM();
        const corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
        return corners.map(([a, b]) => {
            const point = new DOMPoint(a, b).matrixTransform(matrix);
            return [point.x, point.y];
        });
    };
    // How far two turned boxes reach into each other: the least over the directions of their sides.
    const depth = (one, other) => {
        let least = Infinity;
        for (const box of [one, other]) for (const side of [0, 1]) {
            const [a, b] = [box[side], box[side + 1]];
            const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
            if (!length) return 0;
            const along = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
            const shadow = corners => corners.map(p => p[0] * along[0] + p[1] * along[1]);
            const [p, q] = [shadow(one), shadow(other)];
            const ends = [Math.max(...p) - Math.min(...q), Math.max(...q) - Math.min(...p)];
            least = Math.min(least, ...ends);
        }
        return least;
    };
    const around = corners => ({
        left: Math.min(...corners.map(p => p[0])), right: Math.max(...corners.map(p => p[0])),
        top: Math.min(...corners.map(p => p[1])), bottom: Math.max(...corners.map(p => p[1])),
    });
    const leaves = (box, frame) => box.left < frame.left - SLACK || box.right > frame.right + SLACK
        || box.top < frame.top - SLACK || box.bottom > frame.bottom + SLACK;
    const misses = (box, frame) => box.right < frame.left || box.left > frame.right
        || box.bottom < frame.top || box.top > frame.bottom;
    const clipOf = node => {
        const clipped = node.closest("[clip-path]");
        const id = clipped?.getAttribute("clip-path").match(/#([^'")]+)/)?.[1];
        const shape = id && document.getElementById(id)?.querySelector("rect");
        if (!shape) return null;
        const { x, y, width, height } = shape.getBBox();
        const matrix = clipped.getScreenCTM();
        const ends = [[x, y], [x + width, y + height]].map(([a, b]) => {
            const point = new DOMPoint(a, b).matrixTransform(matrix);
            return [point.x, point.y];
        });
        return around(ends);
    };
    const hasText = node => [...node.childNodes].some(
        child => child.nodeType === Node.TEXT_NODE && child.data.trim());

    // In the pictures: texts that lie on each other, or are not whole.
    document.querySelectorAll(".hg-plot").forEach(plot => {
        const frame = plot.getBoundingClientRect();
        const inSvg = [...plot.querySelectorAll("text")].filter(node => node.textContent.trim());
        const inHtml = [...plot.querySelectorAll("*")].filter(
            node => node instanceof HTMLElement && hasText(node));
        const texts = [...inSvg, ...inHtml].filter(visible).map(node => {
            const corners = cornersOf(node);
            const empty = EMPTY * parseFloat(getComputedStyle(node).fontSize);
            return { node, text: say(node.textContent), corners, box: around(corners), empty };
        }).filter(({ node, box }) => {
            const clip = clipOf(node);
            return box.right > box.left && !(clip && misses(box, clip));
        });
        texts.forEach(({ node, text, box }) => {
            if (leaves(box, frame))
                found.push(`${text} (${round(box)}) leaves the chart (${round(frame)})`);
            const clip = clipOf(node);
            if (clip && leaves(box, clip))
                found.push(`${text} (${round(box)}) is cut by its panel (${round(clip)})`);
        });
        texts.forEach((one, place) => texts.slice(place + 1).forEach(other => {
            if (one.node.contains(other.node) || other.node.contains(one.node)) return;
            if (depth(one.corners, other.corners) > Math.min(one.empty, other.empty)) found.push(
                `${one.text} (${round(one.box)}) and ${other.text} (${round(other.box)}) overlap`);
        }));
    });

    // On the page: texts that are cut by what holds them.
    const hides = value => value === "hidden" || value === "clip";
    document.querySelectorAll(`
        .hg-chart *, [data-testid="stMain"] *, [data-testid="stHeader"] *,
        [data-testid="stSidebar"] *
    `).forEach(node => {
        if (!(node instanceof HTMLElement) || node.closest(".hg-plot, .katex-html, svg")) return;
        if (node.clientWidth <= 1 || !node.textContent.trim() || !visible(node)) return;
        const style = getComputedStyle(node);
        if (hides(style.overflowX) && node.scrollWidth > node.clientWidth + 1)
            found.push(`${say(node.textContent)} is cut: ${node.scrollWidth} wide in `
                + `${node.clientWidth} (${node.className || node.tagName})`);
        // The tabs hide a second copy of their names, which keeps their width.
        if (node.closest('[data-testid="stTopNav"]')) return;
        if (hides(style.overflowY) && node.scrollHeight > node.clientHeight + SLACK)
            found.push(`${say(node.textContent)} is cut: ${node.scrollHeight} high in `
                + `${node.clientHeight} (${node.className || node.tagName})`);
    });

    // The page begins below the bar at the top, and nothing is empty above a plot.
    const bar = document.querySelector('[data-testid="stHeader"]').getBoundingClientRect().bottom;
    const first = document.querySelector(".gl-words")?.getBoundingClientRect().top ?? bar;
    if (first < bar) found.push(`the page begins ${bar - first} pixels under the bar`);
    document.querySelectorAll(".hg-heading").forEach(heading => {
        const parts = [...heading.children].filter(visible);
        const end = Math.max(...parts.map(part => part.getBoundingClientRect().bottom));
        const empty = heading.getBoundingClientRect().bottom - end;
        if (empty > 24) found.push(`${Math.round(empty)} pixels are empty above the plot`);
    });

    // The parts of a chart stand one below the other.
    document.querySelectorAll(".hg-chart").forEach(chart => {
        const parts = [...chart.children].filter(
            part => visible(part) && getComputedStyle(part).position === "static"
                && part.getBoundingClientRect().height > 0);
        parts.slice(1).forEach((part, place) => {
            const [above, below] = [parts[place], part].map(p => p.getBoundingClientRect());
            if (above.bottom > below.top + SLACK) found.push(
                `${parts[place].className} lies on ${part.className}`);
        });
    });

    // No heading of the page lies on the text that follows it.
    const lines = [...document.querySelectorAll('[data-testid="stMain"] h2, .hg-heading > *')]
        .filter(node => visible(node) && node.textContent.trim());
    lines.slice(1).forEach((line, place) => {
        const [above, below] = [lines[place], line].map(node => around(cornersOf(node)));
        const heading = lines[place];
        const empty = EMPTY * parseFloat(getComputedStyle(heading).fontSize);
        // In two columns headings stand side by side.
        const beside = above.right <= below.left || below.right <= above.left;
        if (heading.matches("h2") && !beside && above.bottom > below.top + empty)
            found.push(`${say(heading.textContent)} lies on ${say(line.textContent)}`);
    });

    // And the page itself.
    const main = document.querySelector('[data-testid="stMain"]');
    const frame = { left: 0, right: innerWidth, top: -Infinity, bottom: Infinity };
    if (document.scrollingElement.scrollWidth > innerWidth)
        found.push(`the page is ${document.scrollingElement.scrollWidth} wide`);
    if (main.scrollWidth > main.clientWidth) {
        found.push(`the main part is ${main.scrollWidth} wide in ${main.clientWidth}`);
        main.querySelectorAll("*").forEach(node => {
            if (node.children.length || !visible(node) || node.closest("svg, .katex")) return;
            const box = node.getBoundingClientRect();
            if (box.width && leaves(box, frame)) found.push(
                `${say(node.textContent)} ${node.className || node.tagName} leaves the page`);
        });
    }
    return [...new Set(found)];
}
"""


class Screen:
    """The window of a page, which may take any size without being opened anew."""

    def __init__(self, page: Page, quiet: int = QUIET) -> None:
        self.page = page
        self._quiet = quiet
        self._devtools: CDPSession = page.context.new_cdp_session(page)

    def resize(self, width: int, height: int, scale: float) -> None:
        """Take a size, and wait until the charts have taken theirs."""
        metrics: dict[str, Any] = {
            "width": width,
            "height": height,
            "deviceScaleFactor": scale,
            "mobile": False,
            "screenWidth": width,
            "screenHeight": height,
        }
        self._devtools.send("Emulation.setDeviceMetricsOverride", metrics)
        self.rest()

    def paint(self, mode: Mode) -> None:
        """Take a theme, as the system's."""
        self.page.emulate_media(color_scheme=mode)
        self.page.wait_for_function(
            "mode => (getComputedStyle(document.querySelector('.stApp')).colorScheme === mode)",
            arg=mode,
        )
        self.rest()

    def rest(self) -> None:
        """Wait until the charts do not change any more."""
        self.page.evaluate(AT_REST, self._quiet)

    def faults(self) -> list[str]:
        """What is wrong, and is not mended by what is under way, such as a menu that shrinks."""
        found: list[str] = self.page.evaluate(FAULTS)
        if found:
            self.page.wait_for_timeout(SETTLING)
            still = set(self.page.evaluate(FAULTS))
            found = [fault for fault in found if fault in still]
        return found


@pytest.fixture
def page(new_context: NewContext, watcher: Watcher) -> Page:
    """A fresh page, not yet opened."""
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    opened = new_context().new_page()
    opened.set_default_timeout(TIMEOUT)
    return opened


def faults(screen: Screen, modes: Iterable[Mode], sizes: Iterable[str] = SIZES) -> list[str]:
    """What is wrong at any of these sizes, in any of these themes, and stays so; one line each."""
    found: dict[tuple[str, str], list[str]] = {}
    for mode in modes:
        screen.paint(mode)
        for name in sizes:
            screen.resize(*SIZES[name])
            for fault in screen.faults():
                found.setdefault((name, fault), []).append(mode)
    return [f"{name}, {' and '.join(seen)}: {fault}" for (name, fault), seen in found.items()]


@pytest.mark.parametrize("name", LINKS)
def test_nothing_is_cut_or_covered(page: Page, server: Server, name: str) -> None:
    page.goto(server.base + LINKS[name])
    page.wait_for_function(DRAWN, timeout=3 * TIMEOUT)
    screen = Screen(page)
    found = faults(screen, MODES[:1])
    if "," not in name:
        # The themes differ in colours alone.
        found += faults(screen, MODES[1:], SIZES_IN_DARK)
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("link", UNFINISHED.values(), ids=UNFINISHED)
def test_nothing_is_cut_or_covered_while_it_is_computed(
    page: Page, server: Server, link: str
) -> None:
    page.goto(server.base + link)
    page.wait_for_function(BEGUN)
    found = faults(Screen(page, QUIET_BETWEEN_PICTURES), MODES[:1], UNFINISHED_SIZES)
    assert page.evaluate(BEGUN), "It is still computed at the end."
    assert not found, "\n".join(["", *found])


def test_a_table_that_goes_on_shows_it(page: Page, server: Server) -> None:
    """At the edge that hides columns; the names of its rows stay in sight."""
    page.goto(server.base)
    page.wait_for_function(DRAWN, timeout=3 * TIMEOUT)
    frame, name = page.locator(".hg-table-frame"), page.locator(".hg-table tbody th").first
    assert frame.get_attribute("data-more") == ""
    Screen(page).resize(*SIZES["390x844"])
    page.locator('.hg-table-frame[data-more="right"]').wait_for()
    before = name.bounding_box()
    page.locator(".hg-table-box").evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    page.locator('.hg-table-frame[data-more="left"]').wait_for()
    assert name.bounding_box() == before

"""The picture of the first lesson: f over λ, where one is on it, and its slope there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dashboard.chart import Frame, packed
from dashboard.kit.compute import ComputedCache
from dashboard.kit.export import file_name, settings_of
from dashboard.kit.fields import Declared, Slider, slider
from dashboard.kit.page import Export, Page, Picture, Shown, Table
from dashboard.kit.settings import PageSettings
from dashboard.kit.snippets import INSTALL, call
from dashboard.kit.theme import AXIS_SIZE, FONT, LABEL_SIZE, faded, neutral
from dashboard.screens.lecture.marks import GIVEN
from hypergrad_core import Scenario
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.landscape import Landscape, landscape

ENDS = (-8.0, 2.0)
STOPS = np.linspace(*ENDS, 41)
FINE = np.linspace(*ENDS, 161)
HEIGHTS = (-7.0, 90.0)
"""The ends of the axis of f: the lowest tick stands clear of those of λ."""
CURVE = {"light": "#0072B2", "dark": "#56B4E9"}
TANGENT = {"light": "#BD4F00", "dark": "#F07B1D"}
REACH = 1.6
"""Half the length of the tangent, in units of λ."""
BESIDE = 0.3
"""How far from the point the name of its slope ends, in units of λ."""


@dataclass(frozen=True, kw_only=True)
class ObjectiveView(Declared):
    """Where on the curve one is."""

    penalty: float = slider(
        1.0,
        ENDS,
        Slider([round(float(stop), 2) for stop in STOPS], lambda value: f"{value:g}"),
        link="lambda",
        label="λ, the logarithm of the penalty",
        help="The weight of the penalty on all coefficients is e to the power λ.",
    )


SETTINGS = PageSettings(
    "objective",
    Scenario(family="logistic-log", data="breast_cancer"),
    ObjectiveView(),
    shared=(),
)


def _work(scenario: Scenario, report: Progress) -> Landscape:
    return landscape(scenario, FINE, report)


def _key(scenario: Scenario, view: ObjectiveView) -> Scenario:
    """Nothing but the problem: its q only scales the steps, which are not looked at."""
    base = SETTINGS.scenario
    return replace(base, family=scenario.family, data=scenario.data, seed=scenario.seed)


ObjectiveShown = Shown[Scenario, Landscape, ObjectiveView]


def frame(shown: ObjectiveShown, part: str = "") -> Frame:
    """The curve, the point on it and its tangent."""
    found, mode = shown.result, shown.mode
    here = shown.view.penalty
    value = float(np.interp(here, found.hyper, found.values))
    slope = float(np.interp(here, found.hyper, found.slopes))
    curve, tangent = CURVE[mode], TANGENT[mode]
    along = np.array([here - REACH, here + REACH])
    shared = {"type": "scatter", "hoverinfo": "skip", "showlegend": False}
    best = found.best
    downhill = "left, to a smaller penalty" if slope > 0 else "right, to a larger penalty"
    message = (
        f"At λ = {here:g} the validation loss is {value:.1f} and its slope, the hypergradient, is "
        f"{slope:+.1f}: downhill is to the {downhill}."
    )
    return {
        "link": shown.link(),
        "figure": {
            "data": [
                {
                    **shared,
                    "mode": "lines",
                    "x": packed(found.hyper),
                    "y": packed(found.values),
                    "line": {"color": curve, "width": 4},
                },
                {
                    **shared,
                    "mode": "markers",
                    "x": [float(found.hyper[best])],
                    "y": [float(found.values[best])],
                    "marker": {"symbol": "star", "size": 18, "color": curve},
                },
                {
                    **shared,
                    "mode": "lines",
                    "x": packed(along),
                    "y": packed(value + slope * (along - here)),
                    "line": {"color": tangent, "width": 4, "dash": "9px,5px"},
                    "meta": GIVEN,
                },
                {
                    **shared,
                    "mode": "markers",
                    "x": [here],
                    "y": [value],
                    "marker": {"symbol": "circle", "size": 16, "color": tangent},
                    "meta": GIVEN,
                },
                {
                    **shared,
                    "mode": "text",
                    "x": [here - BESIDE if slope > 0 else here + BESIDE],
                    "y": [value],
                    # Above the point: the curve and its tangent leave room on the lower side.
                    "text": [f"slope {slope:+.1f}"],
                    "textposition": "top left" if slope > 0 else "top right",
                    "textfont": {"size": LABEL_SIZE, "color": tangent},
                    "cliponaxis": False,
                    "meta": GIVEN,
                },
            ],
            "layout": {
                "font": {"family": FONT, "size": AXIS_SIZE},
                "margin": {"l": 84, "r": 30, "t": 14, "b": 58},
                "showlegend": False,
                "xaxis": {
                    "title": {"text": "λ, the logarithm of the penalty"},
                    "range": list(ENDS),
                    "dtick": 1,
                    "zeroline": False,
                },
                "yaxis": {
                    "title": {"text": "Validation loss f(λ)"},
                    "range": list(HEIGHTS),
                    "dtick": 20,
                    "zeroline": False,
                    "gridcolor": faded(neutral(mode), 0.25),
                },
            },
        },
        "steps": [],
        "still": True,
        "title": describe_data(found),
        "readout": [],
        "table": {"caption": "", "columns": [], "rows": []},
        "key": [
            {"text": "f(λ), computed from exact solutions", "mark": "solid", "color": curve},
            {"text": "slope at λ: the hypergradient", "mark": "9px,5px", "color": tangent},
            {"text": "smallest loss", "mark": "star", "color": curve},
        ],
        "message": message,
        "alt": f"The validation loss over λ: it falls, then rises. {message}",
    }


def describe_data(found: Landscape) -> str:
    """What was trained on what."""
    data = found.scenario.data_set.label
    return f"{found.scenario.problem_family.label} · {data}"


def export(shown: ObjectiveShown) -> Export:
    """The curve."""
    found, scenario = shown.result, shown.key
    rows = [
        f"{hyper!r},{value!r},{slope!r}"
        for hyper, value, slope in zip(
            found.hyper.tolist(), found.values.tolist(), found.slopes.tolist(), strict=True
        )
    ]
    code = (
        f"{INSTALL}import numpy as np\n\nfrom hypergrad_core import Scenario\n"
        "from hypergrad_core.studies.landscape import landscape\n\n"
        f"scenario = {call(scenario)}\n"
        f"found = landscape(scenario, np.linspace({ENDS[0]:g}, {ENDS[1]:g}, {len(FINE)}))\n"
        "print(found.hyper[found.best], found.values[found.best])\n"
    )
    name = file_name(scenario, scenario.state_size, "objective")
    return Export(
        tables=[Table("Curve", name, lambda: "\n".join(["lambda,f,slope", *rows]))],
        settings=lambda: settings_of(scenario, scenario.state_size, scenario.state_size),
        code=code,
    )


PAGE = Page(
    title="Objective",
    icon=":material/school:",
    settings=SETTINGS,
    introduction="",
    vocabulary=(),
    key=_key,
    results=ComputedCache(8, _work),
    sidebar=lambda dial: [],
    pictures=lambda shown: [Picture("hypergradient-objective", height=400, rest=450)],
    frame=frame,
    export=export,
)

"""Budget: the whole (t, k) plane as a map, and the best use of a number of products."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.kit.citations import cited
from dashboard.kit.export import file_name
from dashboard.kit.page import Export, Page, Picture, Table
from dashboard.screens.budget.export import plane_settings, planes_to_csv
from dashboard.screens.budget.frame import BudgetShown, budget_frame
from dashboard.screens.budget.maps import MAPS, Maps
from dashboard.screens.budget.settings import SETTINGS
from dashboard.screens.budget.sidebar import sidebar
from dashboard.screens.budget.snippet import planes_snippet
from dashboard.screens.budget.terms import INTRODUCTION, VOCABULARY
from hypergrad_core.studies.plane import Plane


def pictures(shown: BudgetShown) -> Sequence[Picture]:
    """The maps and the curves beside them are one chart."""
    return [Picture("hypergradient-budget", height=420, rest=490)]


def below(shown: BudgetShown) -> None:
    """How the maps are read."""
    st.caption(
        cited(
            "Point at a cell to see its row and its column beside the maps or below them; press to "
            "keep it. On the keyboard, ↑ and ↓ change t, ← and → change k. All errors are divided "
            "by ‖∇f(λ)‖. Products are counted as in R23."
        )
    )


def export(shown: BudgetShown) -> Export | None:
    """The maps, if there are any."""
    planes = [item for item in shown.result if isinstance(item, Plane)]
    if not planes:
        return None
    name = file_name(shown.scenario, planes[0].state_size, "budget")
    budget = f"{shown.view.budget} products"
    return Export(
        tables=[Table("Maps", name, lambda: planes_to_csv(planes))],
        settings=lambda: {**plane_settings(planes[0]), "budget": budget},
        code=planes_snippet(planes),
    )


PAGE = Page(
    title="Budget",
    icon=":material/grid_on:",
    settings=SETTINGS,
    introduction=INTRODUCTION,
    vocabulary=VOCABULARY,
    key=Maps.of,
    results=MAPS,
    seen=Maps.seen,
    sidebar=sidebar,
    pictures=pictures,
    frame=budget_frame,
    below=below,
    export=export,
    cursor=("row", "column"),
)

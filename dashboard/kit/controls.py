"""Widgets ⇄ settings. Each widget is called after its field, and keeps it in the page's store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard.chart import Watch
from dashboard.kit.glossary import help_text, methods_help
from dashboard.kit.notation import count, scientific
from dashboard.kit.session import active, keep, keep_family, store
from hypergrad_core import FAMILIES, METHODS
from hypergrad_core.inner import SOLVERS
from hypergrad_core.scenario import (
    COUPLING_FLOATS,
    LARGEST_HYPER_SIZE,
    LARGEST_SAMPLES,
    PRECISIONS,
    SPECTRA,
)

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

# Steps of about equal effect: coarse where q changes little, fine towards 1.
CONTRACTIONS = (
    [i / 100 for i in range(5, 90)]
    + [i / 1000 for i in range(900, 990, 5)]
    + [i / 1000 for i in range(990, 1000)]
)
# Where nothing is proved: for families that allow it.
BEYOND = [1.0, 1.02, 1.05, 1.1, 1.15, 1.2, 1.3, 1.4, 1.5]
_MANTISSAS = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)
SIZES = [2, 3, 4, 5, 6, 8] + [m * 10**e for e in range(5) for m in _MANTISSAS] + [10**6]
LARGEST_SIZE = SIZES[-1]
HORIZONS = [5, 10, 15, *range(20, 201, 10), 250, 300, 400, 500, 700, 1000, 1500, 2000]
HYPER_SIZES = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000]
STARTS = [0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0]


def _keep(field: str, named: Mapping[str, Any] | None = None) -> None:
    if field not in st.session_state:
        return  # the page was left before its last change was heard of
    value = st.session_state[field]
    if value is None:  # a choice that was cleared stays as it was
        value = store()[field]
    elif named is not None:
        value = named[value]
    keep(**{field: value})


def _prime(field: str, options: Sequence[Any], most: Any = None) -> list[Any]:
    """Options that hold the stored value, which is cut to what there is room for."""
    value = store()[field]
    if most is not None and value > most:
        # Beyond what this problem allows: the nearest that it does.
        value = most
    if value not in options:
        if isinstance(value, str):
            value = options[0]
        else:
            # A link may hold a value between two stops, or beyond the last: it becomes a stop.
            options = sorted([*options, value], reverse=options[0] > options[-1])
    store()[field] = value
    return list(options)


def _set(field: str, name: Callable[[Any], Any] = lambda value: value) -> Any:
    """What the widget of a field is to stand at, to be passed on as its first value.

    A widget that the browser makes anew, after a change of page or of what is shown, begins with
    the first value of the run that it is made from. A widget that is there already hears of another
    value through the session only. So both are told, and both from the store.
    """
    value = name(store()[field])
    if field in st.session_state and st.session_state[field] != value:
        st.session_state[field] = value
    return value


def _help(field: str) -> str:
    if field == "methods":
        return methods_help()
    return help_text(field, active().name)


def choice(field: str, options: dict[str, str]) -> None:
    """A list to choose one value of a field from."""
    keys = _prime(field, list(options))
    st.selectbox(
        active().label_of(field),
        keys,
        index=keys.index(_set(field)),
        format_func=lambda key: options[key],
        key=field,
        on_change=_keep,
        args=(field,),
        help=_help(field),
    )


def switch(field: str, options: dict[str, str]) -> None:
    """A row of buttons, one for each value of a field."""
    st.segmented_control(
        active().label_of(field),
        _prime(field, list(options)),
        default=_set(field),
        format_func=lambda key: options[key],
        key=field,
        on_change=_keep,
        args=(field,),
        help=_help(field),
        required=True,
        width="stretch",
    )


def bare_switch(field: str, options: dict[str, str], shown: str) -> None:
    """A row of buttons without a label, which stands at ``shown`` whatever the store says."""
    st.segmented_control(
        active().label_of(field),
        list(options),
        default=_set(field, lambda _: shown),
        format_func=lambda key: options[key],
        key=field,
        on_change=_keep,
        args=(field,),
        required=True,
        label_visibility="collapsed",
    )


def _keep_family() -> None:
    if "family" in st.session_state:
        keep_family(st.session_state["family"])


def slider(
    field: str,
    options: Sequence[Any],
    write: Callable[[Any], str],
    most: Any = None,
    label: str = "",
) -> Watch:
    """A slider over listed values up to ``most``, watched by the chart while it moves."""
    stops = _prime(field, [stop for stop in options if most is None or stop <= most], most)
    # By their names, because Streamlit takes two small numbers for the same.
    named = {str(stop): stop for stop in stops}
    texts = {name: write(stop) for name, stop in named.items()}
    # Streamlit finds a stop by its text: two stops must not share one.
    common = Counter(texts.values())
    st.select_slider(
        label or active().label_of(field),
        list(named),
        value=_set(field, str),
        format_func=lambda name: texts[name] if common[texts[name]] == 1 else name,
        key=field,
        on_change=_keep,
        args=(field, named),
        help=_help(field),
    )
    return {"param": active().link_name(field), "key": field, "options": list(named)}


def number(field: str, least: int, most: int) -> None:
    """A whole number to type."""
    st.number_input(
        active().label_of(field),
        min_value=least,
        max_value=most,
        value=_set(field),
        step=1,
        key=field,
        on_change=_keep,
        args=(field,),
        help=_help(field),
    )


def many(field: str, options: dict[str, str], least: int = 0) -> None:
    """Pills of which any number may be chosen, but at least so many."""
    st.pills(
        active().label_of(field),
        list(options),
        selection_mode="multi",
        default=_set(field, list),
        format_func=lambda key: options[key],
        key=field,
        on_change=_keep_many,
        args=(field, tuple(options), least),
        help=_help(field),
    )


def _keep_many(field: str, options: Sequence[str], least: int) -> None:
    chosen = st.session_state[field]
    # In the order of the options, so that equal choices are equal settings.
    kept = tuple(key for key in options if key in chosen)
    keep(**{field: kept if len(kept) >= least else store()[field]})


def problem_controls(
    families: Sequence[str] = tuple(FAMILIES),
    largest_size: int = LARGEST_SIZE,
    *,
    contraction_at: DeltaGenerator | None = None,
) -> list[Watch]:
    """What is solved, out of these families, with d up to ``largest_size``.

    Args:
        families: keys of ``FAMILIES``.
        largest_size: the most d that the page has room for.
        contraction_at: where on the page the slider of q goes; None for no such slider.
    """
    watched: list[Watch] = []
    values = store()
    problems = _prime("family", families)
    st.selectbox(
        active().label_of("family"),
        problems,
        index=problems.index(_set("family")),
        format_func=lambda key: FAMILIES[key].label,
        key="family",
        on_change=_keep_family,
        help=_help("family"),
    )
    family = FAMILIES[values["family"]]
    if len(family.data) > 1:
        choice("data", {key: data.label for key, data in family.data.items()})
    else:
        values["data"] = next(iter(family.data))
    data = family.data[values["data"]]
    if contraction_at is not None:
        with contraction_at:
            watched.append(contraction_slider(family.largest_contraction))
    largest = min(family.largest_size, largest_size)
    if data.state_size is None:
        watched.append(slider("size", SIZES, count, largest))
    else:
        st.caption(
            f"This data set has d = {data.state_size} inner variables and n = {data.samples} "
            "training examples."
        )
        values["size"] = min(values["size"], largest)
    if "hyper_size" in family.uses:
        most = min(LARGEST_HYPER_SIZE, COUPLING_FLOATS // values["size"])
        watched.append(slider("hyper_size", HYPER_SIZES, count, most))
    if "samples" in family.uses and data.samples is None:
        watched.append(slider("samples", SIZES, count, LARGEST_SAMPLES))
    if "spectrum" in family.uses:
        choice("spectrum", SPECTRA)
    number("seed", 0, 9999)
    return watched


def _with_kappa(contraction: float) -> str:
    if contraction >= 1:
        return f"{contraction:g} (no theory)"
    return f"{contraction:g} (κ = {scientific((1 + contraction) / (1 - contraction))})"


def contraction_slider(most: float) -> Watch:
    """The dial of the contraction constant."""
    return slider(
        "contraction",
        [*CONTRACTIONS, *BEYOND],
        _with_kappa,
        most,
    )


def methods_control(methods: Sequence[str] = tuple(METHODS)) -> None:
    """Which of these methods are compared; at least one."""
    chosen = [key for key in store()["methods"] if key in methods]
    store()["methods"] = tuple(chosen or methods[:1])
    many("methods", {key: METHODS[key].label for key in methods}, least=1)


def start_controls() -> list[Watch]:
    """Where w_0 is, and in which precision everything is computed."""
    with st.expander("Start and precision"):
        switch("precision", PRECISIONS)
        return [
            slider(
                "start",
                STARTS,
                lambda start: f"{start:g}",
            )
        ]


def solver_control(*, exact: bool) -> None:
    """How the inner problem is solved; where only one way applies there is nothing to choose."""
    family = FAMILIES[store()["family"]]
    solvers = {
        key: solver.label
        for key, solver in SOLVERS.items()
        if (family.affine_symmetric or not solver.affine_symmetric_only)
        and (key != "exact" or exact)
    }
    if len(solvers) > 1:
        choice("inner", solvers)
    else:
        store()["inner"] = next(iter(solvers))


def horizon_control(most: int) -> Watch:
    """The largest step."""
    return slider("horizon", HORIZONS, count, most)

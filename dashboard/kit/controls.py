"""Widgets ⇄ settings. Each widget is called after its field, and keeps it in the page's store.

``draw("size", most=100)`` draws the control of a field as it is declared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard.chart import Watch
from dashboard.kit import presenting
from dashboard.kit.fields import Choice, Field, Number, Pills, Slider, Switch
from dashboard.kit.own_place import place_for_own_data
from dashboard.kit.scenario_fields import SIZES
from dashboard.kit.session import active, drawn, held, is_first_run, keep, keep_family, store
from hypergrad_core import FAMILIES, METHODS
from hypergrad_core.inner import SOLVERS
from hypergrad_core.scenario import COUPLING_FLOATS, LARGEST_HYPER_SIZE, LARGEST_SAMPLES

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def draw(
    name: str,
    *,
    options: Any = None,
    most: float | None = None,
    label: str = "",
    free: bool = False,
) -> list[Watch]:
    """The control of a field of the page, with what differs from its declaration here and now.

    Args:
        name: of the field.
        options: what there is to choose from: names by value, or the stops of a slider.
        most: the largest value that there is room for.
        label: another label.
        free: whether it is there whatever controls the link of the visitor allows.

    Returns:
        What the pictures follow while it moves: the slider, if it is one.
    """
    field = active().fields[name]
    drawn().add(name)
    label = label or field.label
    if not free and not presenting.allows(field.link, label):
        return []
    match field.widget:
        case Choice():
            _choice(name, options or field.widget.options, label)
        case Switch():
            _switch(name, options or field.widget.options, label)
        case Pills():
            _pills(name, options or field.widget.options, field.widget.least, label)
        case Number():
            _number(name, field.widget, label)
        case Slider():
            slider = Slider(options or field.widget.stops, field.widget.write)
            return [_slider(name, field, slider, most, label)]
        case None:
            raise TypeError(f"{name} has no control.")
    return []


def draw_rest() -> list[Watch]:
    """The controls of the page's view that have not been drawn yet, in their order."""
    watched: list[Watch] = []
    for name, field in active().view_fields.items():
        if field.widget is None or field.beside or name in drawn():
            continue
        if field.when(store()):
            watched += draw(name)
    return watched


def draw_bare(name: str, options: Mapping[str, str], shown: str) -> None:
    """A row of buttons without a label, which stands at ``shown`` whatever the store says."""
    drawn().add(name)
    field = active().fields[name]
    if not presenting.allows(field.link, field.label):
        return
    st.segmented_control(
        field.label,
        list(options),
        default=_set(name, shown),
        format_func=lambda key: options[key],
        key=name,
        on_change=_keep,
        args=(name,),
        required=True,
        label_visibility="collapsed",
    )


def problem_controls(
    largest_size: int = SIZES[-1],
    *,
    contraction_at: DeltaGenerator | None = None,
    largest_samples: Callable[[str, str, int], int] = lambda family, data, size: LARGEST_SAMPLES,
) -> list[Watch]:
    """What is solved, with d up to ``largest_size``.

    Args:
        largest_size: the most d that the page has room for.
        contraction_at: where on the page the slider of q goes; None for no such slider.
        largest_samples: the most n that the page has room for, by family, data and d.
    """
    watched: list[Watch] = []
    values = store()
    draw("family")
    family = FAMILIES[values["family"]]
    tables = {name: table for name, table in held().items() if family.takes(table)}
    known = {**family.data, **{name: family.data_set(table) for name, table in tables.items()}}
    if values["data"] not in known:
        values["data"] = next(iter(known))
    if len(known) > 1:
        draw("data", options={key: data.label for key, data in known.items()})
    place_for_own_data()
    data = known[values["data"]]
    if contraction_at is not None:
        with contraction_at:
            watched += draw("contraction", most=family.largest_contraction)
    largest = min(family.largest_size, largest_size)
    if data.state_size is None:
        watched += draw("size", most=largest)
    else:
        st.caption(
            f"This data set has d = {data.state_size} inner variables and n = {data.samples} "
            "training examples."
        )
        values["size"] = min(values["size"], largest)
    if "hyper_size" in family.uses and data.hyper_size is None:
        most = min(LARGEST_HYPER_SIZE, COUPLING_FLOATS // values["size"])
        watched += draw("hyper_size", most=most)
    if "samples" in family.uses and data.samples is None:
        most = largest_samples(values["family"], values["data"], values["size"])
        watched += draw("samples", most=most)
    if "spectrum" in family.uses:
        draw("spectrum")
    draw("seed")
    return watched


def start_controls() -> list[Watch]:
    """Where w_0 is, and in which precision everything is computed."""
    with st.expander("Start and precision"):
        draw("precision")
        return draw("start")


def methods_control() -> None:
    """Which methods are compared; at least one."""
    chosen = tuple(key for key in store()["methods"] if key in METHODS)
    store()["methods"] = chosen or (next(iter(METHODS)),)
    draw("methods")


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
        draw("inner", options=solvers)
    else:
        store()["inner"] = next(iter(solvers))


def _keep(name: str, named: Mapping[str, Any] | None = None) -> None:
    if name not in st.session_state:
        return  # the page was left before its last change was heard of
    value = st.session_state[name]
    if value is None:  # Streamlit leaves it to the browser that a required choice is not cleared
        value = store()[name]
    elif named is not None:
        value = named[value]
    if name == "family":
        keep_family(value)
    else:
        keep(**{name: value})


def _keep_many(name: str, options: Sequence[str], least: int) -> None:
    chosen = st.session_state[name]
    # In the order of the options, so that equal choices are equal settings.
    kept = tuple(key for key in options if key in chosen)
    keep(**{name: kept if len(kept) >= least else store()[name]})


def _prime(name: str, options: Sequence[Any], most: Any = None) -> list[Any]:
    """Options that hold the stored value, which is cut to what there is room for."""
    value = store()[name]
    if most is not None and value > most:
        # Beyond what this problem allows: the nearest that it does.
        value = most
    if value not in options:
        if isinstance(value, str):
            value = options[0]
        else:
            # A link may hold a value between two stops, or beyond the last: it becomes a stop.
            options = sorted([*options, value], reverse=options[0] > options[-1])
    store()[name] = value
    return list(options)


def _set(name: str, value: Any) -> Any:
    """What the widget of a field is to stand at, to be passed on as its first value.

    A widget that the browser makes anew, after a change of page or of what is shown, begins with
    the first value of the run that it is made from. A widget that is there already hears of another
    value through the session only. So both are told, and both from the store.
    """
    if name in st.session_state and st.session_state[name] != value:
        st.session_state[name] = value
    return value


def _listen(name: str, told: Any, said: Any, keep: Callable[[], None]) -> None:
    """Keep what a hand has chosen while no session listened, as while the server was down.

    The browser says it to a new session with all else it knows, and there is no change to call
    anybody for.
    """
    chosen = said is not None and name in st.session_state
    if chosen and said != told and is_first_run():
        keep()
        st.rerun()


def _choice(name: str, options: Mapping[str, str], label: str) -> None:
    keys = _prime(name, list(options))
    told = store()[name]
    said = st.selectbox(
        label,
        keys,
        index=keys.index(_set(name, told)),
        format_func=lambda key: options[key],
        key=name,
        on_change=_keep,
        args=(name,),
        help=active().help_of(name),
    )
    _listen(name, told, said, lambda: _keep(name))


def _switch(name: str, options: Mapping[str, str], label: str) -> None:
    stops = _prime(name, list(options))
    told = store()[name]
    said = st.segmented_control(
        label,
        stops,
        default=_set(name, told),
        format_func=lambda key: options[key],
        key=name,
        on_change=_keep,
        args=(name,),
        help=active().help_of(name),
        required=True,
        width="stretch",
    )
    _listen(name, told, said, lambda: _keep(name))


def _pills(name: str, options: Mapping[str, str], least: int, label: str) -> None:
    told = list(store()[name])
    said = st.pills(
        label,
        list(options),
        # Streamlit's ``required`` is for a single choice only: see ``_keep_many``.
        selection_mode="multi",
        default=_set(name, told),
        format_func=lambda key: options[key],
        key=name,
        on_change=_keep_many,
        args=(name, tuple(options), least),
        help=active().help_of(name),
    )
    _listen(name, {*told}, {*said}, lambda: _keep_many(name, tuple(options), least))


def _number(name: str, number: Number, label: str) -> None:
    told = store()[name]
    said = st.number_input(
        label,
        min_value=number.least,
        max_value=number.most,
        value=_set(name, told),
        step=1,
        key=name,
        on_change=_keep,
        args=(name,),
        help=active().help_of(name),
    )
    _listen(name, told, said, lambda: _keep(name))


def _slider(name: str, field: Field, slider: Slider, most: Any, label: str) -> Watch:
    kept = [stop for stop in slider.stops if most is None or stop <= most]
    # By their names, because Streamlit takes two small numbers for the same.
    named = {str(stop): stop for stop in _prime(name, kept, most)}
    texts = {key: slider.write(stop) for key, stop in named.items()}
    # Streamlit finds a stop by its text: two stops must not share one.
    common = Counter(texts.values())
    told = str(store()[name])
    said = st.select_slider(
        label,
        list(named),
        value=_set(name, told),
        format_func=lambda key: texts[key] if common[texts[key]] == 1 else key,
        key=name,
        on_change=_keep,
        args=(name, named),
        help=active().help_of(name),
    )
    _listen(name, told, said, lambda: _keep(name, named))
    return {"param": field.link, "key": name, "options": list(named)}

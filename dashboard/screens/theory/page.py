"""Theory: THEORY.md, a section at a time, with links to where it can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.chart import Watch
from dashboard.kit import controls, session
from dashboard.kit.compute import ComputedCache
from dashboard.kit.page import Page, Shown
from dashboard.screens.theory.examples import EXAMPLES
from dashboard.screens.theory.sections import SECTIONS, Section, markdown
from dashboard.screens.theory.settings import SETTINGS, TheoryView
from dashboard.screens.theory.terms import INTRODUCTION, VOCABULARY
from dashboard.screens.theory.words import contents, neighbours, section_list, seen_in

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

TheoryShown = Shown[str, Section, TheoryView]

# Lines that can be read at one glance; formulas that are wider break at their signs. On a small
# screen tables are close-set.
STYLE = """<style>
.st-key-theory {max-width: 62rem}
.stApp .st-key-theory .katex-display {padding-block: 0.8em}
.st-key-theory .katex-display > .katex {line-height: 2; white-space: normal}
.st-key-theory pre :is(code, span) {white-space: pre-wrap !important}
@media (max-width: 700px) {
  .st-key-theory :is(td, th) {font-size: 0.75rem; line-height: 1.3; padding: 0.3rem 0.25rem}
  .st-key-theory td .katex {font-size: 1em}
}
@media (max-width: 420px) {
  .stMain .st-key-theory .katex-display > .katex {font-size: 0.94em}
}
@media (max-width: 360px) {
  .stMain .st-key-theory .katex-display > .katex {font-size: 0.75em}
  .st-key-theory .katex {font-size: 0.9em}
  .st-key-theory :is(td, th) {font-size: 0.65rem; padding: 0.2rem 0.1rem}
  .st-key-theory :is(ol, ul) {padding-left: 0}
}
</style>"""


def sidebar(dial: DeltaGenerator) -> list[Watch]:
    """Which section, by its name and from the list of contents."""
    controls.draw("section")
    st.markdown(contents(session.store()["section"]))
    return []


def below(shown: TheoryShown) -> None:
    """The section, and where it is to be seen."""
    section = shown.result
    st.html(STYLE)
    with st.container(key="theory"):
        st.markdown(neighbours(section.key))
        st.markdown(f"## {section.title}")
        st.markdown("\n\n".join([markdown(section), section_list(section.key)]))
        example = EXAMPLES.get(section.key)
        if example is not None:
            address = session.href(example.page, example.link)
            st.container(border=True).markdown(seen_in(example, address))


PAGE = Page(
    title="Theory",
    icon=":material/menu_book:",
    settings=SETTINGS,
    introduction=INTRODUCTION,
    vocabulary=VOCABULARY,
    key=lambda scenario, view: view.section,
    results=ComputedCache(len(SECTIONS), lambda key, report: SECTIONS[key]),
    sidebar=sidebar,
    parts={},
    below=below,
)

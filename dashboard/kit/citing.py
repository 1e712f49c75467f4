"""How to cite the paper and this software."""

from __future__ import annotations

PAPER = """\
@inproceedings{grazzi2020iteration,
  title     = {On the Iteration Complexity of Hypergradient Computation},
  author    = {Grazzi, Riccardo and Franceschi, Luca and Pontil, Massimiliano and Salzo, Saverio},
  booktitle = {Proceedings of the 37th International Conference on Machine Learning},
  series    = {Proceedings of Machine Learning Research},
  volume    = {119},
  pages     = {3748--3758},
  year      = {2020}
}
"""
SOFTWARE = """\
@software{hypergradient2026dashboard,
  title   = {Hypergradients: An Interactive Dashboard with Measured Errors and Rigorous Bounds},
  author  = {{The Hypergradient dashboard authors}},
  version = {0.2.0},
  year    = {2026}
}
"""
BIBTEX = f"{PAPER}\n{SOFTWARE}"
HOW = (
    "Cite the paper for the paper’s bounds (tier P), and the software for everything that is "
    "measured or drawn here. Where a bound or a method comes from somewhere else, the page "
    "[Theory](theory?section=sources) names its source. Say with a figure which settings it is of: "
    "they are in each saved file."
)

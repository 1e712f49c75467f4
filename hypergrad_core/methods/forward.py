"""Forward-mode iterative differentiation: the numbers of reverse mode, at another price."""

from __future__ import annotations

import numpy as np

from hypergrad_core.arrays import FloatArray, Progress, as_slice
from hypergrad_core.costs import Cost, CountedLinearisation, Counter, ProblemWork
from hypergrad_core.interruption import WORK_BETWEEN, ask
from hypergrad_core.methods.base import PLAIN, Estimate, Points, Recorder
from hypergrad_core.methods.itd import ITD
from hypergrad_core.problem import Problem
from hypergrad_core.scheme import Scheme

# Beyond this many numbers in the Jacobian, forward mode is not a sensible thing to ask for.
JACOBIAN_FLOATS = 2**22


class ForwardITD(ITD):
    """Forward mode: the Jacobian of w_t is carried along, m columns at a time (R11, R23)."""

    key = "itd-forward"
    label = "Forward ITD"
    formula = (
        r"\begin{aligned}J_{s+1}&=\partial_1\Phi(w_s)J_s+\partial_2\Phi(w_s),\quad J_0=0\\"
        r"\widehat\nabla f&=\nabla_2E(w_t)+J_t^\top\nabla_1E(w_t)\end{aligned}"
    )
    source = "Franceschi et al. 2017"

    def refusal(self, problem: Problem) -> str:
        """The Jacobian has to fit in memory."""
        if problem.state_size * problem.hyper_size <= JACOBIAN_FLOATS:
            return ""
        return (
            f"It keeps a {problem.state_size} × {problem.hyper_size} Jacobian in memory, which is "
            "too large here. Use ITD: reverse mode gives the same numbers."
        )

    def applies(self, work: ProblemWork) -> bool:
        """As ``refusal`` says."""
        return work.state_size * work.hyper_size <= JACOBIAN_FLOATS

    def work(self, work: ProblemWork, points: Points, scheme: Scheme = PLAIN) -> Cost:
        """All m columns of the Jacobian, in each of the steps."""
        d, m = work.state_size, work.hyper_size
        steps = int(points.inner_steps.max())
        step = work.on_rows(work.tangent_alone, m) + work.on_rows(work.state_product, m)
        step += work.alone + Cost(vector=(4.0 if scheme.plain else 9.0) * m * d, calls=22)
        point = work.on_rows(work.outer, 1) + Cost(vector=float(m) * d, calls=22)
        cost = step * steps + point * len(points) + work.on_rows(work.linearise, steps)
        return cost + Cost(bytes=8.0 * (5 * m * d + len(points) * m))

    def estimate(
        self,
        problem: Problem,
        states: FloatArray,
        points: Points,
        progress: Progress | None = None,
        scheme: Scheme = PLAIN,
    ) -> Estimate:
        """One pass from w_0 on serves every horizon; the columns of the Jacobian are the rows."""
        recorder = Recorder(points, problem.hyper_size)
        size, hyper_size = problem.state_size, problem.hyper_size
        last = int(points.inner_steps.max())
        lin = problem.linearise(scheme.evaluated(states[: max(last, 1)]))
        columns = np.zeros((hyper_size, size))
        before = columns
        unit = np.eye(hyper_size)
        counter = Counter(hyper_size)
        everyone = np.arange(hyper_size)
        at_once = max(1, WORK_BETWEEN // (size * (size + hyper_size)))
        parts = [everyone[start : start + at_once] for start in range(0, hyper_size, at_once)]
        for t in range(last + 1):
            due = np.flatnonzero(points.inner_steps == t)
            if len(due):
                end = states[t : t + 1]
                gradient = problem.outer_gradient_state(end)[0]
                hypergradient = problem.outer_gradient_hyper(end)[0] + columns @ gradient
                spent = counter.total()
                spent.map_evaluations += t
                spent.stored_floats += (hyper_size + 2) * size
                recorder.record(due, hypergradient, spent)
            if t == last:
                break
            a, momentum, ahead = scheme.at(t)
            moved = np.empty_like(columns)
            at_point = columns + ahead * (columns - before) if ahead else columns
            for part in parts:
                ask()
                rows, step = as_slice(part), CountedLinearisation(lin[t : t + 1], counter, part)
                moved[rows] = a * step.jvp_hyper(unit[rows])
                if t > 0:
                    moved[rows] += a * step.jvp_state(at_point[rows])
            if t > 0 and (a != 1 or momentum):
                moved += (1 - a + momentum) * columns - momentum * before
            before, columns = columns, moved
            if progress is not None:
                progress((t + 1) / last)
        return recorder.estimate()

"""Trained again on training and validation rows together, and tested on rows that were held out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize
from scipy.special import log_softmax, softmax

from hypergrad_core import FAMILIES, Scenario
from hypergrad_core.arrays import FloatArray
from hypergrad_core.problems.softmax import SoftmaxRegression
from hypergrad_core.studies.final_values import retrained_accuracy
from tests.core.softmax_cases import make


def classifier(**fields: object) -> SoftmaxRegression:
    problem = make(family="softmax", **fields)
    assert isinstance(problem, SoftmaxRegression)
    # Not the λ that it is built with, where all penalties are equal.
    random = np.random.default_rng(1)
    return problem.at(problem.hyper + random.standard_normal(problem.hyper_size))


def optimum(problem: SoftmaxRegression) -> FloatArray:
    """W of shape (c, p) on the rows of both, from the formula at the top of the family's file."""
    rows = np.vstack([problem.train.rows, problem.validation.rows])
    labels = np.concatenate([problem.train.labels, problem.validation.labels])
    classes, features = problem.train.classes, rows.shape[1]
    penalty = np.exp(problem.hyper) / (classes * features)
    truth = np.eye(classes)[labels]

    def both(flat: FloatArray) -> tuple[float, FloatArray]:
        weights = flat.reshape(classes, features)
        scores = rows @ weights.T
        loss = -(truth * log_softmax(scores, axis=1)).sum() / len(rows)
        gradient = (softmax(scores, axis=1) - truth).T @ rows / len(rows)
        return (
            float(loss + 0.5 * (penalty * weights**2).sum()),
            (gradient + penalty * weights).ravel(),
        )

    found = optimize.minimize(
        both, np.zeros(classes * features), jac=True, method="L-BFGS-B",
        options={"maxiter": 20_000, "maxfun": 40_000, "ftol": 1e-16, "gtol": 1e-10, "maxcor": 40},
    )  # fmt: skip
    return np.asarray(found.x.reshape(classes, features))


@pytest.mark.parametrize("data", ["synthetic", "digits"])
def test_it_is_the_optimum_on_both_kinds_of_rows(data: str) -> None:
    problem = classifier(data=data, size=20, samples=40, contraction=0.9)
    again = problem.retrained()
    weights = optimum(problem)
    ours = again.fixed_point().reshape(weights.shape)
    np.testing.assert_allclose(ours, weights, atol=1e-5)
    # It is another model than that of the training rows alone.
    assert np.abs(problem.reference.solution - ours.ravel()).max() > 0.01
    right = (problem.test.rows @ weights.T).argmax(axis=1) == problem.test.labels
    assert retrained_accuracy(problem, problem.hyper) == right.mean()


def test_what_it_is_not_trained_on_stays_held_out() -> None:
    problem = classifier(data="digits")
    again = problem.retrained()
    assert again.held_out is problem.held_out
    assert again.validation is problem.validation
    np.testing.assert_array_equal(again.hyper, problem.hyper)
    np.testing.assert_array_equal(again.penalty, problem.penalty)
    assert len(again.train.rows) == len(problem.train.rows) + len(problem.validation.rows)
    trained = {row.tobytes() for row in again.train.rows}
    # Some digits occur twice in the data.
    kept = [row.tobytes() for row in problem.test.rows]
    assert np.mean([row in trained for row in kept]) < 0.01
    # The step that suits its own rows: no other contracts as well.
    assert all(
        again.contraction < replace(again, step=s * again.step).contraction for s in (0.9, 1.1)
    )
    assert again.contraction < replace(again, step=problem.step).contraction < 1


def test_the_same_rows_twice_are_the_same_model() -> None:
    """λ weighs as much beside the loss of a row however many rows there are."""
    problem = classifier(size=20, samples=40)
    doubled = replace(problem, validation=problem.train).retrained()
    np.testing.assert_allclose(doubled.fixed_point(), problem.reference.solution, atol=1e-10)


def test_only_what_is_judged_and_has_rows_to_add_is_trained_again() -> None:
    for key in FAMILIES:
        problem = Scenario(family=key, size=12, samples=8, hyper_size=2).build()
        share = retrained_accuracy(problem, problem.hyper)
        assert (problem.retrained() is not None) == (key == "softmax") == (0 <= share <= 1), key
    single, double = (
        Scenario(family="softmax", size=12, precision=precision).build()
        for precision in ("single", "double")
    )
    assert retrained_accuracy(single, single.hyper) == retrained_accuracy(double, double.hyper)


def test_a_lambda_that_means_nothing_has_no_model() -> None:
    problem = classifier(size=12)
    for hyper in (np.full(problem.hyper_size, np.nan), np.full(problem.hyper_size, 1e4)):
        assert np.isnan(retrained_accuracy(problem, hyper))

"""Ridge regression with one log-penalty λ: Φ is a gradient step, E the loss on other data."""

import numpy as np

from hypergrad_core import FunctionProblem, Points, check_problem, run_problem

random = np.random.default_rng(0)
X, X_val = random.standard_normal((2, 40, 8)) / np.sqrt(40)
y, y_val = random.standard_normal((2, 40))

problem = FunctionProblem(
    phi=lambda w, lam: w - 0.4 * (X.T @ (X @ w - y) + np.exp(lam) * w),
    vjp_state=lambda w, lam, v: v - 0.4 * (X.T @ (X @ v) + np.exp(lam) * v),
    vjp_hyper=lambda w, lam, v: -0.4 * np.exp(lam) * (w @ v),
    jvp_hyper=lambda w, lam, u: -0.4 * np.exp(lam) * u * w,
    loss=lambda w, lam: 0.5 * np.sum((X_val @ w - y_val) ** 2),
    loss_gradient_state=lambda w, lam: X_val.T @ (X_val @ w - y_val),
    hyper=np.array([-2.0]),
    initial_state=np.zeros(8),
    symmetric=True,
    affine=True,
)
print(check_problem(problem))
result = run_problem(problem, ["itd", "aid-cg"], Points.diagonal(60))
for curve in result.curves:
    print(curve.method, curve.errors[-1], curve.sharp.values[-1], result.note)

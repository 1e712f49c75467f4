"""A layer that is its own input, w = tanh(Aw + λ), with every product from JAX."""

import jax
import jax.numpy as jnp
import numpy as np

from hypergrad_core import FunctionProblem, Points, check_problem, run_problem

jax.config.update("jax_enable_x64", True)
A = 0.8 * np.linalg.qr(np.random.default_rng(0).standard_normal((6, 6)))[0]


def phi(w, lam):
    return jnp.tanh(A @ w + lam)


def loss(w, lam):
    return 0.5 * jnp.sum((w - 0.5) ** 2) + 0.01 * jnp.sum(lam**2)


problem = FunctionProblem(
    phi=jax.jit(phi),
    vjp_state=jax.jit(lambda w, lam, v: jax.vjp(lambda w: phi(w, lam), w)[1](v)[0]),
    jvp_state=jax.jit(lambda w, lam, u: jax.jvp(lambda w: phi(w, lam), (w,), (u,))[1]),
    vjp_hyper=jax.jit(lambda w, lam, v: jax.vjp(lambda lam: phi(w, lam), lam)[1](v)[0]),
    jvp_hyper=jax.jit(lambda w, lam, u: jax.jvp(lambda lam: phi(w, lam), (lam,), (u,))[1]),
    loss=jax.jit(loss),
    loss_gradient_state=jax.jit(jax.grad(loss, 0)),
    loss_gradient_hyper=jax.jit(jax.grad(loss, 1)),
    hyper=np.linspace(-1.0, 1.0, 6),
    initial_state=np.zeros(6),
)
print(check_problem(problem))
result = run_problem(problem, ["itd", "aid-gmres"], Points.diagonal(60))

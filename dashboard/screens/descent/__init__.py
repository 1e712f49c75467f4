"""Descent: f(λ) lowered step by step, with proofs."""

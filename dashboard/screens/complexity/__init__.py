"""Complexity: steps to a target accuracy against the condition number."""

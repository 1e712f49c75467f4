"""Why: one small problem from inside."""

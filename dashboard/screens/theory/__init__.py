"""Theory: every bound and constant with its proof, and where it can be seen."""

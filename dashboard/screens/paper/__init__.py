"""Paper: the experiment of the paper’s Figure 1."""

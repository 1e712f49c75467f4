"""What is run and what comes out: one study a file, each on the same prepared problem."""

"""What is run and what comes out: one file per study."""

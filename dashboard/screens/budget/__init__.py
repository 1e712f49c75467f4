"""Budget: the whole (t, k) plane, and the best use of a number of products."""

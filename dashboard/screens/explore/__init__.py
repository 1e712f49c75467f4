"""Explore: errors and bounds of one problem against the iteration."""

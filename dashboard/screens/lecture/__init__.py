"""The Lecture page."""

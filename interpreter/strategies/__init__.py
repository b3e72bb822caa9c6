"""Hypothesis strategies for tests of one's own: random programs of the language and of the RAM."""

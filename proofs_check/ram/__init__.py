"""The RAM: the invariant of its traces, and the lemmas that rest on it."""

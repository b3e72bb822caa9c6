"""The RAM: its local step, the invariant of its traces, and the lemmas that need both."""

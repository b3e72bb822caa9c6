"""Traces: how each machine's are read, by `run` as they grow and by people; and traces as files."""

"""The small language: from source text to a syntax tree whose names and types are known."""

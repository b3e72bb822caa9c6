"""The built-in functions of the language: their names and how many arguments they take."""

from __future__ import annotations

ARGUMENTS: dict[str, tuple[int, int | None]] = {
    "abs": (1, 1),
    "bool": (1, 1),
    "chr": (1, 1),
    "divmod": (2, 2),
    "input": (0, 1),
    "int": (1, 1),
    "len": (1, 1),
    "max": (1, None),
    "min": (1, None),
    "ord": (1, 1),
    "pow": (2, 3),
    "range": (1, 3),
    "str": (1, 1),
    "sum": (1, 1),
}
"""Fewest and most arguments; None for any number."""

RESERVED = frozenset(ARGUMENTS) | {"print", "list", "map"}
"""Names that a program cannot give to its own functions and variables."""

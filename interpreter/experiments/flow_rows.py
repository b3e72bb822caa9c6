"""The rows of the experiment `flow`, and the path that some of them tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PART, UNREPAIRED, CELL, PATH, EDGE = "part deleted", "without the jump", "cell", "path", "edge"
Place = tuple[int, int]
Link = tuple[Place, Place, str]
"""From (position, pass) to (position, pass), and by what."""


@dataclass(frozen=True)
class Row:
    """What is deleted, or where a value is.

    - part deleted: position: of its first token; size: instructions; cells: live ones; lost: those whose latest value
      was in it; as_predicted: cells for which the transformer, reading the damaged trace, prints what the undamaged
      part of the trace says; continues: whether it then goes on token by token like the specification from that
      memory; output_right: whether the whole output is still right.
    - cell: one of a part deleted; seen: its value before, and what is predicted and read after.
    - path: position, size (the pass) and the dimensions in which two values can be told apart; edge: how it gets there.
    """

    what: str
    position: int
    size: int
    cells: int | None = None
    lost: int | None = None
    as_predicted: int | None = None
    continues: bool | None = None
    output_right: bool | None = None
    seen: str = ""


def links(rows: Sequence[Row]) -> list[Link]:
    """Those between nodes of the path."""
    nodes = {(r.position, r.size) for r in rows if r.what == PATH}
    edges = []
    for row in rows:
        if row.what == EDGE:
            position, passes, by = row.seen.split(" ", 2)
            if (start := (int(position), int(passes))) in nodes:
                edges.append((start, (row.position, row.size), by))
    return edges


def leading(edges: Sequence[Link]) -> set[Place]:
    """The nodes from which edges lead to a token that comes out differently, and those tokens."""
    found = {place for start, end, by in edges if by == "token" for place in (start, end)}
    while more := {start for start, end, _ in edges if end in found} - found:
        found |= more
    return found

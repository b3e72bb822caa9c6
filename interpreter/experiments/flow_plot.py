"""The plot of the experiment `flow`: what is lost with each part of a trace, and the path of a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from interpreter.experiments.flow_rows import PART, PATH, Row, leading, links
from interpreter.experiments.report import COLOURS, MARKERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw(rows: Sequence[Row], figure: Figure) -> None:
    """The cells lost by place of the part, and the path of one change through the layers."""
    parts_axes, path_axes = figure.subplots(1, 2, width_ratios=[1, 2])
    parts = [r for r in rows if r.what == PART]
    for size, colour, marker in zip(sorted({r.size for r in parts}), COLOURS, MARKERS):
        some = [r for r in parts if r.size == size]
        share = [100 * (r.lost or 0) / (r.cells or 1) for r in some]
        label = f"{size} instruction{'s' * (size > 1)} deleted"
        parts_axes.plot([r.position for r in some], share, color=colour, marker=marker, label=label)
    parts_axes.set(xlabel="position of the part in the trace, tokens", ylabel="cells lost, %", title="A part deleted")
    parts_axes.legend()
    _draw_path(rows, path_axes)


def _draw_path(rows: Sequence[Row], axes: Axes) -> None:
    nodes = {(r.position, r.size): r for r in rows if r.what == PATH}
    edges = links(rows)
    used = leading(edges)
    styles = {"stays": (COLOURS[6], ":"), "computed": (COLOURS[2], "-"), "token": (COLOURS[1], "--")}
    named: set[object] = set()
    for start, end, by in edges:
        colour, line = styles.get(by, (COLOURS[0], "-"))
        kind = by if by in styles else "attention"
        label = kind if kind not in named and end in used else None
        alpha = 1.0 if end in used else 0.15
        axes.plot([start[0], end[0]], [start[1], end[1]], color=colour, linestyle=line, label=label, alpha=alpha)
        if kind == "attention" and end in used and (by, end) not in named:
            axes.annotate(by, end, (-4, 3), textcoords="offset points", fontsize=7, ha="right", color=colour)
        named |= {label, (by, end)}
    for shown, alpha in ((True, 1.0), (False, 0.2)):
        some = [node for node in nodes if (node in used) == shown]
        axes.scatter([p for p, _ in some], [passes for _, passes in some], s=16, color="black", alpha=alpha, zorder=3)
    places = sorted({position for position, _ in nodes})
    tokens = {r.position: r.seen.split(": ")[0].removeprefix("after ") for r in nodes.values()}
    axes.set_xticks(places, [f"{tokens[p]}\n{p}" for p in places], fontsize=6.5, rotation=45)
    axes.set(xlabel="token, and its position", ylabel="pass (0: the embedding)")
    axes.set_title("The path of one value (faint: seen, but without effect on a token)")
    axes.legend(loc="lower left", bbox_to_anchor=(0.12, 0.1))

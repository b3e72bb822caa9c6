"""Rates and memory of the engines by length of the trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from benchmarks.measurement import EngineFigures
from benchmarks.session import ENGINES

PANELS: tuple[tuple[str, Callable[[EngineFigures], float]], ...] = (
    ("tokens a CPU second", lambda f: f.tokens / f.seconds),
    ("machine steps a CPU second", lambda f: f.steps / f.seconds),
    ("peak memory, MiB", lambda f: f.memory_peak / 2**20),
)
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#555555", "#56b4e9")
"""Told apart by the colour-blind too (Okabe and Ito)."""
MARKERS = "osD^vP"


def plot(figures: list[EngineFigures], paths: list[Path]) -> None:
    """Writes the plot to each path, in the format of its suffix."""
    with matplotlib.rc_context({"svg.hashsalt": "punchtape", "font.size": 10}):
        figure = Figure(figsize=(12, 4.2), layout="constrained")
        for axes, (label, value) in zip(figure.subplots(1, len(PANELS)), PANELS):
            for engine, colour, marker in zip(ENGINES, COLOURS, MARKERS):
                points = [(f.tokens, value(f)) for f in figures if f.engine == engine]
                if points:
                    axes.plot(*zip(*points), color=colour, marker=marker, label=engine)
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlim(10**2.8, 10**8.2)
            axes.set_xlabel("length of the trace, tokens")
            axes.set_title(label)
            axes.grid(alpha=0.3)
        figure.axes[2].set_ylim(10, 10_000)
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(ENGINES))
        for path in paths:
            metadata = {"Date": None} if path.suffix == ".svg" else None
            figure.savefig(path, dpi=120, metadata=metadata)

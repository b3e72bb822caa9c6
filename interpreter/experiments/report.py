"""The files of an experiment: NAME.md with sentences, plot and table, NAME.csv, NAME.png and NAME.svg."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from compiler.storage.writing import write_text
from interpreter.experiments.experiment import Experiment, Setting

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555")
"""Told apart by the colour-blind too (Okabe and Ito)."""
MARKERS = "osD^vXP"
SHOWN = 80
"""Rows of a table that is read; the file of values has all of them."""


@dataclass(frozen=True)
class Report:
    """The rows of an experiment; cut: why they are not all of them, or nothing."""

    experiment: Experiment[Any]
    setting: Setting
    rows: Sequence[Any]
    cut: str = ""

    @property
    def command(self) -> str:
        """What makes this report."""
        defaults = self.experiment.defaults()
        given = [f"--{name} {value}" for name, value in self.setting.sizes.items() if value != defaults[name]]
        given += [f"--program {self.setting.program}"] if self.setting.program else []
        return " ".join(["punchtape experiment", self.experiment.name, *given])

    def write(self, folder: Path) -> list[Path]:
        """Writes the files and returns their paths; without sentences and plot where the result is partial.

        Raises:
            OSError: the folder cannot be made, or a file not written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        stem = folder / self.experiment.name
        written = [stem.with_suffix(".md"), stem.with_suffix(".csv")]
        write_text(written[0], self.markdown())
        write_text(written[1], self.csv())
        if not self.cut:
            written += [stem.with_suffix(".png"), stem.with_suffix(".svg")]
            self._plot(written[2:])
        return written

    def sentences(self) -> str:
        """The conclusion, put together from the rows."""
        return " ".join(self.experiment.conclude(self.rows))

    def markdown(self) -> str:
        """The page: title, command, sentences, plot and table."""
        name = self.experiment.name
        head = f"# {name}: {self.experiment.title}\n\n{self.experiment.after}\n\n    {self.command}\n"
        if self.cut:
            seen = f"**Partial result**: {self.cut}. The {len(self.rows)} rows so far are below."
        else:
            seen = f"{self.sentences()}\n\n![{self.experiment.title}]({name}.png)"
        return f"{head}\n{seen}\n\n{self._table()}"

    def _table(self) -> str:
        if not self.rows:
            return "(no rows)\n"
        names = [field.name for field in fields(self.rows[0])]
        lines = [[name.replace("_", " ") for name in names], ["---"] * len(names)]
        lines += [[shown(getattr(row, name)) for name in names] for row in self.rows[:SHOWN]]
        more = len(self.rows) - SHOWN
        rest = f"\n{more:,} more rows are in `{self.experiment.name}.csv`.\n" if more > 0 else ""
        return "".join(f"| {' | '.join(line)} |\n" for line in lines) + rest

    def csv(self) -> str:
        """All rows, after a line of names; a first line says so if they are a partial result."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if self.cut:
            writer.writerow([f"# partial result: {self.cut}"])
        if self.rows:
            names = [field.name for field in fields(self.rows[0])]
            writer.writerow(names)
            writer.writerows([getattr(row, name) for name in names] for row in self.rows)
        return text.getvalue()

    def _plot(self, paths: list[Path]) -> None:
        style: dict[Any, Any] = {"svg.hashsalt": "punchtape", "font.size": 10, "axes.grid": True, "grid.alpha": 0.3}
        with matplotlib.rc_context(style):
            figure = Figure(figsize=(12, 4.5), layout="constrained")
            self.experiment.draw(self.rows, figure)
            for path in paths:
                figure.savefig(path, dpi=110, metadata={"Date": None} if path.suffix == ".svg" else None)


def shown(value: object) -> str:
    """A cell of the table."""
    match value:
        case None:
            return "—"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.4g}"
    return str(value)

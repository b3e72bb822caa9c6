"""`python -m proofs_check [BASE]`: checks the RAM with this base (1000 if none is given), prints the certificate.

`--json FILE` and `--latex FILE` write it. Exit status 1 if a lemma is not proved.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from compiler.machines.ram import machine
from compiler.machines.ram.isa import Layout
from proofs_check.certificate import Certificate
from proofs_check.check import check
from proofs_check.lemma import Result
from proofs_check.report import latex, limits, table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs_check", description=__doc__)
    parser.add_argument("base", nargs="?", type=int, default=1000)
    parser.add_argument("--depth", type=int, help="frames that may be open (the base, if not given)")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--latex", type=Path)
    parser.add_argument("--every", action="store_true", help="one row for every lemma")
    arguments = parser.parse_args()
    layout = Layout(base=arguments.base, max_depth=arguments.depth or arguments.base)
    certificate = with_progress(layout)
    console = Console()
    console.print(table(certificate, arguments.every))
    console.print(limits(certificate))
    console.print(certificate.theorem)
    for path, text in ((arguments.json, certificate.to_json()), (arguments.latex, latex(certificate))):
        if path is not None:
            path.write_text(text, encoding="utf-8")
    return 0 if certificate.proved else 1


def with_progress(layout: Layout) -> Certificate:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task("lemmas", total=None)

        def step(done: int, total: int, result: Result) -> None:
            progress.update(task, completed=done, total=total, description=result.lemma.name[:40].ljust(40))

        return check(machine(layout), step)


if __name__ == "__main__":
    sys.exit(main())

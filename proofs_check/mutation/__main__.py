"""Changes every weight of the base-10 machine in turn, and what its circuit means; says which lemma notices."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from compiler.machines.ram.isa import Layout
from proofs_check.mutation.circuit_mutants import CircuitMutant, Subject
from proofs_check.mutation.journal import Journal, journal_path
from proofs_check.mutation.mutants import SEED, Mutant, mutants
from proofs_check.mutation.quick import CircuitQuick, Quick, sample
from proofs_check.mutation.report import circuits_markdown, markdown, summary
from proofs_check.mutation.search import Search

SMALL = Layout(base=10, max_depth=10)
KINDS = ("weights", "circuits")


def watched(what: str, results: Iterable[Any], total: int) -> Iterator[Any]:
    """Passes results on; on a terminal, with a bar, the rate and the time left."""
    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what.ljust(12), total=total, rate="")
        begun = time.monotonic()
        for done, result in enumerate(results, 1):
            bar.update(task, completed=done, rate=f"{done / max(time.monotonic() - begun, 1e-9):.1f}/s")
            yield result


def main() -> None:
    """The program `python -m proofs_check.mutation`."""
    parser = argparse.ArgumentParser(prog="python -m proofs_check.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, metavar="N", help="so many of each, by a fixed seed, instead of all")
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="to be used at once [2]")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the report there, not to stdout")
    parser.add_argument("--only", dest="kinds", action="append", choices=KINDS, help="changes of these alone")
    parser.add_argument("--again", action="store_true", help="forget what an interrupted run has found")
    arguments = parser.parse_args()
    texts = []
    for kind in arguments.kinds or KINDS:
        subject = Subject(SMALL)
        quick = Quick(SMALL) if kind == "weights" else CircuitQuick(subject)
        everything: Sequence[Mutant | CircuitMutant] = list(
            mutants(quick.weights) if kind == "weights" else subject.mutants()
        )
        chosen = sample(everything, arguments.sample, SEED)
        path = journal_path(quick.weights.sha256(), f"{kind}-{len(chosen)}")
        if arguments.again:
            path.unlink(missing_ok=True)
        fates = Search(quick, Journal(path), arguments.processes, watched).fates(chosen)
        if kind == "weights":
            texts.append(markdown(fates, quick.ram.model, len(everything)))
        else:
            texts.append(circuits_markdown(fates, quick.weights.sha256()))
        print(f"{kind}: {summary(fates)}", file=sys.stderr)
    text = "\n".join(texts)
    if arguments.report is None:
        print(text)
    else:
        arguments.report.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

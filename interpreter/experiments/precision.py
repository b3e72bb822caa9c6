"""The first wrong token of each data type, form and machine, beside the proved bound."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from compiler import compile_program
from compiler.circuits import FORMS
from compiler.machines import ptm
from compiler.machines.machine import Machine, Prompt
from compiler.machines.ptm.program import Instruction as PtmInstruction
from compiler.machines.ptm.program import PtmProgram
from compiler.machines.ptm.prompt import Prompt as PtmPrompt
from compiler.machines.ram import Layout, machine
from compiler.machines.ram.isa import Instruction, Opcode
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt as RamPrompt
from interpreter.engines.engine import Tokens
from interpreter.engines.reference import ReferenceEngine
from interpreter.experiments.depth import ENTRIES
from interpreter.experiments.depth import PROGRAM as LOOK_UPS
from interpreter.experiments.experiment import Experiment, Progress, Sentences, Setting, Size
from interpreter.experiments.multiplication import LAYOUT, draw_product
from interpreter.experiments.report import COLOURS, MARKERS
from interpreter.model.transformer import Transformer
from interpreter.runs.certified import NotCertified, certified_length

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DTYPES = ("float64", "float32", "bfloat16", "float16")
LENGTHS = (2**27, 2**20, 2**14)
"""Trace lengths that machines are built for; the longest is the usual one."""


@dataclass(frozen=True)
class Row:
    """built_for: the trace length up to which these weights tell positions apart; tried: tokens of the longest trace;
    first_wrong: tokens so far, prompt included, at the first wrong next token, in the trace where it comes first;
    proved: the trace length of the kept certificate of these weights, made by `punchtape check`.
    """

    machine: str
    form: str
    built_for: int
    dtype: str
    tried: int
    first_wrong: int | None
    proved: int | None


@dataclass(frozen=True)
class Subject:
    """A machine, and right traces of it: tokens, and how many of them are the prompt."""

    machine: Machine[Any]
    built_for: int
    traces: Sequence[tuple[Tokens, int]]


def measure(setting: Setting, progress: Progress) -> Iterator[Row]:
    """A row for each machine and data type: its first wrong token, if there is one; see `Experiment.measure`."""
    limit = setting["tokens"]
    rng = random.Random(setting["seed"])
    makers = list(_makers(limit, rng, setting["largest"]))
    total = len(makers) * len(DTYPES)
    for i, make in enumerate(makers):
        progress(i * len(DTYPES), total, "building a machine")
        subject = make()
        for j, dtype in enumerate(DTYPES):
            progress(i * len(DTYPES) + j, total, f"{subject.machine.name} {subject.machine.form} {dtype}")
            yield _row(subject, dtype)
    progress(total, total, "done")


def _makers(limit: int, rng: random.Random, largest: int) -> Iterator[Callable[[], Subject]]:
    table = list(range(ENTRIES))
    rng.shuffle(table)
    tasks: list[tuple[Layout, Prompt]] = [(LAYOUT, draw_product(60, 60, rng).prompt)]
    if largest >= 1000:
        tasks.append((Layout(), compile_program(LOOK_UPS.format(table=table, hops=limit))))
    for layout, prompt in tasks:
        for form in FORMS:
            for length in LENGTHS:
                yield partial(_ram, layout, form, length, (prompt, counting(layout)), limit)
    for length in LENGTHS:
        yield partial(_ptm, length, limit)


def _ram(layout: Layout, form: Any, length: int, prompts: Sequence[Prompt], limit: int) -> Subject:
    built = machine(layout, form, length)
    return Subject(built, length, [_trace(built, prompt, limit) for prompt in prompts])


def _ptm(length: int, limit: int) -> Subject:
    machine = ptm.machine(length)
    return Subject(machine, length, [_trace(machine, walking(), limit)])


def _trace(machine: Machine[Any], prompt: Prompt, limit: int) -> tuple[Tokens, int]:
    """By the specification; it does not depend on form and data type."""
    tokens = list(islice(ReferenceEngine(machine).decode(prompt.numbers, limit), limit))
    return np.concatenate([prompt.numbers, *tokens]), len(prompt.numbers)


def counting(layout: Layout) -> RamPrompt:
    """A program that counts for ever."""
    again = layout.base // 2 - 1
    code = (Instruction(Opcode.ADD, 0, 1, 0), Instruction(Opcode.JNE, 0, 2, again))
    return RamPrompt(RamProgram(layout, code, ((1, 1), (2, -1))))


def walking() -> PtmPrompt:
    """A program that writes 1s to the right for ever, and looks back at each."""
    code = (("B1", 0), ("BL", 0), ("B?", 1), ("BR", 0), ("BR", 0), ("B!", -5))
    return PtmPrompt(PtmProgram(tuple(PtmInstruction(operation, offset) for operation, offset in code)), "1")


def _row(subject: Subject, dtype: str) -> Row:
    machine = subject.machine
    transformer = Transformer(machine.weights, getattr(torch, dtype))
    ends = (transformer.first_wrong(torch.as_tensor(t, dtype=torch.long), prompt) for t, prompt in subject.traces)
    errors = [end for end in ends if end is not None]
    try:
        proved: int | None = certified_length(machine.weights.sha256(), dtype)
    except NotCertified:
        proved = None
    tried = max(len(tokens) for tokens, _ in subject.traces)
    return Row(machine.name, machine.form, subject.built_for, dtype, tried, min(errors, default=None), proved)


def conclude(rows: Sequence[Row]) -> Sentences:
    """Three sentences: on machines built as usual, on those built for short traces, on what is proved."""
    bounds = [r for r in rows if r.proved]
    wrong_bounds = [r for r in bounds if r.first_wrong is not None and r.first_wrong < (r.proved or 0)]
    kept = ", ".join(_bound(r) for r in bounds)
    tried = min(r.tried for r in rows)
    usual, short_lived = ([r for r in rows if r.built_for == length] for length in (max(LENGTHS), min(LENGTHS)))
    return (
        f"Built for {max(LENGTHS):,} tokens, as usual, {_first_errors(usual)}.",
        f"Built for {min(LENGTHS):,} tokens, {_first_errors(short_lived)}: the fewer positions must be told apart, the "
        "fewer bits the scores take.",
        f"Stacked and looped weights {_forms_agree(rows)} in traces of {tried:,} tokens and more; "
        + (
            f"ERRORS COME BEFORE the proved bound ({kept})."
            if wrong_bounds
            else f"no error comes before the proved bound ({kept})."
            if bounds
            else "no certificate of these weights is kept here, which `punchtape check` would make."
        ),
    )


def _first_errors(rows: Sequence[Row]) -> str:
    parts = []
    for dtype in DTYPES:
        some = [r for r in rows if r.dtype == dtype]
        wrong = [r.first_wrong for r in some if r.first_wrong is not None]
        if not wrong:
            parts.append(f"{dtype} makes no error")
        else:
            where = f"{min(wrong)}" if min(wrong) == max(wrong) else f"{min(wrong):,} to {max(wrong):,}"
            parts.append(f"{dtype} errs on {len(wrong)} of {len(some)} machines, first after {where} tokens")
    return ", ".join(parts)


def _forms_agree(rows: Sequence[Row]) -> str:
    """Whether the first error comes at the same token in both forms."""
    found: dict[tuple[str, int, str], set[int | None]] = {}
    for row in rows:
        found.setdefault((row.machine, row.built_for, row.dtype), set()).add(row.first_wrong)
    apart = sum(len(errors) > 1 for errors in found.values())
    return "first err at the same token everywhere" if not apart else f"first err at different tokens in {apart} cases"


def _bound(row: Row) -> str:
    return f"{row.proved:,} tokens for {row.machine}, {row.form}, in {row.dtype}"


def _plain(row: Row) -> str:
    """The name of the machine without the length that it is built for."""
    return row.machine.removesuffix(f"-{row.built_for}")


def draw(rows: Sequence[Row], figure: Figure) -> None:
    """The first wrong token by the length that the machine is built for, a panel for each data type."""
    names = sorted({(_plain(r), r.form) for r in rows})
    for axes, dtype in zip(figure.subplots(1, len(DTYPES), sharey=True), DTYPES):
        for i, ((name, form), colour, marker) in enumerate(zip(names, COLOURS, MARKERS)):
            some = [r for r in rows if (_plain(r), r.form, r.dtype) == (name, form, dtype)]
            # A little beside one another, so that all can be seen.
            x = [r.built_for * 1.25 ** (i - len(names) / 2) for r in some]
            y = [r.first_wrong if r.first_wrong is not None else r.tried for r in some]
            style: dict[str, Any] = {"color": colour, "marker": marker, "markerfacecolor": "white"}
            axes.plot(x, y, linewidth=0.8, label=f"{name}, {form}", **style)
            for value, at, row in zip(x, y, some):
                if row.first_wrong is not None:
                    axes.plot(value, at, marker=marker, color=colour, linestyle="")
                if row.proved:
                    axes.plot(value, row.proved, marker="_", markersize=14, color=colour)
        axes.set(xscale="log", yscale="log", xlabel="built for traces of … tokens", title=dtype)
    figure.axes[0].set_ylabel("tokens at the first error\n(open: none so far; bar: proved)")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(names))


EXPERIMENT = Experiment(
    name="precision",
    title="the first wrong token of each data type",
    after="How many bits a hand-set transformer needs is a question of how far apart its scores are, and how many "
    "positions they must tell apart.",
    sizes=(
        Size("tokens", 1000, 1, 100_000, "Of the traces after the prompts."),
        Size("largest", 1000, 10, 1000, "Largest base of the machines, 10 or 1000."),
        Size("seed", 1, 0, 10**9, "Of the numbers and tables."),
    ),
    measure=measure,
    conclude=conclude,
    draw=draw,
)

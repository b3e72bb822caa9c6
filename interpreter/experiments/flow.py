"""Knowledge as flow: what is lost with a part of the trace, and which way a value takes through the residual stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from compiler import compile_program
from compiler.machines.ram.prompt import Prompt
from compiler.machines.ram.semantics import Ram
from compiler.machines.ram.values import Cell
from compiler.machines.ram.vocabulary import Family, Token, vocabulary
from interpreter.engines.engine import Engine, Tokens
from interpreter.engines.indexed import IndexedEngine
from interpreter.experiments.damage import Memory, Probe, deleted, goes_on, memory_without, numbers, probe
from interpreter.experiments.experiment import CannotMeasure, Experiment, NoEnd, Progress, Sentences, Setting, Size
from interpreter.experiments.flow_plot import draw
from interpreter.experiments.flow_rows import CELL, EDGE, PART, PATH, UNREPAIRED, Row, leading, links
from interpreter.experiments.paths import flow
from interpreter.experiments.provenance import Event, Graph, graph
from interpreter.traces.ram.follower import TraceFollower
from interpreter.traces.ram.live_cells import LiveCells

PROGRAM = """\
squares = [0] * 6
total = 0
for i in range(6):
    squares[i] = i * i + total
    total += squares[i]
print(total, squares)
"""
PATH_PROGRAM = """\
a = 7
b = a * a
print(b + a)
"""
PATH_TOKENS = 1500
"""Of prompt and trace, at most, whose residual stream is looked at."""


@dataclass(frozen=True)
class Subject:
    """A run that is cut at `cut` tokens of prompt and trace."""

    probe: Probe
    engine: Engine
    graph: Graph
    tokens: Tokens
    cut: int
    budget: int

    @property
    def prompt(self) -> Prompt:
        """The prompt that is decoded."""
        return self.probe.prompt

    @property
    def events(self) -> list[Event]:
        """The writes of the trace before the cut, in its order."""
        return [event for event in self.graph.events if event.end <= self.cut]

    def initial(self) -> dict[Cell, int]:
        """The cells that the prompt fills, with their values."""
        ram = Ram(self.prompt.layout)
        ram.load(self.prompt.tokens)
        return {cell: int(value) for cell, value in ram.memory.items()}

    def output(self, tokens: Tokens) -> str:
        """What the machine has printed after the prompt and prints on."""
        follower = TraceFollower(self.prompt.layout, self.prompt.numbers)
        return follower.feed(tokens[len(self.prompt.numbers) :])


def measure(setting: Setting, progress: Progress) -> Iterator[Row]:
    """Rows for deleted parts of several lengths, then for the path of one change; see `Experiment.measure`.

    Raises:
        NoEnd: the program does not halt within the budget.
    """
    prompt = setting.prompt or compile_program(PROGRAM)
    subject = _subject(prompt, setting)
    events = subject.events
    lengths = sorted({max(1, setting["part"] // 4**e) for e in range(3)})
    total = len(lengths) * setting["parts"] + 2
    chosen: tuple[int, Row] | None = None
    for i, length in enumerate(lengths):
        last = max(0, len(events) - length)
        starts = sorted({last * k // max(1, setting["parts"] - 1) for k in range(setting["parts"])})
        for k, start in enumerate(starts):
            progress(i * setting["parts"] + k, total, f"{length} instructions deleted")
            row = _part(subject, start, length)
            if row is not None:
                yield row
                # Without its last part a trace is simply that of an earlier time: not the one to look at closely.
                if start < last and (chosen is None or (row.lost or 0) >= (chosen[1].lost or 0)):
                    chosen = start, row
    if chosen is not None:
        start, row = chosen
        yield from _cells(subject, start, row.size)
        yield _unrepaired(subject, start, row.size)
    progress(total - 1, total, "the path of a value")
    yield from _path(setting.prompt or compile_program(PATH_PROGRAM))
    progress(total, total, "done")


def _subject(prompt: Prompt, setting: Setting) -> Subject:
    asked = probe(prompt)
    prompt = asked.prompt
    engine = IndexedEngine(prompt.machine)
    whole = graph(prompt.layout, prompt.tokens, setting["tokens"])
    if whole.tokens[-1] != Token(Family.HALT):
        raise NoEnd(f"the program does not halt within {setting['tokens']:,} tokens: give more --tokens")
    tokens = np.concatenate([prompt.numbers, numbers(prompt.layout, whole.tokens)])
    if not np.array_equal(tokens[len(prompt.numbers) :], np.concatenate([*engine.decode(prompt.numbers)])):
        raise CannotMeasure("the transformer does not emit what the specification does")
    # Where no frame but the first is open, all cells in use can be named.
    outer = [
        e.start for e in whole.events if not TraceFollower(prompt.layout, tokens[: e.start]).calls
    ]  # fmt: skip
    cut = outer[min(len(outer) - 1, len(outer) * setting["cut"] // 100)]
    return Subject(asked, engine, whole, tokens, cut, 2 * setting["tokens"])


def _damaged(subject: Subject, start: int, length: int, repaired: bool = True) -> tuple[int, int, Tokens] | None:
    """First and last-but-one position of a part, and the tokens up to the cut without it; None if frames change."""
    events, layout = subject.events, subject.prompt.layout
    begin, end = events[start].start, events[start + length - 1].end
    depth = [len(TraceFollower(layout, subject.tokens[:at]).calls) for at in (begin, end)]
    inside = TraceFollower(layout, subject.tokens[:begin])
    lowest = depth[0]
    for event in events[start : start + length]:
        inside.feed(subject.tokens[event.start : event.end])
        lowest = min(lowest, len(inside.calls))
    if depth[0] != depth[1] or lowest < depth[0]:
        return None
    return begin, end, deleted(layout, subject.tokens[: subject.cut], begin, end, repaired)


def _part(subject: Subject, start: int, length: int) -> Row | None:
    damaged = _damaged(subject, start, length)
    if damaged is None:
        return None
    begin, end, tokens = damaged
    memory = memory_without(subject.initial(), subject.events, begin, end)
    return _checked(PART, subject, begin, length, memory, tokens)


def _checked(what: str, subject: Subject, begin: int, length: int, memory: Memory, tokens: Tokens) -> Row:
    """Has the transformer read every cell, and go on."""
    found = {cell: subject.probe.read(subject.engine, tokens, cell) for cell in memory.value}
    expected = goes_on(subject.prompt, memory, tokens, subject.budget)
    emitted = np.concatenate([*subject.engine.decode(tokens, subject.budget)])
    printed = subject.output(np.concatenate([tokens, emitted]))
    return Row(
        what=what,
        position=begin,
        size=length,
        cells=len(memory.value),
        lost=len(memory.lost),
        as_predicted=sum(found[cell] == str(value) for cell, value in memory.value.items()),
        continues=np.array_equal(expected, emitted),
        output_right=printed == subject.output(subject.tokens),
    )


def _cells(subject: Subject, start: int, length: int) -> Iterator[Row]:
    """Every cell of memory, when the chosen part is gone."""
    damaged = _damaged(subject, start, length)
    assert damaged is not None
    begin, end, tokens = damaged
    memory = memory_without(subject.initial(), subject.events, begin, end)
    whole = memory_without(subject.initial(), subject.events, 0, 0)
    written = {event.cell: event.start for event in subject.events}
    for cell, value in memory.value.items():
        found = subject.probe.read(subject.engine, tokens, cell)
        lost = cell in memory.lost
        fate = f"unrecoverable, reads {value}" if lost else "not touched"
        seen = f"{_name(cell)} was {whole.value[cell]}: {fate}; the transformer reads {found}"
        yield Row(CELL, written.get(cell, 0), length, None, int(lost), int(found == str(value)), seen=seen)


def _name(cell: Cell) -> str:
    return f"slot {cell[0]} of frame {cell[-1]}" if cell[-1] > 0 else f"heap {cell}"


def _unrepaired(subject: Subject, start: int, length: int) -> Row:
    """The same part deleted, and no jump in its place; what the trace then says is read off it as it stands."""
    damaged = _damaged(subject, start, length, repaired=False)
    assert damaged is not None
    begin, end, tokens = damaged
    prompt = subject.prompt
    live = TraceFollower(prompt.layout, prompt.numbers, cells=LiveCells(prompt.program))
    live.take(tokens[len(prompt.numbers) :])
    whole = memory_without(subject.initial(), subject.events, 0, 0)
    value = dict.fromkeys(whole.value, 0) | dict(live.snapshot().cells)
    changed = {cell for cell, v in value.items() if v != whole.value.get(cell, 0)}
    return _checked(UNREPAIRED, subject, begin, length, Memory(value, frozenset(changed)), tokens)


def _path(prompt: Prompt) -> Iterator[Row]:
    """Of the first value, in the order of their reading, that can be another one without the run going another way."""
    layout = prompt.layout
    engine = IndexedEngine(prompt.machine)
    known = vocabulary(layout)
    budget = PATH_TOKENS - len(prompt.numbers)
    if budget <= 0:
        size = f"{len(prompt.numbers):,} tokens"
        raise CannotMeasure(f"the prompt has {size}; a path is followed through {PATH_TOKENS:,}")
    tokens = np.concatenate([prompt.numbers, *engine.decode(prompt.numbers, budget)])
    text = 1 + 4 * len(prompt.program.instructions)
    for position in range(text, len(tokens)):
        token = known[int(tokens[position])]
        if token.family != "L":
            continue
        other = token._replace(value=token.value + 1 if token.value + 1 < layout.base else token.value - 1)
        changed = np.concatenate([tokens[:position], numbers(layout, [other])])
        rest = tokens[:0]
        if len(changed) < len(prompt.numbers):
            changed = np.concatenate([changed, prompt.numbers[position + 1 :]])
        rest = np.concatenate([*engine.decode(changed, len(tokens) - len(changed))])
        changed = np.concatenate([changed, rest])
        if len(changed) != len(tokens) or np.count_nonzero(changed != tokens) < 3:
            continue
        if any(known[int(a)].family != known[int(b)].family for a, b in zip(tokens, changed)):
            continue
        found = flow(prompt.machine.weights, tokens, changed)
        for node in found.nodes:
            if node.position >= position:
                seen = f"after {known[int(tokens[node.position])]}: {', '.join(node.wires)}"
                yield Row(PATH, node.position, node.passes, seen=seen)
        for edge in found.edges:
            seen = f"{edge.start[0]} {edge.start[1]} {edge.by}"
            yield Row(EDGE, edge.end[0], edge.end[1], seen=seen)
        return


def conclude(rows: Sequence[Row]) -> Sentences:
    """Three sentences: what a deleted part costs, whether decoding goes on, by which heads a change travels."""
    parts = [r for r in rows if r.what == PART]
    cells, lost, read = (sum(getattr(r, f) or 0 for r in parts) for f in ("cells", "lost", "as_predicted"))
    going = sum(bool(r.continues) for r in parts)
    right = sum(bool(r.output_right) for r in parts)
    paths = [r for r in rows if r.what == PATH]
    edges = links(rows)
    used = leading(edges)
    heads = {by for _, end, by in edges if end in used} - {"stays", "computed", "token"}
    first = (
        f"A cell is lost exactly when its latest value stood in the part of the trace that is deleted: of {cells:,} "
        f"cells in {len(parts)} damaged traces {lost:,} were predicted to be lost and the others not to be touched, "
        f"the transformer reads {read:,} as predicted and goes on as predicted in {going} of {len(parts)} runs "
        f"({right} of them still print the right output, since what was lost is not read again)."
    )
    broken = next((r for r in rows if r.what == UNREPAIRED), None)
    second = "No part could be deleted without a frame being opened or closed."
    if broken is not None:
        fixed = next(r for r in parts if (r.position, r.size) == (broken.position, broken.size))
        kept = (broken.cells or 0) - (broken.lost or 0)
        end = "still prints the right output" if broken.output_right else "no longer prints the right output"
        second = (
            "Only the program counter is spread over the whole trace, being a sum over all tokens: without the jump "
            f"that puts it right, a part of {broken.size} instructions leaves {kept} of {broken.cells} cells as they "
            f"were ({(broken.cells or 0) - (fixed.lost or 0)} with it), and the run {end}."
        )
    positions = len({r.position for r in paths})
    third = (
        f"The value whose path is drawn can be told from another one at {len(paths)} places (position, pass) of "
        f"{positions} positions; to what is emitted it goes as a token, fetched where it is needed by {len(heads)} "
        f"heads ({', '.join(sorted(heads))}), and past the tokens in between."
    )
    return first, second, third


EXPERIMENT = Experiment(
    name="flow",
    title="what is lost with a part of the trace, and the way of a value",
    after="Knowledge as flow rather than archive: the state between tokens is the trace alone.",
    sizes=(
        Size("part", 16, 1, 1000, "Instructions of the longest part that is deleted; also a 4th and a 16th of it."),
        Size("parts", 12, 1, 1000, "Of each length, spread over the trace."),
        Size("cut", 75, 1, 100, "Per cent of the run after which it is damaged and read."),
        Size("tokens", 20_000, 1, 1_000_000, "Of the trace: a program that takes more is not measured."),
    ),
    measure=measure,
    conclude=conclude,
    draw=draw,
    takes_program=True,
)

"""Lists of busy beavers as the community keeps them: each machine is run, and steps and score are compared.

A line of such a list has a machine in the one-line format and, after it, its steps and its score, as the first two
numbers: `1RB1LB_1LA1RZ Halt 6 4`, or with tabs or commas between them, and anything before. Lines without a machine
are headings; `#` begins a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from compiler.front_ends import compile_machine
from compiler.language.errors import SourceError
from compiler.machines.machine import PromptError
from interpreter.engines import create
from interpreter.engines.engine import Engine
from interpreter.runs.running import run

_TRANSITION = r"(?:\d[LR][A-Z]|---)"
_MACHINE = re.compile(rf"\b{_TRANSITION}{{2,}}(?:_{_TRANSITION}{{2,}})*(?![\w-])")
_NUMBER = re.compile(r"(?<![\w.^])\d{1,3}(?:,\d{3})+(?!\d)|(?<![\w.^])\d+(?![\w.^])")


class BeaverError(ValueError):
    """A text that is no such list; the message names the line, with a hint."""


@dataclass(frozen=True)
class Beaver:
    """A machine, and what the list says that it does."""

    line: int
    machine: str
    steps: int
    score: int


@dataclass(frozen=True)
class Verdict:
    """What became of a machine. found: "steps S, score C", or what else it came to; right: if that is in the list."""

    beaver: Beaver
    found: str
    right: bool

    def __str__(self) -> str:
        said = f"steps {self.beaver.steps:,}, score {self.beaver.score:,}"
        return f"line {self.beaver.line}: {self.beaver.machine}: {self.found}; the list says {said}"


def read_beavers(text: str, filename: str) -> list[Beaver]:
    """The machines of a list.

    Raises:
        BeaverError: a machine without steps and score, or no machine at all.
    """
    found = []
    for number, whole in enumerate(text.splitlines(), start=1):
        line = whole.partition("#")[0]
        machine = _MACHINE.search(line)
        if machine is None:
            continue
        numbers = [int(n.replace(",", "")) for n in _NUMBER.findall(line[machine.end() :])]
        if len(numbers) < 2:
            raise BeaverError(
                f"{filename}:{number}: error: there are no steps and score after the machine {machine[0]}\n"
                "hint: a line is a machine, its steps and its score, as in `1RB1LB_1LA1RZ 6 4`"
            )
        found.append(Beaver(number, machine[0], numbers[0], numbers[1]))
    if not found:
        raise BeaverError(
            f"{filename}: error: there is no machine in this list\n"
            "hint: a line is a machine in the one-line format, its steps and its score, as in `1RB1LB_1LA1RZ 6 4`"
        )
    return found


def budget_of(steps: int) -> int:
    """Tokens after which a machine is given up that should halt after so many steps.

    A step takes some tokens on a machine with memory, and on one with a queue as many as the queue is long twice over.
    """
    return 10_000 + max(200 * steps, 8 * min(steps, 5_000) ** 2)


def verdicts(
    beavers: list[Beaver], construction: str, engine: str, options: Mapping[str, str] | None = None
) -> Iterator[Verdict]:
    """One after the other. The engine is made once for all machines that are prompts of the same transformer.

    options: of the format on this construction.

    Raises:
        UnknownEngine, UnknownFormat: there is none, or the construction does not run Turing machines.
        OptionError: see there.
    """
    known: tuple[object, Engine] | None = None
    for beaver in beavers:
        try:
            prompt = compile_machine("tm", beaver.machine, f"line {beaver.line}", options, construction=construction)
        except (SourceError, PromptError) as problem:
            said = problem.render() if isinstance(problem, SourceError) else str(problem)
            yield Verdict(beaver, said.splitlines()[0], False)
            continue
        if known is None or known[0] is not prompt.machine:
            # The second of them shows that each is a transformer of its own.
            known = (prompt.machine, create(engine, prompt.machine, once=known is not None))
        result = run(prompt, engine=known[1], max_tokens=budget_of(beaver.steps))
        lines = result.report.splitlines()
        rows = dict(row.split(maxsplit=1) for row in lines if row[:6].strip() in ("steps", "score"))
        steps, score = (int(rows.get(name, "0").replace(",", "")) for name in ("steps", "score"))
        found = f"steps {steps:,}, score {score:,}"
        halted = result.ended == "halt"
        found = found if halted else f"not halted after {found}"
        yield Verdict(beaver, found, halted and (steps, score) == (beaver.steps, beaver.score))

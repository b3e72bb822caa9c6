"""What a subject is: it draws cases, and its check raises `Disagreement` where two answers differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st

from compiler.machines import ptm, ram
from compiler.machines.machine import Machine
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.prompt import Prompt as RamPrompt
from interpreter.engines import create
from interpreter.engines.engine import Engine
from interpreter.runs.running import Run


class Disagreement(AssertionError):
    """Two answers that should be one; the message has both."""


@dataclass(frozen=True)
class Checked:
    """tokens: of the trace; features: what the case reached."""

    tokens: int = 0
    features: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """share: of all cases; oracle: what is compared with what; paste: a case as the text of a file to try it by hand.

    suffix: of that file; together: checks several cases at once, None for a case that is to be checked by itself.
    """

    share: float
    oracle: str
    cases: st.SearchStrategy[Any]
    check: Callable[[Any], Checked]
    paste: Callable[[Any], str]
    suffix: str
    together: Callable[[Sequence[Any]], Sequence[Checked | None]] | None = None


@cache
def engine(construction: str = "ram", name: str = "indexed") -> Engine:
    """The one engine of this process: made once, the same for all cases."""
    subject: Machine[Any] = ram.machine(Layout()) if construction == "ram" else ptm.machine()
    return create(name, subject)


def agree(what: str, expected: object, found: object) -> None:
    """Raises Disagreement if the two differ; `what` names them in its message."""
    if expected != found:
        raise Disagreement(f"{what}: the oracle has {expected!r}, the transformer {found!r}")


def opcodes(prompt: RamPrompt) -> tuple[str, ...]:
    """The instructions that are in the program."""
    return tuple(sorted({instruction.opcode.name for instruction in prompt.program.instructions}))


def ended(result: Run) -> str:
    """How a run ended, as a feature of its case: its exception, or `Run.ended`."""
    return f"ends: {result.error.exception}" if result.error else f"ends: {result.ended}"

"""Whether all engines say of a machine what its specification says, token by token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np

from compiler.machines.machine import Machine
from compiler.machines.tokens.prompt import TokenPrompt
from interpreter.engines import create
from interpreter.engines.engine import Engine, Tokens
from interpreter.verification.verification import verify

BATCH = "batch"
ENGINES = ("dense", "indexed", BATCH)
"""What is compared with the specification: engines, and the verification of the whole trace at once."""


class Disagreement(AssertionError):
    """An engine says something else than the specification.

    Attributes:
        prompt: the tokens of the prompt.
        engine: whose token is another one.
        place: which token of the trace, from 0.
        expected, found: what the specification prescribes, and what the engine emits; None where it emits nothing.
    """

    def __init__(
        self, machine: Machine[Any], prompt: Sequence[Any], engine: str, trace: Sequence[Any], found: Any
    ) -> None:
        self.prompt, self.engine, self.place = tuple(prompt), engine, len(trace) - 1
        self.expected, self.found = trace[-1], found
        write = machine.writing.text
        after = write(prompt) + (f"  and then  {write(trace[:-1])}" if len(trace) > 1 else "")
        emits = "nothing" if found is None else write([found])
        super().__init__(
            f"after the prompt  {after}\nthe specification of {machine.name} prescribes  {write(trace[-1:])}\n"
            f"{engine} emits  {emits}"
        )


class Agreement:
    """Compares the engines of one machine with its specification, prompt by prompt.

    Args:
        engines: some of `ENGINES`.

    Raises:
        ValueError: the machine has no specification.
        UnknownEngine, NotIndexable: an engine cannot do what this machine needs.
    """

    def __init__(self, machine: Machine[Any], engines: Iterable[str] = ENGINES) -> None:
        if machine.specification is None:
            raise ValueError(f"the {machine.name} machine has no specification to compare with")
        self.machine = machine
        self.specification = machine.specification
        names = list(engines)
        self.batch = BATCH in names
        self.engines: dict[str, Engine] = {name: create(name, machine) for name in names if name != BATCH}

    def check(self, prompt: Iterable[Any], tokens: int = 100) -> int:
        """Compares up to so many tokens after a prompt; returns how many there were.

        Raises:
            Disagreement: at the first engine and token that differ.
            PromptError: it is no prompt.
        """
        made = TokenPrompt(self.machine, "", tuple(prompt))
        wanted: list[Any] = []
        for token in islice(self.specification(made.tokens), tokens):
            wanted.append(token)
            if self.machine.numbers.get(token) in self.machine.halting:
                break
        foreign = [token for token in wanted if token not in self.machine.numbers]
        if foreign:
            raise ValueError(f"the specification prescribes {foreign[0]!r}, which is no token of the machine")
        numbers = np.array([self.machine.numbers[token] for token in wanted], dtype=np.int32)
        for name, engine in self.engines.items():
            self._compare(made, name, wanted, np.concatenate([*engine.decode(made.numbers, len(wanted)), numbers[:0]]))
        if self.batch and wanted:
            whole = np.concatenate([made.numbers, numbers])
            mismatch = verify(self.machine, whole, len(made.tokens)).first_mismatch
            if mismatch is not None:
                trace = wanted[: mismatch.position - len(made.tokens) + 1]
                found = None if mismatch.emitted is None else self.machine.vocabulary[mismatch.emitted]
                raise Disagreement(self.machine, made.tokens, BATCH, trace, found)
        return len(wanted)

    def _compare(self, prompt: TokenPrompt, name: str, wanted: Sequence[Any], emitted: Tokens) -> None:
        found = [self.machine.vocabulary[number] for number in emitted.tolist()]
        for i, token in enumerate(wanted):
            if i >= len(found) or found[i] != token:
                there = found[i] if i < len(found) else None
                raise Disagreement(self.machine, prompt.tokens, name, wanted[: i + 1], there)

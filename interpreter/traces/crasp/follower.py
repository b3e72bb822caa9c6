"""Following a run of a counter machine: its counters, and how it goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import numpy.typing as npt

from compiler.machines.crasp.prompt import Prompt
from compiler.machines.crasp.vocabulary import Vocabulary
from interpreter.engines.engine import Tokens
from interpreter.traces.reading import ProgramError


class RunFollower:
    """See `interpreter.traces.reading.Follower`. What the run prints are its counters, when it has ended: the trace has
    them as numbers of tokens, and nobody else writes them down.

    counts: of each token of the vocabulary, prompt included.
    """

    def __init__(self, prompt: Prompt) -> None:
        self.prompt = prompt
        self.vocabulary = cast(Vocabulary, prompt.machine.vocabulary)
        self.counts = np.bincount(prompt.numbers, minlength=len(self.vocabulary))
        self._last = int(prompt.numbers[-1])
        slots = 2 * len(prompt.program.instructions) if prompt.interpreted else 0
        self._fetches = [i for i, t in enumerate(self.vocabulary) if t.text.endswith(":p0") and t.instruction < slots]
        """Where the universal machine comes to a slot."""
        self._before = prompt.source_steps
        self.steps = self.tokens = 0
        self.ended = False

    @property
    def source_steps(self) -> int:
        """Steps of the program: tokens, or of the universal machine, how often it has come to a slot."""
        if not self.prompt.interpreted:
            return self._before + self.tokens
        of_prompt = int(self.prompt.numbers[-1]) in self._fetches
        return self._before + int(self.counts[self._fetches].sum()) - of_prompt

    def feed(self, chunk: Tokens) -> str:
        """See `Follower.feed`."""
        text = self.prints(chunk)
        self.take(chunk)
        return text

    def take(self, chunk: Tokens) -> None:
        """See `Follower.take`."""
        self.counts += np.bincount(chunk, minlength=len(self.vocabulary))
        self.tokens += len(chunk)
        self.steps += len(chunk)
        self._last = int(chunk[-1])
        self.ended = self.vocabulary[self._last].next < 0

    def prints(self, chunk: Tokens) -> str:
        """See `Follower.prints`: the counters, at the end."""
        if self.vocabulary[int(chunk[-1])].next >= 0:
            return ""
        values = self._values(self.counts + np.bincount(chunk, minlength=len(self.vocabulary)))
        return "".join(f"{name} = {value}\n" for name, value in zip(self.prompt.program.counters, values))

    def course(self, chunk: Tokens) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """See `Follower.course`: there are no frames, and a token is a transition."""
        return chunk / len(self.vocabulary), np.zeros(len(chunk), dtype=np.int64)

    @property
    def cells_in_use(self) -> int:
        """See `Follower.cells_in_use`: the counters that are not 0."""
        return sum(value != 0 for value in self.values())

    def values(self) -> list[int]:
        """Of the counters of the machine in the weights, now."""
        return self._values(self.counts)

    def _values(self, counts: npt.NDArray[np.int64]) -> list[int]:
        values = [0] * len(self.vocabulary.program.counters)
        for token, count in zip(self.vocabulary, counts.tolist()):
            if token.counter >= 0:
                values[token.counter] += token.change * count
        return values

    def raised(self, exception: str, message: str) -> ProgramError:
        """See `Follower.raised`."""
        at = self.vocabulary[self._last].next
        line = 0 if self.prompt.interpreted or at < 0 else self.prompt.program.instructions[at].line
        lines = self.prompt.source.splitlines()
        return ProgramError(exception, message, self.prompt.filename, line, lines[line - 1] if line else "")

    def error(self) -> ProgramError | None:
        """See `Follower.error`: counter machines make none."""
        return None

    def report(self) -> str:
        """Nothing but what is printed."""
        return ""

    between = ""
    """See `Follower.between`: the output goes on."""

    def outgrown(self) -> Prompt | None:
        """See `Follower.outgrown`: this machine has no memory but its trace."""
        return None

    def shortage(self) -> str:
        """See `Follower.shortage`: likewise."""
        return ""

    def rest(self) -> Prompt | None:
        """The values before the last step, and its token."""
        token = self.vocabulary[self._last]
        if token.instruction < 0:
            return self.prompt
        values = self.values()
        if token.counter >= 0:
            values[token.counter] -= token.change
        steps = self.source_steps
        if self.prompt.interpreted:
            return replace(self.prompt, machine_values=tuple(values), last=token.text, source_steps=steps)
        return replace(self.prompt, values=tuple(values), last=token.text, source_steps=steps)

"""Following a run of which nothing is known but its tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from compiler.front_ends import front_end_of
from compiler.front_ends.front_end import Grows, TraceReports
from compiler.front_ends.options import read_options
from compiler.machines.tokens.prompt import TokenPrompt
from interpreter.engines.engine import Tokens
from interpreter.traces.reading import ProgramError


class TokenFollower:
    """See `interpreter.traces.reading.Follower`.

    A run prints its trace as the codec writes it, all in one line; one that was compiled from a program of another
    format prints nothing, and ends with the report of that format. The trace is kept only for such a report, or for
    the rest of a run.
    """

    def __init__(self, prompt: TokenPrompt, keep_rest: bool = False) -> None:
        self.prompt = prompt
        self.tokens = self.source_steps = 0
        self.ended = False
        window = prompt.machine.window
        self._window = window.begin(prompt.numbers.tolist()) if window is not None and keep_rest else None
        self._trace: list[int] | None = [] if prompt.format or (keep_rest and window is None) else None

    @property
    def steps(self) -> int:
        """As many as tokens."""
        return self.tokens

    def feed(self, chunk: Tokens) -> str:
        """See `Follower.feed`."""
        text = self.prints(chunk)
        self.take(chunk)
        return text

    def prints(self, chunk: Tokens) -> str:
        """See `Follower.prints`."""
        if self.prompt.format or not len(chunk):
            return ""
        machine = self.prompt.machine
        text = machine.writing.text([machine.vocabulary[int(number)] for number in chunk])
        return (" " if self.tokens else "") + text + ("\n" if int(chunk[-1]) in machine.halting else "")

    def take(self, chunk: Tokens) -> None:
        """See `Follower.take`."""
        self.tokens += len(chunk)
        if self._trace is not None:
            self._trace += chunk.tolist()
        if self._window is not None:
            for number in chunk.tolist():
                self._window.append(number)
        self.ended = len(chunk) > 0 and int(chunk[-1]) in self.prompt.machine.halting

    def course(self, chunk: Tokens) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """See `Follower.course`: there are neither instructions nor frames; tokens stand in the place of them."""
        return chunk / len(self.prompt.machine.vocabulary), np.zeros(len(chunk), dtype=np.int64)

    cells_in_use = 0
    """There are none."""

    def raised(self, exception: str, message: str) -> ProgramError:
        """See `Follower.raised`."""
        return ProgramError(exception, message, self.prompt.filename, 0, "")

    def error(self) -> ProgramError | None:
        """No end of such a run is an error."""
        return None

    def report(self) -> str:
        """What the format says that the prompt was compiled from; of a run cut in the middle, the end of its line."""
        prompt = self.prompt
        if not prompt.format:
            return "\n" if self.tokens and not self.ended else ""
        reader = cast(TraceReports, front_end_of(prompt.format, prompt.construction))
        machine = reader.parse(prompt.source, prompt.filename)
        options = read_options(reader.Options, dict(prompt.options))
        return reader.report_of_trace(machine, options, prompt, self._tokens(), self.ended)

    @property
    def between(self) -> str:
        """See `Follower.between`: the next token is apart from the last one."""
        return "" if self.prompt.format or not self.tokens else " "

    def outgrown(self) -> TokenPrompt | None:
        """See `Follower.outgrown`: what the format says that the prompt was compiled from."""
        reader = self._growing()
        if reader is None:
            return None
        machine = reader.parse(self.prompt.source, self.prompt.filename)
        options = read_options(reader.Options, dict(self.prompt.options))
        return reader.outgrown(machine, options, self.prompt, self._tokens())

    def shortage(self) -> str:
        """See `Follower.shortage`: likewise."""
        reader = self._growing()
        if reader is None:
            return ""
        return reader.shortage(read_options(reader.Options, dict(self.prompt.options)), self._tokens())

    def _growing(self) -> Grows | None:
        reader = front_end_of(self.prompt.format, self.prompt.construction) if self.prompt.format else None
        return reader if isinstance(reader, Grows) else None

    def rest(self) -> TokenPrompt | None:
        """Of a window, what is kept of the trace; else the whole trace."""
        vocabulary = self.prompt.machine.vocabulary
        if self._window is not None:
            return replace(self.prompt, tokens=tuple(vocabulary[number] for number in self._window.kept()))
        if self._trace is None:
            return None
        return replace(self.prompt, tokens=(*self.prompt.tokens, *(vocabulary[number] for number in self._trace)))

    def _tokens(self) -> list[Any]:
        """The tokens of the trace, as far as they are kept."""
        return [self.prompt.machine.vocabulary[number] for number in self._trace or ()]

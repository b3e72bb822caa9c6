"""How the prompts and traces of a machine are read: by `run` as they grow, and by people.

Every sort of prompt has a package here, `interpreter.traces.ram` for those of `compiler.machines.ram`, with the
functions of `Reading`; `interpreter.traces.tokens` reads those of machines that have none of their own. None of them
decides a token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from compiler.machines.constructions import construction
from compiler.machines.machine import Prompt
from compiler.machines.tokens.prompt import TokenPrompt
from interpreter.engines.engine import Engine, Tokens
from interpreter.traces.story import Story


@dataclass(frozen=True)
class ProgramError:
    """An exception that ends a run. `line` counts from 1; 0 where the program has no source lines.

    The message of a `SystemExit` is its status, or a line with its end.
    """

    exception: str
    message: str
    filename: str
    line: int
    line_text: str

    @property
    def status(self) -> int:
        """The exit status of a process that ends so, as Python has it."""
        exits = self.exception == "SystemExit" and not self.message.endswith("\n")
        return int(self.message) & 0xFF if exits else 1

    def render(self) -> str:
        """Like the end of a Python traceback: where, the source line, the exception; of `SystemExit` only the line."""
        if self.exception == "SystemExit":
            line, end, _ = self.message.rpartition("\n")
            return line if end else ""
        where = f'  File "{self.filename or "<program>"}", line {self.line}\n' if self.line else ""
        text = f"    {self.line_text.strip()}\n" if self.line_text.strip() else ""
        message = f": {self.message}" if self.message else ""
        return f"{where}{text}{self.exception}{message}"


class Follower(Protocol):
    """Reads a trace as it grows.

    Attributes: tokens: of the trace so far; steps: instructions ended; source_steps: of the machine that
    the program was compiled from, what a prompt says that came before included, 0 if it has none; ended: whether
    the last token halts.
    """

    @property
    def tokens(self) -> int:
        """Tokens of the trace so far."""
        ...

    @property
    def steps(self) -> int:
        """Instructions that have ended."""
        ...

    @property
    def source_steps(self) -> int:
        """Steps of the machine that the program was compiled from, those before the prompt included; or 0."""
        ...

    @property
    def ended(self) -> bool:
        """Whether the last token halts."""
        ...

    def feed(self, chunk: Tokens) -> str:
        """Takes the next tokens of the trace; returns what they print: `prints` and `take` in one."""
        ...

    def prints(self, chunk: Tokens) -> str:
        """What the next tokens of the trace print; does not take them."""
        ...

    def take(self, chunk: Tokens) -> None:
        """Takes the next tokens of the trace."""
        ...

    def course(self, chunk: Tokens) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Of each of the next tokens: how far down in the program its instruction stands, from 0 to 1, and the depth.

        The depth counts the frames that are open besides the first. Does not take the tokens.
        """
        ...

    @property
    def cells_in_use(self) -> int:
        """How many cells have been written so far, of a tape how many are not 0; 0 where they are not followed."""
        ...

    def raised(self, exception: str, message: str) -> ProgramError:
        """This exception, which the world outside the machine raises, at the instruction that is next."""
        ...

    def error(self) -> ProgramError | None:
        """For a run that has ended: the exception that its end stands for, if it does."""
        ...

    def report(self) -> str:
        """What the front end of the source says about the state that has been reached; "" for nothing."""
        ...

    def rest(self) -> Prompt | None:
        """The prompt with which the run goes on from its last whole instruction.

        None if the machine has no such prompts, or the follower was not asked to keep what they need.
        """
        ...

    @property
    def between(self) -> str:
        """What stands between what this run prints and what one prints that goes on from its rest."""
        ...

    def outgrown(self) -> Prompt | None:
        """The same prompt for a machine with more memory, if that is what the run ended for, and there is one."""
        ...

    def shortage(self) -> str:
        """What there was too little room for, and what to do, if that is what the run ended for; else nothing."""
        ...


class Reading(Protocol):
    """What the package of a machine provides."""

    def follow(self, prompt: Any, keep_rest: bool = False) -> Follower:
        """A follower that has read the prompt; with keep_rest, it can tell the `rest` of a run that is cut."""
        ...

    def covered(self, prompt: Any) -> Callable[[Tokens], int]:
        """What takes the prompt's tokens and then the trace, chunk by chunk: how many are within the theorem's bounds.

        The bounds are those on the numbers of a run, besides the length of the trace.
        """
        ...

    def listing(self, prompt: Any) -> Iterator[str]:
        """The program as text, with its source lines, and the prompt's tokens."""
        ...

    def chain_of_thought(self, prompt: Any, engine: Engine, max_tokens: int | None) -> Iterator[str]:
        """One line an instruction: where it comes from, the tokens that it emitted, what it printed."""
        ...

    def story(self, prompt: Any, trace: Tokens) -> Story:
        """What the tokens after the prompt are about, one by one."""
        ...


def reading(prompt: Prompt) -> Reading:
    """The reading of the prompt's machine; imports only what that machine needs."""
    # Such a prompt may be one of a machine that no construction names.
    package = "tokens" if isinstance(prompt, TokenPrompt) else construction(prompt.construction).prompts
    return cast(Reading, import_module(f"interpreter.traces.{package}"))

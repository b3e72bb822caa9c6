"""The prompt of a machine that has no prompts of its own: a sequence of its tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from compiler.circuits import Form
from compiler.machines.machine import Machine, PromptError


@dataclass(frozen=True)
class TokenPrompt:
    """Tokens that a machine continues.

    Attributes:
        machine: the machine.
        construction: what the command line calls it, see `compiler.machines.constructions`.
        tokens: of the prompt.
        source, filename, format, options: if the prompt was compiled from a program of another format, that program;
            a run then prints no tokens, and ends with the report of the format.

    Raises:
        PromptError: there are no tokens, one of them is none of the machine's, or they do not fill its window.
    """

    machine: Machine[Any]
    construction: str
    tokens: tuple[Any, ...]
    source: str = ""
    filename: str = ""
    format: str = ""
    options: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.tokens:
            raise PromptError("there are no tokens in this prompt; write one at least")
        for token in self.tokens:
            if token not in self.machine.numbers:
                raise PromptError(f"the codec of the {self.machine.name} machine gives {token!r}, which is no token")
        if self.machine.window is not None:
            try:
                self.machine.window.begin(self.numbers.tolist())
            except ValueError as problem:
                raise PromptError(f"the {self.machine.name} machine cannot go on from this prompt: {problem}") from None

    @cached_property
    def numbers(self) -> npt.NDArray[np.int32]:
        """The numbers of the tokens."""
        return np.array([self.machine.numbers[token] for token in self.tokens], dtype=np.int32)

    def in_form(self, form: Form) -> Self:
        """The same prompt for weights of this form."""
        return replace(self, machine=replace(self.machine, form=form))

    def telling_apart(self, positions: int) -> Self:
        """Raises PromptError, unless the weights do so already: a machine is given with its circuit."""
        apart = self.machine.circuit.max_tokens
        if positions != apart:
            raise PromptError(f"the {self.machine.name} machine tells {apart:,} positions apart; leave --positions out")
        return self

    @property
    def input_text(self) -> str:
        """Always empty: the tokens are all that there is."""
        return ""

    @property
    def reads_input(self) -> bool:
        """Never."""
        return False

    def with_input(self, text: str) -> Self:
        """Raises PromptError, unless the format that it was compiled from has taken the input."""
        if self.format:
            return self
        raise PromptError(f"the {self.machine.name} machine reads no input: all that it is given is its prompt")


def prompt_of(machine: Machine[Any], construction: str, text: str, filename: str = "<prompt>") -> TokenPrompt:
    """The prompt of a text, as the machine's codec reads it.

    Raises:
        PromptError: the text is none; a codec's own exception becomes one.
    """
    try:
        tokens = tuple(machine.writing.tokens(text, filename))
    except PromptError:
        raise
    except Exception as problem:
        said = str(problem) if isinstance(problem, ValueError) else f"{type(problem).__name__}: {problem}"
        raise PromptError(f"the codec of the {machine.name} machine refuses it: {said}") from problem
    return TokenPrompt(machine, construction, tokens, filename=filename)

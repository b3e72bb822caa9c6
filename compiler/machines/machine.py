"""What every machine folder provides, so that one machine read is all read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from compiler.circuits import Circuit, Form, Weights, in_form
from compiler.circuits.kept_weights import build_once
from compiler.machines.codec import Codec, PromptError, Words
from compiler.machines.sliding import hides_nothing
from compiler.machines.windows import Context, SlidingWindow, Window

__all__ = ["Context", "Machine", "Prompt", "PromptError", "Window"]

Token = TypeVar("Token")


@dataclass(frozen=True)
class Machine(Generic[Token]):
    """A machine as the engines see it: tokens, a circuit, and the tokens that end a run.

    Attributes:
        name: of the machine.
        vocabulary: `vocabulary[i]` is the token with number i.
        circuit: what the weights are made of.
        halting: the numbers of the tokens that end a run.
        key: all that the circuit depends on besides the source code of `compiler`, so that weights can be kept between
            runs; a machine without a key is built anew each time.
        specification: the machine in plain Python: from the tokens of a prompt to the tokens that follow it, the
            halting one included.
        form: of the weights.
        prompts: some on which `punchtape check` tries a machine of one's own, besides every short trace: a list, or a
            Hypothesis strategy that draws them.
        window: of the trace, if the transformer does not see all of it.
        codec: how prompts and traces are written; if not given, as `Words`.
    """

    name: str
    vocabulary: Sequence[Token]
    circuit: Circuit[Any]
    halting: frozenset[int]
    key: str = ""
    specification: Callable[[Iterable[Token]], Iterator[Token]] | None = None
    form: Form = "stacked"
    prompts: Any = ()
    window: Window | None = None
    codec: Codec[Any] | None = None

    @cached_property
    def weights(self) -> Weights:
        """The weights of this form, built when they are first asked for and kept between runs, see `key`."""
        if self.key:
            return build_once(self.circuit, f"{self.name} {self.key}", self.form)
        return in_form(self.circuit, form=self.form)

    @property
    def longest(self) -> int | None:
        """How long a trace may be, prompt included: positions that the weights tell apart. None: as long as one likes.

        In a window positions are counted anew.
        """
        return self.circuit.max_tokens if self.window is None else None

    @cached_property
    def cut(self) -> Window | None:
        """The window, if more would be seen without it; else None, and engines need not care for it."""
        window = self.window
        return None if isinstance(window, SlidingWindow) and hides_nothing(window.size, self.weights) else window

    def whole(self, prompt: Sequence[int], following: Iterable[int]) -> Iterator[int]:
        """The tokens that follow a prompt, as long as the transformer sees all that was before; none if never."""
        if self.cut is None:
            yield from following
            return
        context = self.cut.begin(prompt)
        if len(context.seen()) < len(prompt):
            return
        for token in following:
            yield token
            if not context.append(token):
                return

    @cached_property
    def writing(self) -> Codec[Token]:
        """The codec that is used: the machine's own, or `Words`; raises ValueError where those do not do."""
        return self.codec or Words(self.vocabulary)

    @cached_property
    def numbers(self) -> Mapping[Token, int]:
        """The number of each token."""
        return {token: number for number, token in enumerate(self.vocabulary)}


class Prompt(Protocol):
    """What a machine continues; the class `Prompt` of every machine folder is one."""

    @property
    def machine(self) -> Machine[Any]:
        """The machine that goes on from it."""
        ...

    @property
    def construction(self) -> str:
        """The name of its machine folder, see `compiler.machines.constructions`."""
        ...

    @property
    def numbers(self) -> npt.NDArray[np.int32]:
        """The tokens that the transformer sees, as token numbers."""
        ...

    def in_form(self, form: Form) -> Self:
        """The same prompt for weights of this form: the same tokens."""
        ...

    def telling_apart(self, positions: int) -> Self:
        """The same prompt for weights that tell as many positions apart, a power of two: the same tokens."""
        ...

    @property
    def input_text(self) -> str:
        """The input that is part of it already."""
        ...

    @property
    def reads_input(self) -> bool:
        """Whether input can be given."""
        ...

    def with_input(self, text: str) -> Self:
        """The same prompt with this input.

        Raises:
            PromptError: the input does not fit the machine.
        """
        ...

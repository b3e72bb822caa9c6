"""What every module of a format provides, so that one format read is all read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from compiler.machines.machine import Prompt
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.program import Origin
from compiler.machines.ram.values import Cell
from compiler.machines.tokens.prompt import TokenPrompt


class FrontEnd(Protocol):
    """A module with these names; what `parse` makes are frozen dataclasses that only the format's modules know.

    `Options` is a frozen dataclass, a default for each field, see `options.read_options`. If it has a field
    `input`, that is what `--input` says, and the input is part of the initial data. A format that reads its
    input while it runs gives its program an `InputArea` instead.

    A module may have `report` as well, see `Reports`.
    """

    @property
    def Options(self) -> type[Any]:  # noqa: N802
        """A frozen dataclass of what the format can be told, with defaults; see `compiler.front_ends.options`."""
        ...

    def parse(self, text: str, filename: str) -> Any:
        """The machine that a text describes.

        Raises:
            SourceError: a malformed text; names line and column and says what to write instead.
        """
        ...

    def compile(self, machine: Any, options: Any, layout: Layout | None) -> Prompt:
        """The prompt that runs the machine; its program says of which format it is.

        Raises:
            SourceError: the machine does not fit the layout; PromptError: the input is not as it should be.
        """
        ...


@dataclass(frozen=True)
class Ending:
    """The state in which a run ended or was cut, read off its trace.

    cells: the value of every cell that is not 0; at: where the instruction comes from at which the run is;
    steps: of the source machine, by `Origin.steps` of the instructions that were carried out; halted: whether
    it has come to a HALT.
    """

    cells: Mapping[Cell, int]
    at: Origin
    steps: int
    halted: bool


class Reports(FrontEnd, Protocol):
    """A front end that has something to say at the end of a run besides what the machine has printed."""

    def report(self, machine: Any, options: Any, layout: Layout, ending: Ending) -> str:
        """Lines of text. It reads memory and counts; what it says the machine decided, the machine has written."""
        ...


class TraceReports(FrontEnd, Protocol):
    """A front end whose prompts are a `TokenPrompt` with its name as `format`."""

    def report_of_trace(
        self, machine: Any, options: Any, prompt: TokenPrompt, trace: Sequence[Any], halted: bool
    ) -> str:
        """Lines of text about the state to which prompt and trace have come; trace: its tokens; halted: it has ended.

        Like `Reports.report`, it reads and counts, and decides nothing.
        """
        ...


@runtime_checkable
class Grows(TraceReports, Protocol):
    """A front end of a `TokenPrompt` that knows a larger machine for a run that ended for want of room."""

    def shortage(self, options: Any, trace: Sequence[Any]) -> str:
        """What there was too little room for, and what to do; nothing if the run has not ended for want of room."""
        ...

    def outgrown(self, machine: Any, options: Any, prompt: TokenPrompt, trace: Sequence[Any]) -> TokenPrompt | None:
        """The same for the larger machine; None if the run has not ended for want of room, or may not grow."""
        ...

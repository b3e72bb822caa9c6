"""What a run is about, token by token: instructions, cells, output; for whoever shows it to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from interpreter.engines.engine import Tokens


@dataclass(frozen=True)
class Step:
    """An instruction of the program.

    Attributes:
        text: the instruction as the listing has it.
        line: of the source, from 1; 0 if it comes from none, as in the library.
        note: what it is for; "" if nobody says.
        library: whether it belongs to the runtime library.
        first, last: the positions of its first and last token in the prompt.
    """

    text: str
    line: int
    note: str
    library: bool
    first: int
    last: int


@dataclass(frozen=True)
class Write:
    """A cell is set: at the position of the token that ends the write. value: as text."""

    position: int
    cell: str
    value: str


@dataclass(frozen=True)
class Story:
    """Positions count the tokens of the prompt and then those of the trace, from 0.

    Attributes:
        source, filename: what was compiled; "" if nothing was.
        instructions: the program's, in order.
        starts: the positions in the trace at which an instruction begins to be carried out.
        current: for each token of the trace, the number of the instruction that it belongs to.
        lines: for each token of the trace, the line of the source that it belongs to; 0 for none.
        depth: for each token of the trace, how many frames are open besides the first.
        writes: of the prompt and of the trace, in order.
        output: (position, text) of what is printed.
        heads: by the name of a head, what it looks for: see `interpreter/explorer/assets/words.js`.
        meanings: by the family of a token, or its name, what it means; `{value}` is the number in it.
        cells: the numbers with which a page makes the name of a cell of its coordinates, see there.
        ended: what the run says of its end; "" if it goes on.
    """

    source: str = ""
    filename: str = ""
    instructions: Sequence[Step] = ()
    starts: Sequence[int] = ()
    current: Sequence[int] = ()
    lines: Sequence[int] = ()
    depth: Sequence[int] = ()
    writes: Sequence[Write] = ()
    output: Sequence[tuple[int, str]] = ()
    heads: Mapping[str, str] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[str, int] = field(default_factory=dict)
    ended: str = ""


class Printing(Protocol):
    """What `story_of_output` asks of a follower, see `interpreter.traces.reading.Follower`."""

    def feed(self, chunk: Tokens) -> str:
        """Takes the next tokens of the trace; returns what they print."""
        ...

    def report(self) -> str:
        """What is said about the state that has been reached."""
        ...


def story_of_output(follower: Printing, source: str, filename: str, first: int, trace: Tokens) -> Story:
    """Of a machine whose steps are its tokens: what they print, from position `first` on, where the follower is."""
    output = [(position, follower.feed(number[None])) for position, number in enumerate(trace, first)]
    starts = range(first, first + len(trace))
    return Story(source=source, filename=filename, starts=starts, output=output, ended=follower.report())


LONGEST = 60
"""Characters of a value that are shown."""


def shortened(value: str) -> str:
    """A number of very many digits, by its beginning and its end."""
    if len(value) <= LONGEST:
        return value
    return f"{value[: LONGEST // 2]}…{value[-LONGEST // 3 :]} ({len(value.lstrip('-')):,} digits)"

"""What an experiment is: sizes in, rows out, three sentences and a plot about the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from compiler.machines.ram.prompt import Prompt

Row = TypeVar("Row")
Progress = Callable[[int, int, str], None]
"""Is told how many of how many steps are done, and what is being done."""
Sentences = tuple[str, str, str]


class CannotMeasure(Exception):
    """These sizes do not fit together, or this machine cannot hold them; the message says what to change."""


class NoEnd(Exception):
    """A program has not come to its end within the budget of the experiment; the message says which."""


@dataclass(frozen=True)
class Size:
    """A whole number that an experiment can be given: its range, both ends included, and what it is."""

    name: str
    default: int
    low: int
    high: int
    meaning: str


@dataclass(frozen=True)
class Setting:
    """What an experiment is run with: its sizes by name, and a prompt, if it takes one and is given one.

    program: the file that the prompt comes from.
    """

    sizes: Mapping[str, int]
    prompt: Prompt | None = None
    program: str = ""

    def __getitem__(self, name: str) -> int:
        return self.sizes[name]


@dataclass(frozen=True)
class Experiment(Generic[Row]):
    """One experiment.

    title: what is measured; after: what it is about, and what is reported; measure: yields the rows of the table,
    dataclasses of one kind, as they are measured; conclude: three sentences, put together from the rows, that say what
    is seen in them; draw: plots the rows; takes_program: whether it can be carried out on a program of the user's.

    Raises (when measuring):
        CannotMeasure, NoEnd: see there; the rows so far are a partial result.
    """

    name: str
    title: str
    after: str
    sizes: tuple[Size, ...]
    measure: Callable[[Setting, Progress], Iterator[Row]]
    conclude: Callable[[Sequence[Row]], Sentences]
    draw: Callable[[Sequence[Row], Figure], None]
    takes_program: bool = False

    def defaults(self) -> dict[str, int]:
        """The default of each size, by its name."""
        return {size.name: size.default for size in self.sizes}


def silent(done: int, total: int, doing: str) -> None:
    """The progress that nobody watches."""

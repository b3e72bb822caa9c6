"""What is measured: tasks beside CPython, and the tasks of which another transformer's figures are known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from compiler import compile_program
from compiler.front_ends import LANGUAGE, compile_machine, format_of
from compiler.machines.machine import Prompt

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "benchmarks" / "sources"
PUZZLE = "530070000600195000098000060800060003400803001700020006060000280000419005000080079"


@dataclass(frozen=True)
class Task:
    """A program of the language with its input, or a machine in another format.

    Attributes:
        settings: options of the format, `name=value`.
        most: tokens after which the run is cut; None: it goes on to its end.
        simulator: what CPython runs in the place of a machine; it reads how many steps to do, 0: all, and the source.
    """

    name: str
    path: Path
    input_text: str = ""
    settings: tuple[str, ...] = ()
    most: int | None = None
    simulator: Path | None = None

    @property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def prompt(self) -> Prompt:
        """With its input."""
        name = format_of(self.path.name)
        if name == LANGUAGE:
            return compile_program(self.source).with_input(self.input_text)
        options = dict(setting.split("=") for setting in self.settings)
        return compile_machine(name, self.source, self.path.name, options)

    def arguments(self) -> list[str]:
        """Of `punchtape run`."""
        budget = [] if self.most is None else ["--max-tokens", str(self.most)]
        return [str(self.path), *(f"--set={setting}" for setting in self.settings), *budget]

    def beside(self, steps: int) -> tuple[Path, str]:
        """What CPython runs, and its input; steps: those of the machine in a run that is cut."""
        if self.simulator is None:
            return self.path, self.input_text
        return self.simulator, f"{0 if self.most is None else steps}\n{self.source}"


@dataclass(frozen=True)
class Peer:
    """Figures of transformer-vm, sparse build, one core: generated tokens and CPU seconds; 0 for none."""

    task: Task
    tokens: int = 0
    seconds: float = 0.0


def _example(name: str, program: str, *lines: str) -> Task:
    return Task(name, ROOT / "programs" / f"{program}.py", "".join(f"{line}\n" for line in lines))


def _own(name: str, program: str, *lines: str) -> Task:
    return Task(name, SOURCES / f"{program}.py", "".join(f"{line}\n" for line in lines))


def _turing_machine(name: str, machine: str, block: int, most: int | None = None) -> Task:
    path = ROOT / "programs" / "machines" / f"{machine}.tm"
    return Task(name, path, "", (f"block={block}",), most, SOURCES / "turing_machine.py")


def _matrix(rows: int, columns: int, factor: int) -> list[str]:
    """Rows of numbers below 100 without a simple pattern."""
    return [" ".join(str((i * factor + j * i * 31 + j * 17) % 97) for j in range(columns)) for i in range(rows)]


LONG_RUN = _own("longest Collatz sequences", "long_run")

TASKS = (
    _example("Fibonacci of 1000", "fibonacci", "1000"),
    _example("Collatz from 837799", "collatz", "837799"),
    _example("sieve up to 20000", "sieve", "20000"),
    _example("matrix product 20 x 20", "matrix_product", "20 20", *_matrix(20, 20, 79), *_matrix(20, 20, 53)),
    _example("8 queens", "queens", "8"),
    _example("min-cost matching 20 x 20", "matching", " ".join(_matrix(20, 20, 79))),
    _example("Sudoku", "sudoku", PUZZLE),
    _turing_machine("BB(5), 3 million tokens", "bb5", block=8, most=3_000_000),
    _turing_machine("BB(5) to its halt", "bb5", block=8),
)

PEERS = (
    Peer(_example("Fibonacci of 10", "fibonacci", "10"), 4_108, 0.12),
    Peer(_own("Fibonacci of 10, recursive", "recursive_fibonacci", "10"), 4_108, 0.12),
    Peer(_example("Fibonacci of 20", "fibonacci", "20"), 58_700, 1.0),
    Peer(_own("Fibonacci of 20, recursive", "recursive_fibonacci", "20"), 58_700, 1.0),
    Peer(_example("Fibonacci of 25", "fibonacci", "25"), 591_000, 10.8),
    Peer(_own("Fibonacci of 25, recursive", "recursive_fibonacci", "25"), 591_000, 10.8),
    Peer(_example("Collatz from 7", "collatz", "7"), 38_825, 0.7),
    Peer(_example("Collatz from 15", "collatz", "15"), 64_900, 1.1),
    Peer(_own("9…9 (50 digits) + 1…1", "addition", "9" * 50, "1" * 50), 30_000, 0.5),
    Peer(_example("min-cost matching 3 x 3", "matching", "9 2 7 6 4 3 5 8 1"), 162_828, 3.1),
    Peer(_example("Sudoku", "sudoku", PUZZLE), 1_014_508, 22.7),
)

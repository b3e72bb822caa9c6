"""The specification that Coq proves something about is the one that runs: both, token by token, on random programs.

    python -m proofs_check.extraction --programs 10000 --seed 0

Coq extracts `coq/RamTokens.v` to OCaml, which is compiled in a temporary folder and reads one prompt after the other.
It has to decode the tokens of `compiler.machines.ram.semantics`. Needs Debian's package coq, which brings OCaml.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from compiler.compiling import compile_program
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.prompt import Prompt
from compiler.machines.ram.semantics import Ram
from compiler.machines.ram.vocabulary import Token
from interpreter.campaign.drawing import Refused, drawn
from interpreter.strategies.programs import programs
from interpreter.strategies.ram import ram_programs

COQ = Path(__file__).parent / "coq"
FILES = ("RamMachine.v", "RamTokens.v", "RamExtraction.v")
TOKENS = 400
"""Of a run that are compared: the extracted memory is a chain of functions, one a write."""
TOOLS = ("coqc", "ocamlfind")


@dataclass(frozen=True)
class Difference:
    """A prompt after which the two decode different tokens."""

    prompt: Prompt
    specified: list[str]
    extracted: list[str]


class Extracted:
    """The compiled specification, as a process that answers one prompt after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def tokens(self, prompt: Prompt, wanted: int) -> list[str]:
        """At most so many tokens that follow, each as `FAMILY VALUE FLAG`."""
        layout = prompt.layout
        numbers = (layout.base, layout.groups, layout.max_depth, wanted)
        assert self._process.stdin is not None and self._process.stdout is not None
        print(*numbers, *map(_written, prompt.tokens), file=self._process.stdin, flush=True)
        words = self._process.stdout.readline().split()
        return [" ".join(words[i : i + 3]) for i in range(0, len(words), 3)]


@contextmanager
def extracted() -> Iterator[Extracted]:
    """Extracts, compiles and starts the specification.

    Raises:
        subprocess.CalledProcessError: Coq or OCaml does not accept the files.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in (*FILES, "ram_main.ml"):
            shutil.copy(COQ / file, folder)
        for file in FILES:
            subprocess.run(["coqc", "-Q", ".", "", file], cwd=folder, check=True, capture_output=True)
        sources = ("ram_tokens.mli", "ram_tokens.ml", "ram_main.ml")
        command = ["ocamlfind", "ocamlopt", "-O3", "-w", "-a", *sources, "-o", "ram"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        with subprocess.Popen([folder / "ram"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            yield Extracted(process)


def random_prompts(count: int, seed: int) -> Iterator[Prompt]:
    """RAM programs of any instructions, on small and usual layouts, and every fourth a program of the language."""
    layouts = (Layout(base=10, max_depth=3), Layout(base=12, groups=3, max_depth=5), Layout())
    number = 0
    while count:
        number += 1
        try:
            if number % 4 == 0:
                prompt = compile_program(drawn(programs(max_statements=3, depth=1), f"{seed}/language/{number}")[0])
            else:
                prompt = Prompt(drawn(ram_programs(layouts[number % 4 - 1]), f"{seed}/ram/{number}")[0])
        except Refused:
            continue
        count -= 1
        yield prompt


def compared(given: Extracted, prompts: Iterable[Prompt]) -> tuple[int, int, list[Difference]]:
    """How many prompts, how many tokens, and where the two differ."""
    number = tokens = 0
    differences = []
    for prompt in prompts:
        number += 1
        machine = Ram(prompt.layout)
        machine.load(prompt.tokens)
        specified = [*map(_written, islice(machine.run(), TOKENS))]
        found = given.tokens(prompt, TOKENS)
        if found != specified:
            differences.append(Difference(prompt, specified, found))
        tokens += len(specified)
    return number, tokens, differences


def _written(token: Token) -> str:
    return f"{token.family} {token.value} {token.flag}"


def main() -> None:
    """Compares, and ends with status 1 if the two ever differ."""
    parser = argparse.ArgumentParser(prog="python -m proofs_check.extraction", description=__doc__)
    parser.add_argument("--programs", type=int, default=1000, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with extracted() as given:
        number, tokens, differences = compared(given, random_prompts(asked.programs, asked.seed))
    print(f"{number:,} programs, {tokens:,} tokens: {len(differences)} differences")
    for found in differences[:3]:
        print(*found.prompt.tokens, sep=" ")
    raise SystemExit(bool(differences))


if __name__ == "__main__":
    main()

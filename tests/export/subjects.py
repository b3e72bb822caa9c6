"""What the tests export: a machine, by the options of the command, with a program and its prompt."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from compiler.machines.machine import Machine
from interpreter.command_line import main
from interpreter.command_line.machines import machine_named
from interpreter.engines.reference import ReferenceEngine

ROOT = Path(__file__).parents[2]


def punch(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@dataclass(frozen=True)
class Subject:
    """name, base, form: of the machine; program: a file and its input."""

    name: str
    base: int | None
    program: tuple[str, str]
    form: str = "stacked"

    @property
    def options(self) -> list[str]:
        return [
            "--machine",
            self.name,
            "--form",
            self.form,
            *(["--base", str(self.base)] if self.base else []),
        ]

    @cached_property
    def machine(self) -> Machine[Any]:
        return machine_named(self.name, self.base, None, self.form)  # type: ignore[arg-type]

    @cached_property
    def prompt(self) -> str:
        """The names of the prompt's tokens, as `punchtape compile --tokens` prints them."""
        file, given = self.program
        made = punch("compile", file, "--input", given, "--tokens", *self.options)
        assert made.exit_code == 0, made.stderr
        return made.stdout

    @cached_property
    def numbers(self) -> list[int]:
        number = {str(token): i for i, token in enumerate(self.machine.vocabulary)}
        return [number[name] for name in self.prompt.split()]

    @cached_property
    def trace(self) -> list[int]:
        """What the specification says after the prompt, up to the token that halts."""
        chunks = ReferenceEngine(self.machine).decode(self.numbers)  # type: ignore[arg-type]
        found = [int(token) for chunk in chunks for token in chunk]
        assert found[-1] in self.machine.halting
        return found

    def export(self, target: str, output: Path, *more: str) -> Path:
        """Exports it with the command."""
        result = punch("export", *self.options, "--to", target, "-o", str(output), *more)
        assert (result.exit_code, result.output) == (0, "")
        return output


RAM = Subject("ram", 100, ("example:gcd.ram", ""))
RAM_LOOPED = Subject("ram", 100, ("example:gcd.ram", ""), form="looped")
PTM = Subject("ptm", None, ("example:parity.ptm", "101"))
SUBJECTS = {"ram": RAM, "ram looped": RAM_LOOPED, "ptm": PTM}


def apart(script: str, *arguments: str, folder: Path) -> Any:
    """What a script prints, as JSON, in a process that has no rooms of this project, and no network."""
    blocked = (
        "import sys\nfor room in ('compiler', 'interpreter', 'proofs_check', 'punchtape'): sys.modules[room] = None\n"
    )
    offline = {"HF_HOME": str(folder), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "WANDB_MODE": "disabled"}
    ran = subprocess.run(
        [sys.executable, "-c", blocked + script, *arguments],
        cwd=folder,
        env=os.environ | offline,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)

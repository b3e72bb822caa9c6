"""Console sessions of a Markdown page: indented lines that begin with `$ ` and what they print.

    $ cat hello.py                 makes the file of what follows
    $ punchtape run hello.py | tail -1
    …                              stands for any lines
    the last line

Of a block after `<!-- long -->`, the commands take minutes; a fenced block after `<!-- file: NAME -->` is that file.
Times differ from run to run: they are compared as T.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from interpreter.command_line import main

ANY = "…"
TIMES = re.compile(
    r"(?<= in )[\d.]+s\b|(?<=seconds )( *)[\d.,]+|(?<=tokens per second )[\d.,]+|\b[\d.]+ s, [\d,]+ a second"
)


@dataclass(frozen=True)
class Command:
    """A command of a page; line: where it is, from 1; shown: the lines that follow it there."""

    page: Path
    line: int
    text: str
    shown: tuple[str, ...]
    long: bool

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}: {self.text}"


def commands(page: Path) -> Iterator[Command]:
    """The commands of a page, in its order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    long = False
    for number, line in enumerate(lines):
        if line.startswith("    $ "):
            shown = []
            for following in lines[number + 1 :]:
                if following.startswith("    $ ") or not following.startswith("    "):
                    break
                shown.append(following[4:])
            yield Command(page, number + 1, line[6:], tuple(shown), long)
        elif not line.startswith("    ") and line.strip():
            long = line == "<!-- long -->"


def files(page: Path) -> dict[str, str]:
    """The files that a page writes out in fenced blocks."""
    blocks = re.findall(r"<!-- file: (\S+) -->\n```\w*\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    return dict(blocks)


def carry_out(command: Command, folder: Path) -> str:
    """What the command prints on a terminal, in this folder, which is the current one."""
    stages: list[list[str]] = [[]]
    words = shlex.shlex(command.text, posix=True, punctuation_chars="|")
    words.whitespace_split = True
    for word in words:
        if word == "|":
            stages.append([])
        else:
            stages[-1].append(word)
    if stages == [["cat", stages[0][-1]]] and not (folder / stages[0][1]).exists():
        (folder / stages[0][1]).write_text("".join(f"{line}\n" for line in command.shown))
    text = ""
    for number, (name, *arguments) in enumerate(stages, start=1):
        if name == "punchtape":
            result = CliRunner().invoke(main, arguments, input=text)
            if result.exception is not None and not isinstance(result.exception, SystemExit):
                raise result.exception
            text = result.output if number == len(stages) else result.stdout
        else:
            name = sys.executable if name == "python" else name
            done = subprocess.run([name, *arguments], input=text, cwd=folder, capture_output=True, text=True)
            text = done.stdout + done.stderr
    return text


def agrees(shown: tuple[str, ...], printed: str) -> bool:
    """Whether the page shows what was printed, but for times, lines left out, and spaces at the ends of lines."""
    pattern = "".join("(?:.*\n)*?" if line.strip() == ANY else re.escape(_plain(line)) + "\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{_plain(line)}\n" for line in printed.splitlines())) is not None


def _plain(line: str) -> str:
    return TIMES.sub("T", line).rstrip()

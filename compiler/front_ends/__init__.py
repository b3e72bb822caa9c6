"""Machines that theorists bring: each format is a front end that compiles to a prompt.

A format is a row of `FORMATS`; for each construction that runs it, the row names a module of this room that has
the parts of `FrontEnd`. The parser and all else is imported only when asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from compiler.front_ends.front_end import FrontEnd
    from compiler.machines.machine import Prompt
    from compiler.machines.ram.isa import Layout

LANGUAGE = "py"
"""The format of everything that is not in the table: the small language, which is no front end of this room."""


@dataclass(frozen=True)
class Format:
    """extension: of its files, and its name; modules: by the name of the construction, the module of this room."""

    extension: str
    meaning: str
    modules: Mapping[str, str]


FORMATS = {
    row.extension: row
    for row in (
        Format("bf", "brainfuck", {"ram": "brainfuck"}),
        Format("coin", "probabilistic Turing machines, one-line format with `1RB/0LA`", {"coin": "coin"}),
        Format("counter", "Minsky's counter machines", {"ram": "counter", "crasp": "counter_on_crasp"}),
        Format("ptm", "two-tape Post-Turing programs", {"ptm": "ptm", "ram": "ptm_on_ram"}),
        Format("ram", "the assembly language of the RAM", {"ram": "assembly"}),
        Format("subleq", "SUBLEQ, the computer with one instruction", {"ram": "subleq"}),
        Format(
            "tm",
            "Turing machines, one-line format",
            {
                "ram": "turing",
                "ptm": "post_turing",
                "lag": "turing_on_lag",
                "post": "turing_on_post",
                "turingformer": "turing_on_turingformer",
            },
        ),
    )
}


class UnknownFormat(ValueError):
    """There is no such format, or the construction does not run it; the message says what there is."""


def format_of(file: str) -> str:
    """The format that a file's name says."""
    extension = Path(file).suffix.removeprefix(".")
    return extension if extension in FORMATS else LANGUAGE


def construction_of(name: str) -> str:
    """The construction that runs a format if no other is asked for; raises UnknownFormat."""
    if name == LANGUAGE:
        return "ram"
    if name not in FORMATS:
        raise UnknownFormat(f"there is no format {name!r}; choose one of: {LANGUAGE}, {', '.join(FORMATS)}")
    return next(iter(FORMATS[name].modules))


def front_end_of(name: str, construction: str | None = None) -> FrontEnd:
    """The front end of a format, for the construction that is given or usual; raises UnknownFormat."""
    construction = construction or construction_of(name)
    modules = FORMATS[name].modules
    if construction not in modules:
        others = ", ".join(modules)
        raise UnknownFormat(f"the {construction} machine does not run .{name} files; choose --machine: {others}")
    return cast("FrontEnd", import_module(f"{__name__}.{modules[construction]}"))


def compile_machine(
    name: str,
    text: str,
    filename: str = "<machine>",
    options: Mapping[str, str] | None = None,
    layout: Layout | None = None,
    construction: str | None = None,
) -> Prompt:
    """The prompt of a machine given as text.

    Args:
        name: its format, one of `FORMATS`; options: as text, by the names in the front end's `Options`.

    Raises:
        SourceError: the text is not in this format, or does not fit the layout.
        OptionError: an option that the format does not have, or a value that it cannot have.
        UnknownFormat: there is no such format, or the construction does not run it.
    """
    from compiler.front_ends.options import read_options

    reader = front_end_of(name, construction)
    chosen = read_options(reader.Options, options or {})
    return reader.compile(reader.parse(text, filename), chosen, layout)

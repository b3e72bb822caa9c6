"""Programs in every format: the small language, Turing machines, brainfuck, and the others of `punchtape formats`."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path

from compiler.front_ends import LANGUAGE, UnknownFormat, compile_machine, format_of
from compiler.front_ends.options import OptionError
from compiler.machines.machine import Prompt
from compiler.machines.ram import Layout


def compile_text(
    text: str,
    format: str = LANGUAGE,
    filename: str = "<program>",
    options: Mapping[str, str] | None = None,
    layout: Layout | None = None,
    construction: str | None = None,
) -> Prompt:
    r"""The prompt of a program given as text.

    >>> from punchtape import compile_text, run
    >>> run(compile_text("inc r\nhalt", "counter")).output
    'r = 1\n'

    Args:
        format: as `punchtape formats` lists them: `py` is the small language.
        filename: for error messages.
        options: of the format, as text: `{"tape": "yes"}`.
        layout: of the RAM; by default base 1000 and two address groups.
        construction: the machine that runs it, if not the first that the format names.

    Raises:
        SourceError: the text is not in this format, or does not fit the layout.
        OptionError: an option that the format does not have, or a value that it cannot have.
        UnknownFormat: there is no such format, or the construction does not run it.
    """
    if format != LANGUAGE:
        return compile_machine(format, text, filename, options, layout, construction)
    if options:
        raise OptionError("programs of the small language have no options")
    if construction not in (None, "ram"):
        raise UnknownFormat(f"programs of the small language run on the RAM, not on {construction!r}")
    from compiler.compiling import compile_program

    return compile_program(text, filename, layout)


def compile_file(
    file: str | PathLike[str],
    format: str | None = None,
    options: Mapping[str, str] | None = None,
    layout: Layout | None = None,
    construction: str | None = None,
) -> Prompt:
    r"""The prompt of a program in a file, whose format is the one that its name says if none is given.

    >>> from punchtape import compile_file, run
    >>> from punchtape.formats import example
    >>> result = run(compile_file(example("bb4.tm")))
    >>> result.output
    'halted in state Z\n'
    >>> result.report.splitlines()
    ['steps   107', 'score   13']

    Raises:
        OSError, UnicodeDecodeError: the file cannot be read, or is not UTF-8 text.
        SourceError, OptionError, UnknownFormat: see `compile_text`.
    """
    text = Path(file).read_bytes().decode("utf-8-sig")
    return compile_text(text, format or format_of(str(file)), str(file), options, layout, construction)


def example(name: str) -> Path:
    """The file of an example program that comes with punchtape, by the name that `punchtape examples` lists.

    >>> from punchtape.formats import example
    >>> example("collatz").name
    'collatz.py'

    Raises:
        UnknownExample: there is none of this name.
    """
    from interpreter.runs.examples import example_file

    return example_file(name)

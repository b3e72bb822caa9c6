"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from compiler.circuits import FORMS, Form
from compiler.circuits.circuit import MAX_TOKENS
from compiler.front_ends import FORMATS, LANGUAGE
from compiler.machines.constructions import CONSTRUCTIONS
from interpreter.command_line.files import located
from interpreter.command_line.sources import Source
from interpreter.engines import DEFAULT, NAMES


def layout_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--base` and `--groups`, which are None where not given."""
    command = click.option(
        "--groups",
        type=int,
        help="Address groups, 2 to 4: the heap has base**groups cells.  [2; `run` takes more where they are needed]",
    )(command)
    return click.option("--base", type=int, help="Values of a group; the weights depend on it.  [1000]")(command)


def form_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--form`, which is None where not given."""
    text = "stacked: layers; looped: one block, its weights stored once, applied again and again.  [stacked]"
    return click.option("--form", type=click.Choice(FORMS), help=text)(command)


class PowerOfTwo(click.ParamType[int]):
    """A power of two within bounds."""

    name = "integer"

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> int:
        """The number; fails as Click's own types do."""
        number: int = click.INT.convert(value, parameter, context)
        if not self.least <= number <= self.most or number & (number - 1):
            self.fail(f"{number} is not a power of two from {self.least:,} to {self.most:,}.", parameter, context)
        return number


def positions_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--positions`, how many the weights tell apart."""
    text = f"Weights that tell N positions apart, a power of two: traces may be as long.  [{MAX_TOKENS}]"
    return click.option("--positions", type=PowerOfTwo(2**10, 2**30), metavar="N", help=text)(command)


def machine_option(default: str | None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--machine`, given on as `name`; without a default, what FILE is decides."""
    named = (c.name + (f"[:{c.argument}]" if c.argument else "") for c in CONSTRUCTIONS)
    own = "FILE.py:NAME, a machine of your own; or FILE.safetensors, from `specialise`"
    text = f"The construction: {', '.join(named)}; {own}."
    return click.option("--machine", "name", default=default, show_default=True, metavar="NAME", help=text)


def engine_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--engine`; whether there is one of that name is asked later."""
    lines = "; ".join(f"{name}: {text}" for name, text in NAMES.items())
    return click.option("--engine", default=DEFAULT, show_default=True, metavar="NAME", help=lines)(command)


def budget_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--max-tokens`, which is None where not given."""
    return click.option(
        "--max-tokens", type=click.IntRange(min=1), metavar="N", help="Give up after N tokens, with exit status 3."
    )(command)


def source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """FILE and all that says what it is; the command is given one `source`."""

    @click.argument("file", metavar="FILE")
    @click.option("--input", "input_text", metavar="TEXT", help="The program's input, instead of standard input.")
    @click.option("--format", "format_name", metavar="NAME", help=f"What FILE is, if not by its name: {_formats()}.")
    @click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="An option of the format.")
    @machine_option(None)
    @layout_options
    @form_option
    @positions_option
    @wraps(command)
    def with_source(
        file: str,
        input_text: str | None,
        format_name: str | None,
        settings: tuple[str, ...],
        name: str | None,
        base: int | None,
        groups: int | None,
        form: Form | None,
        positions: int | None,
        **rest: Any,
    ) -> Any:
        source = Source(located(file), format_name, settings, name, base, groups, form, input_text, positions)
        return command(source=source, **rest)

    return with_source


def _formats() -> str:
    return ", ".join([f"{LANGUAGE} (the small language)", *(f"{f.extension} ({f.meaning})" for f in FORMATS.values())])


def with_version(command: click.Command) -> click.Command:
    """The command, and those in it, with `--version` among its options: a user who types it there means the same."""
    if not any(parameter.name == "version" for parameter in command.params):
        click.version_option(None, "--version", package_name="punchtape", prog_name="punchtape")(command)
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            with_version(inner)
    return command

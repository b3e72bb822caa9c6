"""The command `punchtape`.

Exit status: 0 the program ended; 1 it ended with an error of its own; 2 usage, source or file is wrong;
3 the budget of --max-tokens is used up; 130 interrupted by Ctrl-C.
"""

from __future__ import annotations

from importlib.metadata import entry_points

import click

from interpreter.command_line.commands.compare import compare
from interpreter.command_line.commands.compile import compile_command
from interpreter.command_line.commands.examples import examples
from interpreter.command_line.commands.experiment import experiment_command
from interpreter.command_line.commands.formats import formats
from interpreter.command_line.commands.machines import machines
from interpreter.command_line.commands.model import model
from interpreter.command_line.commands.run import run
from interpreter.command_line.commands.trace import trace
from interpreter.command_line.commands.verify import verify
from interpreter.command_line.exits import fail, needs

EXTRA_OF = {"check": "proofs"}
"""The extra that a command of another room needs, if it is not named like the command."""


def with_version(command: click.Command) -> click.Command:
    """The command with `--version` among its options: a user who types it after the command means the same."""
    if not any(parameter.name == "version" for parameter in command.params):
        click.version_option(None, "--version", package_name="punchtape", prog_name="punchtape")(command)
    return command


class Commands(click.Group):
    """The commands of this file, and those that other rooms register as entry points `punchtape.commands`."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*super().list_commands(context), *(entry.name for entry in entry_points(group="punchtape.commands"))]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        command = super().get_command(context, name)
        if command is not None:
            return command
        for entry in entry_points(group="punchtape.commands", name=name):
            try:
                loaded: click.Command = entry.load()
            except ImportError as problem:
                fail(needs(EXTRA_OF.get(name, name), f"`punchtape {name}`", problem))
            return with_version(loaded)
        return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="punchtape", prog_name="punchtape")
def main() -> None:
    """One fixed transformer with hand-set weights runs every program: the prompt is the program.

    \b
    printf '27\\n' | punchtape run programs/collatz.py
    punchtape trace programs/gcd.py --input '12 18'
    punchtape compile programs/sieve.py
    punchtape model

    Completion by the tab key, for bash (zsh and fish likewise):

    \b
    eval "$(_PUNCHTAPE_COMPLETE=bash_source punchtape)"
    """


for command in (
    compare,
    compile_command,
    examples,
    experiment_command,
    formats,
    machines,
    model,
    run,
    trace,
    verify,
):
    main.add_command(with_version(command))

if __name__ == "__main__":
    main()

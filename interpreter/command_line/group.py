"""The command `punchtape`.

Exit status: 0 the program ended; 1 it ended with an error of its own; 2 usage, source or file is wrong;
3 the budget of --max-tokens is used up; 130 interrupted by Ctrl-C.
"""

from __future__ import annotations

from importlib.metadata import entry_points

import click

from interpreter.command_line.commands.compare import compare
from interpreter.command_line.commands.compile import compile_command
from interpreter.command_line.commands.experiment import experiment_command
from interpreter.command_line.commands.formats import formats
from interpreter.command_line.commands.machines import machines
from interpreter.command_line.commands.model import model
from interpreter.command_line.commands.run import run
from interpreter.command_line.commands.trace import trace
from interpreter.command_line.commands.verify import verify
from interpreter.command_line.exits import fail


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
                fail(f"error: `punchtape {name}` needs more packages ({problem}): pip install 'punchtape[proofs]'")
            return loaded
        return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="punchtape")
def main() -> None:
    """One fixed transformer with hand-set weights runs every program: the prompt is the program.

    \b
    printf '27\\n' | punchtape run programs/collatz.py
    punchtape trace programs/gcd.py --input '12 18'
    punchtape compile programs/sieve.py
    punchtape model
    """


for command in (
    compare,
    compile_command,
    experiment_command,
    formats,
    machines,
    model,
    run,
    trace,
    verify,
):
    main.add_command(command)

if __name__ == "__main__":
    main()

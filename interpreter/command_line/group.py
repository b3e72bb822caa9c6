"""The command `punchtape`.

Exit status: 0 the program ended; 1 it ended with an error of its own; 2 usage, source or file is wrong;
3 the budget of --max-tokens is used up; 4 less is shown than was asked for: a run came to where its certificate
does not reach, or a check left parts of a machine untried; 5 a file or standard output could not be written; 129, 130,
143 ended by SIGHUP, SIGINT (Ctrl-C), SIGTERM; 141 the pipe that was written to is closed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Any

import click

from interpreter.command_line.commands.beavers import beavers
from interpreter.command_line.commands.cache import cache_command
from interpreter.command_line.commands.campaign import campaign
from interpreter.command_line.commands.compare import compare
from interpreter.command_line.commands.compile import compile_command
from interpreter.command_line.commands.draw import draw
from interpreter.command_line.commands.examples import examples
from interpreter.command_line.commands.experiment import experiment_command
from interpreter.command_line.commands.explore import explore
from interpreter.command_line.commands.export import export
from interpreter.command_line.commands.formats import formats
from interpreter.command_line.commands.machines import machines
from interpreter.command_line.commands.model import model
from interpreter.command_line.commands.new import new
from interpreter.command_line.commands.options import with_version
from interpreter.command_line.commands.run import run
from interpreter.command_line.commands.specialise import specialise
from interpreter.command_line.commands.suite import suite
from interpreter.command_line.commands.trace import trace
from interpreter.command_line.commands.verify import verify
from interpreter.command_line.exits import INTERRUPTED, UNWRITTEN, USAGE, fail, needs
from interpreter.command_line.streams import PIPE, OutputLost, standard_streams
from interpreter.engines.engine import DecodingError, UnknownEngine

EXTRA_OF = {"check": "proofs"}
"""The extra that a command of another room needs, if it is not named like the command."""


class Commands(click.Group):
    """The commands of this file, and those that other rooms register as entry points `punchtape.commands`."""

    def invoke(self, context: click.Context) -> Any:
        """Ctrl-C, where no command has its own way to end, ends the process with status 130."""
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            fail("interrupted", INTERRUPTED)

    def list_commands(self, context: click.Context) -> list[str]:
        """The names of all commands; none of another room is imported for it."""
        return [*super().list_commands(context), *(entry.name for entry in entry_points(group="punchtape.commands"))]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of this name, or None; ends the process with status 2 where its packages are missing."""
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

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs the command; ends the process with one of the statuses at the head of this file."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, **extra)
        with standard_streams():
            try:
                status = self._status(args, prog_name, complete_var, **extra)
                sys.stdout.flush()
            except OutputLost as lost:
                status = PIPE if lost.closed_pipe else UNWRITTEN
                if not lost.closed_pipe:
                    click.echo(str(lost), err=True)
        sys.exit(status)

    def _status(self, args: Sequence[str] | None, prog_name: str | None, complete_var: str | None, **extra: Any) -> int:
        status: object
        try:
            status = super().main(args, prog_name, complete_var, False, **extra)
        except click.ClickException as problem:
            problem.show()
            status = problem.exit_code
        except click.Abort:
            click.echo("interrupted", err=True)
            status = INTERRUPTED
        except UnicodeEncodeError as problem:
            click.echo(f"standard output: error: {problem}; PYTHONIOENCODING=utf-8 sets another encoding", err=True)
            status = UNWRITTEN
        except UnknownEngine as problem:
            click.echo(f"error: {problem}", err=True)
            status = USAGE
        except DecodingError as problem:
            click.echo(f"error: the engine cannot go on: {problem}; --engine dense can", err=True)
            status = USAGE
        except SystemExit as ending:
            status = ending.code
        return status if isinstance(status, int) else 0


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
    beavers,
    cache_command,
    campaign,
    compare,
    compile_command,
    draw,
    examples,
    experiment_command,
    explore,
    export,
    formats,
    machines,
    model,
    new,
    run,
    specialise,
    suite,
    trace,
    verify,
):
    main.add_command(with_version(command))

if __name__ == "__main__":
    main()

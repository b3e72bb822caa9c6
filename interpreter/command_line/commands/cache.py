"""`punchtape cache`."""

from __future__ import annotations

import time

import click

from compiler.storage.cache import KINDS, MAX_BYTES, Cache, NoCache, cache_folder, open_cache
from interpreter.command_line.exits import fail


@click.group("cache", invoke_without_command=True)
@click.pass_context
def cache_command(context: click.Context) -> None:
    """What is kept between runs: compiled prompts, what parsing them needs, weights, native code,
    certificates. Alone, the same as `show`.

    \b
    punchtape cache
    punchtape cache clear
    """
    if context.invoked_subcommand is None:
        context.invoke(show)


@cache_command.command()
def show() -> None:
    """Print where it is, how much is in it and when it was last read.

    \b
    punchtape cache show
    """
    cache = _opened()
    click.echo(f"{cache.folder}, signed with your key, at most {MAX_BYTES >> 20} MiB")
    entries = [*cache.entries()]
    for kind in KINDS:
        own = [entry for entry in entries if entry.kind == kind]
        read = time.strftime("%Y-%m-%d %H:%M", time.localtime(max(e.read for e in own))) if own else "never"
        size = sum(entry.size for entry in own) / 2**20
        click.echo(f"{kind:<14}{len(own):>6,} entries {size:>9,.1f} MiB   last read {read}")


@cache_command.command()
def clear() -> None:
    """Delete all of it; the next runs make it anew, certificates only when `punchtape check` is asked to.

    \b
    punchtape cache clear
    """
    click.echo(f"deleted {_opened().clear():,} entries")


def _opened() -> Cache:
    try:
        return open_cache(cache_folder())
    except NoCache as reason:
        fail(f"error: there is no cache to be used: {reason}")

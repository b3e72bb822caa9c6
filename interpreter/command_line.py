"""The command `punchtape`.

Exit status: 0 the program ended; 1 it ended with an error of its own; 2 usage, source or file is wrong;
3 the budget of --max-tokens is used up; 130 interrupted by Ctrl-C.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from compiler.language.errors import SourceError
from compiler.machines.ram import Layout, machine
from compiler.machines.ram.prompt import Prompt, PromptError
from compiler.machines.ram.saved import SavedPromptError, dumps, loads, looks_saved
from interpreter.engines import DEFAULT, NAMES

ERROR, USAGE, BUDGET, INTERRUPTED = 1, 2, 3, 130


def fail(message: str, status: int = USAGE) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(status)


def layout_options(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option("--groups", type=int, help="Address groups, 2 to 4: the heap has base**groups cells.  [2]")(
        command
    )
    return click.option("--base", type=int, help="Values of a group; the weights depend on it.  [1000]")(command)


def engine_option(command: Callable[..., Any]) -> Callable[..., Any]:
    lines = "; ".join(f"{name}: {text}" for name, text in NAMES.items())
    return click.option("--engine", default=DEFAULT, show_default=True, metavar="NAME", help=lines)(command)


def budget_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--max-tokens", type=click.IntRange(min=1), metavar="N", help="Give up after N tokens, with exit status 3."
    )(command)


input_option = click.option(
    "--input", "input_text", metavar="TEXT", help="The program's input, instead of standard input."
)
file_argument = click.argument("file", metavar="FILE")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="punchtape")
def main() -> None:
    """One fixed transformer with hand-set weights runs every program: the prompt is the program.

    \b
    printf '27\\n' | punchtape run programs/collatz.py
    punchtape trace programs/gcd.py --input '12 18'
    punchtape compile programs/sieve.py
    punchtape model
    """


@main.command()
@file_argument
@input_option
@engine_option
@budget_option
@layout_options
@click.option("--stats", is_flag=True, help="Afterwards, print tokens, steps and seconds on standard error.")
@click.option(
    "--stats-json", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write them to FILE."
)
def run(
    file: str,
    input_text: str | None,
    engine: str,
    max_tokens: int | None,
    base: int | None,
    groups: int | None,
    stats: bool,
    stats_json: Path | None,
) -> None:
    """Run a program, or a saved prompt, on the transformer; it reads standard input and prints like Python.

    \b
    printf '27\\n' | punchtape run programs/collatz.py
    punchtape run programs/gcd.py --input '12 18' --stats

    Exit status: 0 the program ended; 1 it ended with an exception; 2 usage or compile error; 3 the budget
    of --max-tokens is used up; 130 interrupted.
    """
    from interpreter.engines import UnknownEngine, create
    from interpreter.run import run as run_prompt
    from interpreter.terminal import Output, ProgressLine

    if engine not in NAMES:
        fail(f"error: there is no engine {engine!r}; choose one of: {', '.join(NAMES)}")
    prompt = with_input(open_prompt(file, base, groups), input_text)
    progress = ProgressLine(max_tokens)
    progress.note("setting up the transformer …")
    try:
        decoder = create(engine, machine(prompt.layout))
        progress.clear()
        progress = ProgressLine(max_tokens)
        result = run_prompt(
            prompt,
            engine=decoder,
            max_tokens=max_tokens,
            on_output=Output(progress).write,
            on_progress=progress.update,
        )
    except (PromptError, UnknownEngine) as problem:
        fail(f"{file}: error: {problem}")
    progress.clear()
    report = {
        "machine": machine(prompt.layout).name,
        "weights_sha256": machine(prompt.layout).weights.sha256(),
        "engine": result.engine,
        "prompt_tokens": result.prompt_tokens,
        "trace_tokens": result.trace_tokens,
        "steps": result.steps,
        "seconds": round(result.seconds, 6),
        "tokens_per_second": round(result.tokens_per_second, 1),
        "ended": result.ended,
    } if stats or stats_json else {}  # fmt: skip
    if result.error is not None:
        click.echo(result.error.render(), err=True)
    if stats:
        for key, value in report.items():
            click.echo(
                f"{key.replace('_', ' '):<18}{value:,}"
                if isinstance(value, int)
                else f"{key.replace('_', ' '):<18}{value}",
                err=True,
            )
    if stats_json:
        write_file(stats_json, json.dumps(report, indent=1) + "\n")
    if result.ended == "budget":
        fail(f"stopped: the budget of {max_tokens} tokens is used up; raise --max-tokens to go on", BUDGET)
    if result.ended == "interrupted":
        fail(f"interrupted after {result.trace_tokens} tokens", INTERRUPTED)
    sys.exit(ERROR if result.error is not None else 0)


@main.command("compile")
@file_argument
@layout_options
@input_option
@click.option(
    "-o", "output", type=click.Path(dir_okay=False, path_type=Path), metavar="PROMPT", help="Save the prompt to a file."
)
def compile_command(
    file: str, base: int | None, groups: int | None, input_text: str | None, output: Path | None
) -> None:
    """Print the RAM code of a program with its source lines, and the prompt's tokens; -o saves the prompt.

    \b
    punchtape compile programs/gcd.py
    punchtape compile programs/gcd.py -o gcd.prompt && punchtape run gcd.prompt --input '12 18'
    """
    from interpreter.listing import listing

    prompt = open_prompt(file, base, groups)
    try:
        if input_text is not None:
            prompt = prompt.with_input(input_text)
        if output is None:
            for line in listing(prompt):
                click.echo(line)
        else:
            write_file(output, dumps(prompt, machine(prompt.layout).weights.sha256()))
    except PromptError as problem:
        fail(f"{file}: error: {problem}")


@main.command()
@file_argument
@input_option
@engine_option
@budget_option
@layout_options
def trace(
    file: str, input_text: str | None, engine: str, max_tokens: int | None, base: int | None, groups: int | None
) -> None:
    """Print the chain of thought: each instruction, where it comes from, and the tokens that it emitted.

    \b
    punchtape trace programs/gcd.py --input '12 18'
    punchtape trace programs/collatz.py --input 7 | less
    """
    from interpreter.engines import UnknownEngine, create
    from interpreter.listing import chain_of_thought

    prompt = with_input(open_prompt(file, base, groups), input_text)
    try:
        for line in chain_of_thought(prompt, create(engine, machine(prompt.layout)), max_tokens):
            click.echo(line)
    except (PromptError, UnknownEngine) as problem:
        fail(f"{file}: error: {problem}")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


@main.command()
@layout_options
def model(base: int | None, groups: int | None) -> None:
    """Print what the transformer is: layers, width, heads, weights, vocabulary and their SHA-256.

    \b
    punchtape model
    punchtape model --base 10
    """
    layout = layout_of(base, groups)
    weights = machine(layout).weights
    tensors = weights.tensors
    rows: list[tuple[str, object]] = [
        ("machine", weights.name),
        ("base, address groups", f"{layout.base}, {layout.groups}"),
        ("layers", len(weights.layers)),
        ("width", f"{weights.width:,}"),
        ("heads a layer", " ".join(str(len(layer.query)) for layer in weights.layers)),
        ("neurons a layer", " ".join(str(len(layer.gate)) for layer in weights.layers)),
        ("vocabulary", f"{len(weights.embedding):,}"),
        ("parameters", f"{sum(t.size for t in tensors.values()):,}"),
        ("non-zero weights", f"{weights.non_zeros:,} besides the token embedding and unembedding"),
        ("in the embedding", f"{(weights.embedding != 0).sum():,}"),
        ("in the unembedding", f"{(weights.unembedding != 0).sum():,}"),
        ("data type", "float64"),
        ("longest trace", f"{weights.max_tokens:,} tokens: recency is exact up to there"),
        ("sha256", weights.sha256()),
    ]
    for name, value in rows:
        click.echo(f"{name:<22}{value}")


# ------------------------------------------------------------------------------------------- files


def layout_of(base: int | None, groups: int | None) -> Layout:
    default = Layout()
    try:
        return Layout(base if base is not None else default.base, groups if groups is not None else default.groups)
    except ValueError as problem:
        fail(f"error: {problem}")


def open_prompt(file: str, base: int | None, groups: int | None) -> Prompt:
    """The prompt of a program or of a saved prompt; ends the process with status 2 where there is none."""
    from compiler.compiling import compile_program

    text = read_file(file)
    try:
        if not looks_saved(text):
            return compile_program(text, file, layout_of(base, groups))
        prompt, sha256 = loads(text)
    except SourceError as problem:
        fail(problem.render())
    except (SavedPromptError, PromptError) as problem:
        fail(f"{file}: error: {problem}")
    for name, asked, saved in (("base", base, prompt.layout.base), ("groups", groups, prompt.layout.groups)):
        if asked is not None and asked != saved:
            fail(f"{file}: error: the prompt was made for {name} {saved}, not {asked}; leave --{name} out")
    built = machine(prompt.layout).weights.sha256()
    if sha256 != built:
        fail(f"{file}: error: the prompt was made for weights {sha256[:12]}…, these are {built[:12]}…; compile again")
    return prompt


def read_file(file: str) -> str:
    try:
        return Path(file).read_bytes().decode("utf-8-sig")
    except OSError as problem:
        fail(f"{file}: error: cannot be read: {problem.strerror}")
    except UnicodeDecodeError as problem:
        fail(f"{file}: error: is not UTF-8 text (byte {problem.start})")


def write_file(file: Path, text: str) -> None:
    """Writes aside, then renames: what is there is never half a file."""
    aside = file.with_name(file.name + ".part")
    try:
        aside.write_text(text, encoding="utf-8")
        os.replace(aside, file)
    except OSError as problem:
        aside.unlink(missing_ok=True)
        fail(f"{file}: error: cannot be written: {problem.strerror}")


def with_input(prompt: Prompt, input_text: str | None) -> Prompt:
    """The prompt with its input: the text given, else standard input if the program reads any."""
    if input_text is None:
        if prompt.program.input_area is None or prompt.input_text:
            return prompt
        if sys.stdin.isatty():
            click.echo("reading the input up to Ctrl-D (the prompt holds all of it)", err=True)
        try:
            input_text = sys.stdin.read()
        except UnicodeDecodeError as problem:
            fail(f"standard input: error: is not UTF-8 text (byte {problem.start})")
    try:
        return prompt.with_input(input_text)
    except PromptError as problem:
        fail(f"input: error: {problem}")


if __name__ == "__main__":
    main()

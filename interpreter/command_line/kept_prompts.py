"""The prompts of programs that were compiled lately, kept so that a command starts at once."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import compiler
from compiler.machines.ram import Layout
from compiler.machines.ram.prompt import Prompt as RamPrompt
from compiler.machines.saved import SavedPromptError, dumps, loads
from compiler.storage.cache import kept, sources_digest
from interpreter.command_line.terminal import CompilingLine

COMPILER = Path(compiler.__file__).parent
LONG = 5_000
"""Lines that take seconds to compile."""


def compile_once(text: str, file: str, layout: Layout) -> RamPrompt:
    """`compile_program`, or the prompt that it made of the same text last time; see `compiler.storage.cache`.

    Raises:
        SourceError: the program is outside the language, or does not fit the layout.
    """

    def make() -> RamPrompt:
        # Imported only here: most of the time that a command takes to start is the parser's.
        from compiler.compiling import compile_program

        line = CompilingLine(text.count("\n"))
        line.note("compiling …")
        try:
            return compile_program(text, file, layout, line.update if line.lines > LONG else None)
        finally:
            line.clear()

    depends_on = text, file, layout, version("lark"), sources_digest(COMPILER)
    return kept("prompts", depends_on, make, lambda prompt: dumps(prompt, "").encode(), _read)


def _read(content: bytes) -> RamPrompt | None:
    try:
        prompt, _ = loads(content.decode())
    except (UnicodeDecodeError, SavedPromptError):
        return None
    return prompt if isinstance(prompt, RamPrompt) else None

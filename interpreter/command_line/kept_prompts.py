"""The prompts of programs that were compiled lately, kept so that a command starts at once."""

from __future__ import annotations

import hashlib
from pathlib import Path

import compiler
from compiler.machines.ram import Layout
from compiler.machines.ram.prompt import Prompt as RamPrompt
from compiler.machines.saved import SavedPromptError, dumps, loads
from compiler.storage.cache import opened, sources_digest
from interpreter.command_line.terminal import CompilingLine

COMPILER = Path(compiler.__file__).parent
LONG = 5_000
"""Lines that take seconds to compile."""


def compile_once(text: str, file: str, layout: Layout) -> RamPrompt:
    """`compile_program`, or the prompt that it made of the same text last time; see `compiler.storage.cache`.

    Raises:
        SourceError: the program is outside the language, or does not fit the layout.
    """
    cache, name = opened(), _name(text, file, layout)
    kept = cache.read("prompts", name) if cache else None
    if kept is not None:
        try:
            prompt, _ = loads(kept.decode())
            assert isinstance(prompt, RamPrompt)
            return prompt
        except (UnicodeDecodeError, SavedPromptError):
            pass
    # Imported only here: most of the time that a command takes to start is the parser's.
    from compiler.compiling import compile_program

    line = CompilingLine(text.count("\n"))
    try:
        prompt = compile_program(text, file, layout, line.update if line.lines > LONG else None)
    finally:
        line.clear()
    if cache:
        cache.write("prompts", name, dumps(prompt, "").encode())
    return prompt


def _name(*asked: object) -> str:
    """SHA-256 of what is asked for, and of all that the compiler is made of."""
    return hashlib.sha256(f"{sources_digest(COMPILER)} {asked!r}".encode()).hexdigest()

"""The prompts of programs that were compiled lately, kept so that a command starts at once."""

from __future__ import annotations

import hashlib
from pathlib import Path

import compiler
from compiler.circuits.cache import cache_folder, write_aside
from compiler.machines.ram import Layout
from compiler.machines.ram.prompt import Prompt as RamPrompt
from compiler.machines.saved import SavedPromptError, dumps, loads

COMPILER = Path(compiler.__file__).parent
KEPT_PROMPTS = 256


def compile_once(text: str, file: str, layout: Layout) -> RamPrompt:
    """`compile_program`, or the prompt that it made of the same text last time; see `cache_folder`.

    Raises:
        SourceError: the program is outside the language, or does not fit the layout.
    """
    kept = cache_folder() / "prompts" / f"{_digest(COMPILER, text, file, layout)}.json"
    try:
        prompt, _ = loads(kept.read_text(encoding="utf-8"))
        assert isinstance(prompt, RamPrompt)
        return prompt
    except (OSError, UnicodeDecodeError, SavedPromptError):
        # Imported only here: most of the time that a command takes to start is the parser's.
        from compiler.compiling import compile_program

        prompt = compile_program(text, file, layout)
        write_aside(kept, dumps(prompt, "").encode())
        _forget(kept.parent)
        return prompt


def _digest(folder: Path, *rest: object) -> str:
    sources = [path for path in folder.rglob("*") if path.suffix in (".py", ".lark", ".txt")]
    digest = hashlib.sha256(repr(rest).encode())
    for path in sorted(sources):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _forget(folder: Path) -> None:
    """Deletes the oldest prompts beyond `KEPT_PROMPTS`."""
    try:
        files = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
        for path in files[:-KEPT_PROMPTS]:
            path.unlink(missing_ok=True)
    except OSError:
        return

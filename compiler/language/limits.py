"""What is too much for any machine of a layout, seen before a program is parsed: parsing a megabyte takes long."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.language.refusals import Refusal
from compiler.language.syntax import Span

_SHORT = 200_000
"""Characters of a source that is not looked through: it is parsed in a second or two."""
_TOKEN = re.compile(
    r"""(?P<text>\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3}|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}"""
    r"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<comment>\#[^\n]*)|(?P<number>(?<!\w)\d\w*)""",
    re.DOTALL,
)


def too_many_constants(source: str, most: int) -> Refusal | None:
    """The refusal of a long source with more different numbers and texts than this; None if it has no more."""
    if len(source) <= _SHORT:
        return None
    seen: set[str] = set()
    for start, token in _constants(source):
        seen.add(token)
        if len(seen) > most:
            line = source.count("\n", 0, start) + 1
            column = start - source.rfind("\n", 0, start)
            message = (
                f"the program has more than {most:,} different numbers and texts, and the machine no cells for them"
            )
            hint = "read them as input, compute them, or use a machine with a larger base"
            return Refusal(message, hint, Span(line, column, line, column + len(token)))
    return None


def _constants(source: str) -> Iterator[tuple[int, str]]:
    """Numbers and texts with their places; of texts that stand side by side, which are one, only the first."""
    end = 0
    for found in _TOKEN.finditer(source):
        if found.lastgroup == "number" or found.lastgroup == "text" and source[end : found.start()].strip():
            yield found.start(), found.group()
        if found.lastgroup == "text":
            end = found.end()

"""Programs of ordinary Python joined into one, which is compiled and run once: most of a small program is the library.

Each is one of the parts of the joined program: its own names get a number, so that no two share any, and an exception
that would end it is caught and printed, before the next part begins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import indent

from compiler.compiling import compile_program
from compiler.language.errors import SourceError
from interpreter.campaign.programs import LOUD, MAX_TOKENS, constructs, ending
from interpreter.campaign.subject import Checked, agree
from interpreter.simulators import cpython

_OWN_NAME = re.compile(r"\b([A-Za-z_]+\d+)\b")
"""What the generator names: a word and a number; no name of Python's that it uses is like that."""
_BETWEEN = "\x1e"
"""Printed after each part; no program of the generator prints it."""
_PART = """\
try:
{body}
except BaseException as problem:
    print(type(problem).__name__, problem)
print("\\x1e", end="")
"""


def joined(sources: Sequence[str]) -> str:
    """One program of which each source is a part."""
    return "".join(
        _PART.format(body=indent(_OWN_NAME.sub(rf"\1_{number}", source).rstrip("\n"), "    "))
        for number, source in enumerate(sources)
    )


def ordinary_together(sources: Sequence[str]) -> list[Checked | None]:
    """Output and exceptions of all parts of a joined program, on CPython and on the transformer.

    None stands for what has to be checked by itself: the language refuses it, or it ended for want of what the language
    does not have. Raises Disagreement if a part is wrong, or the whole does not come to its end.
    """
    refused: set[int] = set()
    while True:
        parts = [number for number in range(len(sources)) if number not in refused]
        source = joined([sources[number] for number in parts])
        try:
            prompt = compile_program(source)
            break
        except SourceError as problem:
            ends = _ends(source)
            lines = {error.span.line for error in problem.errors}
            more = {parts[sum(end < line for end in ends)] for line in lines}
            refused |= more
    result = ending(prompt, MAX_TOKENS * max(1, len(parts)))
    expected = cpython.run_python(source)
    wanted, found = expected.output.split(_BETWEEN), result.output.split(_BETWEEN)
    exception = result.error and result.error.exception
    loud = exception in LOUD and exception != expected.exception
    if loud:  # it ended the whole: the parts from there on are to be checked by themselves
        found = found[:-1]
        wanted = wanted[: len(found)]
    checked: list[Checked | None] = [None] * len(sources)
    for number, own, other in zip(parts, wanted, found, strict=False):
        if own != other and other.rpartition("\n")[0].rpartition("\n")[2].startswith(LOUD):
            continue
        agree("output of a part", own, other)
        checked[number] = Checked(result.trace_tokens // len(parts), ("joined", *constructs(sources[number])))
    agree("parts that came to their ends", len(wanted), len(found))
    agree("exception of the whole", expected.exception, expected.exception if loud else exception)
    return checked


def _ends(source: str) -> list[int]:
    """The last line of each part of a joined program."""
    last = _PART.rpartition("\n")[0].rpartition("\n")[2]
    return [number for number, line in enumerate(source.split("\n"), start=1) if line == last]

"""All syntax errors of a program: a statement that is refused is replaced by an empty one, and the rest is read.

This works on lines of text, for any parser: the replacement has the indentation of the statement, and opens a block
where one follows, so that what surrounds it stays as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from compiler.language.refusals import Refusal
from compiler.language.syntax import Span

MAX_FOUND = 100
"""After so many syntax errors the rest of the text is not read: it may be no program at all."""

Result = TypeVar("Result")

_HEADERS = {
    "async": "def _():",
    "case": "case _:",
    "class": "class _:",
    "def": "def _():",
    "elif": "elif 1:",
    "else": "else:",
    "except": "except Exception:",
    "finally": "finally:",
    "for": "while 1:",
    "if": "if 1:",
    "match": "match 0:",
    "try": "try:",
    "while": "while 1:",
}
"""What stands for a refused line that begins with this word, if a block follows it."""

_CONTINUES = frozenset({"elif", "else", "except", "finally"})
"""Words that go on with the statement before them."""

_PIECE = re.compile(
    r"""(?P<quote>\"{3}|'{3})|"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|\#.*|(?P<open>[(\[{])|(?P<close>[)\]}])|\\$|[^"'\#()\[\]{}\\]+|\\."""
)
_KEYWORD = re.compile(
    r"\s*(?:assert|break|class|continue|def|del|elif|except|finally|from|global|import|nonlocal|pass|raise|return"
    r"|try|while|with)\b"
)
_ASSIGNMENT_OR_HEADER = re.compile(r"\s*(?:\w[\w.]*\s*=(?!=)|(?:if|for|match|case)\b)")
"""How lines begin that are no part of an open bracket; those of the second sort, if they are not indented further."""
_DEFINED = re.compile(r"\b(?:as|class|def|import)\s+(\w+)")
_ELSE_IF = re.compile(r"\s*else\s+if\b")


@dataclass(frozen=True)
class _Statement:
    """The first and last line of a statement, or of the header of one, and the bracket in it that is never closed."""

    first: int
    last: int
    opened: Span | None = None


@dataclass
class Recovered(Generic[Result]):
    """A text as far as it could be read: what is refused, and the result for the rest, or None.

    names: functions, classes and modules that refused statements may define; replaced: the lines of these statements.
    """

    refusals: list[Refusal] = field(default_factory=list)
    result: Result | None = None
    names: set[str] = field(default_factory=set)
    replaced: set[int] = field(default_factory=set)


def recovered(source: str, parse: Callable[[str], Result]) -> Recovered[Result]:
    """What `parse` refuses, statement by statement, and its result for the rest.

    parse: raises Refusal with a place in the text that it is given.
    """
    found = Recovered[Result]()
    text = _Text(source.split("\n"))
    while len(found.refusals) < MAX_FOUND:
        try:
            result = parse(text.rest())
            if text.start == 0:
                found.result = result
                break
            text.start = 0  # all units can be read now; the result is that of all of them
        except Refusal as refusal:
            repaired = text.repair(refusal)
            if repaired is None:
                found.refusals = found.refusals or [refusal]
                break
            found.refusals += repaired
    found.names, found.replaced = text.names, set(text.repairs)
    return found


class _Text:
    """The lines of a program, of which more and more are repaired; those before `start` are without errors."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.start = 0
        self.names: set[str] = set()
        self.repairs: dict[int, int] = {}
        """How often a statement was replaced, by the number of its first line, from 1."""

    def rest(self) -> str:
        return "\n" * self.start + "\n".join(self.lines[self.start :])

    def repair(self, refusal: Refusal) -> list[Refusal] | None:
        """Replaces the statement that was refused.

        Returns what is wrong with it; nothing if it is a replacement already, None if it was replaced twice.
        """
        statements = self._until(refusal.span.line - 1)
        if not statements:
            return None
        culprit, over = self._culprit(statements, refusal.span.column - 1)
        repairs = self.repairs[culprit.first + 1] = self.repairs.get(culprit.first + 1, 0) + 1
        if repairs > 2:
            return None
        if over:
            self._blank(culprit.first, self._end_of_block(culprit.last, self._indentation(culprit.first) - 1))
        else:
            self._replace(culprit, with_block=repairs == 2)
        if repairs == 2:
            return []
        return [
            refusal if culprit.opened is None else Refusal("this bracket is never closed", "close it", culprit.opened)
        ]

    def _until(self, line: int) -> list[_Statement]:
        """The statement with this line, or else the last one before it, and those before it in its unit.

        A unit begins at the top level, and `start` is moved there. Headers count as statements of their own.
        """
        found: list[_Statement] = []
        number = self.start
        while number <= min(line, len(self.lines) - 1):
            if _is_blank(self.lines[number]):
                number += 1
                continue
            decorated = bool(found) and self.lines[found[-1].first].startswith("@")
            first_of_unit = not self._indentation(number) and _first_word(self.lines[number]) not in _CONTINUES
            if first_of_unit and not decorated and not self._waits(found):
                found, self.start = [], number
            found.append(self._statement(number))
            number = found[-1].last + 1
        return found

    def _waits(self, statements: list[_Statement]) -> bool:
        """Whether a statement goes on: the last one is a header whose block is missing, or a bracket was not closed."""
        return bool(statements) and (statements[-1].opened is not None or self._opens(statements[-1]))

    def _culprit(self, statements: list[_Statement], column: int) -> tuple[_Statement, bool]:
        """The statement to be replaced, and whether it is indented where it must not be."""
        for statement in statements:
            if statement.opened is not None:
                return statement, False
        at = statements[-1]
        indentation = self._indentation(at.first)
        if column > len(self.lines[at.first]) - len(self.lines[at.first].lstrip()):
            return at, False
        before = statements[-2] if len(statements) > 1 else None
        deeper = indentation > (self._indentation(before.first) if before is not None else 0)
        opens = before is not None and self._opens(before)
        if before is not None and opens and not deeper:
            return before, False
        known = {0, *(self._indentation(statement.first) for statement in statements[:-1])}
        return at, (deeper and not opens) or (not deeper and indentation not in known)

    def _replace(self, statement: _Statement, with_block: bool) -> None:
        first, last = statement.first, statement.last
        self.names.update(_DEFINED.findall("\n".join(self.lines[first : last + 1])))
        indentation = self.lines[first][: len(self.lines[first]) - len(self.lines[first].lstrip())]
        header = "elif 1:" if _ELSE_IF.match(self.lines[first]) else _HEADERS.get(_first_word(self.lines[first]))
        end = self._end_of_block(last, self._indentation(first))
        if with_block:
            last, replacement = end, "pass"
        elif end > last:
            replacement = header or "if 1:"
        else:
            replacement = f"{header} pass" if header else "pass"
        self._blank(first, last)
        self.lines[first] = indentation + replacement

    def _blank(self, first: int, last: int) -> None:
        self.lines[first : last + 1] = [""] * (last + 1 - first)

    def _end_of_block(self, last: int, indentation: int) -> int:
        """The last line of those after line `last` that are indented by more than `indentation`."""
        end = number = last
        while number + 1 < len(self.lines):
            number += 1
            if _is_blank(self.lines[number]):
                continue
            if self._indentation(number) <= indentation:
                break
            end = number = self._statement(number).last
        return end

    def _statement(self, first: int) -> _Statement:
        """The statement, or the header, that begins in a line."""
        brackets: list[Span] = []
        quote = ""
        number = first
        while True:
            quote = _scanned(self.lines[number], number + 1, brackets, quote)
            if not brackets and not quote and not self.lines[number].endswith("\\"):
                return _Statement(first, number)
            number += 1
            if number == len(self.lines):
                break
            if brackets and not quote and self._begins_statement(number, first):
                break
        if brackets and not quote:
            return _Statement(first, min(number - 1, self._deeper(first)), brackets[-1])
        return _Statement(first, number - 1)

    def _begins_statement(self, number: int, first: int) -> bool:
        """Whether a line cannot be part of a bracket that is open since line `first` or after it."""
        if _KEYWORD.match(self.lines[number]):
            return True
        deeper = self._indentation(number) > self._indentation(first)
        return not deeper and _ASSIGNMENT_OR_HEADER.match(self.lines[number]) is not None

    def _deeper(self, first: int) -> int:
        """The last line that is indented more than line `first`, of those after it without one between that is not."""
        number = first
        while number + 1 < len(self.lines):
            following = self.lines[number + 1]
            if not _is_blank(following) and self._indentation(number + 1) <= self._indentation(first):
                break
            number += 1
        return number

    def _opens(self, statement: _Statement) -> bool:
        """Whether a block has to follow a statement."""
        return self.lines[statement.last].split("#")[0].rstrip().endswith(":")

    def _indentation(self, line: int) -> int:
        expanded = self.lines[line].expandtabs(8)
        return len(expanded) - len(expanded.lstrip())


def _is_blank(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _first_word(line: str) -> str:
    matched = re.match(r"\s*(\w+)", line)
    return matched[1] if matched else ""


def _scanned(line: str, number: int, brackets: list[Span], quote: str) -> str:
    """Adds the brackets that are open at the end of a line, and takes off those that it closes.

    quote: the triple quotes that are open at its beginning; returns those that are at its end.
    """
    position = 0
    while position < len(line):
        if quote:
            end = re.compile(rf"(?:\\.|(?!{quote}).)*{quote}").match(line, position)
            if end is None:
                return quote
            position, quote = end.end(), ""
            continue
        piece = _PIECE.match(line, position)
        if piece is None:
            break
        position = piece.end()
        quote = piece["quote"] or ""
        if piece["open"]:
            brackets.append(Span(number, piece.start() + 1, number, piece.end() + 1))
        elif piece["close"] and brackets:
            brackets.pop()
    return quote

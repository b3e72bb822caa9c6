"""What to say where a text fits no grammar: of the language, or of all of Python. What both have in common."""

from __future__ import annotations

import re
from collections.abc import Callable

from lark import Token

from compiler.language.refusals import Advice
from compiler.language.syntax import Span

Own = Callable[[Token, str], Advice | None]
"""What one grammar alone says of a token after a word, or nothing."""


def token_span(token: Token) -> Span:
    """Where in the source the token is; raises ValueError for one that is not from a source."""
    if token.line is None or token.column is None or token.end_line is None or token.end_column is None:
        raise ValueError(f"token {token!r} has no position")
    return Span(token.line, token.column, token.end_line, token.end_column)


def unexpected_span(token: Token) -> Span:
    """Where an error at a token is shown: of an end of a line, of a block or of the text, its first column."""
    if token.line is None or token.end_line is None:  # the end of a text need not have a place
        return Span(token.line or 1, token.column or 1, token.line or 1, (token.column or 1) + 1)
    span = token_span(token)
    if _type(token) in ("NEWLINE", "$END", "DEDENT", "INDENT"):
        return Span(span.line, span.column, span.line, span.column + 1)
    return span


def character_advice(character: str) -> Advice:
    """About a character with which no token begins."""
    match character:
        case '"' | "'":
            return Advice("this string is never closed", f"close it with {character} on the same line")
        case "\\":
            return Advice("a backslash that is not at the end of its line", "remove it")
        case "!":
            return Advice("`!` is not an operator", "write `not`, or `!=`")
        case _ if character.isprintable():
            return Advice(f"the character `{character}` has no meaning here", "remove it")
        case _:
            return Advice(f"the character U+{ord(character):04X} has no meaning here", "remove it")


def number_advice(text: str) -> Advice:
    """About a word that begins like a number and is none of Python."""
    if text.isdecimal() and text.isascii():
        return Advice("a decimal number does not begin with 0", "leave the zeros out, or write `0o` for octal")
    return Advice(f"`{text}` is neither a number nor a name", "put a space between the number and what follows")


def token_advice(token: Token, text: str, accepted: set[str], own: Own = lambda token, previous: None) -> Advice:
    """About a token that does not fit.

    Args:
        token: that comes next.
        text: in which it stands.
        accepted: the types of the tokens that would fit. A grammar that drops a token from its tree has a `_` before
            the type.
        own: what this grammar alone says.
    """
    before = text[: token.start_pos or 0] if token.type != "$END" else text
    words = re.findall(r"\w+|[^\w\s]", before[-80:])
    previous = words[-1] if words else ""
    accepted = {name.removeprefix("_") for name in accepted}
    match _type(token):
        case "INDENT":
            return Advice("this line is indented without need", "indent it like the line before")
        case "NEWLINE" if words[-2:] in (["+", "+"], ["-", "-"]):
            return Advice("`++` and `--` are not operators", "write `+= 1` or `-= 1`")
        case "NEWLINE" | "$END" | "DEDENT" if "COLON" in accepted and words[:1] != ["lambda"]:
            return Advice("a `:` is missing", "end the line with `:`")
        case "NEWLINE" | "$END" | "DEDENT":
            return Advice("the line ends too early", "complete it, or put what spans several lines in brackets")
        case _ if "INDENT" in accepted and "NEWLINE" not in accepted:
            return Advice("an indented block is missing", "indent the lines of the block, or write `pass`")
        case "EQUAL":
            return Advice("`=` does not fit here", "to compare, write `==`")
        case "IF" if previous == "else":
            return Advice("`else if` is not Python", "write `elif`")
        case "MORETHAN" if previous == "<":
            return Advice("`<>` is not an operator", "write `!=`")
        case _ if advice := own(token, previous):
            return advice
        case _ if previous == "print":
            return Advice(f"`{token}` does not fit here", "write `print(…)` with parentheses")
        case _ if previous in "&|" and token == previous:
            return Advice(f"`{token}{token}` is not an operator", "write `and` or `or`")
        case _ if "NEWLINE" in accepted and previous.isidentifier() and token.type in ("NAME", "NUMBER", "STRING"):
            return Advice(f"`{token}` does not fit here", "is an operator or a comma missing before it?")
        case _:
            return Advice(f"`{token}` does not fit here")


def _type(token: Token) -> str:
    return token.type.removeprefix("_")

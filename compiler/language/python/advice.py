"""What to say about a token of Python that does not fit where it stands."""

from __future__ import annotations

import re

from lark import Token

from compiler.language.refusals import Advice


def token_advice(token: Token, before: str, accepted: set[str]) -> Advice:
    """About a token that does not fit after the text `before`, where those of the types `accepted` would."""
    words = re.findall(r"\w+|[^\w\s]", before[-80:])
    previous = words[-1] if words else ""
    match token.type:
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
        case _ if previous == "print":
            return Advice(f"`{token}` does not fit here", "write `print(…)` with parentheses")
        case _ if previous in "&|" and token == previous:
            return Advice(f"`{token}{token}` is not an operator", "write `and` or `or`")
        case _ if "NEWLINE" in accepted and previous.isidentifier() and token.type in ("NAME", "NUMBER", "STRING"):
            return Advice(f"`{token}` does not fit here", "is an operator or a comma missing before it?")
        case _:
            return Advice(f"`{token}` does not fit here")

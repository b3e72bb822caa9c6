"""From the rules of the grammar to `match` statements and their patterns."""

from __future__ import annotations

import ast

from lark import Token

from compiler.language.python.places import LOAD, Part, at, grouped, name_of, nodes, span
from compiler.language.python.statements import Statements
from compiler.language.refusals import Refusal

Parts = list[Part]


class Patterns(Statements):
    """The callbacks of `match`."""

    def match(self, parts: Parts) -> ast.stmt:
        cases = nodes(parts, ast.match_case)
        return at(ast.Match(parts[1], cases), parts[0], cases[-1].body[-1])

    def case(self, parts: Parts) -> ast.match_case:
        return ast.match_case(parts[1], parts[3] if len(parts) > 4 else None, parts[-1])

    def as_pattern(self, parts: Parts) -> ast.pattern:
        name = _target(parts[2])
        if name is None:
            raise Refusal("`_` is no name here", "write another name", span(parts[2]))
        return at(ast.MatchAs(parts[0], name), parts[0], parts[2])

    def or_pattern(self, parts: Parts) -> ast.pattern:
        return at(ast.MatchOr(parts[::2]), parts[0], parts[-1])

    def star_pattern(self, parts: Parts) -> ast.pattern:
        return at(ast.MatchStar(_target(parts[1])), parts[0], parts[1])

    def capture(self, parts: Parts) -> ast.pattern:
        return at(ast.MatchAs(None, _target(parts[0])), parts[0], parts[0])

    def group(self, parts: Parts) -> ast.AST:  # type: ignore[override]
        """Parentheses around a pattern, or around an expression."""
        return grouped(parts[1], parts[0], parts[2]) if isinstance(parts[1], ast.pattern) else super().group(parts)

    def literal_pattern(self, parts: Parts) -> ast.pattern:
        value = parts[0]
        if isinstance(value, ast.JoinedStr):
            raise Refusal("a pattern cannot be an f-string", "compare with `if`", span(value))
        if isinstance(value, ast.Constant) and (value.value is None or isinstance(value.value, bool)):
            return at(ast.MatchSingleton(value.value), value, value)
        return at(ast.MatchValue(value), value, value)

    def value_pattern(self, parts: Parts) -> ast.pattern:
        return at(ast.MatchValue(parts[0]), parts[0], parts[0])

    def sequence(self, parts: Parts) -> ast.pattern:
        return at(ast.MatchSequence(nodes(parts, ast.pattern)), parts[0], parts[-1])

    open_sequence = sequence

    def mapping(self, parts: Parts) -> ast.pattern:
        keys: list[ast.expr] = nodes(parts, ast.expr)
        rest = None
        for i, part in enumerate(parts):
            if isinstance(part, Token) and part == "**":
                rest = name_of(parts[i + 1])
                if any(isinstance(later, ast.AST) for later in parts[i:]):
                    raise Refusal("a pattern after `**`", "write `**` last", span(part))
        return at(ast.MatchMapping(keys, nodes(parts, ast.pattern), rest), parts[0], parts[-1])

    def class_pattern(self, parts: Parts) -> ast.pattern:
        keywords = [part for part in parts if isinstance(part, tuple)]
        names, patterns = [name for name, _ in keywords], [pattern for _, pattern in keywords]
        return at(ast.MatchClass(parts[0], nodes(parts, ast.pattern), names, patterns), parts[0], parts[-1])

    def keyword_pattern(self, parts: Parts) -> tuple[str, ast.pattern]:
        return name_of(parts[0]), parts[2]

    def class_name(self, parts: Parts) -> ast.expr:
        return self.name(parts)

    def path(self, parts: Parts) -> ast.expr:
        node: ast.expr = self.name(parts[:1])
        for token in parts[2::2]:
            node = at(ast.Attribute(node, name_of(token), LOAD), node, token)
        return node

    def negative(self, parts: Parts) -> ast.expr:
        return self.unary([parts[0], self.number(parts[1:])])

    def binary_number(self, parts: Parts) -> ast.expr:
        return self.binary([parts[0], parts[1], self.number(parts[2:])])


def _target(token: Token) -> str | None:
    return None if token == "_" else name_of(token)

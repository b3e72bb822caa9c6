"""`match` statements as `if` statements: a pattern is a condition that assigns what it captures on the way."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from compiler.language.refusals import Refusal
from compiler.language.syntax import Span

_VALUES = {"bool", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"}
"""Types whose only positional pattern is about the value itself."""


class Captured(ast.NamedExpr):
    """An assignment expression that holds as a condition, whatever the value."""


def as_branches(
    node: ast.Match, subject: str, fields: Mapping[str, Sequence[str]], place: Callable[[ast.stmt], ast.stmt]
) -> list[ast.stmt]:
    """The statements that a `match` stands for.

    subject: a name that occurs nowhere else; fields: of classes what their positional patterns are about; place: gives
    a statement the place of the `match`. Raises Refusal.
    """
    matcher = _Matcher(fields)
    chain: list[ast.stmt] = []
    for case in reversed(node.cases):
        conditions = matcher.conditions(case.pattern, _load(subject))
        conditions += [case.guard] if case.guard is not None else []
        chain = [place(ast.If(_all(conditions), case.body, chain))]
    return [place(ast.Assign([ast.Name(subject, ast.Store())], node.subject)), *chain]


def match_arguments(node: ast.ClassDef) -> list[str]:
    """What `__match_args__` in the body of a class says."""
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="__match_args__")], value=ast.Tuple(elts=items)):
                return [str(item.value) for item in items if isinstance(item, ast.Constant)]
    return []


class _Matcher:
    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self.fields = fields

    def conditions(self, pattern: ast.pattern, value: ast.expr) -> list[ast.expr]:
        """What has to hold, in order, for the value to match."""
        match pattern:
            case ast.MatchValue(value=expected):
                return [_compare(value, ast.Eq(), expected)]
            case ast.MatchSingleton(value=constant):
                return [_compare(value, ast.Is(), ast.Constant(constant))]
            case ast.MatchAs(pattern=None, name=None):
                return []
            case ast.MatchAs(pattern=inner, name=name):
                found = [] if inner is None else self.conditions(inner, value)
                return [*found, *([_captured(name, value)] if name is not None else [])]
            case ast.MatchOr(patterns=patterns):
                return [ast.BoolOp(ast.Or(), [_all(self.conditions(each, value)) for each in patterns])]
            case ast.MatchSequence(patterns=patterns):
                return self._sequence(patterns, value)
            case ast.MatchMapping(keys=keys, patterns=patterns, rest=rest):
                return self._mapping(keys, patterns, rest, value)
            case ast.MatchClass():
                return self._class(pattern, value)
        raise AssertionError(pattern)

    def _sequence(self, patterns: Sequence[ast.pattern], value: ast.expr) -> list[ast.expr]:
        types = ast.Tuple([_load("list"), _load("tuple")], ast.Load())
        stars = [i for i, each in enumerate(patterns) if isinstance(each, ast.MatchStar)]
        length = _call("len", value)
        least = ast.Constant(len(patterns) - len(stars))
        found: list[ast.expr] = [_call("isinstance", value, types)]
        found.append(_compare(length, ast.GtE() if stars else ast.Eq(), least))
        for i, each in enumerate(patterns):
            after = len(patterns) - i
            if isinstance(each, ast.MatchStar):
                if each.name is not None:
                    last = ast.Constant(1 - after) if after > 1 else None
                    part = ast.Subscript(value, ast.Slice(ast.Constant(i), last), ast.Load())
                    found.append(_captured(each.name, _call("list", part)))
                continue
            index = i if not stars or i < stars[0] else -after
            found += self.conditions(each, ast.Subscript(value, ast.Constant(index), ast.Load()))
        return found

    def _mapping(
        self, keys: Sequence[ast.expr], patterns: Sequence[ast.pattern], rest: str | None, value: ast.expr
    ) -> list[ast.expr]:
        found: list[ast.expr] = [_call("isinstance", value, _load("dict"))]
        found += [_compare(key, ast.In(), value) for key in keys]
        for key, each in zip(keys, patterns):
            found += self.conditions(each, ast.Subscript(value, key, ast.Load()))
        if rest is not None:
            key, item = ast.Name("key", ast.Store()), ast.Name("item", ast.Store())
            target = ast.Tuple([key, item], ast.Store())
            items = ast.Call(ast.Attribute(value, "items", ast.Load()), [], [])
            tests: list[ast.expr] = [_compare(_load("key"), ast.NotIn(), ast.Tuple(list(keys), ast.Load()))]
            left = ast.DictComp(_load("key"), _load("item"), [ast.comprehension(target, items, tests, 0)])
            found.append(_captured(rest, left))
        return found

    def _class(self, pattern: ast.MatchClass, value: ast.expr) -> list[ast.expr]:
        found: list[ast.expr] = [_call("isinstance", value, pattern.cls)]
        name = ast.unparse(pattern.cls)
        positional = list(pattern.patterns)
        if name in _VALUES and positional:
            found += self.conditions(positional.pop(0), value)
        names = self.fields.get(name, ())
        if len(positional) > len(names):
            span = Span(pattern.lineno, pattern.col_offset + 1, pattern.end_lineno, pattern.end_col_offset + 1)
            hint = "name the attributes: `C(x=…)`, or use a dataclass"
            raise Refusal(f"what the positional patterns of `{name}` are about is not known", hint, span)
        attributes = [*zip(names, positional), *zip(pattern.kwd_attrs, pattern.kwd_patterns)]
        for attribute, each in attributes:
            found.append(_call("hasattr", value, ast.Constant(attribute)))
            found += self.conditions(each, ast.Attribute(value, attribute, ast.Load()))
        return found


def _load(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _call(function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(_load(function), list(arguments), [])


def _compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.expr:
    return ast.Compare(left, [operator], [right])


def _captured(name: str, value: ast.expr) -> ast.expr:
    return Captured(ast.Name(name, ast.Store()), value)


def _all(conditions: list[ast.expr]) -> ast.expr:
    if not conditions:
        return ast.Constant(True)
    return conditions[0] if len(conditions) == 1 else ast.BoolOp(ast.And(), conditions)

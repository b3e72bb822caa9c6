"""What heads declare themselves to be, as JSON: part of the file of a transformer that no circuit describes."""

from __future__ import annotations

from msgspec import Struct, to_builtins

from compiler.circuits.expressions import Expression, Wire
from compiler.circuits.heads import At, Latest, Mean, Offset, Pattern, Previous

Linear = dict[str, float]
"""An expression: coefficients by the names of wires."""


class _Mean(Struct, tag="mean", forbid_unknown_fields=True):
    pass


class _Previous(Struct, tag="previous", forbid_unknown_fields=True):
    pass


class _Offset(Struct, tag="offset", forbid_unknown_fields=True):
    distance: int


class _At(Struct, tag="at", forbid_unknown_fields=True):
    query: Linear


class _Latest(Struct, tag="latest", forbid_unknown_fields=True):
    match: list[tuple[Linear, Linear]]
    eligible: Linear
    key_square: Linear
    query_square: Linear | None
    recent: bool
    within: int | None


SavedPattern = _Mean | _Previous | _Offset | _At | _Latest
"""The shape of a pattern in a file."""


def saved_pattern(pattern: Pattern) -> object:
    """A pattern as JSON."""
    match pattern:
        case Mean():
            return to_builtins(_Mean())
        case Previous():
            return to_builtins(_Previous())
        case Offset(distance):
            return to_builtins(_Offset(distance))
        case At(query):
            return to_builtins(_At(_linear(query)))
        case Latest(match, eligible, key_square, query_square, recent, within):
            pairs = [(_linear(q), _linear(k)) for q, k in match]
            square = None if query_square is None else _linear(query_square)
            return to_builtins(_Latest(pairs, _linear(eligible), _linear(key_square), square, recent, within))


def opened_pattern(saved: SavedPattern) -> Pattern:
    """The pattern again."""
    match saved:
        case _Mean():
            return Mean()
        case _Previous():
            return Previous()
        case _Offset(distance):
            return Offset(distance)
        case _At(query):
            return At(_expression(query))
        case _Latest(match, eligible, key_square, query_square, recent, within):
            pairs = tuple((_expression(q), _expression(k)) for q, k in match)
            square = None if query_square is None else _expression(query_square)
            return Latest(pairs, _expression(eligible), _expression(key_square), square, recent, within)


def _linear(expression: Expression) -> Linear:
    return {wire.name: float(c) for wire, c in expression.wires.items()}


def _expression(linear: Linear) -> Expression:
    return Expression({Wire(name): c for name, c in linear.items()}, {})

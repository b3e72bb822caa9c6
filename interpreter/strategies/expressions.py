"""Random expressions of the language as text: of a given type by construct, with bounded values.

    from hypothesis import given
    from interpreter.strategies.expressions import expressions

    @given(expressions(INTEGER, depth=2))
    def test_mine(text): ...       # e.g. "7 // (2 - len('ab')) if not True else 3 ** 2"

The values stay small by construct too: every piece of text carries a bound on its value, and whatever is
stored in a variable is cut down to MAX_DIGITS digits or MAX_LENGTH items.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from compiler.language.kinds import BOOLEAN, INTEGER, STRING, Boolean, Integer, Kind, ListOf, String
from interpreter.strategies.drawing import Drawing
from interpreter.strategies.scope import (
    AND,
    ATOM,
    COMPARISON,
    CONDITIONAL,
    ELEMENTS,
    KINDS,
    LISTS,
    LOGICAL_AND,
    LOGICAL_OR,
    MAX_DIGITS,
    MAX_LENGTH,
    MAX_REPEATS,
    NESTED,
    NOT,
    OR,
    POWER,
    SHIFT,
    SUM,
    TERM,
    UNARY,
    XOR,
    Function,
    Piece,
    Scope,
)

integer_values = (
    st.integers(-2, 12)
    | st.integers(-1500, 1500)
    | st.builds(lambda power, offset: 1000**power + offset, st.integers(1, 5), st.integers(-2, 2))
    | st.integers(-(10**25), 10**25)
)

_ESCAPED = str.maketrans({"\\": r"\\", "{": "{{", "}": "}}", "\n": r"\n", "'": r"\'"})

characters = st.sampled_from("ab c0-{}'\"\\\nZé")


class Expressions(Drawing):
    """Draws expressions; every method gives one of the kind in its name, nested at most `depth` deep."""

    def __init__(self, draw: st.DrawFn) -> None:
        super().__init__(draw)
        self.appended = False
        """Whether the function that is being written may append to a list."""

    def expression(self, kind: Kind, scope: Scope, depth: int) -> Piece:
        """An expression of this type, of at most so many levels."""
        match kind:
            case Integer():
                return self.integer(scope, depth)
            case Boolean():
                return self.boolean(scope, depth)
            case String():
                return self.string(scope, depth)
            case ListOf():
                return self.list_of(kind, scope, depth)
            case _:
                raise ValueError(f"no expressions of kind {kind}")

    def stored(self, kind: Kind, scope: Scope, depth: int) -> str:
        """An expression whose value may be kept: as `expression`, but cut down if need be."""
        piece = self.expression(kind, scope, depth)
        if isinstance(kind, Integer) and piece.size > MAX_DIGITS:
            modulus = self.pick(["1000", "998244353", "10 ** 40"])
            return f"{piece.inside(TERM)} % {modulus}" if modulus.isdecimal() else f"{piece.inside(TERM)} % ({modulus})"
        if isinstance(kind, String | ListOf) and piece.size > MAX_LENGTH:
            return f"{piece.inside(ATOM)}[:{MAX_LENGTH}]"
        return piece.text

    def _common(self, kind: Kind, scope: Scope, depth: int) -> list[Callable[[], Piece]]:
        """Ways to an expression that all types have."""
        options: list[Callable[[], Piece]] = []
        if names := scope.named(kind):
            size = MAX_DIGITS if isinstance(kind, Integer) else MAX_LENGTH
            options += [lambda: Piece(self.pick(names), size=size)] * 5
        if depth:
            options.append(lambda: self._conditional(kind, scope, depth))
            callable_here = [
                function
                for function in scope.functions
                if self.may_call(function, scope) and function.results == (kind,)
            ]
            if callable_here:
                options += [lambda: self.call(self.pick(callable_here), scope, depth)] * 2
            sources = [
                name for name, other in scope.variables.items() if isinstance(other, ListOf) and other.element == kind
            ]
            if sources:
                options.append(lambda: self._item(kind, self.pick(sources), scope, depth))
        return options

    def may_call(self, function: Function, scope: Scope) -> bool:
        """Whether a call is affordable here, and does not change a list that a loop goes over."""
        return scope.repeats * function.cost <= MAX_REPEATS and not (scope.frozen and function.appends)

    def call(self, function: Function, scope: Scope, depth: int) -> Piece:
        """A call of the function, some arguments left to their defaults; its small parameters get small numbers."""
        self.appended |= function.appends
        given = len(function.parameters) - self.between(0, function.defaults)
        arguments = [
            str(self.between(-1, 5))
            if number in function.small
            else self.stored(kind, scope, depth - 1 if depth else 0)
            for number, kind in enumerate(function.parameters[:given])
        ]
        return Piece(f"{function.name}({', '.join(arguments)})", size=MAX_DIGITS)

    def _conditional(self, kind: Kind, scope: Scope, depth: int) -> Piece:
        test = self.truth(scope, depth - 1)
        then, other = self.expression(kind, scope, depth - 1), self.expression(kind, scope, depth - 1)
        text = f"{then.inside(LOGICAL_OR)} if {test.inside(LOGICAL_OR)} else {other.text}"
        return Piece(text, CONDITIONAL, max(then.size, other.size))

    def _item(self, kind: Kind, name: str, scope: Scope, depth: int) -> Piece:
        size = MAX_DIGITS if isinstance(kind, Integer) else MAX_LENGTH
        index = self.integer(scope, depth - 1)
        if scope.risky and self.chance(40):
            small = self.between(-3, 3)
            return Piece(f"{name}[{index.text if self.chance(20) else small}]", size=size)
        fallback = self.literal(kind)
        text = f"{name}[{index.inside(TERM)} % len({name})] if {name} else {fallback.text}"
        return Piece(text, CONDITIONAL, size)

    def literal(self, kind: Kind) -> Piece:
        """A constant of this type."""
        match kind:
            case Integer():
                value = self.draw(integer_values)
                return Piece(str(value), UNARY if value < 0 else ATOM, len(str(abs(value))))
            case Boolean():
                return Piece(str(self.draw(st.booleans())))
            case String():
                text = self.draw(st.text(characters, max_size=4))
                return Piece(repr(text), size=len(text))
            case ListOf():
                items = [self.literal(kind.element).text for _ in range(self.between(0, 3))]
                return Piece(f"[{', '.join(items)}]", size=len(items))
            case _:
                raise ValueError(f"no literals of kind {kind}")

    # ---------------------------------------------------------------------------------------- integers

    def integer(self, scope: Scope, depth: int) -> Piece:
        """An expression that is an `int`."""
        options = [lambda: self.literal(INTEGER), *self._common(INTEGER, scope, depth)]
        if depth:
            options += [lambda: self._arithmetic(scope, depth)] * 4
            options += [
                lambda: self._division(scope, depth),
                lambda: self._power(scope, depth),
                lambda: self._shift(scope, depth),
                lambda: self._negated(scope, depth),
                lambda: self._integer_call(scope, depth),
                lambda: self._measured(scope, depth),
            ]
        return self.choose(*options)

    def number(self, scope: Scope, depth: int) -> Piece:
        """An integer, or sometimes a boolean in its place."""
        return self.boolean(scope, depth) if self.chance(8) else self.integer(scope, depth)

    def _arithmetic(self, scope: Scope, depth: int) -> Piece:
        operator, level = self.draw(
            st.sampled_from([("+", SUM), ("-", SUM), ("*", TERM), ("&", AND), ("|", OR), ("^", XOR)])
        )
        left, right = self.integer(scope, depth - 1), self.number(scope, depth - 1)
        size = left.size + right.size if operator == "*" else max(left.size, right.size) + 1
        return Piece(f"{left.inside(level)} {operator} {right.inside(level + 1)}", level, size)

    def _division(self, scope: Scope, depth: int) -> Piece:
        operator = self.pick(["//", "%"])
        left, right = self.number(scope, depth - 1), self.integer(scope, depth - 1)
        if scope.risky and self.chance(15):
            divisor = right.inside(UNARY)
        else:
            odd, literal = f"({right.inside(OR)} | 1)", str(self.pick([2, -3, 10, 1000]))
            divisor = odd if self.chance(50) else literal
        return Piece(f"{left.inside(TERM)} {operator} {divisor}", TERM, max(left.size, right.size) + 1)

    def _power(self, scope: Scope, depth: int) -> Piece:
        base, exponent = self.integer(scope, depth - 1), self.between(0, 4)
        if self.chance(30):
            modulus = self.pick([7, 1000, -13, 10**12 + 39])
            power = self.integer(scope, depth - 1)
            text = f"pow({base.text}, {power.inside(TERM)} % 50, {modulus})"
            return Piece(text, size=13)
        if self.chance(30):
            return Piece(f"pow({base.text}, {exponent})", size=base.size * 4)
        return Piece(f"{base.inside(ATOM)} ** {exponent}", POWER, base.size * 4)

    def _shift(self, scope: Scope, depth: int) -> Piece:
        operator = self.pick(["<<", ">>"])
        left, amount = self.integer(scope, depth - 1), self.between(-1 if scope.risky else 0, 40)
        return Piece(f"{left.inside(SHIFT)} {operator} {amount}", SHIFT, left.size + 13)

    def _negated(self, scope: Scope, depth: int) -> Piece:
        operand = self.number(scope, depth - 1)
        return Piece(f"{self.pick('-~+')}{operand.inside(UNARY)}", UNARY, operand.size + 1)

    def _integer_call(self, scope: Scope, depth: int) -> Piece:
        function = self.pick(["abs", "min", "max", "int", "sum"])
        if function in ("min", "max"):
            pieces = [self.integer(scope, depth - 1) for _ in range(self.between(2, 3))]
            return Piece(f"{function}({', '.join(p.text for p in pieces)})", size=max(p.size for p in pieces))
        if function == "sum":
            items = self.list_of(LISTS[self.between(0, 1)], scope, depth - 1)
            return Piece(f"sum({items.text})", size=2 * MAX_DIGITS * max(1, items.size))
        operand = self.boolean(scope, depth - 1) if function == "int" else self.number(scope, depth - 1)
        return Piece(f"{function}({operand.text})", size=max(1, operand.size))

    def _measured(self, scope: Scope, depth: int) -> Piece:
        if self.chance(20):
            return Piece(f"ord({self.draw(characters)!r})", size=7)
        if self.chance(20):
            number = self.draw(integer_values)
            return Piece(f"int({str(number)!r})", size=len(str(number)))
        kind = self.pick([STRING, *LISTS, NESTED])
        return Piece(f"len({self.expression(kind, scope, depth - 1).text})", size=4)

    # -------------------------------------------------------------------------------- booleans, strings

    def boolean(self, scope: Scope, depth: int) -> Piece:
        """An expression that is a `bool`."""
        options = [lambda: self.literal(BOOLEAN), *self._common(BOOLEAN, scope, depth)]
        if depth:
            options += [lambda: self._comparison(scope, depth)] * 3
            options += [
                lambda: self._equality(scope, depth),
                lambda: self._membership(scope, depth),
                lambda: self._logical(scope, depth),
                lambda: self._boolean_bits(scope, depth),
            ]
        return self.choose(*options)

    def truth(self, scope: Scope, depth: int) -> Piece:
        """What may stand after `if`: mostly a boolean."""
        kind = self.pick(KINDS) if self.chance(20) else BOOLEAN
        return self.expression(kind, scope, depth)

    def _comparison(self, scope: Scope, depth: int) -> Piece:
        text = self.number(scope, depth - 1).inside(OR)
        for _ in range(self.between(1, 2)):
            operator = self.pick(["<", "<=", ">", ">=", "==", "!="])
            text += f" {operator} {self.number(scope, depth - 1).inside(OR)}"
        return Piece(text, COMPARISON)

    def _equality(self, scope: Scope, depth: int) -> Piece:
        kind = self.pick(KINDS)
        left, right = self.expression(kind, scope, depth - 1), self.expression(kind, scope, depth - 1)
        return Piece(f"{left.inside(OR)} {self.pick(['==', '!='])} {right.inside(OR)}", COMPARISON)

    def _membership(self, scope: Scope, depth: int) -> Piece:
        container = self.pick([STRING, *LISTS, NESTED])
        item = container.element if isinstance(container, ListOf) else STRING
        left, right = self.expression(item, scope, depth - 1), self.expression(container, scope, depth - 1)
        return Piece(f"{left.inside(OR)} {self.pick(['in', 'not in'])} {right.inside(OR)}", COMPARISON)

    def _logical(self, scope: Scope, depth: int) -> Piece:
        if self.chance(25):
            return Piece(f"not {self.truth(scope, depth - 1).inside(NOT)}", NOT)
        operator, level = self.pick([("and", LOGICAL_AND), ("or", LOGICAL_OR)])
        left, right = self.boolean(scope, depth - 1), self.boolean(scope, depth - 1)
        return Piece(f"{left.inside(level)} {operator} {right.inside(level + 1)}", level)

    def _boolean_bits(self, scope: Scope, depth: int) -> Piece:
        if self.chance(30):
            return Piece(f"bool({self.truth(scope, depth - 1).text})")
        operator, level = self.pick([("&", AND), ("|", OR), ("^", XOR)])
        left, right = self.boolean(scope, depth - 1), self.boolean(scope, depth - 1)
        return Piece(f"{left.inside(level)} {operator} {right.inside(level + 1)}", level)

    def string(self, scope: Scope, depth: int) -> Piece:
        """An expression that is a `str`."""
        options = [lambda: self.literal(STRING), *self._common(STRING, scope, depth)]
        if depth:
            options += [
                lambda: self._joined(STRING, scope, depth),
                lambda: self._sliced(STRING, scope, depth),
                lambda: self._converted(scope, depth),
                lambda: self.formatted(scope, depth),
            ]
            if scope.risky:
                options.append(lambda: self._character(scope, depth))
        return self.choose(*options)

    def _joined(self, kind: Kind, scope: Scope, depth: int) -> Piece:
        left = self.expression(kind, scope, depth - 1)
        if self.chance(30):
            times = self.between(-1, 3)
            if self.chance(50):
                return Piece(f"{left.inside(TERM)} * {times}", TERM, 3 * left.size)
            return Piece(f"{times} * {left.inside(UNARY)}", TERM, 3 * left.size)
        right = self.expression(kind, scope, depth - 1)
        return Piece(f"{left.inside(SUM)} + {right.inside(TERM)}", SUM, left.size + right.size)

    def _sliced(self, kind: Kind, scope: Scope, depth: int) -> Piece:
        whole = self.expression(kind, scope, depth - 1)
        start, stop = (self.pick(["", "0", "1", "-1", "2", "-3", "100"]) for _ in range(2))
        step = self.pick(["", ":", ":-1", ":2", ":-2"])
        return Piece(f"{whole.inside(ATOM)}[{start}:{stop}{step}]", size=whole.size)

    def _converted(self, scope: Scope, depth: int) -> Piece:
        if self.chance(30):
            return Piece(f"chr({self.integer(scope, depth - 1).inside(TERM)} % 90 + 33)")
        kind = self.pick(ELEMENTS)
        piece = self.expression(kind, scope, depth - 1)
        return Piece(f"str({piece.text})", size=max(6, piece.size + 1))

    def _character(self, scope: Scope, depth: int) -> Piece:
        whole = self.string(scope, depth - 1)
        return Piece(f"{whole.inside(ATOM)}[{self.between(-2, 2)}]")

    def formatted(self, scope: Scope, depth: int) -> Piece:
        """An f-string; its fields have no quotes, backslashes or comments, as Python 3.11 wants it."""
        text, size = "", 0
        for _ in range(self.between(1, 3)):
            plain = self.draw(st.text(characters, max_size=3))
            text += plain.translate(_ESCAPED)
            size += len(plain) + 60
            piece = self.expression(self.pick(KINDS), scope, depth - 1)
            if any(character in piece.text for character in "'\"\\#{}"):
                continue
            plain_field = not any(character in piece.text for character in "!:=")
            text += f"{{{piece.text}}}" if plain_field else f"{{({piece.text})}}"
        return Piece(f"f'{text}'", size=size)

    # ------------------------------------------------------------------------------------------- lists

    def list_of(self, kind: ListOf, scope: Scope, depth: int) -> Piece:
        """An expression that is a list of this type."""
        options = [lambda: self.literal(kind), *self._common(kind, scope, depth)]
        if depth:
            options += [
                lambda: self._list_literal(kind, scope, depth),
                lambda: self._joined(kind, scope, depth),
                lambda: self._sliced(kind, scope, depth),
                lambda: self._comprehension(kind, scope, depth),
            ]
        return self.choose(*options)

    def _list_literal(self, kind: ListOf, scope: Scope, depth: int) -> Piece:
        items = [self.stored(kind.element, scope, depth - 1) for _ in range(self.between(1, 3))]
        return Piece(f"[{', '.join(items)}]", size=len(items))

    def _comprehension(self, kind: ListOf, scope: Scope, depth: int) -> Piece:
        target = self.fresh("x")
        inner = scope.inner(repeats=5)
        if self.chance(60):
            trips = self.between(0, 4)
            iterable, size = f"range({trips})", trips
            inner.variables[target] = INTEGER
        else:
            item = self.pick(ELEMENTS)
            source = self.literal(ListOf(item, False))
            iterable, size = source.text, source.size
            inner.variables[target] = item
        element = self.stored(kind.element, inner, depth - 1)
        condition = ""
        if self.chance(30):
            condition = f" if {self.truth(inner, depth - 1).inside(LOGICAL_OR)}"
        return Piece(f"[{element} for {target} in {iterable}{condition}]", size=size)


@st.composite
def expressions(draw: st.DrawFn, kind: Kind = INTEGER, depth: int = 3, risky: bool = True) -> str:
    """Text of an expression of this type without variables; `risky` ones may raise an exception."""
    return Expressions(draw).expression(kind, Scope(risky=risky), depth).text

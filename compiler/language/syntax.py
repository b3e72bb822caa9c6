"""The syntax tree of the small language: a subset of Python's, one class a construct.

Nodes compare by identity (two `x` in one line are two nodes), so that the checker can keep what it
learns about a node in a mapping keyed by the node itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Span:
    """A stretch of source text; lines and columns count from 1, `end_column` is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, eq=False)
class Node:
    """Whatever has a place in the source."""

    span: Span


# ----------------------------------------------------------------------------------------- expressions


@dataclass(frozen=True, eq=False)
class Expression(Node):
    """What has a value."""

    pass


@dataclass(frozen=True, eq=False)
class IntegerLiteral(Expression):
    """An integer of any size; a sign is not part of it."""

    value: int


@dataclass(frozen=True, eq=False)
class BooleanLiteral(Expression):
    """`True` or `False`."""

    value: bool


@dataclass(frozen=True, eq=False)
class StringLiteral(Expression):
    """A string, its escapes resolved."""

    value: str


@dataclass(frozen=True, eq=False)
class FormattedString(Expression):
    """An f-string of simple fields: literal text and expressions in turn."""

    parts: tuple[str | Expression, ...]


@dataclass(frozen=True, eq=False)
class Name(Expression):
    """A variable that is read or assigned to."""

    identifier: str


@dataclass(frozen=True, eq=False)
class Unary(Expression):
    """`operator` is one of `-`, `+`, `~`, `not`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, eq=False)
class Binary(Expression):
    """`operator` is one of `+ - * // % ** & | ^ << >>`; `[v] * n` and `n * [v]` are a `*` too."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, eq=False)
class Comparison(Expression):
    """`operands[0] operators[0] operands[1] operators[1] …`: `== != < <= > >= in`, and `not in`."""

    operands: tuple[Expression, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Logical(Expression):
    """Short-circuit `and` or `or` of two operands; its value is that of the operand that decides."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, eq=False)
class Conditional(Expression):
    """`then if test else otherwise`."""

    test: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, eq=False)
class Call(Expression):
    """A call of a built-in or of a function of the program, by name."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, eq=False)
class MethodCall(Expression):
    """`object.append(v)`, `object.pop()` or `object.pop(i)`."""

    object: Expression
    method: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, eq=False)
class ReadIntegers(Expression):
    """`list(map(int, input().split()))`: the integers on the next line of input."""


@dataclass(frozen=True, eq=False)
class Index(Expression):
    """`object[index]`."""

    object: Expression
    index: Expression


@dataclass(frozen=True, eq=False)
class Slice(Expression):
    """`object[start:stop:step]`, for reading; what is left out is None."""

    object: Expression
    start: Expression | None
    stop: Expression | None
    step: Expression | None


@dataclass(frozen=True, eq=False)
class ListLiteral(Expression):
    """`[items…]`."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, eq=False)
class Comprehension(Expression):
    """`[element for target in iterable if condition]`; its target is local to it, as in Python."""

    element: Expression
    target: Name
    iterable: Expression
    conditions: tuple[Expression, ...]


@dataclass(frozen=True, eq=False)
class TupleDisplay(Expression):
    """`a, b`: only as the value of a tuple assignment or of `return`."""

    items: tuple[Expression, ...]


# ------------------------------------------------------------------------------------------ statements


@dataclass(frozen=True, eq=False)
class Statement(Node):
    """What is carried out."""

    pass


Block = tuple[Statement, ...]


@dataclass(frozen=True, eq=False)
class TupleTarget(Node):
    """`a, b[i] = …`; flat."""

    items: tuple[Name | Index, ...]


Target = Name | Index | TupleTarget


@dataclass(frozen=True, eq=False)
class Assign(Statement):
    """`targets[0] = targets[1] = … = value`; the value is evaluated once, targets from left to right."""

    targets: tuple[Target, ...]
    value: Expression


@dataclass(frozen=True, eq=False)
class AugmentedAssign(Statement):
    """`target operator= value`, with the operator of a `Binary`; an indexed target is evaluated once."""

    target: Name | Index
    operator: str
    value: Expression


@dataclass(frozen=True, eq=False)
class If(Statement):
    """`elif` is an `If` in `otherwise`."""

    test: Expression
    then: Block
    otherwise: Block


@dataclass(frozen=True, eq=False)
class While(Statement):
    """`while test: body`, with its `else`."""

    test: Expression
    body: Block
    otherwise: Block


@dataclass(frozen=True, eq=False)
class For(Statement):
    """`iterable` is a `Call` of `range` (1 to 3 arguments), or an expression that is a list or a string."""

    target: Name | TupleTarget
    iterable: Expression
    body: Block
    otherwise: Block


@dataclass(frozen=True, eq=False)
class Break(Statement):
    """`break`."""

    pass


@dataclass(frozen=True, eq=False)
class Continue(Statement):
    """`continue`."""

    pass


@dataclass(frozen=True, eq=False)
class Pass(Statement):
    """`pass`."""

    pass


@dataclass(frozen=True, eq=False)
class Assert(Statement):
    """`assert test, message`."""

    test: Expression
    message: Expression | None


@dataclass(frozen=True, eq=False)
class Return(Statement):
    """`return value`; None where nothing is returned."""

    value: Expression | None


@dataclass(frozen=True, eq=False)
class Print(Statement):
    """`print(a, b, sep=…, end=…)`; `separator` and `end` default to one space and one newline."""

    arguments: tuple[Expression, ...]
    separator: Expression | None
    end: Expression | None


@dataclass(frozen=True, eq=False)
class ExpressionStatement(Statement):
    """An expression whose value is not used: a call."""

    value: Expression


@dataclass(frozen=True, eq=False)
class Global(Statement):
    """`global names`."""

    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Parameter(Node):
    """A parameter of a function, with its default."""

    name: str
    default: Expression | None


@dataclass(frozen=True, eq=False)
class FunctionDefinition(Statement):
    """Only at the top level of a program; defaults are evaluated when the definition is reached."""

    name: str
    parameters: tuple[Parameter, ...]
    body: Block


@dataclass(frozen=True, eq=False)
class Module(Node):
    """A whole program and the text it came from."""

    body: Block
    source: str
    filename: str

    @cached_property
    def lines(self) -> list[str]:
        """The text, line by line."""
        return self.source.split("\n")

"""How many values the functions of a program return, and whether each of them always does."""

from __future__ import annotations

from compiler.language.refusals import Refusal, Report
from compiler.language.syntax import (
    Assert,
    Block,
    BooleanLiteral,
    Break,
    Call,
    Continue,
    Expression,
    For,
    FunctionDefinition,
    If,
    IntegerLiteral,
    Return,
    Span,
    Statement,
    TupleDisplay,
    While,
)
from compiler.language.walk import walk


def result_sizes(functions: dict[str, FunctionDefinition], report: Report) -> dict[str, int]:
    """For each function the number of values that a call gives: 0, 1, or that of a tuple.

    Reports where the `return`s of a function differ in that, or where its end can be reached although they
    have values.
    """
    sizes: dict[str, int] = {}
    returns = {
        name: [node for node in walk(*definition.body) if isinstance(node, Return)]
        for name, definition in functions.items()
    }
    changed = True
    while changed:
        changed = False
        for name in functions:
            if name not in sizes:
                found = [size for node in returns[name] if (size := _size(node.value, sizes, functions)) is not None]
                if found or not returns[name]:
                    sizes[name] = found[0] if found else 0
                    changed = True
    for name, definition in functions.items():
        size = sizes.setdefault(name, 1)  # only `return f()` in a circle: it never returns
        for node in returns[name]:
            with report.collecting():
                _check_return(name, size, node, _size(node.value, sizes, functions))
        if size and can_complete(definition.body):
            span = definition.span
            report.add(
                Refusal(
                    f"`{name}` may reach its end without returning a value",
                    "end it with a `return`, or with `assert False` where that cannot happen",
                    Span(span.line, span.column, span.line, span.column + len("def")),
                )
            )
    return sizes


def _check_return(name: str, size: int, node: Return, given: int | None) -> None:
    """Refuses a `return` that gives something else than the `size` values of the function."""
    match node.value:
        case TupleDisplay(items=(_,)):
            raise Refusal("a tuple of one value", "leave the comma out, or return a list", node.value.span)
        case Expression() if given == 0:
            raise Refusal("this function gives no value", "call it in a line of its own, then return", node.value.span)
    if given != size:
        raise Refusal(
            f"`{name}` returns {_count(given)} here and {_count(size)} elsewhere",
            "return equally many values everywhere",
            node.span,
        )


def _size(value: Expression | None, sizes: dict[str, int], functions: dict[str, FunctionDefinition]) -> int | None:
    """How many values a `return` gives; None if that is not known yet."""
    match value:
        case None:
            return 0
        case TupleDisplay():
            return len(value.items)
        case Call(function="divmod"):
            return 2
        case Call() if value.function in functions:
            return sizes.get(value.function)
        case _:
            return 1


def _count(size: int | None) -> str:
    return "no value" if size == 0 else "one value" if size == 1 else f"{size} values"


def always_true(test: Expression) -> bool:
    """Whether a test is a constant that is true, so that a loop over it ends by `break` or `return` only."""
    return isinstance(test, BooleanLiteral | IntegerLiteral) and bool(test.value)


def can_complete(block: Block) -> bool:
    """Whether control may pass the end of a block, as far as its shape tells."""
    return all(_completes(statement) for statement in block)


def _completes(statement: Statement) -> bool:
    match statement:
        case Return() | Break() | Continue():
            return False
        case Assert(test=BooleanLiteral(value=False)) | Assert(test=IntegerLiteral(value=0)):
            return False
        case If():
            return can_complete(statement.then) or can_complete(statement.otherwise)
        case While() if always_true(statement.test):
            return _breaks(statement.body)
        case While() | For():
            return _breaks(statement.body) or can_complete(statement.otherwise)
        case _:
            return True


def _breaks(block: Block) -> bool:
    """Whether a `break` in the block leaves the loop that it is the body of."""
    for statement in block:
        match statement:
            case Break():
                return True
            case If():
                if _breaks(statement.then) or _breaks(statement.otherwise):
                    return True
            case While() | For():
                if _breaks(statement.otherwise):
                    return True
    return False

"""From Lark's tree to the syntax tree: statements, with the rules that the grammar leaves out."""

from __future__ import annotations

from typing import Any

from lark import Tree

from compiler.language.expression_builder import ExpressionBuilder, FieldParser, Place, head, is_call
from compiler.language.layout import MAX_NESTING
from compiler.language.refusals import Refusal
from compiler.language.syntax import (
    Assert,
    Assign,
    AugmentedAssign,
    Block,
    Break,
    Continue,
    Expression,
    ExpressionStatement,
    For,
    FunctionDefinition,
    Global,
    If,
    Index,
    Name,
    Parameter,
    Pass,
    Print,
    Return,
    Span,
    Statement,
    StringLiteral,
    Target,
    TupleDisplay,
    TupleTarget,
    While,
)

MAX_LOOPS = 20
"""How many loops may be nested: CPython's limit."""


class Builder(ExpressionBuilder):
    """Makes statements out of Lark's trees; expressions are made by its parent class."""

    def __init__(self, place: Place, parse_field: FieldParser, depth: int = 0) -> None:
        super().__init__(place, parse_field, depth)
        self.function: str | None = None
        self.loops = 0
        self.blocks = 0

    def module(self, tree: Tree[Any]) -> Block:
        """The statements of a whole program.

        Raises:
            Refusal: something is outside the language.
        """
        return tuple(self.statement(part) for part in tree.children)

    def block(self, tree: Tree[Any]) -> Block:
        """The statements of an indented block."""
        self.blocks += 1
        built = tuple(self.statement(part) for part in tree.children)
        self.blocks -= 1
        return built

    def statement(self, tree: Tree[Any]) -> Statement:
        """One statement."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Refusal("this is nested too deeply", "write functions for parts of it", head(self.span(tree)))
        built = self._statement(tree)
        self.depth -= 1
        return built

    def _statement(self, tree: Tree[Any]) -> Statement:
        span = self.span(tree)
        parts: list[Any] = tree.children
        match tree.data:
            case "expression_statement":
                return self._expression_statement(span, parts[0])
            case "assign":
                return self._assign(span, parts)
            case "augmented":
                return self._augmented(span, parts)
            case "assert":
                message = self.expression(parts[1]) if parts[1] is not None else None
                return Assert(span, self.expression(parts[0]), message)
            case "return":
                return self._return(span, parts[0] if parts else None)
            case "global":
                if self.function is None:
                    raise Refusal("`global` outside a function", "leave it out here", span)
                return Global(span, tuple(str(name) for name in parts))
            case "pass":
                return Pass(span)
            case "break" | "continue":
                if self.loops == 0:
                    raise Refusal(f"`{tree.data}` outside a loop", "it belongs inside `while` or `for`", span)
                return Break(span) if tree.data == "break" else Continue(span)
            case "if" | "elif":
                test, then = self.expression(parts[0]), self.block(parts[1])
                otherwise = self._otherwise(parts[2])
                return If(_until(span, otherwise or then), test, then, otherwise)
            case "while":
                test, body = self.expression(parts[0]), self._loop(parts[1], span)
                otherwise = self._otherwise(parts[2])
                return While(_until(span, otherwise or body), test, body, otherwise)
            case "for":
                return self._for(span, parts)
            case "def":
                return self._definition(span, parts)
            case other:
                raise AssertionError(f"no rule {other}")

    def _otherwise(self, tree: Tree[Any] | None) -> Block:
        """The block of an `else`, or an `elif` as a block of one `if`."""
        if tree is None:
            return ()
        return (self.statement(tree),) if tree.data == "elif" else self.block(tree.children[0])

    def _loop(self, body: Tree[Any], span: Span) -> Block:
        self.loops += 1
        if self.loops > MAX_LOOPS:
            raise Refusal(
                f"more than {MAX_LOOPS} loops inside each other", "write functions for the inner ones", head(span)
            )
        built = self.block(body)
        self.loops -= 1
        return built

    def _for(self, span: Span, parts: list[Any]) -> Statement:
        target = self.target(parts[0])
        if isinstance(target, Index) or (
            isinstance(target, TupleTarget) and any(isinstance(item, Index) for item in target.items)
        ):
            raise Refusal("a `for` assigns to names only", "assign to the item inside the loop", target.span)
        iterable, body = self.iterable(parts[1]), self._loop(parts[2], span)
        otherwise = self._otherwise(parts[3])
        return For(_until(span, otherwise or body), target, iterable, body, otherwise)

    def _definition(self, span: Span, parts: list[Any]) -> Statement:
        name, parameters, body = parts
        if self.function is not None or self.blocks:
            raise Refusal(
                "functions are defined only at the top level of the program",
                "move the definition out, and give it what it needs as parameters",
                head(span),
            )
        built: list[Parameter] = []
        for part in parameters.children if parameters is not None else []:
            default = self.expression(part.children[1]) if part.children[1] is not None else None
            parameter = Parameter(self.span(part), str(part.children[0]), default)
            if any(parameter.name == other.name for other in built):
                raise Refusal(f"there are two parameters `{parameter.name}`", "rename one", parameter.span)
            if default is None and built and built[-1].default is not None:
                raise Refusal(
                    f"`{parameter.name}` needs a default, as the parameter before it has one",
                    "put parameters with defaults last",
                    parameter.span,
                )
            built.append(parameter)
        self.function = str(name)
        block = self.block(body)
        self.function = None
        return FunctionDefinition(_until(span, block), str(name), tuple(built), block)

    def _return(self, span: Span, value: Tree[Any] | None) -> Statement:
        if self.function is None:
            raise Refusal("`return` outside a function", "it belongs inside a `def`", span)
        return Return(span, self._values(value) if value is not None else None)

    def _values(self, tree: Tree[Any]) -> Expression:
        """An expression, or a tuple where one may stand."""
        if tree.data == "tuple":
            return TupleDisplay(self.span(tree), tuple(self.expression(part) for part in tree.children))
        return self.expression(tree)

    def _expression_statement(self, span: Span, tree: Tree[Any]) -> Statement:
        if is_call(tree, "print"):
            return self._print(span, tree)
        value = self.expression(tree)
        if isinstance(value, StringLiteral):  # a docstring, or a string in place of a comment
            return Pass(span)
        return ExpressionStatement(span, value)

    def _print(self, span: Span, tree: Tree[Any]) -> Statement:
        arguments: list[Expression] = []
        named: dict[str, Expression] = {}
        for part in tree.children[1:]:
            if part is None:
                continue
            if part.data != "keyword":
                if named:
                    raise Refusal("this argument comes after `sep` or `end`", "put it before", self.span(part))
                arguments.append(self.expression(part))
                continue
            name = str(part.children[0])
            if name not in ("sep", "end") or name in named:
                raise Refusal(
                    f"`print` has no `{name}` here" if name not in named else f"`{name}` is given twice",
                    "besides values, `print` takes `sep` and then `end`",
                    self.span(part),
                )
            named[name] = self.expression(part.children[1])
        if list(named) == ["end", "sep"] and not all(isinstance(value, StringLiteral) for value in named.values()):
            raise Refusal("`end` before `sep`", "write `sep=…, end=…`", named["end"].span)
        return Print(span, tuple(arguments), named.get("sep"), named.get("end"))

    def _assign(self, span: Span, parts: list[Any]) -> Statement:
        targets = tuple(self.target(part) for part in parts[:-1])
        value = self._values(parts[-1])
        if isinstance(value, TupleDisplay):
            for target in targets:
                if not isinstance(target, TupleTarget):
                    raise Refusal("tuples are not values in the language", "use a list, in `[…]`", value.span)
                if len(target.items) != len(value.items):
                    raise Refusal(
                        f"{len(value.items)} values for {len(target.items)} targets",
                        "write one value for each target",
                        span,
                    )
        return Assign(span, targets, value)

    def _augmented(self, span: Span, parts: list[Any]) -> Statement:
        target = self.target(parts[0])
        if isinstance(target, TupleTarget):
            raise Refusal(f"`{parts[1]}` has a single target", "write one assignment for each", target.span)
        return AugmentedAssign(span, target, str(parts[1])[:-1], self.expression(parts[2]))

    def target(self, tree: Tree[Any]) -> Target:
        """What is assigned to."""
        if tree.data not in ("tuple", "target_tuple"):
            return self._single_target(tree)
        return TupleTarget(self.span(tree), tuple(self._single_target(part) for part in tree.children))

    def _single_target(self, tree: Tree[Any]) -> Name | Index:
        match tree.data:
            case "name" | "index":
                built = self.expression(tree)
                assert isinstance(built, Name | Index)
                return built
            case "slice":
                raise Refusal("slices are for reading only", "assign to the items one by one", self.span(tree))
            case "tuple" | "list":
                raise Refusal(
                    "targets are names and items, without brackets around them", "write `a, b = …`", self.span(tree)
                )
            case _:
                raise Refusal(
                    "this cannot be assigned to",
                    "assign to a name, or to an item `a[i]`; to compare, write `==`",
                    self.span(tree),
                )


def _until(span: Span, block: Block) -> Span:
    """From the start of a statement to the end of its last block."""
    return Span(span.line, span.column, block[-1].span.end_line, block[-1].span.end_column)

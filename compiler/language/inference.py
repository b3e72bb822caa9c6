"""Kind inference: a pass over the whole program, then the rules that waited for more to be known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from compiler.language.expression_kinds import ExpressionInference
from compiler.language.refusals import Refusal, Report
from compiler.language.scopes import Scopes, assigned_names
from compiler.language.syntax import (
    Assert,
    Assign,
    AugmentedAssign,
    Block,
    Call,
    Expression,
    ExpressionStatement,
    For,
    FunctionDefinition,
    If,
    Index,
    Name,
    Print,
    Return,
    Span,
    Statement,
    TupleDisplay,
    TupleTarget,
    While,
)
from compiler.language.unification import ListTerm, Term, TupleTerm, known, unify
from compiler.language.walk import children, walk


class Inference(ExpressionInference):
    """Finds the types of all expressions, variables and results by unification; expressions are in its parent class."""

    def __init__(self, scopes: Scopes, sizes: dict[str, int], report: Report) -> None:
        super().__init__(scopes, sizes, report)
        self._doubtful: set[tuple[str | None, str]] = set()
        """Functions, and variables with the function that they belong to, of which nothing is sure after an error."""

    def run(self, program: Block) -> None:
        """Fills `terms`, `variables` and `results`; reports clashes."""
        self._block(program)
        self.operators.settle()

    def _block(self, block: Block) -> None:
        for statement in block:
            with self._collecting(statement):
                self._statement(statement)

    @contextmanager
    def _collecting(self, statement: Statement) -> Iterator[None]:
        """Reports Refusals inside, and those of the rules made inside that have to wait."""
        outer, self.operators.collecting = self.operators.collecting, partial(self._caught, statement, self.function)
        with self.operators.collecting():
            yield
        self.operators.collecting = outer

    @contextmanager
    def _caught(self, statement: Statement, function: str | None) -> Iterator[None]:
        """Reports a Refusal inside, if the statement does not rest on what has been refused before."""
        try:
            yield
        except Refusal as refusal:
            read, assigned = (set(map(partial(self._key, function), names)) for names in own_names(statement))
            if not self._doubtful & (read | assigned):
                self.report.add(refusal)
            self._doubtful |= assigned
            if isinstance(statement, Return) and function is not None:
                self._doubtful.add((None, function))

    def _key(self, function: str | None, identifier: str) -> tuple[str | None, str]:
        return (function if identifier in self.variables[function] else None), identifier

    def _statement(self, statement: Statement) -> None:
        match statement:
            case Assign():
                self._assign(statement)
            case AugmentedAssign():
                target = self._target(statement.target)
                self._refuse_list_update(statement, target)
                result = self.operators.binary(statement.operator, target, self.value(statement.value), statement.span)
                unify(target, result, statement.span, _subject(statement.target))
            case If():
                with self._collecting(statement):
                    self.truth(statement.test)
                self._block(statement.then)
                self._block(statement.otherwise)
            case While():
                with self._collecting(statement):
                    self.truth(statement.test)
                self._block(statement.body)
                self._block(statement.otherwise)
            case For():
                with self._collecting(statement):
                    item = self.items(statement.iterable)
                    if isinstance(statement.target, TupleTarget):
                        self._unpack(statement.target, item, statement.iterable.span)
                    else:
                        self._set(statement.target, item, statement.iterable.span)
                self._block(statement.body)
                self._block(statement.otherwise)
            case Assert():
                self.truth(statement.test)
                if statement.message is not None:
                    self.value(statement.message)
            case Return() if statement.value is not None and statement.span not in self.report.places:
                assert self.function is not None
                self._return(self.function, statement.value)
            case Print():
                for argument in statement.arguments:
                    self.value(argument)
                for name, text in (("sep", statement.separator), ("end", statement.end)):
                    if text is not None:
                        self.operators.string(self.value(text), text.span, f"`{name}`")
            case ExpressionStatement():
                self.any(statement.value)
            case FunctionDefinition() if statement.span not in self.report.places:
                self._definition(statement)

    def _return(self, function: str, value: Expression) -> None:
        found, result = self.several(value), self.results[function]
        if isinstance(result, TupleTerm):
            several = known(found)
            assert isinstance(several, TupleTerm)
            for number, (one, other) in enumerate(zip(result.items, several.items, strict=True), 1):
                unify(one, other, value.span, f"result {number} of `{function}`")
        else:
            unify(result, found, value.span, f"the result of `{function}`")

    def _definition(self, definition: FunctionDefinition) -> None:
        variables = self.variables[definition.name]
        for parameter in definition.parameters:
            if parameter.default is not None:
                subject = f"the parameter `{parameter.name}`"
                with self._collecting(definition):
                    unify(variables[parameter.name], self.value(parameter.default), parameter.span, subject)
        self.function = definition.name
        self._block(definition.body)
        self.function = None

    def _assign(self, statement: Assign) -> None:
        unpacked = any(isinstance(target, TupleTarget) for target in statement.targets)
        if isinstance(statement.value, TupleDisplay):
            items = [(self.value(item), item.span) for item in statement.value.items]
            for target in statement.targets:
                assert isinstance(target, TupleTarget)
                for single, (item, span) in zip(target.items, items, strict=True):
                    self._set(single, item, span)
            return
        value = self.several(statement.value) if unpacked else self.value(statement.value)
        for target in statement.targets:
            if isinstance(target, TupleTarget):
                self._unpack(target, value, statement.value.span)
            elif isinstance(known(value), TupleTerm):
                raise Refusal("tuples are not values in the language", "unpack it: `a, b = …`", statement.value.span)
            else:
                self._set(target, value, statement.value.span)

    def _refuse_list_update(self, statement: AugmentedAssign, target: Term) -> None:
        if statement.operator not in "+*":
            return

        def then(found: Term) -> None:
            if isinstance(found, ListTerm):
                raise Refusal(
                    f"lists have no `{statement.operator}=` in the language",
                    f"append the items in a loop, or write `a = a {statement.operator} …` for a new list",
                    statement.span,
                )

        self.operators.when_known(target, statement.span, then)

    def _target(self, target: Name | Index) -> Term:
        if isinstance(target, Name):
            return self.variable(target)
        items = self.operators.as_list(
            self.value(target.object), target.span, "this", "strings cannot be changed; build a new one with `+`"
        )
        self.operators.number(self.value(target.index), target.index.span, "the index")
        self.terms[target] = items.element
        return items.element

    def _set(self, target: Name | Index, value: Term, span: Span) -> None:
        unify(self._target(target), value, span, _subject(target))

    def _unpack(self, target: TupleTarget, value: Term, span: Span) -> None:
        terms = tuple(self._target(item) for item in target.items)
        self.operators.unpack(value, terms, tuple(map(_subject, target.items)), span)


def own_names(statement: Statement) -> tuple[set[str], set[str]]:
    """The names that a statement reads or calls, and those that it assigns; without those of the blocks in it."""
    own = [node for part in children(statement) if not isinstance(part, Statement) for node in walk(part)]
    read = {node.identifier for node in own if isinstance(node, Name)}
    read |= {node.function for node in own if isinstance(node, Call)}
    return read, {name.identifier for name in assigned_names(statement) if name in own}


def _subject(target: Name | Index) -> str:
    return f"`{target.identifier}`" if isinstance(target, Name) else "the item"

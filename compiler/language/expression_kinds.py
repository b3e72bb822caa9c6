"""Types of expressions: one pass that says of each what its type depends on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from compiler.language.kinds import BOOLEAN, INTEGER, STRING
from compiler.language.operators import Operators
from compiler.language.refusals import Consequence, Refusal, Report
from compiler.language.scopes import Scopes
from compiler.language.syntax import (
    Binary,
    BooleanLiteral,
    Call,
    Comparison,
    Comprehension,
    Conditional,
    Expression,
    FormattedString,
    Index,
    IntegerLiteral,
    ListLiteral,
    Logical,
    MethodCall,
    Name,
    ReadIntegers,
    Slice,
    StringLiteral,
    TupleDisplay,
    Unary,
)
from compiler.language.unification import ListTerm, Term, TupleTerm, Unknown, known, unify


class ExpressionInference:
    """terms: the type of every expression read so far, None for a call that gives no value; variables: for
    the module (None) and each function its variables; results: for each function that returns values.
    """

    def __init__(self, scopes: Scopes, sizes: dict[str, int], report: Report) -> None:
        self.scopes = scopes
        self.report = report
        self.operators = Operators()
        self.terms: dict[Expression, Term | None] = {}
        self.variables: dict[str | None, dict[str, Unknown]] = {None: {name: Unknown() for name in scopes.globals}}
        self.results: dict[str, Term] = {}
        for name, function in scopes.functions.items():
            self.variables[name] = {local: Unknown() for local in function.parameters + function.locals}
            if sizes[name]:
                several = TupleTerm(tuple(Unknown() for _ in range(sizes[name])))
                self.results[name] = several if sizes[name] > 1 else Unknown()
        self.function: str | None = None
        """The one whose body is being read."""
        self._comprehensions: list[tuple[str, Unknown]] = []
        """Names and types of the targets of the comprehensions that are being read."""

    def value(self, expression: Expression) -> Term:
        """The type of an expression that must have one value."""
        term = self.several(expression)
        if isinstance(known(term), TupleTerm):
            raise Refusal("this gives several values", "unpack them first: `a, b = …`", expression.span)
        return term

    def truth(self, expression: Expression) -> None:
        """Reads an expression of which only the truth is used, so that its operands may differ in kind."""
        match expression:
            case Logical():
                self.truth(expression.left)
                self.truth(expression.right)
                self.terms[expression] = BOOLEAN
            case Conditional():
                self.truth(expression.test)
                self.truth(expression.then)
                self.truth(expression.otherwise)
                self.terms[expression] = BOOLEAN
            case _:
                self.value(expression)

    def several(self, expression: Expression) -> Term:
        """The type of an expression that has a value, or several where they are unpacked or returned."""
        term = self.any(expression)
        if term is None:
            assert isinstance(expression, Call | MethodCall)
            name = expression.function if isinstance(expression, Call) else expression.method
            raise Refusal(f"`{name}` gives no value", "call it in a line of its own", expression.span)
        return term

    def any(self, expression: Expression) -> Term | None:
        """The type of any expression; None for a call that gives no value."""
        if expression.span in self.report.places:
            raise Consequence("this was refused before", "", expression.span)
        if isinstance(expression, TupleDisplay):
            return TupleTerm(tuple(self.value(item) for item in expression.items))
        match expression:
            case Call():
                term = self._call(expression)
            case MethodCall():
                term = self._method_call(expression)
            case _:
                term = self._expression(expression)
        self.terms[expression] = term
        return term

    def _expression(self, expression: Expression) -> Term:
        match expression:
            case IntegerLiteral():
                return INTEGER
            case BooleanLiteral():
                return BOOLEAN
            case StringLiteral():
                return STRING
            case FormattedString():
                for part in expression.parts:
                    if isinstance(part, Expression):
                        self.value(part)
                return STRING
            case Name():
                return self.variable(expression)
            case Unary(operator="not"):
                self.truth(expression.operand)
                return BOOLEAN
            case Unary():
                self.operators.number(
                    self.value(expression.operand), expression.operand.span, f"the operand of `{expression.operator}`"
                )
                return INTEGER
            case Binary():
                left, right = self.value(expression.left), self.value(expression.right)
                return self.operators.binary(expression.operator, left, right, expression.span)
            case Comparison():
                operands = [self.value(operand) for operand in expression.operands]
                for left, operator, right in zip(operands, expression.operators, operands[1:], strict=False):
                    self.operators.comparison(operator, left, right, expression.span)
                return BOOLEAN
            case Logical():
                term = self.value(expression.left)
                unify(
                    term,
                    self.value(expression.right),
                    expression.right.span,
                    f"the right side of `{expression.operator}`",
                )
                return term
            case Conditional():
                self.truth(expression.test)
                term = self.value(expression.then)
                unify(term, self.value(expression.otherwise), expression.otherwise.span, "the value after `else`")
                return term
            case ReadIntegers():
                return ListTerm(INTEGER)
            case Index():
                term = self.operators.item(self.value(expression.object), expression.object.span)
                self.operators.number(self.value(expression.index), expression.index.span, "the index")
                return term
            case Slice():
                term = self.operators.fresh_copy(self.value(expression.object), expression.object.span)
                for bound in (expression.start, expression.stop, expression.step):
                    if bound is not None:
                        self.operators.number(self.value(bound), bound.span, "a bound of the slice")
                return term
            case ListLiteral():
                element = Unknown()
                for item in expression.items:
                    unify(element, self.value(item), item.span, "this item of the list")
                return ListTerm(element)
            case Comprehension():
                item_kind = self.items(expression.iterable)
                with self._bound(expression.target, item_kind):
                    for condition in expression.conditions:
                        self.truth(condition)
                    return ListTerm(self.value(expression.element))
            case _:
                raise AssertionError(f"no kind for {type(expression).__name__}")

    @contextmanager
    def _bound(self, target: Name, kind: Term) -> Iterator[None]:
        """Inside, the target of a comprehension has its own variable."""
        variable = Unknown()
        unify(variable, kind, target.span, "the target")
        self.terms[target] = variable
        self._comprehensions.append((target.identifier, variable))
        try:
            yield
        finally:
            self._comprehensions.pop()

    def variable(self, name: Name) -> Unknown:
        """The type of the variable that a name stands for."""
        variable = self._find(name.identifier)
        if variable is None:
            raise Consequence("this name was refused before", "", name.span)
        self.terms[name] = variable
        return variable

    def _find(self, identifier: str) -> Unknown | None:
        for target, variable in reversed(self._comprehensions):
            if target == identifier:
                return variable
        if identifier in self.variables[self.function]:
            return self.variables[self.function][identifier]
        return self.variables[None].get(identifier)

    def items(self, iterable: Expression) -> Term:
        """The type of what a `for` gets."""
        if isinstance(iterable, Call) and iterable.function == "range":
            for argument in iterable.arguments:
                self.operators.number(self.value(argument), argument.span, "an argument of `range`")
            return INTEGER
        return self.operators.item(self.value(iterable), iterable.span)

    # ------------------------------------------------------------------------------------------- calls

    def _method_call(self, call: MethodCall) -> Term | None:
        receiver = self.operators.as_list(
            self.value(call.object), call.object.span, "this", "strings cannot be changed; build a new one with `+`"
        )
        arguments = [self.value(argument) for argument in call.arguments]
        if call.method == "append":
            receiver.growth.root().grows = True
            unify(receiver.element, arguments[0], call.arguments[0].span, "the appended value")
            return None
        for term, argument in zip(arguments, call.arguments, strict=True):
            self.operators.number(term, argument.span, "the index")
        return receiver.element

    def _call(self, call: Call) -> Term | None:
        arguments = [self.value(argument) for argument in call.arguments]
        function = self.scopes.functions.get(call.function)
        if function is None:
            return self._builtin(call, arguments)
        for name, term, argument in zip(function.parameters, arguments, call.arguments, strict=False):
            unify(
                self.variables[call.function][name],
                term,
                argument.span,
                f"the argument for `{name}` of `{call.function}`",
            )
        return self.results.get(call.function)

    def _builtin(self, call: Call, arguments: list[Term]) -> Term:
        name, operators = call.function, self.operators
        spans = [argument.span for argument in call.arguments]
        match name:
            case "abs" | "pow" | "divmod" | "chr":
                for term, span in zip(arguments, spans, strict=True):
                    operators.number(term, span, f"the argument of `{name}`")
                if name == "divmod":
                    return TupleTerm((INTEGER, INTEGER))
                return STRING if name == "chr" else INTEGER
            case "min" | "max" if len(arguments) == 1:
                items = operators.as_list(
                    arguments[0],
                    spans[0],
                    f"the only argument of `{name}`",
                    "give a list of integers, or several integers",
                )
                unify(INTEGER, items.element, spans[0], "an item of the list")
                return INTEGER
            case "min" | "max":
                for term, span in zip(arguments, spans, strict=True):
                    unify(INTEGER, term, span, f"an argument of `{name}`")
                return INTEGER
            case "sum":
                items = operators.as_list(arguments[0], spans[0], "the argument of `sum`")
                operators.number(items.element, spans[0], "an item of the list")
                return INTEGER
            case "len":
                operators.list_or_string(arguments[0], spans[0], "the argument of `len`", lambda found: None)
                return INTEGER
            case "ord":
                operators.string(arguments[0], spans[0], "the argument of `ord`")
                return INTEGER
            case "int" | "str":
                operators.scalar(arguments[0], spans[0], f"the argument of `{name}`")
                return INTEGER if name == "int" else STRING
            case "bool":
                return BOOLEAN
            case "input":
                for term, span in zip(arguments, spans, strict=True):
                    operators.string(term, span, "the prompt")
                return STRING
            case _:
                raise Consequence("this function was refused before", "", call.span)

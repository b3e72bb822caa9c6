"""Reference interpreter of the syntax tree: values are Python's own integers, strings and lists.

It shares the parser and the checker with the compiler and nothing else, so it is an oracle for the
lowering; CPython, which shares nothing, is the oracle for it. It differs from CPython in two places: a
power with a negative exponent is a ValueError instead of a float, and only frames of functions count
towards the recursion limit.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from compiler.language import syntax as s
from compiler.language.checked import CheckedProgram, FunctionInfo
from compiler.language.checker import check
from compiler.language.parser import parse
from compiler.language.walk import single_targets
from interpreter.references import operations

MAX_FRAMES = 1000
"""Frames that may be open at once, that of the module included: CPython's default."""

_HOST_FRAMES = 1_000_000
"""Recursion limit of the host: MAX_FRAMES times the deepest nesting of a function, several times over."""


@dataclass(frozen=True)
class ProgramError:
    """How a run ended in an exception: its Python name and message, and the source line."""

    exception: str
    message: str
    line: int


@dataclass(frozen=True)
class TreeResult:
    """Output so far, the error that ended the run or None, and how many nodes were evaluated."""

    output: str
    error: ProgramError | None
    steps: int


class StepsUsedUp(Exception):
    """A run was stopped before its end; `partial` is what it did until then."""

    def __init__(self, max_steps: int, partial: TreeResult) -> None:
        super().__init__(f"the program did not end within {max_steps} steps")
        self.partial = partial


def interpret(
    program: CheckedProgram | s.Module | str, input_text: str = "", max_steps: int | None = None
) -> TreeResult:
    """Runs a program to its end.

    max_steps: how many statements and expressions may be evaluated; None for any number.

    Raises SourceError for a program outside the language, StepsUsedUp when max_steps is reached. It raises
    the recursion limit while it runs, so only one thread should be here at a time.
    """
    if isinstance(program, str):
        program = parse(program)
    if isinstance(program, s.Module):
        program = check(program)
    run = _Run(program, input_text, max_steps)
    error = None
    with _recursion_limit(_HOST_FRAMES):
        try:
            run.block(program.module.body)
        except _Failure as failure:
            error = failure.error
        except _Stop:
            raise StepsUsedUp(max_steps or 0, TreeResult("".join(run.output), None, run.steps)) from None
    return TreeResult("".join(run.output), error, run.steps)


@contextmanager
def _recursion_limit(limit: int) -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, before))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class _Failure(Exception):
    def __init__(self, error: ProgramError) -> None:
        self.error = error


class _Stop(Exception):
    pass


class _Exit(Enum):
    """How a block was left before its end."""

    BREAK = auto()
    CONTINUE = auto()
    RETURN = auto()


@dataclass
class _Frame:
    """The variables of a call of `function`, or of the module; targets of comprehensions come and go."""

    function: FunctionInfo | None
    variables: dict[str, Any]
    targets: list[tuple[str, Any]] = field(default_factory=list)
    result: Any = None

    def is_local(self, name: str) -> bool:
        return self.function is not None and (name in self.function.parameters or name in self.function.locals)


class _Run:
    def __init__(self, program: CheckedProgram, input_text: str, max_steps: int | None) -> None:
        self.program = program
        self.output: list[str] = []
        self.steps = 0
        self._input = input_text
        self._read = 0
        self._max_steps = max_steps
        self._globals = _Frame(None, {})
        self._frame = self._globals
        self._depth = 1
        self._defaults: dict[str, list[Any]] = {}
        self._statements: dict[type[s.Statement], Callable[[Any], _Exit | None]] = {
            s.Assign: self._assign,
            s.AugmentedAssign: self._augmented,
            s.If: self._if,
            s.While: self._while,
            s.For: self._for,
            s.Break: lambda statement: _Exit.BREAK,
            s.Continue: lambda statement: _Exit.CONTINUE,
            s.Pass: lambda statement: None,
            s.Assert: self._assert,
            s.Return: self._return,
            s.Print: self._print,
            s.ExpressionStatement: self._expression_statement,
            s.Global: lambda statement: None,
            s.FunctionDefinition: self._define,
        }
        self._expressions: dict[type[s.Expression], Callable[[Any], Any]] = {
            s.IntegerLiteral: lambda node: node.value,
            s.BooleanLiteral: lambda node: node.value,
            s.StringLiteral: lambda node: node.value,
            s.FormattedString: self._formatted,
            s.Name: self._name,
            s.Unary: lambda node: operations.UNARY[node.operator](self.value(node.operand)),
            s.Binary: lambda node: self._operate(
                node, operations.BINARY[node.operator], self.value(node.left), self.value(node.right)
            ),
            s.Comparison: self._comparison,
            s.Logical: self._logical,
            s.Conditional: lambda node: self.value(node.then if self.value(node.test) else node.otherwise),
            s.Call: self._call,
            s.MethodCall: self._method_call,
            s.ReadIntegers: self._read_integers,
            s.Index: lambda node: self._operate(node, operations.item, self.value(node.object), self.value(node.index)),
            s.Slice: self._slice,
            s.ListLiteral: lambda node: self._values(node.items),
            s.Comprehension: self._comprehension,
            s.TupleDisplay: lambda node: tuple(self._values(node.items)),
        }

    def _count(self) -> None:
        if self.steps == self._max_steps:
            raise _Stop
        self.steps += 1

    def _fail(self, node: s.Node, exception: str, message: str) -> _Failure:
        return _Failure(ProgramError(exception, message, node.span.line))

    def _operate(self, node: s.Node, operation: Callable[..., Any], *operands: Any) -> Any:
        """What the operation gives; an exception of Python's is one of the program, at `node`."""
        try:
            return operation(*operands)
        except Exception as error:
            raise self._fail(node, type(error).__name__, str(error)) from None

    # -------------------------------------------------------------------------------------- statements

    def block(self, block: s.Block) -> _Exit | None:
        for statement in block:
            self._count()
            left = self._statements[type(statement)](statement)
            if left is not None:
                return left
        return None

    def _assign(self, statement: s.Assign) -> None:
        value = self.value(statement.value)
        for target in statement.targets:
            self._store(target, value)

    def _store(self, target: s.Target, value: Any) -> None:
        match target:
            case s.Name():
                self._variables(target.identifier)[target.identifier] = value
            case s.Index():
                items = self.value(target.object)
                self._operate(target, operations.set_item, items, self.value(target.index), value)
            case s.TupleTarget():
                values = self._operate(target, operations.unpack, value, len(target.items))
                for single, part in zip(single_targets(target), values, strict=True):
                    self._store(single, part)

    def _augmented(self, statement: s.AugmentedAssign) -> None:
        operation = operations.BINARY[statement.operator]
        if isinstance(statement.target, s.Name):
            old = self.value(statement.target)
            self._store(statement.target, self._operate(statement, operation, old, self.value(statement.value)))
            return
        items, index = self.value(statement.target.object), self.value(statement.target.index)
        old = self._operate(statement.target, operations.item, items, index)
        new = self._operate(statement, operation, old, self.value(statement.value))
        self._operate(statement.target, operations.set_item, items, index, new)

    def _if(self, statement: s.If) -> _Exit | None:
        return self.block(statement.then if self.value(statement.test) else statement.otherwise)

    def _while(self, statement: s.While) -> _Exit | None:
        while self.value(statement.test):
            left = self.block(statement.body)
            if left is _Exit.BREAK:
                return None
            if left is _Exit.RETURN:
                return left
        return self.block(statement.otherwise)

    def _for(self, statement: s.For) -> _Exit | None:
        for item in self._iterable(statement.iterable):
            self._store(statement.target, item)
            left = self.block(statement.body)
            if left is _Exit.BREAK:
                return None
            if left is _Exit.RETURN:
                return left
        return self.block(statement.otherwise)

    def _iterable(self, node: s.Expression) -> Iterable[Any]:
        values: Iterable[Any] = self.value(node)
        return values

    def _assert(self, statement: s.Assert) -> None:
        if not self.value(statement.test):
            message = self.value(statement.message) if statement.message is not None else ""
            raise self._fail(statement, "AssertionError", str(message))

    def _return(self, statement: s.Return) -> _Exit:
        self._frame.result = self.value(statement.value) if statement.value is not None else None
        return _Exit.RETURN

    def _print(self, statement: s.Print) -> None:
        values = self._values(statement.arguments)
        separator = self.value(statement.separator) if statement.separator is not None else " "
        end = self.value(statement.end) if statement.end is not None else "\n"
        for number, value in enumerate(values):
            self.output.append(separator if number else "")
            self.output.append(self._operate(statement, str, value))
        self.output.append(end)

    def _expression_statement(self, statement: s.ExpressionStatement) -> None:
        self.value(statement.value)

    def _define(self, statement: s.FunctionDefinition) -> None:
        self._defaults[statement.name] = self._values(
            parameter.default for parameter in statement.parameters if parameter.default is not None
        )

    # ------------------------------------------------------------------------------------- expressions

    def value(self, node: s.Expression) -> Any:
        self._count()
        return self._expressions[type(node)](node)

    def _values(self, nodes: Iterable[s.Expression]) -> list[Any]:
        return [self.value(node) for node in nodes]

    def _variables(self, name: str) -> dict[str, Any]:
        return self._frame.variables if self._frame.is_local(name) else self._globals.variables

    def _name(self, node: s.Name) -> Any:
        name, frame = node.identifier, self._frame
        for target, value in reversed(frame.targets):
            if target == name:
                return value
        variables = self._variables(name)
        if name in variables:
            return variables[name]
        if not frame.is_local(name):
            raise self._fail(node, "NameError", f"name '{name}' is not defined")
        if frame.targets:
            raise self._fail(
                node,
                "NameError",
                f"cannot access free variable '{name}' where it is not associated with a value in enclosing scope",
            )
        raise self._fail(
            node, "UnboundLocalError", f"cannot access local variable '{name}' where it is not associated with a value"
        )

    def _formatted(self, node: s.FormattedString) -> str:
        text = ""
        for part in node.parts:
            text += part if isinstance(part, str) else self._operate(part, str, self.value(part))
        return text

    def _comparison(self, node: s.Comparison) -> bool:
        left = self.value(node.operands[0])
        for operator, operand in zip(node.operators, node.operands[1:], strict=True):
            right = self.value(operand)
            if not operations.COMPARISON[operator](left, right):
                return False
            left = right
        return True

    def _logical(self, node: s.Logical) -> Any:
        left = self.value(node.left)
        return self.value(node.right) if bool(left) == (node.operator == "and") else left

    def _slice(self, node: s.Slice) -> Any:
        items = self.value(node.object)
        start, stop, step = [None if b is None else self.value(b) for b in (node.start, node.stop, node.step)]
        return self._operate(node, operations.item, items, slice(start, stop, step))

    def _comprehension(self, node: s.Comprehension) -> list[Any]:
        result = []
        targets = self._frame.targets
        for item in self._iterable(node.iterable):
            targets.append((node.target.identifier, item))
            for condition in node.conditions:
                if not self.value(condition):
                    break
            else:
                result.append(self.value(node.element))
            targets.pop()
        return result

    # ------------------------------------------------------------------------------------------- calls

    def _call(self, node: s.Call) -> Any:
        arguments = self._values(node.arguments)
        function = self.program.functions.get(node.function)
        if function is not None:
            return self._enter(node, function, arguments)
        if node.function == "input":
            self.output.extend(arguments)
            return self._line(node)
        return self._operate(node, operations.BUILTIN[node.function], *arguments)

    def _enter(self, node: s.Call, function: FunctionInfo, arguments: list[Any]) -> Any:
        if self._depth == MAX_FRAMES:
            raise self._fail(node, "RecursionError", "maximum recursion depth exceeded")
        missing = len(function.parameters) - len(arguments)
        defaults = self._defaults[function.name]
        values = arguments + defaults[len(defaults) - missing :]
        caller = self._frame
        self._frame = _Frame(function, dict(zip(function.parameters, values, strict=True)))
        self._depth += 1
        self.block(function.definition.body)
        result = self._frame.result
        self._depth -= 1
        self._frame = caller
        return result

    def _method_call(self, node: s.MethodCall) -> Any:
        items = self.value(node.object)
        arguments = self._values(node.arguments)
        return self._operate(node, items.append if node.method == "append" else items.pop, *arguments)

    def _line(self, node: s.Node) -> str:
        if self._read == len(self._input):
            raise self._fail(node, "EOFError", "EOF when reading a line")
        end = self._input.find("\n", self._read)
        end = len(self._input) if end < 0 else end
        line = self._input[self._read : end]
        self._read = min(end + 1, len(self._input))
        return line

    def _read_integers(self, node: s.ReadIntegers) -> list[int]:
        line = self._line(node)
        return [self._operate(node, int, word) for word in line.split()]

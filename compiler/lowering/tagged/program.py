"""A tagged program as a whole: its names, functions and classes, and the routines that depend on all of them."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Container
from functools import cache

from compiler.language.checked import CheckedProgram
from compiler.language.checker import check_source
from compiler.language.desugar import desugar
from compiler.language.python.parsing import parse_python
from compiler.language.refusals import Refusal, Report
from compiler.language.trees import walk
from compiler.language.unbound import Unassigned, read_early, swallows, unassigned
from compiler.lowering.assembler import EMPTY, Assembler, CapacityError, Label
from compiler.lowering.functions import write_function
from compiler.lowering.library import library
from compiler.lowering.tagged.built_in_values import NOT_GIVEN, SIGNATURES, definition_for
from compiler.lowering.tagged.expressions import Expressions
from compiler.lowering.tagged.floats import encoded
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.linking import PRELUDE, module_tree
from compiler.lowering.tagged.method_values import text_of
from compiler.lowering.tagged.objects import HOOKS
from compiler.lowering.tagged.scopes import Class, Function, Namespace
from compiler.lowering.tagged.survey import Survey
from compiler.lowering.tagged.tables import CALLED_ONLY, TYPE_NAMES
from compiler.lowering.tagged.texts import default_expressions
from compiler.lowering.tagged.types import constant_int
from compiler.lowering.tagged.values import END, UNSET, Built, Tag
from compiler.lowering.tagged.variants import Variant, raising
from compiler.lowering.tagged.writer import Writer
from compiler.lowering.unit import Unit
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.program import Origin, comment_of

_GENERIC = frozenset({"list", "dict", "set", "tuple", "frozenset", "type"})
"""Python's own types that take types in brackets."""


class Program(Survey):
    """The program: implements what `Unit.tagged` asks for."""

    def __init__(self, source: str, filename: str, tree: ast.Module, layout: Layout) -> None:
        super().__init__()
        self.source, self.filename = source, filename
        self.lines = source.split("\n")
        self.code = Assembler(layout, spills=True)
        self.unit = Unit(self.code, _nothing(), library(layout, True), lambda c, n: write_function(self.unit, c, n))
        self.hooks: Container[str] = HOOKS
        self.flags: set[str] = set()
        self.unit.tagged = self
        self.catches: bool = False
        self.raised = self.thrown = 0
        self.sends = False
        self.suspended = 0
        self.operators: set[str] = set()
        self.uses_percent = self.uses_format = False
        self.has_keywords = False
        self.types: dict[tuple[Function | None, Namespace, str], str] = {}
        self.functions: dict[ast.FunctionDef, Function] = {}
        self.asked: dict[Function, None] = {}
        self.report = Report()
        self.doubtful: set[str] = set()
        """Names of functions, classes and modules whose definition was refused."""
        self.classes: dict[ast.ClassDef, Class] = {}
        self.namespaces: dict[str, Namespace] = {}
        self.absent: dict[str, Refusal] = {}
        self.type_names: set[str] = set()
        self.slots: dict[str, int] = {}
        self.function_attributes: dict[str, int] = {}
        self.taken: list[Function] = []
        self._globals: dict[tuple[Namespace, str], int] = {}
        self._defaults: dict[tuple[Function, str], int] = {}
        self._constants: dict[object, int] = {}
        self._bodies: dict[Function, Label] = {}
        self._wrappers: dict[str, Function] = {}
        self._unassigned: dict[Function, Unassigned] = {}
        self._fresh = 0
        self.uncertain_globals: set[int] = set()
        self.user = self._namespace("", tree)
        self.prelude = self._namespace(PRELUDE, module_tree(PRELUDE))
        self.included: dict[Namespace, list[ast.stmt]] = {self.user: tree.body}
        names = sorted(self.user.bound)
        self.swallowing = swallows(tree.body)
        self._uncertain = unassigned(tree.body, names, (), self.swallowing).here | read_early(tree.body, names)
        self._guards: dict[str, int] = {}
        self._link()
        self._survey()

    def is_global(self, namespace: Namespace, name: str) -> bool:
        """Whether a name is defined outside all functions."""
        return self._definer(namespace, name) is not None

    def global_cell(self, namespace: Namespace, name: str) -> int | None:
        """The cell of a module-level variable."""
        found = self._definer(namespace, name)
        if found is None:
            return self._globals.get((namespace, name))
        if found not in self._globals:
            cell = self._globals[found] = self.code.global_cell()
            if found[0] is self.user and found[1] in self._uncertain:
                self.code.set_initial(cell, UNSET * self.code.layout.base + Tag.SINGLE)
                self.uncertain_globals.add(cell)
        return self._globals[found]

    def guard(self, namespace: Namespace, name: str) -> int | None:
        """For a function or class that may be named before it is defined: the cell that then says so."""
        found = self._definer(namespace, name)
        if found is None or found[0] is not self.user or found[1] not in self._uncertain:
            return None
        if found[1] not in found[0].definitions:
            return None
        if found[1] not in self._guards:
            cell = self._guards[found[1]] = self.code.global_cell()
            self.code.set_initial(cell, UNSET * self.code.layout.base + Tag.SINGLE)
            self.uncertain_globals.add(cell)
        return self._guards[found[1]]

    def new_global(self, namespace: Namespace, name: str) -> int:
        """The cell of a global variable, taken when it is first asked for."""
        key = namespace, name
        if key not in self._globals:
            self._globals[key] = self.code.global_cell()
        return self._globals[key]

    def fresh_name(self) -> str:
        """A name that no program can have."""
        self._fresh += 1
        return f".{self._fresh}"

    def line(self, namespace: Namespace, number: int) -> str:
        """A line of the source, as a comment; "" if there is none."""
        if namespace is not self.user:
            return f"library {namespace.name}"
        return comment_of(self.lines[number - 1]) if 0 < number <= len(self.lines) else ""

    def label(self, f: Function) -> Label:
        """Where the code of a function begins."""
        self.asked[f] = None
        return self.unit.routine(("code", f), lambda: self._write_function(f))

    def _write_function(self, f: Function) -> None:
        self.code.library = bool(f.namespace.name)
        self.code.origin = Origin(0 if f.namespace.name else f.definition.lineno, 1, f"def {f.name}")
        Body(self, f.namespace, f).write()

    def write_asked(self) -> None:
        """Writes all functions of the program that are called or used as values, for what is refused in them."""
        written: set[Function] = set()
        while waiting := {f for f in (*self.asked, *self.taken) if f.namespace is self.user} - written:
            written |= waiting
            for f in waiting:
                self._write_function(f)

    def refuse(self, refusal: Refusal, node: ast.AST) -> None:
        """Notes a refusal of a node, if the node does not rest on a definition that was refused."""
        if not any(isinstance(part, ast.Name) and part.id in self.doubtful for part in walk(node)):
            self.report.add(refusal)

    def body_label(self, f: Function) -> Label:
        """Where a generator goes on."""
        if f not in self._bodies:
            self._bodies[f] = Label()
            self.take_number(f)
            self.generators.append(f)
        return self._bodies[f]

    def take_number(self, f: Function) -> None:
        """Gives a function the number by which its value is called."""
        if not f.number:
            self._fresh += 1
            f.number = self._fresh

    def take(self, f: Function) -> None:
        """Notes that a function is used as a value."""
        self.take_number(f)
        if f not in self.taken:
            self.taken.append(f)

    def adapter(self, f: Function) -> Label:
        """The code through which a function that is used as a value is called."""

        def write() -> None:
            self.code.library = True
            self.code.origin = Origin(comment=f"library call {f.name}")
            Body(self, f.namespace, None).write_adapter(f)

        return self.unit.routine(("adapter", f), write)

    def function_constant(self, writer: Writer, f: Function) -> int:
        """The cell of a function value that captures nothing."""
        if f not in self._constants:
            address = self.code.data([2, Built.FUNCTION, f.number]) + 1
            self._constants[f] = writer.tagged(address, Tag.OBJECT)
        return self._constants[f]

    def class_constant(self, writer: Writer, cls: Class) -> int:
        """The cell of a class as a value."""
        if cls not in self._constants:
            address = self.code.data([2, Built.CLASS, cls.number]) + 1
            self._constants[cls] = writer.tagged(address, Tag.OBJECT)
            self.classes_taken.append(cls)
        return self._constants[cls]

    def default_cell(self, f: Function, name: str) -> int:
        """The global cell that holds the default of a parameter."""
        key = f, name
        if key not in self._defaults:
            e = default_expressions(f.definition.args)[name]
            if isinstance(e, ast.Constant):
                self._defaults[key] = Body(self, f.namespace, None).value(e)
            elif (number := constant_int(e)) is not None:
                self._defaults[key] = self.code.constant(number * self.code.layout.base)
            elif isinstance(e, ast.Name) and e.id == NOT_GIVEN and f.namespace.name:
                self._defaults[key] = self.code.constant(END)
            elif isinstance(e, ast.Tuple) and not e.elts:
                self._defaults[key] = self.code.constant(EMPTY * self.code.layout.base + Tag.TUPLE)
            else:
                self._defaults[key] = self.code.global_cell()
        return self._defaults[key]

    def uncertain(self, f: Function) -> frozenset[str]:
        """The variables of a function that it may find unassigned itself."""
        return self._unassigned_in(f).here

    def uncertain_inside(self, f: Function) -> frozenset[str]:
        """The variables of a function that functions inside it may find unassigned."""
        return self._unassigned_in(f).inside & f.captured

    def _unassigned_in(self, f: Function) -> Unassigned:
        if f not in self._unassigned:
            find = _unassigned if f.namespace is self.user else _unassigned_in_library
            names = frozenset((*f.bound, *f.parameters, *f.captured))
            self._unassigned[f] = find(f.definition, names, tuple(f.parameters), self.swallowing)
        return self._unassigned[f]

    def is_static(self, writer: Writer, s: ast.FunctionDef) -> bool:
        """Whether a definition is the only one of its name, so that calls can be bound when compiling."""
        return writer.function is None and self.definition(writer.namespace, s.name) is self.functions.get(s)

    def write_defaults(self, writer: Expressions, s: ast.FunctionDef) -> None:
        """Evaluates the defaults of a function at module level."""
        f = self.functions[s]
        for name, e in default_expressions(s.args).items():
            if not _is_literal(e):
                writer.value(e, self.default_cell(f, name))

    def is_declaration(self, writer: Expressions, s: ast.Assign) -> bool:
        """Whether an assignment only names a type: `T = TypeVar("T")`, `Matrix = list[list[int]]`."""
        match s.value:
            case ast.Subscript(value=ast.Name(id=name)):
                return (name in _GENERIC or name in self.type_names) and writer.is_builtin(name)
            case ast.Call(func=ast.Name(id="TypeVar" | "ParamSpec" | "NewType" as name)):
                return writer.is_builtin(name)
        return False

    def wrapper(self, writer: Writer, e: ast.Name) -> Function:
        """A function of the program for a built-in function that is used as a value."""
        if e.id not in SIGNATURES or e.id not in dir(builtins):
            hint = "write a function that calls it" if e.id in CALLED_ONLY else "write what you need of it yourself"
            raise writer.refusal(e, f"`{e.id}` as a value is not in the language", hint)
        asks = e.id == "hasattr" or e.id == "getattr" and self.shapes[e.id].most > 2
        if asks and self.has_method("__getattr__") and writer.namespace is self.user:
            what = f"`{e.id}` as a value, with a class that has `__getattr__`,"
            raise writer.refusal(e, f"{what} is not in the language", "write a function with `try`")
        return self.built_in(e.id)

    def built_in(self, name: str) -> Function:
        """A function that calls a built-in one, with the parameters that it may be given something for."""
        shape = self.shapes[name]
        f = self._wrapper(name, definition_for(name, shape.least, shape.most, shape.keywords))
        f.least, f.most, f.named = shape.least, shape.most, shape.keywords != frozenset()
        return f

    def method_wrapper(self, name: str) -> Function:
        """A function that calls a method of its first argument, which is of one of Python's own types."""
        shape = self.shapes[""]
        f = self._wrapper(f"method.{name}", _defined(name, text_of(name, shape)))
        f.least, f.most = shape.least, shape.most + 1
        return f

    def _wrapper(self, name: str, definition: ast.FunctionDef) -> Function:
        """A function that does what a built-in one does, for where that is used as a value."""
        if name not in self._wrappers:
            self._wrappers[name] = f = self.add_function(definition, self.prelude, None)
            f.stands_for = name
        return self._wrappers[name]

    def is_type(self, f: Function) -> bool:
        """Whether a function stands for one of Python's own types."""
        return f.stands_for in TYPE_NAMES

    def may_raise(self, function: str) -> bool:
        """Whether a call of a library function may end with an exception."""
        return function in raising(self.unit.layout)

    def variant(self, flags: frozenset[str], raised: int) -> Variant:
        """See `Tagged`."""
        return Variant(self.unit.layout, flags & self.flags, self.catches, raised)

    def float_payload(self, value: float) -> int:
        """The payload of a float literal. Raises CapacityError if the base is too small for floats."""
        payload = encoded(value, self.unit.layout.base)
        if payload is None:
            raise CapacityError("floats need a machine with a larger base: use one of at least 100")
        return payload


def _is_literal(e: ast.expr) -> bool:
    """Whether a default has a cell that holds it from the beginning."""
    return isinstance(e, ast.Constant) or constant_int(e) is not None or isinstance(e, ast.Tuple) and not e.elts


@cache
def _defined(name: str, text: str) -> ast.FunctionDef:
    """The definition of a function; all programs share it, so nothing changes it."""
    definition = desugar(parse_python(f"def {name}{text}\n")).body[0]
    assert isinstance(definition, ast.FunctionDef)
    return definition


def _unassigned(
    definition: ast.FunctionDef, names: frozenset[str], given: tuple[str, ...], swallowing: bool
) -> Unassigned:
    return unassigned(definition.body, names, given, swallowing)


_unassigned_in_library = cache(_unassigned)
"""The trees of the library are the same for all programs."""


@cache
def _nothing() -> CheckedProgram:
    return check_source("pass\n")

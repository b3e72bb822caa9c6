"""A tagged program as a whole: its names, functions and classes, and the routines that depend on all of them."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable
from functools import cache
from pathlib import Path

from compiler.language.checked import CheckedProgram
from compiler.language.checker import check_source
from compiler.language.desugar import FunctionExpression, at, bound_names, desugar
from compiler.language.python.parsing import parse_python
from compiler.language.refusals import Refusal, Report
from compiler.language.syntax import Call
from compiler.language.unbound import uncertain, uncertain_inside
from compiler.language.walk import walk
from compiler.lowering.assembler import EMPTY, ZERO, Assembler, CapacityError, Label
from compiler.lowering.functions import write_function
from compiler.lowering.library import FAILURES, library
from compiler.lowering.tagged.expressions import Expressions
from compiler.lowering.tagged.floats import encoded
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.objects import HOOKS, Objects
from compiler.lowering.tagged.scopes import (
    Class,
    Function,
    Namespace,
    default_expressions,
    function_scope,
    inner_functions,
    is_setter,
    own_nodes,
    resolve_free,
)
from compiler.lowering.tagged.tables import WRAPPERS
from compiler.lowering.tagged.values import FIRST_CLASS, UNSET, Built, Tag
from compiler.lowering.tagged.writer import Writer
from compiler.lowering.unit import Unit
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.program import Origin

_FOLDER = Path(__file__).parent.parent / "library"
PRELUDE = "builtins"
IGNORED = {"typing", "__future__", "dataclasses", "abc", "typing_extensions", "collections.abc"}
"""Modules of which only annotations and decorators are used."""


class Program(Objects):
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
        self.raised = 0
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
        self.slots: dict[str, int] = {"args": 0}
        self.taken: list[Function] = []
        self._globals: dict[tuple[Namespace, str], int] = {}
        self._defaults: dict[tuple[Function, str], int] = {}
        self._constants: dict[object, int] = {}
        self._bodies: dict[Function, Label] = {}
        self._wrappers: dict[str, Function] = {}
        self._uncertain_inside: dict[Function, frozenset[str]] = {}
        self._fresh = 0
        self.uncertain_globals: set[int] = set()
        self._may_raise = _raising(layout)
        self.user = self._namespace("", tree)
        self.prelude = self._namespace(PRELUDE, _module_tree(PRELUDE))
        self.included: dict[Namespace, list[ast.stmt]] = {self.user: tree.body}
        self._uncertain = uncertain(tree.body, sorted(self.user.bound))
        self._link()
        self._survey()

    # ------------------------------------------------------------------------------------------ linking

    def _namespace(self, name: str, tree: ast.Module) -> Namespace:
        namespace = Namespace(name, tree)
        self.namespaces[name] = namespace
        namespace.bound = set(bound_names(tree.body))
        for node in ast.walk(tree):  # an import inside a function is taken as one of the module
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._import(namespace, node)
        for function in ast.walk(tree):
            if isinstance(function, ast.Global):
                namespace.bound |= set(function.names)
        namespace.bound -= set(namespace.aliases)
        return namespace

    def _import(self, namespace: Namespace, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.ImportFrom):
            if node.module in IGNORED:
                namespace.bound -= {alias.asname or alias.name for alias in node.names}
                return
            for alias in node.names:
                if has_module(node.module or "") and not node.level:
                    namespace.aliases[alias.asname or alias.name] = (node.module or "", alias.name)
            return
        for alias in node.names:
            if alias.name in IGNORED:
                continue
            if has_module(alias.name):
                namespace.aliases[alias.asname or alias.name] = (alias.name, None)

    def module(self, name: str) -> Namespace:
        """The names of a module of the library."""
        if name not in self.namespaces:
            self._namespace(name, _module_tree(name))
        return self.namespaces[name]

    def check_import(self, writer: Writer, s: ast.Import | ast.ImportFrom) -> None:
        """Refuses modules that are not in the library."""
        names = [s.module or ""] if isinstance(s, ast.ImportFrom) else [alias.name for alias in s.names]
        for name in names:
            if name not in IGNORED and not has_module(name):
                raise writer.refusal(
                    s, f"the module `{name}` is not in the language", "write what you need of it yourself"
                )
        if isinstance(s, ast.ImportFrom) and s.module not in IGNORED:
            module = self.module(s.module or "")
            for alias in s.names:
                if alias.name not in module.bound and alias.name not in module.aliases:
                    raise writer.refusal(s, f"`{s.module}` has no `{alias.name}` in the language", "write it yourself")

    def _link(self) -> None:
        """Finds which statements of the library's modules are needed."""
        waiting: list[tuple[Namespace, str]] = []
        done: set[tuple[Namespace, str]] = set()

        def needs(namespace: Namespace, nodes: Iterable[ast.AST]) -> None:
            for node in nodes:
                match node:
                    case ast.Name(id=name):
                        waiting.append((namespace, name))
                    case ast.Attribute(value=ast.Name(id=module), attr=name) if module in namespace.aliases:
                        waiting.append((namespace, f"{module}.{name}"))

        needs(self.user, ast.walk(self.user.tree))
        reads = any(isinstance(node, ast.Name) and node.id == "input" for node in ast.walk(self.user.tree))
        for name in ("Exception", *_ALWAYS, *(["EOFError"] if reads else [])):
            waiting.append((self.prelude, name))
        while waiting:
            namespace, name = waiting.pop()
            if (namespace, name) in done:
                continue
            done.add((namespace, name))
            found = self._definer(namespace, name)
            if found is None or found[0] is self.user:
                continue
            owner, real = found
            for statement in owner.tree.body:
                if real in bound_names([statement]):
                    statements = self.included.setdefault(owner, [])
                    if statement not in statements:
                        statements.append(statement)
                        needs(owner, ast.walk(statement))
        for owner, statements in self.included.items():
            if owner is not self.user:
                statements.sort(key=lambda s: s.lineno)

    def _definer(self, namespace: Namespace, name: str) -> tuple[Namespace, str] | None:
        """The namespace that binds a name, seen from another one, and its name there."""
        if name in namespace.bound:
            return namespace, name
        if name in namespace.aliases:
            module, real = namespace.aliases[name]
            return None if real is None else self._definer(self.module(module), real)
        head, dot, tail = name.partition(".")
        if dot and head in namespace.aliases and namespace.aliases[head][1] is None:
            return self._definer(self.module(namespace.aliases[head][0]), tail)
        if namespace is not self.prelude and name in self.prelude.bound:
            return self.prelude, name
        return None

    def module_attribute(self, writer: Writer, e: ast.Attribute) -> ast.expr | None:
        """The name that an attribute of a module is, if it is one."""
        if isinstance(e.value, ast.Attribute):
            return None
        if not isinstance(e.value, ast.Name) or writer.where(e.value.id)[0] != "global":
            return None
        alias = writer.namespace.aliases.get(e.value.id)
        if alias is None or alias[1] is not None:
            return None
        name = f"{e.value.id}.{e.attr}"
        if self._definer(writer.namespace, name) is None:
            raise writer.refusal(e, f"`{alias[0]}` has no `{e.attr}` in the language", "write it yourself")
        return at(ast.Name(name, ast.Load()), e)

    # ------------------------------------------------------------------------------------------- survey

    def _survey(self) -> None:
        """Makes the scopes of all functions and classes, and finds out what kinds of values there are."""
        for namespace, statements in self.included.items():
            self._definitions(statements, namespace, None)
        for namespace in self.included:
            self._find_once(namespace)
        trees = [statement for statements in self.included.values() for statement in statements]
        nodes = [node for tree in trees for node in walk_all(tree)]
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        for node in nodes:
            match node:
                case ast.Attribute(ctx=ast.Store(), attr=name) | ast.Attribute(attr="__cause__" as name):
                    self.slots.setdefault(name, len(self.slots))
                case ast.Constant(value=float()) | ast.Div():
                    self.flags.add("WITH_FLOAT")
                case ast.Dict() | ast.DictComp():
                    self.flags.add("WITH_DICT")
                case ast.Set() | ast.SetComp():
                    self.flags.add("WITH_SET")
                case ast.arguments(kwarg=ast.arg()):
                    self.flags.add("WITH_DICT")
                    self.has_keywords = True
                case ast.Call(keywords=[_, *_]):
                    self.has_keywords = True
                case ast.Try() | ast.With():
                    self.catches = True
        if names & {"float", "__float_sqrt__"}:
            self.flags.add("WITH_FLOAT")
        if names & {"dict"}:
            self.flags.add("WITH_DICT")
        if names & {"set", "frozenset"}:
            self.flags.add("WITH_SET")
        if "frozenset" in names:
            self.flags.add("WITH_FROZENSET")
        if "range" in names:
            self.flags.add("WITH_RANGE")
        if attributes & {"keys", "values", "items"}:
            self.flags.add("WITH_VIEW")
        if any(f.name == "__next__" for f in self.functions.values()):
            self.catches = True
        self.flags |= {"WITH_LIST", "WITH_TUPLE", "WITH_STR"}
        if self.classes or self.flags & {"WITH_FROZENSET", "WITH_RANGE", "WITH_VIEW"}:
            self.flags.add("WITH_OBJECT")
        self.raised = self.code.global_cell()

    def _definitions(self, body: list[ast.stmt], namespace: Namespace, parent: Function | None) -> None:
        """Makes the scopes of what is defined directly in a body, and inside that."""
        owners = {}
        for node in own_nodes(body):
            if isinstance(node, ast.ClassDef):
                self._class(node, namespace, parent)
                for s in node.body:
                    if isinstance(s, ast.FunctionDef):
                        owners[s] = self.classes[node]
        for definition in inner_functions(body):
            self.add_function(definition, namespace, parent, owners.get(definition))

    def add_function(
        self, definition: ast.FunctionDef, namespace: Namespace, parent: Function | None, owner: Class | None = None
    ) -> Function:
        """Makes the scope of a function and of those inside it."""
        f = self.functions[definition] = function_scope(definition, namespace, parent)
        f.owner = owner
        if owner is not None:
            (owner.setters if is_setter(definition) else owner.methods)[f.name] = f
        self._definitions(definition.body, namespace, f)
        resolve_free(f)
        return f

    def _class(self, node: ast.ClassDef, namespace: Namespace, parent: Function | None) -> None:
        base = None
        for e in node.bases:
            if isinstance(e, ast.Name):
                if e.id in ("object", "ABC", "Generic", "Protocol"):
                    continue
                found = next((c for c in self.classes.values() if c.name == e.id), None)
                if found is None:
                    definer = self._definer(namespace, e.id)
                    if definer is not None:
                        for statement in self.included.get(definer[0], []):
                            if isinstance(statement, ast.ClassDef) and statement.name == definer[1]:
                                if statement not in self.classes:
                                    self._class(statement, definer[0], None)
                                found = self.classes[statement]
                base = found
        if node in self.classes:
            return
        cls = self.classes[node] = Class(node, namespace, FIRST_CLASS + len(self.classes), base, parent)
        cls.base = base
        for s in node.body:
            if isinstance(s, ast.FunctionDef):
                for decorator in s.decorator_list:
                    if isinstance(decorator, ast.Name) and decorator.id in ("staticmethod", "classmethod", "property"):
                        cls.how[s.name] = decorator.id.removesuffix("method")

    def _find_once(self, namespace: Namespace) -> None:
        namespace.definitions = self._once(self.included[namespace], namespace.tree)
        for f in self.functions.values():
            if f.namespace is namespace:
                f.once = self._once(f.definition.body, f.definition)

    def _once(self, body: list[ast.stmt], tree: ast.AST) -> dict[str, Function | Class]:
        counts: dict[str, int] = {}
        for node in own_nodes(body):
            match node:
                case (
                    ast.Name(id=name, ctx=ast.Store() | ast.Del())
                    | ast.FunctionDef(name=name)
                    | ast.ClassDef(name=name)
                ):
                    counts[name] = counts.get(name, 0) + 1
                case ast.ExceptHandler(name=str(name)):
                    counts[name] = counts.get(name, 0) + 1
        declared = {n for node in ast.walk(tree) if isinstance(node, ast.Global | ast.Nonlocal) for n in node.names}
        found: dict[str, Function | Class] = {}
        for node in own_nodes(body):
            if isinstance(node, ast.FunctionDef) and counts[node.name] == 1 and node.name not in declared:
                if not node.decorator_list:
                    found[node.name] = self.functions[node]
            elif isinstance(node, ast.ClassDef) and counts[node.name] == 1 and node.name not in declared:
                found[node.name] = self.classes[node]
        return found

    # --------------------------------------------------------------------------------------------- names

    def definition(self, namespace: Namespace, name: str) -> Function | Class | None:
        """The function or class that a module-level name surely is."""
        found = self._definer(namespace, name)
        return None if found is None else found[0].definitions.get(found[1])

    def local_definition(self, function: Function | None, name: str) -> Function | Class | None:
        """The function or class that a name in a function surely is, if it is defined once there."""
        while function is not None:
            if name in function.parameters or name in function.bound:
                return function.once.get(name)
            function = function.parent
        return None

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
        """The text of a line of the source, "" if there is none."""
        if namespace is not self.user:
            return f"library {namespace.name}"
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""

    # ------------------------------------------------------------------------------------------- functions

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
        if not any(isinstance(part, ast.Name) and part.id in self.doubtful for part in ast.walk(node)):
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
            elif isinstance(e, ast.Tuple) and not e.elts:
                self._defaults[key] = self.code.constant(EMPTY * self.code.layout.base + Tag.TUPLE)
            else:
                self._defaults[key] = self.code.global_cell()
        return self._defaults[key]

    def uncertain_inside(self, f: Function) -> frozenset[str]:
        """The variables of a function that functions inside it may find unassigned."""
        if f not in self._uncertain_inside:
            self._uncertain_inside[f] = uncertain_inside(f.definition.body, sorted(f.captured - set(f.parameters)))
        return self._uncertain_inside[f]

    def is_static(self, writer: Writer, s: ast.FunctionDef) -> bool:
        """Whether a definition is the only one of its name, so that calls can be bound when compiling."""
        return writer.function is None and self.definition(writer.namespace, s.name) is self.functions.get(s)

    def write_defaults(self, writer: Expressions, s: ast.FunctionDef) -> None:
        """Evaluates the defaults of a function at module level."""
        f = self.functions[s]
        for name, e in default_expressions(s.args).items():
            if not isinstance(e, ast.Constant) and not (isinstance(e, ast.Tuple) and not e.elts):
                writer.value(e, self.default_cell(f, name))

    def is_declaration(self, writer: Writer, s: ast.Assign) -> bool:
        """Whether an assignment only names a type: `T = TypeVar("T")`."""
        return (
            isinstance(s.value, ast.Call)
            and isinstance(s.value.func, ast.Name)
            and s.value.func.id in ("TypeVar", "ParamSpec", "NewType")
        )

    def wrapper(self, writer: Writer, e: ast.Name) -> Function:
        """A function of the program for a built-in function that is used as a value."""
        if e.id not in WRAPPERS:
            raise writer.refusal(e, f"the name `{e.id}` is not known here", "define it, or import it")
        return self.wrapper_of(e.id, WRAPPERS[e.id])

    def method_wrapper(self, name: str) -> Function:
        """A function that calls a method of its first argument, which is of one of Python's own types."""
        calls = (f"x.{name}()", f"x.{name}(a[0])", f"x.{name}(a[0], a[1])")
        return self.wrapper_of(
            f"method.{name}",
            f"(x, *a): return {calls[0]} if len(a) == 0 else {calls[1]} if len(a) == 1 else {calls[2]}",
        )

    def wrapper_of(self, name: str, text: str) -> Function:
        """A function that does what a built-in one does, for where that is used as a value."""
        if name not in self._wrappers:
            tree = desugar(parse_python(f"def {name.split('.')[-1]}{text}\n"))
            definition = tree.body[0]
            assert isinstance(definition, ast.FunctionDef)
            self._wrappers[name] = self.add_function(definition, self.prelude, None)
        return self._wrappers[name]

    # --------------------------------------------------------------------------------------------- errors

    def may_raise(self, function: str) -> bool:
        """Whether a call of a library function may end with an exception."""
        return function in self._may_raise

    def float_payload(self, value: float) -> int:
        """The payload of a float literal. Raises CapacityError if the base is too small for floats."""
        payload = encoded(value, self.unit.layout.base)
        if payload is None:
            raise CapacityError("floats need a machine with a larger base: use one of at least 100")
        return payload


_ALWAYS = (
    "ValueError",
    "TypeError",
    "IndexError",
    "KeyError",
    "AttributeError",
    "OverflowError",
    "ZeroDivisionError",
    "RuntimeError",
    "NotImplementedError",
    "StopIteration",
    "UnboundLocalError",
    "NameError",
)
"""Exceptions that routines of the library raise."""


@cache
def _nothing() -> CheckedProgram:
    return check_source("pass\n")


def walk_all(tree: ast.AST) -> Iterable[ast.AST]:
    """All nodes, those of function expressions included."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += ast.iter_child_nodes(node)


def has_module(name: str) -> bool:
    """Whether the library has a module of this name."""
    return name != PRELUDE and name.isidentifier() and _path(name).exists()


def _path(name: str) -> Path:
    return _FOLDER / "modules" / f"{name}.txt"


@cache
def _module_text(name: str) -> str:
    return _path(name).read_text(encoding="utf-8")


def _module_tree(name: str) -> ast.Module:
    return desugar(parse_python(_module_text(name), f"<{name}>"))


@cache
def _raising(layout: Layout) -> frozenset[str]:
    """The functions of the library that may leave an exception."""
    checked: CheckedProgram = library(layout, True)
    calls = {
        name: {node.function for node in walk(*info.definition.body) if isinstance(node, Call)}
        for name, info in checked.functions.items()
    }
    found = {name for name in calls if name.startswith("raise_") or name in HOOKS} - set(FAILURES)
    while True:
        more = {name for name, callees in calls.items() if callees & found} - found
        if not more:
            return frozenset(found)
        found |= more


__all__ = ["Program", "FunctionExpression", "Opcode", "ZERO"]

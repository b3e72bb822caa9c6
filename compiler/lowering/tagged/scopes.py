"""The scopes of a tagged program: its functions and classes, and where each name lives."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from compiler.language.desugar import AbstractMethod, LoopFunction, target_names
from compiler.language.private_names import full_name, written_name
from compiler.language.trees import last_name, walk
from compiler.lowering.tagged.texts import Text, default_expressions


@dataclass(eq=False)
class Namespace:
    """The module-level names of the program, or of a module of the library.

    definitions: what is bound once, by `def` or `class`; rebound: the names that functions declare to be those of a
    scope further out; aliases: names that stand for those of other modules,
    as (module, name), name None for the module itself.
    """

    name: str
    tree: ast.Module
    bound: set[str] = field(default_factory=set)
    rebound: frozenset[str] = frozenset()
    definitions: dict[str, Function | Class] = field(default_factory=dict)
    aliases: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    @cached_property
    def nodes(self) -> Sequence[ast.AST]:
        """All nodes of its tree, level by level."""
        return walk(self.tree)


@dataclass(eq=False)
class Function:
    """A function: its parameters and variables, and what it shares with the functions inside it.

    captured: variables that functions inside use, which live in cells of the heap; free: variables of the
    functions around it that it uses, in order, with the function each belongs to; once: names bound once, by
    a `def` without decorators; stands_for: the built-in function, or `method.` and the name of a method, that it is;
    least, most, named: how many arguments by position calls of its value give, and whether they give some by name.
    """

    definition: ast.FunctionDef
    namespace: Namespace
    parent: Function | None
    text: Text
    owner: Class | None = None
    parameters: list[str] = field(init=False)
    bound: list[str] = field(init=False)
    globals: frozenset[str] = field(init=False)
    nonlocals: frozenset[str] = field(init=False)
    captured: set[str] = field(default_factory=set)
    free: dict[str, Function] = field(default_factory=dict)
    once: dict[str, Function | Class] = field(default_factory=dict)
    is_generator: bool = field(init=False)
    number: int = 0
    defaults: dict[str, int] = field(default_factory=dict)
    stands_for: str = ""
    least: int = 0
    most: int = sys.maxsize
    named: bool = True

    def __post_init__(self) -> None:
        self.parameters, self.bound = list(self.text.parameters), list(self.text.bound)
        self.globals, self.nonlocals = self.text.globals, self.text.nonlocals
        self.is_generator = self.text.is_generator

    @property
    def name(self) -> str:
        """As it is defined."""
        return self.definition.name

    @property
    def shown_name(self) -> str:
        """Its `__name__`: what is written, where the name is private or hidden by what a decorator made."""
        return written_name(self.owner.name, self.name).partition("#")[0] if self.owner else self.name

    @property
    def qualified_name(self) -> str:
        """The name with those of the classes and functions around it."""
        inner = f"{self.owner.definition.name}.{self.shown_name}" if self.owner else self.name
        return f"{self.parent.qualified_name}.<locals>.{inner}" if self.parent else inner

    @property
    def has_record(self) -> bool:
        """Whether it needs the cells of its function value when it runs: captured variables, or defaults."""
        return bool(self.free) or self.keeps_defaults

    @property
    def keeps_defaults(self) -> bool:
        """Whether defaults of parameters lie in the function value, not in cells of the program."""
        inner = self.parent is not None or self.name.startswith("<") or isinstance(self.definition, LoopFunction)
        return self.owner is None and inner and bool(default_expressions(self.definition.args))

    @property
    def hidden(self) -> bool:
        """Whether slot 0 is its record, or a generator, and the parameters come after it."""
        return self.has_record or self.is_generator


@dataclass(eq=False)
class Class:
    """A class: number, the classes that it derives from, and what its body binds.

    mro: it and those above it in the order in which they are searched; empty if there is no such order; how: for a
    method its kind, see `kind_of`; setters, deleters: what `@p.setter` and `@p.deleter` make of what is done to the
    property `p`; attributes: the cells of what its body assigns; late: of what only assignments elsewhere may give
    it, so that it may be unassigned.
    """

    definition: ast.ClassDef
    namespace: Namespace
    number: int
    bases: list[Class]
    parent: Function | None = None
    mro: list[Class] = field(default_factory=list)
    methods: dict[str, Function] = field(default_factory=dict)
    setters: dict[str, Function] = field(default_factory=dict)
    deleters: dict[str, Function] = field(default_factory=dict)
    how: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, int] = field(default_factory=dict)
    late: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As it is defined, without the names of classes around it."""
        return self.definition.name.rpartition(".")[2]

    def inherits(self, name: str) -> bool:
        """Whether it is, or derives from, a class of this name."""
        return any(ancestor.name == name for ancestor in self.ancestors())

    @property
    def is_exception(self) -> bool:
        """Whether it derives from BaseException."""
        return self.inherits("BaseException")

    @property
    def is_enum(self) -> bool:
        """Whether it is an enumeration: calling it looks a member up."""
        return self.method("_member_") is not None

    @property
    def is_plain_exception(self) -> bool:
        """Whether it is an exception that ends a run with a message, and has Python's own `__init__` and `__str__`."""
        methods = [self.method(name) for name in ("__init__", "__str__")]
        return (
            self.is_exception
            and not self.inherits("SystemExit")
            and all(f is not None and f.namespace.name == "builtins" for f in methods)
        )

    @property
    def is_named_tuple(self) -> bool:
        """Whether `NamedTuple` or `namedtuple` made it."""
        return "_replace" in self.methods

    @property
    def shown_name(self) -> str:
        """The name in messages: classes that CPython has in C show their module."""
        if self.is_stream:
            return "_io.TextIOWrapper"
        in_c = self.namespace.name == "collections" and self.name in ("deque", "defaultdict", "OrderedDict")
        return f"collections.{self.name}" if in_c else self.name

    @property
    def is_stream(self) -> bool:
        """Whether it stands for the type of `sys.stdin` and the like."""
        return self.namespace.name == "sys"

    @property
    def qualified_name(self) -> str:
        """The name with those of the functions and classes around it, as in CPython's tracebacks."""
        name = self.definition.name
        return f"{self.parent.qualified_name}.<locals>.{name}" if self.parent else name

    @property
    def name_in_messages(self) -> str:
        """What the last line of a traceback calls it."""
        module = self.namespace.name
        return f"{module}.{self.name}" if module not in ("", "builtins") else self.qualified_name

    @property
    def has_hidden_base(self) -> bool:
        """Whether it derives from a class that is none here, such as `ABC`."""
        heads = [*self.definition.bases, *(k.value for k in self.definition.keywords)]
        if self.is_named_tuple or self.namespace.name == "_bases":
            return True
        return any(ast.unparse(e).rpartition(".")[2] in HIDDEN_BASES for e in heads)

    def ancestors(self) -> Iterator[Class]:
        """The class itself and those above it, in the order of C3."""
        return iter(self.mro)

    def late_cells(self, name: str) -> list[int]:
        """The cells in which an attribute may be before it is looked for where `method` and `attributes` have it."""
        cells = []
        for ancestor in self.ancestors():
            if name in ancestor.methods or ancestor.binds(name):
                break
            if name in ancestor.late:
                cells.append(ancestor.late[name])
        return cells

    @cached_property
    def variables(self) -> frozenset[str]:
        """The names that the body assigns."""
        return frozenset(
            name
            for s in self.definition.body
            if isinstance(s, ast.Assign | ast.AnnAssign) and s.value is not None
            for target in (s.targets if isinstance(s, ast.Assign) else [s.target])
            for name in target_names(target)
        )

    def binds(self, name: str) -> bool:
        """Whether the body assigns a name."""
        return name in self.variables

    def method(self, name: str) -> Function | None:
        """The method of this name, its own or inherited; None without one."""
        for ancestor in self.ancestors():
            if name in ancestor.methods:
                return ancestor.methods[name]
            if ancestor.binds(name):
                return None
        return None

    def abstract(self) -> list[str]:
        """The abstract methods that no class below them has in their place: an instance cannot be made then."""
        if not any(a.has_hidden_base for a in self.ancestors()):
            return []
        names = {
            f.name for a in self.ancestors() for f in a.methods.values() if isinstance(f.definition, AbstractMethod)
        }
        methods = {name: self.method(name) for name in names}
        return sorted(n for n, f in methods.items() if f is not None and isinstance(f.definition, AbstractMethod))

    @cached_property
    def places(self) -> frozenset[str] | None:
        """The attributes that objects may have besides those of the class, if `__slots__` says which."""
        names: set[str] = set()
        for ancestor in self.ancestors():
            values = [
                s.value
                for s in ancestor.definition.body
                if isinstance(s, ast.Assign) and "__slots__" in map(ast.unparse, s.targets)
            ]
            if not values or any(last_name(d) != "total_ordering" for d in ancestor.definition.decorator_list):
                return None
            for value in values:
                items = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
                if not all(isinstance(item, ast.Constant) and isinstance(item.value, str) for item in items):
                    return None
                names |= {full_name(ancestor.name.lstrip("_"), str(item.value)) for item in items}  # type: ignore[attr-defined]
        return None if "__dict__" in names else frozenset(names)

    def setter(self, name: str) -> Function | None:
        """What is called for an assignment to a property."""
        return next((a.setters[name] for a in self.ancestors() if name in a.setters), None)

    def kind_of(self, name: str) -> str:
        """How a method is called: "method", "static", "class" or "property"."""
        for ancestor in self.ancestors():
            if name in ancestor.methods:
                return ancestor.how.get(name, "method")
            if ancestor.binds(name):
                break
        return "method"


def by_method(classes: Iterable[Class], name: str) -> dict[Function, list[Class]]:
    """The methods of this name, each with the classes that have it."""
    found: dict[Function, list[Class]] = {}
    for cls in classes:
        method = cls.method(name)
        if method is not None:
            found.setdefault(method, []).append(cls)
    return found


HIDDEN_BASES = ("ABC", "ABCMeta", "Generic", "Protocol")
"""Bases, and a metaclass, that only say something of the class."""
NO_BASES = ("object", *HIDDEN_BASES)
"""Bases that add nothing here."""


def linearized(cls: Class, bases: list[Class]) -> list[Class]:
    """The class and those above it, each before its bases, these in their order; empty if there is no such order."""
    waiting = [list(base.mro) for base in bases] + [list(bases)]
    found = [cls]
    while any(waiting):
        heads = [line[0] for line in waiting if line]
        following = next((h for h in heads if not any(h in line[1:] for line in waiting)), None)
        if following is None:
            return []
        found.append(following)
        waiting = [line[1:] if line and line[0] is following else line for line in waiting]
    return found


def is_setter(definition: ast.FunctionDef, what: str = "setter") -> bool:
    """Whether it is a method with the decorator `@p.setter` of a property `p`, or with another such."""
    match definition.decorator_list:
        case [ast.Attribute(value=ast.Name(id=name), attr=attribute)]:
            return name == definition.name and attribute == what
    return False


def resolve_free(scope: Function) -> None:
    """Finds the variables of functions around it that a function uses, and tells those functions."""
    for name in dict.fromkeys([*scope.text.used, *scope.nonlocals]):
        capture(scope, name)


def capture(scope: Function, name: str) -> None:
    """Makes a name of a function around this one reach it, through all between."""
    if name in scope.free or name in scope.parameters or name in scope.globals:
        return
    if name in scope.bound and name not in scope.nonlocals:
        return
    outer = scope.parent
    while outer is not None and not (name in outer.parameters or name in outer.bound and name not in outer.nonlocals):
        if name in outer.globals:
            return
        outer = outer.parent
    if outer is None:
        return
    outer.captured.add(name)
    between: Function | None = scope
    while between is not None and between is not outer:
        between.free[name] = outer
        between = between.parent


def catches_exit(handler: ast.ExceptHandler) -> bool:
    """Whether an `except` clause catches the exception by which a generator is closed."""
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(t is None or isinstance(t, ast.Name) and t.id in ("BaseException", "GeneratorExit") for t in types)


def runs_when_left(node: ast.AST) -> bool:
    """Whether it is a statement that has to do something when a generator is closed inside it."""
    if isinstance(node, ast.Try) and not node.finalbody and not any(map(catches_exit, node.handlers)):
        return False
    inside = isinstance(node, ast.Try | ast.With)
    return inside and any(isinstance(part, ast.Yield | ast.YieldFrom) for part in walk(node))


def may_reenter(f: Function) -> bool:
    """Whether a generator asks something for its next value that a name outside it holds, which may be itself."""
    for node in f.text.nodes:
        match node:
            case (
                ast.YieldFrom(value=ast.Name(id=name))
                | ast.Call(func=ast.Name(id="next"), args=[ast.Name(id=name), *_])
                | ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="send" | "throw" | "__next__"))
            ) if name not in f.parameters and name not in f.bound:
                return True
    return False


def uses_what_is_sent(f: Function) -> bool:
    """Whether a generator uses the value of a `yield`, or hands it on."""
    nodes = f.text.nodes
    alone = [node.value for node in nodes if isinstance(node, ast.Expr)]
    return any(
        isinstance(node, ast.YieldFrom) or isinstance(node, ast.Yield) and not any(node is e for e in alone)
        for node in nodes
    )


def may_end_another(f: Function) -> bool:
    """Whether a StopIteration may leave a function that a generator or an iterator has called.

    Not that of `next(…)` in a function that is no generator: where nothing is caught it ends the program.
    """
    if f.name == "__next__":
        return True
    if f.namespace.name:
        return False
    for node in f.text.nodes:
        match node:
            case ast.Raise(exc=ast.Name(id="StopIteration") | ast.Call(func=ast.Name(id="StopIteration"))):
                return True
            case ast.Call(func=ast.Name(id="next"), args=[_]) if f.is_generator:
                return True
    return False

"""The scopes of a tagged program, and what kinds of values there are in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from compiler.language.desugar import FunctionExpression
from compiler.language.refusals import Report
from compiler.language.trees import children, walk
from compiler.lowering.assembler import Assembler
from compiler.lowering.tagged.call_shapes import Shape, Use, shapes, sure_texts, uses
from compiler.lowering.tagged.floats import shows_root
from compiler.lowering.tagged.late_attributes import late_attributes
from compiler.lowering.tagged.library_types import type_in_c
from compiler.lowering.tagged.linking import Linking
from compiler.lowering.tagged.scopes import (
    NO_BASES,
    Class,
    Function,
    Namespace,
    is_setter,
    linearized,
    may_end_another,
    resolve_free,
    runs_when_left,
)
from compiler.lowering.tagged.texts import (
    class_variables,
    defined_once,
    dotted,
    function_text,
    inner_functions,
    library_text,
    own_nodes,
)
from compiler.lowering.tagged.values import FIRST_CLASS, UNSET, Tag
from compiler.lowering.tagged.views import has_views_as_values

_TELLING = (
    ast.Attribute, ast.BinOp, ast.Call, ast.Constant, ast.Dict, ast.DictComp, ast.Div, ast.Set, ast.SetComp, ast.Try,
    ast.With, ast.arguments, FunctionExpression,
)  # fmt: skip
"""The types of nodes that say what values a program has."""
_OPERATORS = {"divmod": ("FloorDiv", "Mod"), "pow": ("Pow",)}
"""The operators that built-in functions use; `sum`, and the library for itself, adds."""


_PERCENT_FLOAT = re.compile(r"%[^a-zA-Z%]*[eEfFgG]")
"""A conversion of a float in a text before `%`."""


class Survey(Linking):
    """Makes the scopes.

    functions, classes: by their definitions; slots: the place of each attribute in objects; flags: the `WITH_…` of the
    library that hold; function_attributes: for what is assigned as an attribute of a function the cell of a
    dictionary that has its value for each function, 0 as long as there is none; catches: whether exceptions may be
    caught; raised: the cell of the one that is under way; thrown: that of the one that a generator is to raise when it
    goes on, 0 if none ever is; sends: whether values are sent into generators; suspended: the cell that counts the
    generators that wait where leaving them runs a part of the program, 0 if there is no such place; operators: the
    names of the classes in `ast` of the operators that may be carried out; shapes, sure_texts: see `call_shapes`.
    """

    code: Assembler
    functions: dict[ast.FunctionDef, Function]
    classes: dict[ast.ClassDef, Class]
    slots: dict[str, int]
    function_attributes: dict[str, int]
    flags: set[str]
    catches: bool
    has_keywords: bool
    raised: int
    thrown: int
    sends: bool
    suspended: int
    operators: set[str]
    shapes: dict[str, Shape]
    sure_texts: dict[str, tuple[bool, ...]]
    report: Report

    def _survey(self) -> None:
        """Makes the scopes of all functions and classes, and finds out what kinds of values there are."""
        for namespace, statements in self.included.items():
            self._definitions(statements, namespace, None)
        for namespace in self.included:
            self._find_once(namespace)
        for cls in self.classes.values():
            self._find_aliases(cls)
        for cls, late in late_attributes(
            self.classes.values(), self.functions.values(), self.included[self.user], self._named
        ).items():
            for name in late:
                cls.late[name] = self.code.global_cell()
                self.code.set_initial(cls.late[name], UNSET * self.code.layout.base + Tag.SINGLE)
        mentioned = [
            _library_mentions(statement) if namespace.name else _mentions(statement)
            for namespace, statements in self.included.items()
            for statement in statements
        ]
        names = {name for m in mentioned for name in m.names}
        attributes = {name for m in mentioned for name in m.attributes}
        nodes = [node for m in mentioned for node in m.nodes]
        defined = {f.name for f in self.functions.values() if f.namespace.name in ("", "functools")}
        self.function_attributes = {
            node.attr: self.code.global_cell()
            for node in nodes
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
            if isinstance(node.value, ast.Name) and node.value.id in defined
        }
        if self.function_attributes:
            self.flags.add("WITH_DICT")
        self.operators = {name for m in mentioned for name in m.operators}
        self.operators |= {"Add"} | {op for name in names for op in _OPERATORS.get(name, ())}
        for node in nodes:
            match node:
                case ast.Attribute(ctx=ast.Store(), attr=name) | ast.Attribute(attr="__cause__" as name):
                    self.slots.setdefault(name, len(self.slots))
                case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value=str(name)), _]):
                    self.slots.setdefault(name, len(self.slots))
                    self.has_keywords |= bool(node.keywords)
                case ast.Call(func=ast.Name(id="setattr"), args=[_, _, _]):
                    self._take_named(
                        part for statements in self.included.values() for s in statements for part in walk_all(s)
                    )
                case ast.Constant(value=str(text)) if "{" in text:
                    self._fields(text)
                case ast.Constant(value=float()) | ast.Div():
                    self.flags.add("WITH_FLOAT")
                case (
                    ast.FormattedValue(format_spec=ast.JoinedStr(values=[*_, ast.Constant(value=str(spec))]))
                    | ast.Call(func=ast.Name(id="format"), args=[_, ast.Constant(value=str(spec))])
                ) if spec[-1:] in tuple("eEfFgG%"):
                    self.flags.add("WITH_FLOAT")
                case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()) if _PERCENT_FLOAT.search(text):
                    self.flags.add("WITH_FLOAT")
                case ast.BinOp(op=ast.Pow()) | ast.Call(args=[_, _]) if shows_root(node):
                    self.flags.add("WITH_ROOT")
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
        if any(cls.is_named_tuple for cls in self.classes.values()):
            self.flags.add("WITH_NAMED_TUPLE")
        if "float" in names or any(name.startswith("__float_") for name in names):
            self.flags.add("WITH_FLOAT")
        if "ascii" in names:
            self.flags.add("WITH_ASCII")
        if names & {"dict"}:
            self.flags.add("WITH_DICT")
        if names & {"set", "frozenset"}:
            self.flags.add("WITH_SET")
        if "__ordered_view__" in names:
            self.flags.add("WITH_ORDERED")
        if "frozenset" in names:
            self.flags.add("WITH_FROZENSET")
        if "range" in names:
            self.flags.add("WITH_RANGE")
        if any(cls.name == "slice" and cls.namespace is self.prelude for cls in self.classes.values()):
            self.flags.add("WITH_SLICE")
        for name, flag in (("__format__", "WITH_OWN_FORMAT"), ("__index__", "WITH_INDEX")):
            if any(name in cls.methods for cls in self.classes.values()):
                self.flags.add(flag)
        if attributes & {"keys", "values", "items"}:
            self.flags.add("WITH_VIEW")
            if has_views_as_values(self.user.nodes):
                self.flags.add("WITH_SET")
        if any(map(_takes_iterator, self.user.nodes)):
            self.flags.add("WITH_ITERATOR")
        yields = (node for node in nodes if isinstance(node, ast.Try | ast.With))
        guarded = any(isinstance(part, ast.Yield | ast.YieldFrom) for node in yields for part in walk(node))
        self.suspended = self.code.global_cell() if any(map(runs_when_left, nodes)) else 0
        self.sends = "send" in attributes
        if "throw" in attributes or "close" in attributes and guarded:
            self.catches = True
            self.thrown = self.code.global_cell()
        if any(map(may_end_another, self.functions.values())):
            self.catches = True
        self.flags |= {"WITH_LIST", "WITH_TUPLE", "WITH_STR"}
        if self.classes or self.flags & {"WITH_FROZENSET", "WITH_RANGE", "WITH_VIEW"}:
            self.flags.add("WITH_OBJECT")
        self.raised = self.code.global_cell()
        self.sure_texts = sure_texts(use for m in mentioned for use in m.uses)
        self.shapes = self._shapes(mentioned, bool({"type", "__class__"} & (names | attributes)))

    def _shapes(self, mentioned: Sequence[_Mentioned], asks_types: bool) -> dict[str, Shape]:
        """How each built-in function that is a value may be called."""
        places = [n for n, statements in self.included.items() for _ in statements]
        class_names = {name for cls in self.classes.values() for name, _ in class_variables(cls.definition)}
        variables: dict[Namespace, set[str]] = {namespace: set() for namespace in self.included}
        for f in self.functions.values():
            variables[f.namespace] |= {*f.parameters, *f.bound} - f.once.keys()

        def may_hold(namespace: Namespace) -> Callable[[str], bool]:
            def may(callee: str) -> bool:
                if callee.startswith("."):
                    return callee[1:] in self.slots or callee[1:] in class_names
                if callee in variables[namespace] or callee in class_names or not callee:
                    return True
                return self._definer(namespace, callee) is not None and self.definition(namespace, callee) is None

            return may

        found = [(use, may_hold(place)) for place, m in zip(places, mentioned) for use in m.uses]
        own = {f.name for f in self.functions.values() if f.namespace is self.user} | variables[self.user]
        return shapes(found, lambda name: name in own or name in self.user.bound, asks_types)

    def _named(self, f: Function | None, name: str) -> Function | Class | None:
        """The function or class that a name surely is in a function of the program."""
        outer = f
        while outer is not None:
            if name in outer.parameters or name in outer.bound:
                return outer.once.get(name)
            outer = outer.parent
        return self.user.definitions.get(name)

    def _fields(self, text: str) -> None:
        """Notes what the replacement fields of a text may ask for, if it is one that is formatted."""
        if re.search(r"\{[^{}:!]*[.[]", text):
            self.flags.add("WITH_FIELD_PARTS")
        if "!a" in text:
            self.flags.add("WITH_ASCII")
        if re.search(r":[^{}]*[eEfFgG%]\}", text):
            self.flags.add("WITH_FLOAT")

    def _take_named(self, nodes: Iterable[ast.AST]) -> None:
        """Makes room for all attributes that the text names: which ones are set is known only at run time."""
        for node in nodes:
            match node:
                case ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                    self.slots.setdefault(name, len(self.slots))
                case ast.Constant(value=str(name)) if name.isidentifier():
                    self.slots.setdefault(name, len(self.slots))

    def _definitions(self, body: list[ast.stmt], namespace: Namespace, parent: Function | None) -> None:
        """Makes the scopes of what is defined directly in a body, and inside that."""
        owners = {}
        nodes = parent.text.nodes if parent else tuple(own_nodes(body))
        for node in nodes:
            if isinstance(node, ast.ClassDef):
                self._class(node, namespace, parent)
                for s in node.body:
                    if isinstance(s, ast.FunctionDef):
                        owners[s] = self.classes[node]
        for definition in parent.text.inner if parent else inner_functions(nodes):
            self.add_function(definition, namespace, parent, owners.get(definition))

    def add_function(
        self, definition: ast.FunctionDef, namespace: Namespace, parent: Function | None, owner: Class | None = None
    ) -> Function:
        """Makes the scope of a function and of those inside it."""
        text = library_text(definition) if namespace.name else function_text(definition)
        f = self.functions[definition] = Function(definition, namespace, parent, text)
        f.owner = owner
        if owner is not None:
            deletes = is_setter(definition, "deleter")
            of_owner = owner.setters if is_setter(definition) else owner.deleters if deletes else owner.methods
            of_owner[f.name] = f
        self._definitions(definition.body, namespace, f)
        resolve_free(f)
        return f

    def _class(self, node: ast.ClassDef, namespace: Namespace, parent: Function | None) -> None:
        names = [e.id for e in map(dotted, node.bases) if isinstance(e, ast.Name) and e.id not in NO_BASES]
        bases = [found for found in (self._base(name, namespace) for name in names) if found is not None]
        if node in self.classes:
            return
        cls = self.classes[node] = Class(node, namespace, FIRST_CLASS + len(self.classes), bases, parent)
        cls.mro = linearized(cls, bases)
        for s in node.body:
            if isinstance(s, ast.FunctionDef):
                if s.name == "__new__":
                    cls.how[s.name] = "static"
                for decorator in s.decorator_list:
                    if isinstance(decorator, ast.Name) and decorator.id in ("staticmethod", "classmethod", "property"):
                        cls.how[s.name] = decorator.id.removesuffix("method")

    def _find_aliases(self, cls: Class) -> None:
        """Adds to the methods of a class what its body names otherwise: `__radd__ = __add__`, `f = lambda self: …`."""
        for name, value in class_variables(cls.definition):
            parts, how = [value], ""
            if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and not value.keywords:
                if value.func.id in ("property", "staticmethod", "classmethod"):
                    parts, how = value.args, value.func.id.removesuffix("method")
            found = [self._function_in_class(cls, part) for part in parts]
            if not found or found[0] is None or len(found) > 2:
                continue
            cls.methods[name] = found[0]
            kind = how or (cls.how.get(parts[0].id, "") if isinstance(parts[0], ast.Name) else "")
            if kind:
                cls.how[name] = kind
            if len(found) == 2 and found[1] is not None:
                cls.setters[name] = found[1]

    def _function_in_class(self, cls: Class, e: ast.expr) -> Function | None:
        """The function that an expression in the body of a class surely is."""
        if isinstance(e, FunctionExpression):
            return self.functions[e.definition]
        if isinstance(e, ast.Attribute) and isinstance(e.value, ast.Name):
            owner = self.definition(cls.namespace, e.value.id)
            plain = isinstance(owner, Class) and owner.kind_of(e.attr) == "method"
            return owner.method(e.attr) if isinstance(owner, Class) and plain else None
        if not isinstance(e, ast.Name):
            return None
        known: Function | Class | None = cls.methods.get(e.id)
        if known is None and all(name != e.id for name, _ in class_variables(cls.definition)):
            known = self.local_definition(cls.parent, e.id) or self.definition(cls.namespace, e.id)
        return known if isinstance(known, Function) and not type_in_c(known) else None

    def local_definition(self, function: Function | None, name: str) -> Function | Class | None:
        """The function or class that a name in a function surely is, if it is defined once there."""
        while function is not None:
            if name in function.parameters or name in function.bound:
                return function.once.get(name)
            function = function.parent
        return None

    def definition(self, namespace: Namespace, name: str) -> Function | Class | None:
        """The function or class that a module-level name surely is."""
        found = self._definer(namespace, name)
        return None if found is None else found[0].definitions.get(found[1])

    def _base(self, name: str, namespace: Namespace) -> Class | None:
        """The class that a base is, in the program or in the library."""
        for cls in self.classes.values():
            if cls.definition.name == name:
                return cls
        definer = self._definer(namespace, name)
        if definer is not None:
            for statement in self.included.get(definer[0], []):
                if isinstance(statement, ast.ClassDef) and statement.name == definer[1]:
                    if statement not in self.classes:
                        self._class(statement, definer[0], None)
                    return self.classes[statement]
        return None

    def _find_once(self, namespace: Namespace) -> None:
        nodes = tuple(own_nodes(self.included[namespace]))
        namespace.definitions = self._scopes(defined_once(nodes, namespace.rebound))
        for f in self.functions.values():
            if f.namespace is namespace:
                f.once = self._scopes(f.text.once)

    def _scopes(self, definitions: Iterable[ast.FunctionDef | ast.ClassDef]) -> dict[str, Function | Class]:
        return {
            node.name: self.functions[node] if isinstance(node, ast.FunctionDef) else self.classes[node]
            for node in definitions
        }


@dataclass(frozen=True)
class _Mentioned:
    """What a statement mentions, with all that is inside it; nodes: those that say what values there are."""

    names: frozenset[str]
    attributes: frozenset[str]
    operators: frozenset[str]
    nodes: tuple[ast.AST, ...]
    uses: tuple[Use, ...]


def _mentions(statement: ast.stmt) -> _Mentioned:
    nodes = list(walk_all(statement))
    return _Mentioned(
        frozenset(node.id for node in nodes if isinstance(node, ast.Name)),
        frozenset(node.attr for node in nodes if isinstance(node, ast.Attribute)),
        frozenset(type(node).__name__ for node in nodes if isinstance(node, ast.operator)),
        tuple(node for node in nodes if isinstance(node, _TELLING)),
        uses(nodes),
    )


_library_mentions = cache(_mentions)  # whose trees are the same for all programs


def _takes_iterator(node: ast.AST) -> bool:
    """Whether the program may get one of Python's own iterators from this, and not only go over it."""
    match node:
        case ast.Name(id="iter" | "reversed") | ast.Attribute(attr="__iter__" | "__reversed__"):
            return True
    return False


def walk_all(tree: ast.AST) -> Iterable[ast.AST]:
    """All nodes, those of function expressions included."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += children(node)

"""Which modules of the library a tagged program uses, and which of their statements."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path

from compiler.language.dataclasses import is_frozen
from compiler.language.desugar import at, bound_names, desugar
from compiler.language.python.parsing import parse_python
from compiler.language.refusals import Refusal
from compiler.language.trees import walk
from compiler.lowering.tagged.caches import shows_its_cache
from compiler.lowering.tagged.objects import Objects
from compiler.lowering.tagged.scopes import Namespace
from compiler.lowering.tagged.texts import declared
from compiler.lowering.tagged.writer import Writer

_FOLDER = Path(__file__).parent.parent / "library"
PRELUDE = "builtins"
_SILENT = sys.stdlib_module_names - {"this", "antigravity"}
"""Modules that print nothing when they are imported."""
IGNORED = {"typing", "__future__", "dataclasses", "abc", "typing_extensions", "collections.abc"}
"""Modules of which only annotations and decorators are used."""
DECORATING = {"dataclass", "field", "KW_ONLY", "InitVar"}
"""What of `dataclasses` is gone when a program is lowered."""
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
"""Exceptions that routines of the library raise: where nothing catches them, they are no objects."""


class Linking(Objects):
    """Finds the namespaces of a program.

    namespaces: by name, "" is the program; included: of each namespace the statements that are needed; absent: for
    names that were imported from where the library has nothing what to say where they are used; type_names:
    what was imported for annotations only.
    """

    namespaces: dict[str, Namespace]
    user: Namespace
    prelude: Namespace
    included: dict[Namespace, list[ast.stmt]]
    absent: dict[str, Refusal]
    type_names: set[str]

    def _namespace(self, name: str, tree: ast.Module) -> Namespace:
        namespace = Namespace(name, tree)
        self.namespaces[name] = namespace
        bindings = _library_bindings(name) if name else _bindings(namespace.nodes, tree)
        namespace.bound, namespace.rebound = set(bindings.names), bindings.rebound
        for node in bindings.imports:
            self._import(namespace, node)
        namespace.bound |= bindings.declared
        namespace.bound -= set(namespace.aliases)
        return namespace

    def _import(self, namespace: Namespace, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.ImportFrom):
            if node.module in IGNORED:
                known = self.module(node.module).bound if has_module(node.module) else ()
                names = {alias.asname or alias.name for alias in node.names if alias.name not in known}
                namespace.bound -= names
                self.type_names |= names
            if has_module(node.module or "") and not node.level:
                for alias in node.names:
                    if node.module in IGNORED and alias.name not in known:
                        continue
                    if alias.name == "*":
                        for name in self._public(node.module or "") - namespace.bound:
                            namespace.aliases[name] = (node.module or "", name)
                    else:
                        namespace.aliases[alias.asname or alias.name] = (node.module or "", alias.name)
            return
        for alias in node.names:
            if has_module(alias.name):
                namespace.aliases[alias.asname or alias.name] = (alias.name, None)

    def _public(self, module: str) -> set[str]:
        """The names of a module of the library that `import *` gives."""
        return {name for name in self.module(module).bound if not name.startswith("_")}

    def module(self, name: str) -> Namespace:
        """The names of a module of the library."""
        if name not in self.namespaces:
            self._namespace(name, module_tree(name))
        return self.namespaces[name]

    def check_import(self, writer: Writer, s: ast.Import | ast.ImportFrom) -> None:
        """Refuses modules that are not in the library, but those of Python's own only where they are used."""
        missing = {
            alias.asname or alias.name.partition(".")[0]: module
            for alias in s.names
            for module in [(s.module or "") if isinstance(s, ast.ImportFrom) else alias.name]
            if module not in IGNORED and not has_module(module)
        }
        nodes = writer.namespace.nodes if missing else ()
        stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for name, absent in missing.items():
            refusal = writer.refusal(
                s, f"the module `{absent}` is not in the language", "write what you need of it yourself"
            )
            if absent.partition(".")[0] not in _SILENT or name in stored or name == "*":
                raise refusal
            self.absent[name] = refusal
        if isinstance(s, ast.ImportFrom) and not missing and (s.module not in IGNORED or has_module(s.module)):
            module = self.module(s.module or "")
            if s.names[0].name == "*":
                self._check_all(writer, s, module)
            for alias in s.names:
                there = alias.name in module.bound or alias.name in module.aliases or alias.name in DECORATING
                if alias.name != "*" and not there:
                    raise writer.refusal(s, f"`{s.module}` has no `{alias.name}` in the language", "write it yourself")

    def _check_all(self, writer: Writer, s: ast.ImportFrom, module: Namespace) -> None:
        """Notes what `import *` would give, and the library does not have."""
        real = import_module(module.name)
        public = getattr(real, "__all__", [name for name in dir(real) if not name.startswith("_")])
        for name in set(public) - self._public(module.name) - writer.namespace.bound:
            refusal = writer.refusal(s, f"`{module.name}` has no `{name}` in the language", "write it yourself")
            if name in self.prelude.bound or name in dir(builtins):
                raise refusal
            self.absent[name] = refusal

    def _link(self) -> None:
        """Finds which statements of the library's modules are needed."""
        waiting: list[tuple[Namespace, str]] = []
        done: set[tuple[Namespace, str]] = set()

        def needs(namespace: Namespace, nodes: Iterable[ast.AST]) -> None:
            for node in nodes:
                match node:
                    case ast.Name(id=name):
                        waiting.append((namespace, name))
                    case ast.Call(func=ast.Name(id="iter"), args=[_, _]):
                        waiting.append((self.prelude, "_iterator_until"))
                    case ast.Attribute() if (parts := _parts(node)) and parts[0] in namespace.aliases:
                        waiting.append((namespace, ".".join(parts)))

        def link() -> None:
            while waiting:
                namespace, name = waiting.pop()
                if (namespace, name) in done:
                    continue
                done.add((namespace, name))
                found = self._definer(namespace, name)
                if found is None or found[0] is self.user:
                    continue
                owner, real = found
                for statement in _statements(owner.name).get(real, ()):
                    statements = self.included.setdefault(owner, [])
                    if statement not in statements:
                        statements.append(statement)
                        needs(owner, _mentions(statement))

        own = self.user.nodes
        needs(self.user, own)
        waiting += [(self.prelude, name) for name in _hidden_needs(own)]
        link()
        linked = [s for namespace, body in self.included.items() if namespace is not self.user for s in body]
        if any(_may_catch(node) or _may_take(node) for node in own) or any(map(_catches, linked)):
            reads = any(isinstance(node, ast.Name) and node.id == "input" for node in own)
            closes = any(isinstance(node, ast.Attribute) and node.attr in ("close", "throw") for node in own)
            if any(isinstance(node, ast.ClassDef) and is_frozen(node) for node in own):
                waiting.append((self.module("dataclasses"), "FrozenInstanceError"))
            raised = [*_ALWAYS, *(["EOFError"] if reads else []), *(["GeneratorExit"] if closes else [])]
            waiting += [(self.prelude, name) for name in raised]
            link()
        for owner, statements in self.included.items():
            if owner is not self.user:
                statements.sort(key=lambda s: s.lineno)

    @cached_property
    def _shows_its_cache(self) -> bool:
        return shows_its_cache(self.user.nodes)

    def _definer(self, namespace: Namespace, name: str) -> tuple[Namespace, str] | None:
        """The namespace that binds a name, seen from another one, and its name there."""
        if namespace.name == "functools" and name in ("cache", "lru_cache") and self._shows_its_cache:
            return namespace, f"_told_{name}"
        if name in namespace.bound:
            return namespace, name
        if name in namespace.aliases:
            module, real = namespace.aliases[name]
            return None if real is None else self._definer(self.module(module), real)
        head, dot, tail = name.partition(".")
        if dot and head in namespace.aliases:
            module, real = namespace.aliases[head]
            return self._definer(self.module(module), tail if real is None else f"{real}.{tail}")
        if dot and namespace.name and f"_{head}_{tail}" in namespace.bound:  # an attribute of a function
            return namespace, f"_{head}_{tail}"
        if namespace is not self.prelude and name in self.prelude.bound:
            return self.prelude, name
        if namespace is not self.prelude and name in self.prelude.aliases:
            return self._definer(self.prelude, name)
        return None

    def module_attribute(self, writer: Writer, e: ast.Attribute) -> ast.expr | None:
        """The name that an attribute of a module, or of a function of one, is, if it is one."""
        parts = _parts(e)
        alias = writer.namespace.aliases.get(parts[0]) if parts else None
        if alias is None or writer.where(parts[0])[0] != "global":
            return None
        name = ".".join(parts)
        if self._definer(writer.namespace, name) is not None:
            return at(ast.Name(name, ast.Load()), e)
        if alias[1] is None and len(parts) == 2:
            raise writer.refusal(e, f"`{alias[0]}` has no `{e.attr}` in the language", "write it yourself")
        return None


def _hidden_needs(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """What a program needs of the library without naming it."""
    getting = [node for node in nodes if isinstance(node, ast.ClassDef) and "__getitem__" in _methods(node)]
    if any("__iter__" not in _methods(node) for node in getting):
        yield "__by_items__"
    if any("keys" in _methods(node) for node in getting):
        yield "__by_keys__"
    listing = [node for node in nodes if isinstance(node, ast.Name) and node.id == "__list_base__"]
    if (getting or listing) and any(isinstance(node, ast.Slice) for node in nodes):
        yield "slice"


def _methods(node: ast.ClassDef) -> list[str]:
    """The names that the body of a class binds."""
    return bound_names(node.body)


def _parts(e: ast.AST) -> list[str]:
    """The names in `a.b` or `a.b.c`; none if it is something else."""
    match e:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return [name, attribute]
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id=module), attr=name), attr=attribute):
            return [module, name, attribute]
    return []


def _may_catch(node: ast.AST) -> bool:
    """Whether an exception may go on from this, so that it has to be an object; see `Survey.catches`."""
    match node:
        case ast.Try() | ast.With() | ast.FunctionDef(name="__next__") | ast.Attribute(attr="throw" | "close"):
            return True
    return False


def _may_take(node: ast.AST) -> bool:
    """The same of what only the program itself may do: raise what ends a generator."""
    return isinstance(node, ast.Name) and node.id in ("StopIteration", "next")


@cache
def _catches(statement: ast.stmt) -> bool:
    """Whether exceptions may go on from a part of a statement of the library."""
    return any(map(_may_catch, walk(statement)))


@dataclass(frozen=True)
class _Bindings:
    """The names that a module binds, its imports, and the names that its functions declare to be global.

    rebound: the names that they declare to be those of a scope further out, whichever.
    """

    names: frozenset[str]
    imports: tuple[ast.Import | ast.ImportFrom, ...]
    declared: frozenset[str]
    rebound: frozenset[str]


def _bindings(nodes: Sequence[ast.AST], tree: ast.Module) -> _Bindings:
    """nodes: all of the tree; an import inside a function is taken as one of the module."""
    return _Bindings(
        frozenset(bound_names(tree.body)),
        tuple(node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)),
        frozenset(name for node in nodes if isinstance(node, ast.Global) for name in node.names),
        declared(nodes),
    )


@cache
def _library_bindings(name: str) -> _Bindings:
    return _bindings(walk(module_tree(name)), module_tree(name))


@cache
def _statements(name: str) -> Mapping[str, list[ast.stmt]]:
    """The statements of a module of the library that bind each name."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in module_tree(name).body:
        for bound in bound_names([statement]):
            found.setdefault(bound, []).append(statement)
    return found


@cache
def _mentions(statement: ast.stmt) -> tuple[ast.AST, ...]:
    """The names, and the attributes, in a statement of the library."""
    return tuple(node for node in walk(statement) if isinstance(node, ast.Name | ast.Attribute))


def has_module(name: str) -> bool:
    """Whether the library has a module of this name."""
    return name != PRELUDE and name.isidentifier() and _path(name).exists()


def _path(name: str) -> Path:
    return _FOLDER / "modules" / f"{name}.txt"


@cache
def module_tree(name: str) -> ast.Module:
    """The tree of a module of the library, with fewer constructs; all programs share it, so nothing changes it."""
    return desugar(parse_python(_path(name).read_text(encoding="utf-8"), f"<{name}>"))

"""Python's syntax tree with fewer constructs: what the lowering of tagged programs sees.

Lambdas and generator expressions become `FunctionExpression`s, the targets of comprehensions get names that
occur nowhere else, `assert` becomes `if` and `raise`, annotations go.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TypeVar

from compiler.language.dataclasses import (
    Field,
    comparisons,
    is_field_default,
    is_named_tuple,
    methods,
    named_tuple_call,
    own_fields,
)
from compiler.language.decorated_classes import decorations, told_bases
from compiler.language.decorated_methods import without_decorators
from compiler.language.enums import enum_call, is_enum, with_members
from compiler.language.matching import as_branches
from compiler.language.module_facts import Facts, facts_of, has_fields
from compiler.language.native_bases import with_standing_bases
from compiler.language.nested_classes import hoist
from compiler.language.private_names import mangle
from compiler.language.trees import children, walk


class FunctionExpression(ast.expr):
    """A function without a name of its own, defined where it stands."""

    _fields = ("definition",)
    definition: ast.FunctionDef


Comprehension = ast.ListComp | ast.SetComp | ast.DictComp

ITERATOR = ".0"
"""The parameter of a generator expression: the iterator of what it goes over, taken where the expression stands."""


class LoopFunction(ast.FunctionDef):
    """A function defined in a loop outside all functions: each time its defaults may be others."""


class AbstractMethod(ast.FunctionDef):
    """A method with `@abstractmethod`: a class that has none in its place has no instances."""


_MARKS = ("abstractmethod", "override", "final", "overload", "no_type_check", "runtime_checkable")
"""Decorators that change nothing besides what `AbstractMethod` says."""

_N = TypeVar("_N", bound=ast.AST)


def desugar(module: ast.Module) -> ast.Module:
    """The module, changed in place."""
    mangle(module)
    hoist(module)
    result = _Desugar(facts_of(module)).visit(module)
    assert isinstance(result, ast.Module)
    return result


def _names_of(node: ast.ClassDef, variable: str, names: Sequence[str]) -> ast.stmt:
    """A class variable with names."""
    values: list[ast.expr] = [ast.Constant(name) for name in names]
    return at(ast.Assign([ast.Name(variable, ast.Store())], ast.Tuple(values, ast.Load())), node)


def target_names(target: ast.AST) -> list[str]:
    """The names that an assignment target binds."""
    return [node.id for node in walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]


def at(node: _N, place: ast.AST) -> _N:
    """The node with the position of another, for all of it that has none."""
    ast.copy_location(node, place)
    return ast.fix_missing_locations(node)


class _Desugar(ast.NodeTransformer):
    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._renamed: list[dict[str, str]] = []
        self._count = 0
        self._depth = 0  # functions around
        self._loops = 0
        self._fields: dict[str, list[Field]] = {}
        self._enums: set[str] = set()
        self._telling: set[str] = set()  # classes with an `__init_subclass__`
        self._finishing: set[str] = set()  # classes with a `__post_init__`

    def visit_Name(self, node: ast.Name) -> ast.Name:
        for names in reversed(self._renamed):
            if node.id in names:
                node.id = names[node.id]
                break
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        match node.value:
            case ast.Name(id=name) if name in self._facts.generic and not any(name in names for names in self._renamed):
                return self.visit(node.value)  # type: ignore[no-any-return]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        result = self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name(id="open"), args=[ast.Constant(value=0 | "/dev/stdin"), *_]):
                if not self._binds("open") and not self._facts.reads:
                    return ast.copy_location(ast.Name("__stdin__", ast.Load()), node)
        return result

    def _binds(self, name: str) -> bool:
        """Whether the program gives a name of Python's own a meaning here."""
        return name in self._facts.own or any(name in names for names in self._renamed)

    # ------------------------------------------------------------------------------------- comprehensions

    def _comprehension(self, node: Comprehension) -> ast.AST:
        added = 0
        for generator in node.generators:
            generator.iter = self.visit(generator.iter)
            self._count += 1
            self._renamed.append({name: f"{name}#{self._count}" for name in target_names(generator.target)})
            added += 1
            generator.target = self.visit(generator.target)
            generator.ifs = [self.visit(test) for test in generator.ifs]
        if isinstance(node, ast.DictComp):
            node.key = self.visit(node.key)
            node.value = self.visit(node.value)
        else:
            node.elt = self.visit(node.elt)
        del self._renamed[len(self._renamed) - added :]
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = _comprehension

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        first = self.visit(node.generators[0].iter)
        statement: ast.stmt = ast.Expr(ast.Yield(node.elt))
        for generator in reversed(node.generators):
            for test in reversed(generator.ifs):
                statement = ast.If(test, [statement], [])
            statement = ast.For(generator.target, generator.iter, [statement], [])
        assert isinstance(statement, ast.For)
        statement.iter = ast.Name(ITERATOR, ast.Load())
        body: list[ast.stmt] = [statement]
        if names := _walrus(node):
            body.insert(0, ast.Nonlocal(names) if self._depth else ast.Global(names))
        definition = _definition("<genexpr>", [ITERATOR], body)
        at(definition, node)
        function = FunctionExpression()
        function.definition = self._function(definition)
        return at(ast.Call(at(function, node), [first], []), node)

    # ------------------------------------------------------------------------------------------ functions

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        definition = ast.FunctionDef("<lambda>", node.args, [ast.Return(node.body)], [], None, None)
        function = FunctionExpression()
        function.definition = self._function(at(definition, node))
        return at(function, node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        names = [ast.unparse(d).rpartition(".")[2] for d in node.decorator_list]
        plain = [d for d, name in zip(node.decorator_list, names) if name not in _MARKS]
        node.decorator_list = [self.visit(decorator) for decorator in plain]
        in_loop = self._loops > 0 and self._depth == 0 and any(map(_varies, node.args.defaults + node.args.kw_defaults))
        function = self._function(node)
        if "abstractmethod" in names:
            return at(AbstractMethod(**vars(function)), function)
        return at(LoopFunction(**vars(function)), function) if in_loop else function

    def _function(self, node: ast.FunctionDef) -> ast.FunctionDef:
        arguments = node.args
        arguments.defaults = [self.visit(default) for default in arguments.defaults]
        arguments.kw_defaults = [default and self.visit(default) for default in arguments.kw_defaults]
        node.returns = None
        bound = {a.arg: a.arg for a in parameters(arguments)} | {name: name for name in bound_names(node.body)}
        for a in parameters(arguments):
            a.annotation = None
        self._renamed.append(bound)
        self._depth += 1
        node.body = self._block(node.body)
        self._depth -= 1
        self._renamed.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST | list[ast.stmt]:
        marks = [d for d in node.decorator_list if ast.unparse(d).rpartition(".")[2] not in _MARKS]
        node.decorator_list = [self.visit(decorator) for decorator in marks]
        node.bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
        if not self._binds("dict") and not self._binds("list"):
            with_standing_bases(node)
        node.bases = [self.visit(base) for base in node.bases]
        after = [at(statement, node) for statement in decorations(node)]
        after = [at(statement, node) for statement in told_bases(node, self._telling)] + after
        if is_enum(node, self._enums):
            self._enums.add(node.name)
            after = [at(statement, node) for statement in with_members(node)] + after
        made = self._class(at(node, node))
        return [made, *after] if after else made

    def _class(self, node: ast.ClassDef) -> ast.ClassDef:
        defined = any(isinstance(s, ast.FunctionDef) and s.name == "__post_init__" for s in node.body)
        if defined or any(ast.unparse(base) in self._finishing for base in node.bases):
            self._finishing.add(node.name)
        if has_fields(node):
            fields = {field.name: field for base in node.bases for field in self._fields.get(ast.unparse(base), [])}
            fields |= {field.name: field for field in own_fields(node)}
            self._fields[node.name] = list(fields.values())
            node.body = [*node.body, *methods(node, self._fields[node.name], node.name in self._finishing)]
            named_tuple = is_named_tuple(node)
            if named_tuple:
                node.bases = []
            node.body = [s for s in node.body if not is_field_default(s)]
            if not named_tuple and self._facts.asks_for_parts:
                stored = [field for field in self._fields[node.name] if field.stored]
                node.body.append(_names_of(node, "_stored_", [field.name for field in stored]))
                node.body.append(_names_of(node, "_initial_", [field.name for field in stored if field.initial]))
            if named_tuple and self._facts.asks_for_fields:
                node.body.append(_names_of(node, "_fields", [field.name for field in self._fields[node.name]]))
        node.body = [*node.body, *comparisons(node)]
        body: list[ast.stmt] = []
        for statement in node.body:
            if isinstance(statement, ast.AnnAssign):  # a field of a dataclass: the annotation stays
                statement.value = statement.value and self.visit(statement.value)
                body.append(statement)
                continue
            for each in self._block([statement]):
                body += without_decorators(node.name, each) if isinstance(each, ast.FunctionDef) else [each]
        node.body = body
        return node

    # ----------------------------------------------------------------------------------------- statements

    def _block(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for statement in body:
            changed = self.visit(statement)
            result += changed if isinstance(changed, list) else [changed]
        return result

    def _loop(self, node: ast.For | ast.While) -> ast.AST:
        self._loops += 1
        result = self.generic_visit(node)
        self._loops -= 1
        return result

    visit_For = visit_While = _loop

    def visit_Assign(self, node: ast.Assign) -> ast.AST | list[ast.stmt]:
        made = named_tuple_call(node) or enum_call(node)
        return self.generic_visit(node) if made is None else self.visit_ClassDef(at(made, node))

    def visit_Match(self, node: ast.Match) -> list[ast.stmt]:
        self._count += 1
        branches = as_branches(node, f"match#{self._count}", self._facts.matched, lambda statement: at(statement, node))
        return self._block(branches)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return at(ast.Pass(), node)
        return at(ast.Assign([self.visit(node.target)], self.visit(node.value)), node)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        arguments = [self.visit(node.msg)] if node.msg is not None else []
        error = ast.Call(ast.Name("AssertionError", ast.Load()), arguments, [])
        test = ast.UnaryOp(ast.Not(), self.visit(node.test))
        return at(ast.If(test, [ast.Raise(error, None)], []), node)


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """All parameters in the order in which they get their slots."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return every + [a for a in (arguments.vararg, arguments.kwarg) if a is not None]


def bound_names(body: Sequence[ast.stmt]) -> list[str]:
    """The names that statements bind in their own scope, in order, without those declared global or nonlocal."""
    found: dict[str, None] = {}
    declared: set[str] = set()

    def visit(node: ast.AST) -> None:
        match node:
            case ast.Global() | ast.Nonlocal():
                declared.update(node.names)
            case ast.FunctionDef() | ast.ClassDef():
                found[node.name] = None
                for decorator in node.decorator_list:
                    visit(decorator)
                return
            case FunctionExpression(definition=ast.FunctionDef(name="<genexpr>", body=[ast.Nonlocal(names=names), *_])):
                found.update(dict.fromkeys(names))
                return
            case ast.Lambda() | FunctionExpression():
                return
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    found[alias.asname or alias.name.split(".")[0]] = None
            case ast.ExceptHandler():
                if node.name:
                    found[node.name] = None
            case ast.Name(ctx=ast.Store() | ast.Del()):
                found[node.id] = None
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() if not _renamed(node):
                found.update(dict.fromkeys(_walrus(node)))
                return
        for child in children(node):
            visit(child)

    for statement in body:
        visit(statement)
    return [name for name in found if name not in declared]


def _renamed(node: ast.AST) -> bool:
    return any("#" in name for generator in getattr(node, "generators", []) for name in target_names(generator.target))


def _varies(default: ast.expr | None) -> bool:
    return default is not None and not isinstance(default, ast.Constant)


def _walrus(node: ast.AST) -> list[str]:
    return [n.target.id for n in walk(node) if isinstance(n, ast.NamedExpr)]


def _definition(name: str, names: Sequence[str], body: list[ast.stmt]) -> ast.FunctionDef:
    arguments = ast.arguments([], [ast.arg(a, None) for a in names], None, [], [], None, [])
    return ast.FunctionDef(name, arguments, body, [], None, None)

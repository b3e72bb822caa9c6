"""What the text of a function says by itself, whatever the program is that it is a part of."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from compiler.language.desugar import FunctionExpression, LoopFunction, bound_names, parameters
from compiler.language.trees import children, walk


@dataclass(frozen=True)
class Text:
    """What the text of a function says by itself: the same in every program that has it.

    nodes: all of its body, see `own_nodes`; inner: the functions defined directly in it, methods included; stored: the
    attributes that it assigns; used: the names in it, and in the defaults of the functions inside it; once: the
    functions and classes defined in it whose names are bound nowhere else.
    """

    nodes: tuple[ast.AST, ...]
    inner: tuple[ast.FunctionDef, ...]
    parameters: tuple[str, ...]
    bound: tuple[str, ...]
    globals: frozenset[str]
    nonlocals: frozenset[str]
    stored: tuple[ast.Attribute, ...]
    used: tuple[str, ...]
    once: tuple[ast.FunctionDef | ast.ClassDef, ...]
    is_generator: bool


def default_expressions(arguments: ast.arguments) -> dict[str, ast.expr]:
    """Parameters with defaults."""
    positional = [*arguments.posonlyargs, *arguments.args]
    found = {a.arg: e for a, e in zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults)}
    return found | {a.arg: e for a, e in zip(arguments.kwonlyargs, arguments.kw_defaults) if e is not None}


def documentation(definition: ast.FunctionDef | ast.ClassDef) -> str | None:
    """The text that a definition begins with."""
    match definition.body:
        case [ast.Expr(value=ast.Constant(value=str(text))), *_]:
            return text
    return None


def dotted(e: ast.expr) -> ast.expr:
    """`module.Class` as one name, as the namespaces have it."""
    if isinstance(e, ast.Attribute) and isinstance(e.value, ast.Name):
        return ast.copy_location(ast.Name(f"{e.value.id}.{e.attr}", ast.Load()), e)
    return e


def own_nodes(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """All nodes of a function's body, those of the functions inside it left out, but not their defaults."""
    waiting: list[ast.AST] = list(reversed(body))
    while waiting:
        node = waiting.pop()
        yield node
        match node:
            case ast.FunctionDef():
                waiting += [*node.decorator_list, *default_expressions(node.args).values()]
            case FunctionExpression():
                waiting += default_expressions(node.definition.args).values()
            case ast.ClassDef():
                waiting += [*node.decorator_list, *node.bases, *class_expressions(node)]
            case _:
                waiting += reversed(children(node))


def class_expressions(definition: ast.ClassDef) -> Iterator[ast.expr]:
    """What the body of a class evaluates: values of its variables, and defaults of its methods."""
    for statement in definition.body:
        match statement:
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                yield value
            case ast.FunctionDef(args=arguments):
                yield from default_expressions(arguments).values()


def class_variables(definition: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """The names that the body of a class assigns to, each with its value."""
    for statement in definition.body:
        match statement:
            case ast.Assign(targets=targets, value=value):
                yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value


def inner_functions(nodes: Iterable[ast.AST]) -> Iterator[ast.FunctionDef]:
    """The functions defined directly in a body with these nodes, methods of classes there included."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            yield node
        elif isinstance(node, FunctionExpression):
            yield node.definition
        elif isinstance(node, ast.ClassDef):
            yield from (s for s in node.body if isinstance(s, ast.FunctionDef))


def function_text(definition: ast.FunctionDef) -> Text:
    """What the text of a function says."""
    nodes = tuple(own_nodes(definition.body))
    names = [a.arg for a in parameters(definition.args)]
    inner = tuple(inner_functions(nodes))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    hidden = {*names, *(alias.asname or alias.name.split(".")[0] for node in imports for alias in node.names)}
    defaults = [node for f in inner for e in default_expressions(f.args).values() for node in walk(e)]
    return Text(
        nodes=nodes,
        inner=inner,
        parameters=tuple(names),
        bound=tuple(name for name in bound_names(definition.body) if name not in hidden),
        globals=frozenset(name for node in nodes if isinstance(node, ast.Global) for name in node.names),
        nonlocals=frozenset(name for node in nodes if isinstance(node, ast.Nonlocal) for name in node.names),
        stored=stored_attributes(nodes),
        used=tuple(dict.fromkeys(node.id for node in (*nodes, *defaults) if isinstance(node, ast.Name))),
        once=tuple(defined_once(nodes, declared(walk(definition)))),
        is_generator=any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes),
    )


library_text = cache(function_text)
"""The same for functions of the library, whose trees are the same for all programs."""


def stored_attributes(nodes: Iterable[ast.AST]) -> tuple[ast.Attribute, ...]:
    """The attributes that are assigned."""
    return tuple(node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store))


def declared(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """The names that are declared to be those of a scope further out."""
    return frozenset(n for node in nodes if isinstance(node, ast.Global | ast.Nonlocal) for n in node.names)


def defined_once(nodes: Sequence[ast.AST], declared: Container[str]) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """The functions without decorators, and the classes, whose names a body with these nodes binds once.

    declared: names that are bound from further in.
    """
    counts: dict[str, int] = {}
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                counts[name] = counts.get(name, 0) + 1
            case ast.ExceptHandler(name=str(name)):
                counts[name] = counts.get(name, 0) + 1
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and counts[node.name] == 1 and node.name not in declared:
            if isinstance(node, ast.ClassDef) or not node.decorator_list and not isinstance(node, LoopFunction):
                yield node

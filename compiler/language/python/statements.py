"""From the rules of the grammar to statements; a block is a list of them."""

from __future__ import annotations

import ast
from typing import TypeVar

from lark import Token

from compiler.language.python.expressions import Expressions, Parts, no_parameters, operator
from compiler.language.python.places import LOAD, at, end, name_of, nodes, span, start, stored, updated
from compiler.language.refusals import Refusal


class Statements(Expressions):
    """The callbacks of statements."""

    def module(self, parts: Parts) -> ast.Module:
        return ast.Module(nodes(parts, ast.stmt), [])

    def block(self, parts: Parts) -> list[ast.stmt]:
        return nodes(parts, ast.stmt)

    # ---------------------------------------------------------------------------------------------- simple

    def expression_statement(self, parts: Parts) -> ast.stmt:
        return at(ast.Expr(parts[0]), parts[0], parts[0])

    def assign(self, parts: Parts) -> ast.stmt:
        *targets, value = parts[::2]
        return at(ast.Assign([stored(_single(target)) for target in targets], value), parts[0], value)

    def annotated(self, parts: Parts) -> ast.stmt:
        target, annotation, value = parts[0], parts[2], parts[4] if len(parts) > 3 else None
        simple = isinstance(target, ast.Name) and not hasattr(target, "outer")
        return at(ast.AnnAssign(updated(target), annotation, value, int(simple)), target, parts[-1])

    def augmented(self, parts: Parts) -> ast.stmt:
        return at(ast.AugAssign(updated(parts[0]), operator(parts[1][:-1]), parts[2]), parts[0], parts[2])

    def return_(self, parts: Parts) -> ast.stmt:
        return at(ast.Return(parts[1] if len(parts) > 1 else None), parts[0], parts[-1])

    def raise_(self, parts: Parts) -> ast.stmt:
        exception, cause = (nodes(parts, ast.expr) + [None, None])[:2]
        return at(ast.Raise(exception, cause), parts[0], parts[-1])

    def global_(self, parts: Parts) -> ast.stmt:
        return at(ast.Global([name_of(name) for name in parts[1::2]]), parts[0], parts[-1])

    def nonlocal_(self, parts: Parts) -> ast.stmt:
        return at(ast.Nonlocal([name_of(name) for name in parts[1::2]]), parts[0], parts[-1])

    def delete(self, parts: Parts) -> ast.stmt:
        targets = parts[1]
        unbracketed = isinstance(targets, ast.Tuple) and start(targets) == start((targets.elts or [targets])[0])
        found = targets.elts if unbracketed else [targets]
        return at(ast.Delete([stored(target, ast.Del) for target in found]), parts[0], targets)

    def assert_(self, parts: Parts) -> ast.stmt:
        return at(ast.Assert(parts[1], parts[3] if len(parts) > 2 else None), parts[0], parts[-1])

    def pass_(self, parts: Parts) -> ast.stmt:
        return at(ast.Pass(), parts[0], parts[0])

    def break_(self, parts: Parts) -> ast.stmt:
        return at(ast.Break(), parts[0], parts[0])

    def continue_(self, parts: Parts) -> ast.stmt:
        return at(ast.Continue(), parts[0], parts[0])

    # --------------------------------------------------------------------------------------------- imports

    def import_(self, parts: Parts) -> ast.stmt:
        return at(ast.Import(nodes(parts, ast.alias)), parts[0], parts[-1])

    def dotted(self, parts: Parts) -> tuple[str, Token, Token]:
        return "".join(map(name_of, parts)), parts[0], parts[-1]

    def imported_module(self, parts: Parts) -> ast.alias:
        name, first, last = parts[0]
        alias = name_of(parts[2]) if len(parts) > 1 else None
        return at(ast.alias(name, alias), first, last if alias is None else parts[2])

    def imported(self, parts: Parts) -> ast.alias:
        return at(ast.alias(name_of(parts[0]), name_of(parts[2]) if len(parts) > 1 else None), parts[0], parts[-1])

    def imported_all(self, parts: Parts) -> ast.alias:
        return at(ast.alias("*", None), parts[0], parts[0])

    def import_from(self, parts: Parts) -> ast.stmt:
        module = next((part[0] for part in parts if isinstance(part, tuple)), None)
        level = 0
        for part in parts[1:]:
            if not isinstance(part, Token) or part not in (".", "..."):
                break
            level += len(part)
        return at(ast.ImportFrom(module, nodes(parts, ast.alias), level), parts[0], parts[-1])

    # -------------------------------------------------------------------------------------------- compound

    def if_(self, parts: Parts) -> ast.stmt:
        other = parts[4] if len(parts) > 4 else []
        other = [other] if isinstance(other, ast.If) else other
        return at(ast.If(parts[1], parts[3], other), parts[0], (other or parts[3])[-1])

    elif_ = if_

    def else_(self, parts: Parts) -> list[ast.stmt]:
        block: list[ast.stmt] = parts[2]
        return block

    def finally_(self, parts: Parts) -> _Finally:
        return _Finally(parts[2])

    def while_(self, parts: Parts) -> ast.stmt:
        other = parts[4] if len(parts) > 4 else []
        return at(ast.While(parts[1], parts[3], other), parts[0], (other or parts[3])[-1])

    def for_(self, parts: Parts) -> ast.stmt:
        kind = ast.AsyncFor if parts[0] == "async" else ast.For
        _, target, _, iterable, _, body, *rest = parts[int(kind is ast.AsyncFor) :]
        other = rest[0] if rest else []
        return at(kind(stored(_single(target)), iterable, body, other), parts[0], (other or body)[-1])

    def try_(self, parts: Parts) -> ast.stmt:
        return self._try(parts, ast.Try)

    def try_star(self, parts: Parts) -> ast.stmt:
        return self._try(parts, ast.TryStar)

    def _try(self, parts: Parts, kind: type[ast.Try] | type[ast.TryStar]) -> ast.stmt:
        handlers = nodes(parts, ast.ExceptHandler)
        for handler in handlers[:-1]:
            if handler.type is None:
                raise Refusal("`except:` before another `except`", "write it last", span(handler))
        blocks = [part for part in parts[2:] if isinstance(part, list)]
        last = end(blocks[-1][-1])
        final = list(blocks.pop()) if isinstance(blocks[-1], _Finally) else []
        body, other = [*blocks, []][:2]
        made = at(kind(body, handlers, other, final), parts[0], parts[0])
        made.end_lineno, made.end_col_offset = last if final or other else end(handlers[-1])
        return made

    def except_(self, parts: Parts) -> ast.ExceptHandler:
        body = parts[-1]
        kind = next(iter(nodes(parts, ast.expr)), None)
        name = name_of(parts[-3]) if len(parts) > 4 and parts[-4] == "as" else None
        return at(ast.ExceptHandler(kind, name, body), parts[0], body[-1])

    except_star = except_

    def with_(self, parts: Parts) -> ast.stmt:
        kind = ast.AsyncWith if parts[0] == "async" else ast.With
        items = nodes(parts, ast.withitem)
        if nodes(parts, ast.expr):
            items = [ast.withitem(self._with_value(parts))]
        return at(kind(items, parts[-1]), parts[0], parts[-1][-1])

    def _with_value(self, parts: Parts) -> ast.expr:
        """What is in the parentheses of `with (…):` if it is no list of items."""
        values: list[ast.expr] = []
        for item in parts[1:-1]:
            if isinstance(item, ast.withitem) and item.optional_vars is not None:
                raise Refusal("`as` does not fit here", "leave the parentheses out", span(item.context_expr))
            if isinstance(item, ast.withitem | ast.expr):
                values.append(item.context_expr if isinstance(item, ast.withitem) else item)
        opening = next((part for part in parts if isinstance(part, Token) and part.type == "WITH_LPAR"), None)
        if opening is None:
            return values[0]
        if len(values) > 1 or parts[-4] == ",":
            return at(ast.Tuple(values, LOAD), opening, parts[-3])
        return self.group([opening, values[0], parts[-3]])

    def with_item(self, parts: Parts) -> ast.withitem:
        return ast.withitem(parts[0], stored(parts[2]) if len(parts) > 1 else None)

    def with_group(self, parts: Parts) -> ast.expr:
        if len(parts) == 2:
            return self.parenthesized_tuple(parts)
        return self.group(parts) if len(parts) == 3 else self.generator(parts)

    # ----------------------------------------------------------------------------------------- definitions

    def decorator(self, parts: Parts) -> ast.expr:
        value: ast.expr = parts[1]
        return value

    def def_(self, parts: Parts) -> ast.stmt:
        first = next(i for i, part in enumerate(parts) if isinstance(part, Token))
        kind = ast.AsyncFunctionDef if parts[first] == "async" else ast.FunctionDef
        name = parts[first + 1 + int(kind is ast.AsyncFunctionDef)]
        arguments = next(iter(nodes(parts, ast.arguments)), None) or no_parameters()
        result = parts[-3] if isinstance(parts[-3], ast.expr) else None
        made = kind(name_of(name), arguments, parts[-1], parts[:first], result)
        return at(_without_types(made), parts[first], parts[-1][-1])

    def class_(self, parts: Parts) -> ast.stmt:
        first = next(i for i, part in enumerate(parts) if isinstance(part, Token))
        bases, keywords = next((part for part in parts if isinstance(part, tuple)), ([], []))
        made = ast.ClassDef(name_of(parts[first + 1]), bases, keywords, parts[-1], parts[:first])
        return at(_without_types(made), parts[first], parts[-1][-1])


class _Finally(list[ast.stmt]):
    """The block of a `finally`, to tell it from that of an `else`."""


_Definition = TypeVar("_Definition", bound=ast.AST)


def _without_types(node: _Definition) -> _Definition:
    """The node with no type parameters, where CPython's nodes have a field for them."""
    if "type_params" in node._fields:
        node.type_params = []  # type: ignore[attr-defined]
    return node


def _single(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Starred):
        raise Refusal("a starred target has to be in a tuple or a list", "write `*a, = …`", span(target))
    return target

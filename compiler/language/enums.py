"""Enumerations: the class has the values, and statements after it put the members in their places."""

from __future__ import annotations

import ast
from collections.abc import Sequence

_FLAGS = {"Flag", "IntFlag", "enum.Flag", "enum.IntFlag"}
_BASES = {"Enum", "IntEnum", "enum.Enum", "enum.IntEnum", *_FLAGS}


def is_enum(node: ast.ClassDef, known: set[str]) -> bool:
    """Whether the class is an enumeration; `known` are those before it."""
    return any(ast.unparse(base) in _BASES | known for base in node.bases)


def with_members(node: ast.ClassDef) -> list[ast.stmt]:
    """The statements that make the members of the class, to come after it. Changes the class."""
    members: list[str] = []
    body: list[ast.stmt] = []
    flags = any(ast.unparse(base) in _FLAGS for base in node.bases)
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("_"):
                statement.value = _numbered(value, members, flags)
                members.append(name)
            case ast.FunctionDef(name="__init__"):
                statement.name = "_prepare_"
        body.append(statement)
    node.decorator_list = [d for d in node.decorator_list if ast.unparse(d) not in ("unique", "enum.unique")]
    node.body = body
    if members:
        lists = ["_members_", "_composed_"] if flags else ["_members_"]
        body += [ast.Assign([ast.Name(each, ast.Store())], ast.List([], ast.Load())) for each in lists]
    return [_placed(node.name, name) for name in members]


def enum_call(node: ast.Assign) -> ast.ClassDef | None:
    """The class that `C = Enum("C", "RED GREEN")` stands for; None for other assignments."""
    match node:
        case ast.Assign(
            targets=[ast.Name(id=name)], value=ast.Call(func=base, args=[ast.Constant(value=title), names], keywords=[])
        ) if ast.unparse(base) in _BASES and name == title:
            match names:
                case ast.Constant(value=str(text)):
                    members = text.replace(",", " ").split()
                case ast.List(elts=items) | ast.Tuple(elts=items):
                    members = [str(item.value) if isinstance(item, ast.Constant) else "" for item in items]
                case _:
                    return None
            if not members or len(set(members)) < len(members):
                return None
            if not all(member.isidentifier() and member[0] != "_" for member in members):
                return None
            body: list[ast.stmt] = [
                ast.Assign([ast.Name(member, ast.Store())], ast.Constant(i)) for i, member in enumerate(members, 1)
            ]
            return ast.ClassDef(name, [base], [], body, [])
    return None


def _numbered(value: ast.expr, members: Sequence[str], flags: bool) -> ast.expr:
    """`auto()` as one more than the value before it, for flags as the next power of two."""
    if not (isinstance(value, ast.Call) and ast.unparse(value.func) in ("auto", "enum.auto") and not value.args):
        return value
    one = ast.Constant(1)
    if not members:
        return one
    last = ast.Name(members[-1], ast.Load())
    if not flags:
        return ast.BinOp(last, ast.Add(), one)
    length = ast.Call(ast.Attribute(last, "bit_length", ast.Load()), [], [])
    return ast.BinOp(one, ast.LShift(), length)


def _placed(owner: str, name: str) -> ast.stmt:
    """`Owner.NAME = Owner._member_("NAME", Owner.NAME)`."""
    make = ast.Attribute(ast.Name(owner, ast.Load()), "_member_", ast.Load())
    value = ast.Attribute(ast.Name(owner, ast.Load()), name, ast.Load())
    target = ast.Attribute(ast.Name(owner, ast.Load()), name, ast.Store())
    target.initial = True  # type: ignore[attr-defined]
    return ast.Assign([target], ast.Call(make, [ast.Constant(name), value], []))

"""The methods that `@dataclass` and `NamedTuple` give a class, written as Python."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from compiler.language.python.parsing import parse_python


@dataclass(frozen=True)
class Field:
    """A field: its name and, if it has one, its default, or what makes a new one."""

    name: str
    default: ast.expr | None
    factory: ast.expr | None


def is_dataclass(node: ast.ClassDef) -> bool:
    """Whether a class is decorated with `dataclass`."""
    return any(_name(d.func if isinstance(d, ast.Call) else d) == "dataclass" for d in node.decorator_list)


def is_named_tuple(node: ast.ClassDef) -> bool:
    """Whether `NamedTuple` is a base of the class."""
    return any(_name(base) == "NamedTuple" for base in node.bases)


def named_tuple_call(node: ast.Assign) -> ast.ClassDef | None:
    """The class that `P = namedtuple("P", "x y")` stands for; None for other assignments."""
    match node:
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.Call(func=function, args=[ast.Constant(value=str(title)), fields], keywords=[]),
        ) if _name(function) == "namedtuple" and name == title:
            match fields:
                case ast.Constant(value=str(text)):
                    names = text.replace(",", " ").split()
                case ast.List(elts=items) | ast.Tuple(elts=items):
                    names = [
                        item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)
                    ]
                case _:
                    return None
            body: list[ast.stmt] = [
                ast.AnnAssign(ast.Name(each, ast.Store()), ast.Constant(None), None, 1) for each in names
            ]
            return ast.ClassDef(name, [ast.Name("NamedTuple", ast.Load())], [], body, [])
    return None


def own_fields(node: ast.ClassDef) -> list[Field]:
    """The fields in the body of a class."""
    fields = []
    for s in node.body:
        if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name):
            default, factory = s.value, None
            if isinstance(default, ast.Call) and _name(default.func) == "field":
                options = {k.arg: k.value for k in default.keywords}
                default, factory = options.get("default"), options.get("default_factory")
            fields.append(Field(s.target.id, default, factory))
    return fields


def methods(node: ast.ClassDef, fields: Sequence[Field]) -> list[ast.stmt]:
    """The methods that the class does not define itself."""
    names = [field.name for field in fields]
    parameters, lines = ["self"], list[str]()
    for field in fields:
        if field.factory is not None:
            parameters.append(f"{field.name}=...")
            made = f"({ast.unparse(field.factory)})()"
            lines.append(f"self.{field.name} = {made} if {field.name} is ... else {field.name}")
        else:
            parameters.append(field.name if field.default is None else f"{field.name}={ast.unparse(field.default)}")
            lines.append(f"self.{field.name} = {field.name}")
    if _option(node, "kw_only", False) and len(parameters) > 1:
        parameters.insert(1, "*")
    own = {s.name for s in node.body if isinstance(s, ast.FunctionDef)}
    if "__post_init__" in own:
        lines.append("self.__post_init__()")
    shown = ", ".join(f"{name}={{self.{name}!r}}" for name in names)
    mine, other = (f"({''.join(f'{x}.{name}, ' for name in names)})" for x in ("self", "other"))
    same = f"(isinstance(other, {node.name}) and type(other) is type(self))"
    texts = {
        "__init__": f"def __init__({', '.join(parameters)}):\n    " + "\n    ".join(lines or ["pass"]),
        "__repr__": f"def __repr__(self): return f'{node.name}({shown})'",
        "__eq__": f"def __eq__(self, other): return {mine} == {other} if {same} else NotImplemented",
        "__hash__": f"def __hash__(self): return hash({mine})",
    }
    tuple_like = is_named_tuple(node)
    if _option(node, "order", False):
        for name, operator in (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">=")):
            texts[f"__{name}__"] = (
                f"def __{name}__(self, other): return {mine} {operator} {other} if {same} else NotImplemented"
            )
    if not tuple_like and not _option(node, "eq", True):
        del texts["__eq__"]
    if not tuple_like and not _option(node, "unsafe_hash", False):
        if not _option(node, "frozen", False) or not _option(node, "eq", True):
            del texts["__hash__"]
    for name, option in (("__init__", "init"), ("__repr__", "repr")):
        if not tuple_like and not _option(node, option, True):
            del texts[name]
    if tuple_like:
        for name, operator in (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">=")):
            texts[f"__{name}__"] = (
                f"def __{name}__(self, other): "
                f"return {mine} {operator} (tuple(other) if isinstance(other, {node.name}) else other)"
            )
        texts["__eq__"] = (
            f"def __eq__(self, other): return {mine} == (tuple(other) if isinstance(other, {node.name}) else other)"
        )
        texts["__iter__"] = f"def __iter__(self): return iter({mine})"
        texts["__len__"] = f"def __len__(self): return {len(names)}"
        texts["__getitem__"] = f"def __getitem__(self, i): return {mine}[i]"
        changed = ", ".join(f"changes.get({name!r}, self.{name})" for name in names)
        texts["_replace"] = f"def _replace(self, **changes): return {node.name}({changed})"
    result: list[ast.stmt] = []
    for name, text in texts.items():
        if name not in own:
            tree = parse_python(text).body[0]
            for part in ast.walk(tree):
                ast.copy_location(part, node)
                if name == "__init__" and isinstance(part, ast.Attribute):
                    part.initial = True  # type: ignore[attr-defined]
            result.append(tree)
    return result


def is_frozen(node: ast.ClassDef) -> bool:
    """Whether it is a data class whose fields cannot be assigned once an instance is made."""
    return _option(node, "frozen", False)


def _option(node: ast.ClassDef, name: str, default: bool) -> bool:
    """What the decorator says of an option."""
    given = [k for d in node.decorator_list if isinstance(d, ast.Call) for k in d.keywords if k.arg == name]
    return next((bool(k.value.value) for k in given if isinstance(k.value, ast.Constant)), default)


def _name(e: ast.expr) -> str:
    return e.id if isinstance(e, ast.Name) else e.attr if isinstance(e, ast.Attribute) else ""

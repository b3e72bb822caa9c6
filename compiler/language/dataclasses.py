"""The methods that `@dataclass` and `NamedTuple` give a class, written as Python."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from compiler.language.python.parsing import parse_python
from compiler.language.trees import last_name, walk


@dataclass(frozen=True)
class Field:
    """A field of a data class, or of a named tuple.

    Attributes:
        name: as it is written.
        default: the expression of its default, if it has one.
        factory: what makes a new default, if it has that.
        initial: whether `__init__` takes it; stored: whether it becomes an attribute, and no `InitVar`.
        shown, compared: whether `__repr__` shows it, and comparisons and hashes take it in.
        by_keyword: whether `__init__` takes it by keyword only.
        owner: the class whose attribute `kept` is a list of the factory, where that has to be worked out once; else "".
    """

    name: str
    default: ast.expr | None
    factory: ast.expr | None
    initial: bool = True
    stored: bool = True
    shown: bool = True
    compared: bool = True
    by_keyword: bool = False
    owner: str = ""

    @property
    def kept(self) -> str:
        """The name of a class attribute."""
        return f"_factory_of_{self.name}_"

    @property
    def parameter(self) -> str:
        """The parameter of `__init__`."""
        if self.factory is not None:
            return f"{self.name}=..."
        return self.name if self.default is None else f"{self.name}={ast.unparse(self.default)}"

    @property
    def value(self) -> str | None:
        """What `__init__` assigns to the attribute, if it does."""
        made = "" if self.factory is None else f"({ast.unparse(self.factory)})()"
        if self.owner:
            made = f"{self.owner}.{self.kept}[0]()"
        if not self.initial:
            return made or (None if self.default is None else ast.unparse(self.default))
        return f"{made} if {self.name} is ... else {self.name}" if made else self.name


def is_dataclass(node: ast.ClassDef) -> bool:
    """Whether a class is decorated with `dataclass`."""
    return any(last_name(d.func if isinstance(d, ast.Call) else d) == "dataclass" for d in node.decorator_list)


def is_named_tuple(node: ast.ClassDef) -> bool:
    """Whether `NamedTuple` is a base of the class."""
    return any(last_name(base) == "NamedTuple" for base in node.bases)


def named_tuple_call(node: ast.Assign) -> ast.ClassDef | None:
    """The class that `P = namedtuple("P", "x y")` stands for; None for other assignments."""
    match node:
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.Call(func=function, args=[ast.Constant(value=str(title)), fields], keywords=options),
        ) if last_name(function) == "namedtuple" and name == title:
            match fields:
                case ast.Constant(value=str(text)):
                    names = text.replace(",", " ").split()
                case ast.List(elts=items) | ast.Tuple(elts=items):
                    names = [
                        item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)
                    ]
                case _:
                    return None
            match options:
                case []:
                    defaults: list[ast.expr] = []
                case [ast.keyword(arg="defaults", value=ast.List(elts=values) | ast.Tuple(elts=values))]:
                    defaults = values
                case _:
                    return None
            given = dict(zip(names[len(names) - len(defaults) :], defaults))
            body: list[ast.stmt] = [
                ast.AnnAssign(ast.Name(each, ast.Store()), ast.Constant(None), given.get(each), 1) for each in names
            ]
            return ast.ClassDef(name, [ast.Name("NamedTuple", ast.Load())], [], body, [])
    return None


def own_fields(node: ast.ClassDef) -> list[Field]:
    """The fields in the body of a class."""
    fields = []
    by_keyword = is_dataclass(node) and _option(node, "kw_only", False)
    for s in node.body:
        if not isinstance(s, ast.AnnAssign) or not isinstance(s.target, ast.Name):
            continue
        annotated = last_name(s.annotation.value if isinstance(s.annotation, ast.Subscript) else s.annotation)
        if annotated == "KW_ONLY":
            by_keyword = True
        elif annotated != "ClassVar":
            options = {k.arg: k.value for k in s.value.keywords} if _is_field(s.value) else {"default": s.value}
            said = {name: e.value for name, e in options.items() if isinstance(e, ast.Constant)}
            compared = said.get("compare", True)
            fields.append(
                Field(
                    s.target.id,
                    options.get("default"),
                    options.get("default_factory"),
                    initial=bool(said.get("init", True)),
                    stored=annotated != "InitVar",
                    shown=bool(said.get("repr", True)),
                    compared=bool(compared),
                    by_keyword=bool(said.get("kw_only", by_keyword)),
                    owner=node.name if _calls(options.get("default_factory")) else "",
                )
            )
    return fields


def _calls(factory: ast.expr | None) -> bool:
    """Whether working out what makes a default calls something, which must not be done again for each instance."""
    parts = () if factory is None or isinstance(factory, ast.Lambda) else walk(factory)
    return any(isinstance(part, ast.Call) for part in parts)


def _is_field(e: ast.expr | None) -> TypeGuard[ast.Call]:
    return isinstance(e, ast.Call) and last_name(e.func) == "field"


def is_field_default(s: ast.stmt) -> bool:
    """Whether a statement of a data class only says something of a field: its value is made for each instance."""
    if not isinstance(s, ast.AnnAssign):
        return False
    annotated = last_name(s.annotation.value if isinstance(s.annotation, ast.Subscript) else s.annotation)
    return s.value is None or isinstance(s.value, ast.Call) and annotated != "ClassVar"


def methods(node: ast.ClassDef, fields: Sequence[Field], finishes: bool) -> list[ast.stmt]:
    """The methods that the class does not define itself; finishes: whether it has a `__post_init__`."""
    parameters = ["self", *(field.parameter for field in fields if field.initial and not field.by_keyword)]
    keywords = [field.parameter for field in fields if field.initial and field.by_keyword]
    parameters += ["*", *keywords] if keywords else []
    lines = [f"self.{field.name} = {field.value}" for field in fields if field.stored and field.value is not None]
    if finishes:
        lines.append(f"self.__post_init__({', '.join(field.name for field in fields if not field.stored)})")
    names = [field.name for field in fields if field.stored]
    compared = [field.name for field in fields if field.stored and field.compared]
    own = {s.name for s in node.body if isinstance(s, ast.FunctionDef)}
    shown = ", ".join(f"{field.name}={{self.{field.name}!r}}" for field in fields if field.stored and field.shown)
    mine, other = (f"({''.join(f'{x}.{name}, ' for name in compared)})" for x in ("self", "other"))
    same = "__same_class__(self, other)"
    texts = {
        "__init__": f"def __init__({', '.join(parameters)}):\n    " + "\n    ".join(lines or ["pass"]),
        "__repr__": f"def __repr__(self): return __shown_name__(self) + f'({shown})'",
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
        texts |= _of_tuples(node.name, mine, names)
    for field in own_fields(node):
        if field.owner and field.factory:
            texts[field.kept] = f"{field.kept} = [{ast.unparse(field.factory)}]"
    result: list[ast.stmt] = []
    for name, text in texts.items():
        if name not in own:
            tree = parse_python(text).body[0]
            for part in walk(tree):
                ast.copy_location(part, node)
                if name == "__init__" and isinstance(part, ast.Attribute):
                    part.initial = True  # type: ignore[attr-defined]
            result.append(tree)
    return result


def _of_tuples(name: str, items: str, names: Sequence[str]) -> dict[str, str]:
    """The methods that named tuples have besides those of data classes."""
    changed = ", ".join(f"changes.pop({each!r}, self.{each})" for each in names)
    pairs = ", ".join(f"{each!r}: self.{each}" for each in names)
    unknown = "raise ValueError('Got unexpected field names: ' + repr(list(changes)))"
    return {
        "_replace": f"def _replace(self, **changes):\n new = {name}({changed})\n if changes: {unknown}\n return new",
        "_asdict": f"def _asdict(self): return {{{pairs}}}",
        "_make": "@classmethod\ndef _make(cls, iterable): return cls(*iterable)",
        "count": f"def count(self, value): return {items}.count(value)",
        "index": f"def index(self, value): return {items}.index(value)",
        "__add__": f"def __add__(self, other): return {items} + tuple(other)",
        "__radd__": f"def __radd__(self, other): return other + {items}",
        "__mul__": f"def __mul__(self, n): return {items} * n",
        "__rmul__": f"def __rmul__(self, n): return {items} * n",
    }


_DERIVED = {
    "lt": {"gt": "not r and self != other", "le": "bool(r) or self == other", "ge": "not r"},
    "le": {"ge": "not r or self == other", "lt": "bool(r) and self != other", "gt": "not r"},
    "gt": {"lt": "not r and self != other", "ge": "bool(r) or self == other", "le": "not r"},
    "ge": {"le": "not r or self == other", "gt": "bool(r) and self != other", "lt": "not r"},
}
"""The comparisons that `functools.total_ordering` makes of one of them, whose result is r."""


def comparisons(node: ast.ClassDef) -> list[ast.stmt]:
    """The methods that `functools.total_ordering` adds to a class that it decorates."""
    own = {s.name for s in node.body if isinstance(s, ast.FunctionDef)}
    root = next((name for name in _DERIVED if f"__{name}__" in own), None)
    if root is None or all(last_name(d) != "total_ordering" for d in node.decorator_list):
        return []
    texts = [
        f"def __{name}__(self, other):\n r = self.__{root}__(other)\n"
        f" if r is NotImplemented: return NotImplemented\n return {value}"
        for name, value in _DERIVED[root].items()
        if f"__{name}__" not in own
    ]
    added = [parse_python(text).body[0] for text in texts]
    for part in (part for s in added for part in walk(s)):
        ast.copy_location(part, node)
    return added


def is_frozen(node: ast.ClassDef) -> bool:
    """Whether it is a data class whose fields cannot be assigned once an instance is made."""
    return _option(node, "frozen", False)


def _option(node: ast.ClassDef, name: str, default: bool) -> bool:
    """What the decorator says of an option."""
    given = [k for d in node.decorator_list if isinstance(d, ast.Call) for k in d.keywords if k.arg == name]
    return next((bool(k.value.value) for k in given if isinstance(k.value, ast.Constant)), default)

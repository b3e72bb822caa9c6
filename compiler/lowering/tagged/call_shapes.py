"""With what arguments built-in functions that are values may be called, as far as the text of a program says it.

A built-in function that is a value gets only the parameters that a call may give something for, so that `map(int, xs)`
does not bring into the prompt what `int` does with a base.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from compiler.language.trees import walk
from compiler.lowering.tagged.built_in_values import SIGNATURES
from compiler.lowering.tagged.tables import METHODS

MANY = sys.maxsize
"""Stands for any number of arguments."""


@dataclass(frozen=True)
class Shape:
    """At least and at most so many arguments by position, and none by names but these; None: any."""

    least: int
    most: int
    keywords: frozenset[str] | None = frozenset()

    def __or__(self, other: Shape) -> Shape:
        """What may be called in one of the two ways."""
        both = None if self.keywords is None or other.keywords is None else self.keywords | other.keywords
        return Shape(min(self.least, other.least), max(self.most, other.most), both)


ONE = Shape(1, 1)
_CALLS_FIRST = {"filter": 1, "reduce": 2, "defaultdict": 0, "takewhile": 1, "dropwhile": 1, "filterfalse": 1}
"""Functions that call their first argument, and with how many."""
_CALLS_KEY = frozenset({"sorted", "min", "max", "sort"})
"""Those that call the argument that is named `key`, with one."""
_COUNTED_AT_CALLS = "_mapped_tuples"
"""The function of the library that calls what `map` is given: with as many arguments as `map` got after it."""


@dataclass(frozen=True)
class Value:
    """A built-in function that is a value.

    shape: how it is called; None: wherever the program calls something that it computed; by: the function that is
    given it, and does that, if the name is not one of the program's own.
    """

    name: str
    shape: Shape | None
    by: str = ""


@dataclass(frozen=True)
class Called:
    """A call. callee: a name, an attribute as `.name`, or "" for any other expression."""

    callee: str
    shape: Shape


@dataclass(frozen=True)
class Method:
    """A method of `str`. texts: for each argument whether it is surely a text; None where that cannot be said."""

    name: str
    texts: tuple[bool, ...] | None


Use = Value | Called | Method
_TEXT_METHODS = frozenset(
    name
    for name, routines in METHODS.items()
    if "str" in routines and any(p.type in ("str", "text") for p in routines["str"].parameters)
)
"""Methods of `str` with arguments that have to be texts."""


def uses(nodes: Iterable[ast.AST]) -> tuple[Use, ...]:
    """The built-in functions that are values in a part of a program, all calls, and the methods of texts."""
    known: dict[int, Value | None] = {}
    names: list[ast.Name] = []
    found: list[Use] = []
    methods: dict[int, Method] = {}
    inner: set[int] = set()
    for node in nodes:
        match node:
            case ast.FunctionDef(name=name) if name == _COUNTED_AT_CALLS:
                inner |= {id(part) for part in walk(node)}
            case ast.Name(ctx=ast.Load()):
                names.append(node)
            case ast.Compare(left=left, comparators=others):
                for side in (left, *others):
                    for part in side.elts if isinstance(side, ast.Tuple) else [side]:
                        known[id(part)] = None
            case ast.Attribute(value=owner, attr=name):
                if isinstance(owner, ast.Name):
                    known[id(owner)] = None
                if name in _TEXT_METHODS:
                    methods.setdefault(id(node), Method(name, None))
            case ast.Constant(value=str(name)) if name in _TEXT_METHODS:  # `getattr` may ask for it
                methods[id(node)] = Method(name, None)
            case ast.Call() if id(node) not in inner:
                found += _call(node, known)
                if isinstance(node.func, ast.Attribute) and node.func.attr in _TEXT_METHODS:
                    methods[id(node.func)] = Method(node.func.attr, _texts(node))
    for each in names:
        if each.id in SIGNATURES or each.id == "map":
            value = known.get(id(each), Value(each.id, None))
            if value is not None:
                found.append(value)
    return tuple(dict.fromkeys([*found, *methods.values()]))


def _texts(e: ast.Call) -> tuple[bool, ...] | None:
    """Which arguments are surely texts."""
    if e.keywords or any(isinstance(a, ast.Starred) for a in e.args):
        return None
    return tuple(isinstance(a, ast.JoinedStr) or isinstance(a, ast.Constant) and type(a.value) is str for a in e.args)


def sure_texts(found: Iterable[Use]) -> dict[str, tuple[bool, ...]]:
    """For methods of `str` which of their arguments are texts in every call."""
    texts: dict[str, list[tuple[bool, ...] | None]] = {}
    for use in found:
        if isinstance(use, Method):
            texts.setdefault(use.name, []).append(use.texts)
    return {name: _in_all([t for t in given if t is not None]) for name, given in texts.items() if None not in given}


def _in_all(calls: Sequence[tuple[bool, ...]]) -> tuple[bool, ...]:
    """Which arguments are texts in every call that has them."""
    most = max(map(len, calls))
    return tuple(all(texts[i] for texts in calls if i < len(texts)) for i in range(most))


def shape_of(e: ast.Call) -> Shape:
    """The shape of a call."""
    names = [k.arg for k in e.keywords]
    least = sum(not isinstance(a, ast.Starred) for a in e.args)
    keywords = None if None in names else frozenset(name for name in names if name is not None)
    return Shape(least, least if least == len(e.args) else MANY, keywords)


def _call(e: ast.Call, known: dict[int, Value | None]) -> Iterable[Called]:
    """The call itself; notes what is known of values in it."""
    shape = shape_of(e)
    match e.func:
        case ast.Name(id=name):
            callee = name
            starred = shape.most == MANY or shape.keywords is None
            known[id(e.func)] = Value(name, shape) if starred else None
        case ast.Attribute(attr=name) if name != "__class__":
            callee = f".{name}"
        case _:
            return [Called("", shape)]
    if name in ("isinstance", "issubclass") and len(e.args) == 2:
        for part in e.args[1].elts if isinstance(e.args[1], ast.Tuple) else [e.args[1]]:
            known[id(part)] = None
    count = len(e.args) - 1 if name == "map" else _CALLS_FIRST.get(name)
    if count is not None and e.args and shape.most < MANY and isinstance(e.args[0], ast.Name):
        known[id(e.args[0])] = Value(e.args[0].id, Shape(count, count), name)
    if name in _CALLS_KEY:
        for keyword in e.keywords:
            if keyword.arg == "key" and isinstance(keyword.value, ast.Name):
                known[id(keyword.value)] = Value(keyword.value.id, ONE, name)
    return [Called(callee, shape)]


def _is_value_called(call: Called) -> bool:
    """Whether a method is called through its value, since how many arguments there are is known only at run time."""
    starred = call.shape.most == MANY or call.shape.keywords is None
    return starred and call.callee.startswith(".") and call.callee[1:] in METHODS


def shapes(
    found: Iterable[tuple[Use, Callable[[str], bool]]], own: Callable[[str], bool], asks_types: bool
) -> dict[str, Shape]:
    """How each built-in function that is a value may be called; "" stands for any other value.

    found: each with what says whether a callee may hold such a value; own: whether the program defines a name;
    asks_types: whether types may be values without being named.
    """
    general = ONE
    values: list[Value] = []
    for each, may_hold in found:
        if isinstance(each, Value):
            values.append(each)
        elif isinstance(each, Method):
            continue
        elif each.callee == "map":
            most = each.shape.most
            general |= Shape(max(each.shape.least - 1, 0), most - 1 if most < MANY else MANY)
        elif may_hold(each.callee) or _is_value_called(each):
            general |= each.shape
    if any(value.name == "map" for value in values):
        general |= Shape(1, MANY)
    result: dict[str, Shape] = {}
    for value in values:
        shape = general if value.shape is None or value.by and own(value.by) else value.shape
        result[value.name] = result.get(value.name, shape) | shape
    for name in SIGNATURES:
        if name not in result or asks_types:
            result[name] = result.get(name, general) | general
    return {**result, "": general}

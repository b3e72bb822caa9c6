"""What CPython calls the types of objects that are functions and generators of the library here."""

from __future__ import annotations

from compiler.lowering.tagged.scopes import Class, Function
from compiler.lowering.tagged.tables import TYPE_NAMES

_ITERATORS = {
    "_numbered": "enumerate",
    "_pairs": "zip",
    "_tuples": "zip",
    "_mapped": "map",
    "_mapped_tuples": "map",
    "_filtered": "filter",
    "_backwards": "reversed",
    "_until": "callable_iterator",
    "_list_backwards": "list_reverseiterator",
    "_keys_backwards": "dict_reversekeyiterator",
    "_tee": "itertools._tee",
    "_grouper": "itertools._grouper",
}
"""For generators of `library/modules/builtins.txt`, and those of `itertools.txt` that have other names."""
_CLASSES = frozenset({"enumerate", "zip", "map", "filter", "reversed"})
"""Functions of `library/modules/builtins.txt` that are types in CPython."""
MODULES_SHOWN = frozenset({"collections", "itertools", "functools", "operator", "sys"})
"""Modules that messages name before the types of theirs."""
_IN_C = frozenset({"builtins", "math", "bisect", "heapq", "operator", "sys"})
"""Modules of which CPython has the functions in C."""
_OBJECTS = {"cached": "functools._lru_cache_wrapper", "called": "functools.partial", "key": "functools.KeyWrapper"}
"""For functions inside functions of `library/modules/functools.txt` that are objects in CPython."""


def type_in_c(f: Function) -> str:
    """The name, as messages have it, of the type that a function of the library, or its generator, has in CPython.

    It is "" for functions of a program, and for those that are Python in CPython as well.
    """
    if f.stands_for.startswith("method."):
        return "method_descriptor"
    module = f.namespace.name
    if f.is_generator:
        if module == "itertools":
            return _ITERATORS.get(f.name, f"itertools.{f.name.strip('_')}")
        if module == "builtins":
            return _ITERATORS.get(f.name, "")
        return "_collections._deque_iterator" if f.owner is not None and f.owner.name == "deque" else ""
    if module == "itertools" or module == "builtins" and (f.name in TYPE_NAMES or f.name in _CLASSES):
        return "type"
    if module == "functools":
        return _OBJECTS.get(f.name, "builtin_function_or_method" if f.name == "reduce" else "")
    if module == "operator" and f.parent is not None:
        return f"operator.{f.parent.name}"
    return "builtin_function_or_method" if module in _IN_C else ""


_STANDING = {
    ("collections", "_Dictionary"): "dict",
    ("_bases", "__list_base__"): "list",
    ("enum", "IntEnum"): "int",
}


def native_base(cls: Class) -> str:
    """Python's own type that a class is derived from in CPython, and not here; "" if there is none."""
    if cls.is_named_tuple:
        return "tuple"
    return _STANDING.get((cls.namespace.name, cls.name), "")

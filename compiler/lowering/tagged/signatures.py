"""What CPython says about calls whose arguments do not fit the parameters."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib import import_module
from itertools import takewhile
from types import BuiltinFunctionType, FunctionType

from compiler.lowering.tagged.built_in_values import NOT_GIVEN, SIGNATURES
from compiler.lowering.tagged.scopes import Function
from compiler.lowering.tagged.tables import METHODS, Routine
from compiler.lowering.tagged.texts import default_expressions


def name_of(f: Function) -> str:
    """The function as errors name it; the fields of a NamedTuple are parameters of `__new__`."""
    if f.owner is not None and f.owner.is_named_tuple and f.name == "__init__":
        return f"{f.owner.qualified_name}.__new__()"
    return f"{f.qualified_name}()"


def positional(f: Function) -> list[str]:
    """The parameters that can be given by position."""
    return [a.arg for a in [*f.definition.args.posonlyargs, *f.definition.args.args]]


def required(f: Function) -> list[str]:
    """Those of them without a default."""
    return [name for name in positional(f) if name not in default_expressions(f.definition.args)]


def missing(f: Function, names: Sequence[str], kind: str = "positional") -> str:
    """`f() missing 2 required positional arguments: 'a' and 'b'`."""
    shown = [f"'{name}'" for name in names]
    listed = " and ".join(shown) if len(shown) < 3 else f"{', '.join(shown[:-1])}, and {shown[-1]}"
    plural = "s" if len(names) > 1 else ""
    return f"{name_of(f)} missing {len(names)} required {kind} argument{plural}: {listed}"


def takes(f: Function) -> str:
    """`f() takes from 1 to 2 positional arguments but `, to be followed by how many were given."""
    least, most = len(required(f)), len(positional(f))
    count = str(most) if least == most else f"from {least} to {most}"
    return f"{name_of(f)} takes {count} positional argument{'' if count == '1' else 's'} but "


def given(count: int) -> str:
    """How many arguments were given."""
    return f"{count} {'was' if count == 1 else 'were'} given"


def unexpected(f: Function) -> str:
    """The beginning of what is said about an argument with a name that no parameter has."""
    return f"{name_of(f)} got an unexpected keyword argument '"


def only_by_position(f: Function, names: Sequence[str]) -> str:
    """What is said about parameters that cannot be given by name."""
    return f"{name_of(f)} got some positional-only arguments passed as keyword arguments: '{', '.join(names)}'"


def twice(f: Function, name: str) -> str:
    """What is said about an argument given by position and by name."""
    return f"{name_of(f)} got multiple values for argument '{name}'"


def complaint(receiver: object, name: str, count: int, keywords: Sequence[str]) -> str | None:
    """What CPython says when a method of an empty value of one of its own types gets these arguments.

    None if it says nothing about their number and names.
    """
    method = getattr(type(receiver), name)  # a call of an attribute asks the type, and says so
    return _complaint(partial(method, receiver), count, keywords)


def _complaint(
    function: Callable[..., object], count: int, keywords: Sequence[str], argument: object = None
) -> str | None:
    try:
        function(*[argument] * count, **dict.fromkeys(keywords))
    except TypeError as error:
        return str(error)
    except Exception:
        return None
    return None


class _Stranger:
    """Of a type that no method takes."""


_USUAL = "must be str, not "
_FITTING = {"str": " ", "text": " ", "int": 1, "any": " "}
"""Arguments that methods of `str` take."""


@cache
def text_complaint(routine: Routine, i: int) -> tuple[str, str] | None:
    """What CPython says if argument i of a method of `str` is no string; None for what most of them say.

    That is the routine of the library that says it, and the text that this is given.
    """
    said = _said_of_text(routine, i, _Stranger())
    before, name, _ = said.partition(_Stranger.__name__)
    if not name:
        return "text_alone", said
    if before == _USUAL:
        return None if routine.parameters[i].type == "str" else ("text_argument", before)
    if _said_of_text(routine, i, None) == f"{before}None" and before.endswith(_USUAL):
        return "text_argument_of", before.removesuffix(_USUAL)
    return "text_argument", before


def _said_of_text(routine: Routine, i: int, argument: object) -> str:
    fitting: list[object] = [_FITTING[p.type] for p in routine.parameters[:i]]
    later = [_FITTING[p.type] for p in routine.parameters[i + 1 :] if p.default is None]
    try:
        getattr("", routine.method)(*fitting, argument, *later)
    except TypeError as error:
        return str(error)
    return f"{_USUAL}{_Stranger.__name__}"


def original(f: Function) -> Callable[..., object] | None:
    """What CPython has in C where the library has this function; None if that is Python as well, or none of it."""
    if not f.namespace.name or f.parent is not None:
        return None
    if f.stands_for.startswith("method."):
        owner = next((kind for kind in METHODS.get(f.name, ())), "")
        return getattr(getattr(builtins, owner)(), f.name) if owner else None
    if f.owner is not None and (f.name != "__init__" or f.owner.is_exception):
        return None
    if f.namespace.name in ("sys", "_bases"):
        return None
    found = getattr(import_module(f.namespace.name), f.owner.name if f.owner else f.name, None)
    in_c = isinstance(found, BuiltinFunctionType) or isinstance(found, type) and "__init__" not in _written(found)
    return found if in_c and callable(found) else None


def _written(cls: type) -> set[str]:
    """The methods of a class that are written in Python."""
    return {name for name in dir(cls) if isinstance(getattr(cls, name, None), FunctionType)}


def original_complaint(f: Function, count: int, keywords: Sequence[str] = ()) -> str | None:
    """What CPython says of these arguments, which do not fit, where it has the function in C; else None."""
    function = original(f)
    if function is None:
        return None
    bound = f.owner is not None or f.stands_for.startswith("method.")
    if bound and not count:
        return f"unbound method {next(iter(METHODS.get(f.name, ())), '')}.{f.name}() needs an argument"
    return _complaint(function, count - bound, keywords, ())


def original_unexpected(f: Function) -> str:
    """What CPython says, where it has the function in C, of an argument that is given by the name `?`; else ""."""
    least = len(required(f))
    return original_complaint(f, max(1, least) if f.definition.args.vararg else least, ["?"]) or ""


def takes_names(f: Function) -> bool:
    """Whether a function has arguments that can be given by name."""
    a = SIGNATURES[f.stands_for] if f.stands_for in SIGNATURES else f.definition.args
    receiver = f.stands_for.startswith("method.")
    return bool(a.args[receiver:] or a.kwonlyargs or a.kwarg)


def built_in_complaint(name: str, count: int, keywords: Sequence[str]) -> str | None:
    """What CPython says of a call of a built-in function whose arguments do not fit; None if they do."""
    a = SIGNATURES.get(name)
    if a is None:
        return None
    positional = [p.arg for p in [*a.posonlyargs, *a.args]]
    named = {p.arg for p in [*a.args, *a.kwonlyargs]}
    optional = default_expressions(a)
    fits = count <= len(positional) or a.vararg is not None
    fits = fits and all(p in keywords or p in optional for p in positional[count:])
    fits = fits and (a.kwarg is not None or named.issuperset(keywords)) and not set(positional[:count]) & set(keywords)
    last = max([count, *(i for i, p in enumerate(positional) if p in keywords)])
    fits = fits and not any(_has_no_value(optional.get(p)) for p in positional[count:last] if p not in keywords)
    fits = fits and not (a.vararg is not None and not positional and name != "print" and not count)
    fits = fits and (name, count) != ("type", 2)
    return None if fits else _complaint(getattr(builtins, name), count, keywords, ())


def _has_no_value(default: ast.expr | None) -> bool:
    return isinstance(default, ast.Name) and default.id == NOT_GIVEN


def by_position(name: str, count: int, keywords: Sequence[str | None]) -> list[str]:
    """The first arguments by name of a call of a built-in function that might as well be given by position."""
    a = SIGNATURES.get(name)
    if a is None:
        return []
    following = [p.arg for p in [*a.posonlyargs, *a.args]][count:]
    return list(takewhile(lambda p: p in keywords and keywords.index(p) == following.index(p), following))

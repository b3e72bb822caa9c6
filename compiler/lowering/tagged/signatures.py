"""What CPython says about calls whose arguments do not fit the parameters."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.lowering.tagged.scopes import Function
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
    """What is said where parameters that have no keyword are given by one; "" if none of these names is one."""
    given = [a.arg for a in f.definition.args.posonlyargs if a.arg in names]
    told = "got some positional-only arguments passed as keyword arguments"
    return f"{name_of(f)} {told}: '{', '.join(given)}'" if given and f.definition.args.kwarg is None else ""


def twice(f: Function, name: str) -> str:
    """What is said about an argument given by position and by name."""
    return f"{name_of(f)} got multiple values for argument '{name}'"


def complaint(receiver: object, name: str, count: int, keywords: Sequence[str]) -> str | None:
    """What CPython says when a method of an empty value of one of its own types gets these arguments.

    None if it says nothing about their number and names.
    """
    try:
        getattr(receiver, name)(*[None] * count, **dict.fromkeys(keywords))
    except TypeError as error:
        return str(error)
    except Exception:
        return None
    return None

"""Methods of Python's own types as values: functions that call them, with as many arguments as a program may give."""

from __future__ import annotations

from compiler.lowering.tagged.call_shapes import Shape
from compiler.lowering.tagged.tables import METHODS

_WRITTEN = {
    "format": "(x, *a, **k):\n return x.format(*a, **k)",
    "sort": "(x, *a, key=None, reverse=False):\n"
    " if a:\n  return __type_error__('sort() takes no positional arguments')\n"
    " return x.sort(key=key, reverse=reverse)",
    "update": "(x, *a, **k):\n if len(a) == 2:\n  x.update(a[0], a[1])\n else:\n  for y in a:\n   x.update(y)\n"
    " if k:\n  x.update(k)",
}
"""Methods that take any names, or are written where they are called."""
WITHOUT_NAMES = {"format": "(x, *a):\n return x.format(*a)", "sort": "(x):\n return x.sort()"}
"""The same for programs that give nothing by name."""


def text_of(name: str, shape: Shape) -> str:
    """Parameters and body, as text, of a function that calls a method of its first argument.

    shape: how values are called; a method of an object gets that object before the arguments.
    """
    names = [p for routine in METHODS.get(name, {}).values() for p in routine.parameters if p.name]
    by_name = shape.keywords is None or bool(shape.keywords)
    if name in _WRITTEN and (by_name or name in WITHOUT_NAMES):
        return _WRITTEN[name] if by_name else WITHOUT_NAMES[name]
    if names and by_name and (shape.keywords is None or shape.keywords & {p.name for p in names}):
        given = ", ".join(p.name for p in names)
        return f"(x, {', '.join(f'{p.name}={p.default}' for p in names)}):\n return x.{name}({given})"
    return f"(x, *a):\n{_by_count(name, shape)}"


def _by_count(name: str, shape: Shape) -> str:
    """The body for each number of arguments that there may be, and that the method may take; and one more."""
    routines = METHODS.get(name, {}).values()
    any_number = any(routine.each for routine in routines)
    most = max([2, *(len(routine.parameters) for routine in routines)]) + 1
    counts = range(max(shape.least - 1, 0), min(shape.most, most) + 1)
    lines = []
    for count in counts:
        call = f"x.{name}({', '.join(f'a[{i}]' for i in range(count))})"
        last = count == counts[-1] and not (any_number and shape.most > most)
        lines.append(f" return {call}" if last else f" if len(a) == {count}:\n  return {call}")
    if any_number and shape.most > most:
        if all(routine.result == "none" for routine in routines):
            lines.append(f" for y in a:\n  x.{name}(y)")
        else:
            lines.append(f" for y in a:\n  x = x.{name}(y)\n return x")
    return "\n".join(lines)

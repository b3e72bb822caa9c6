"""Machines of one's own: `FILE.py:NAME` is the `Machine` of this name in a Python file, or what a function makes."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Callable, Hashable, Sequence, Set
from pathlib import Path
from types import ModuleType
from typing import Any

from compiler.circuits import Circuit
from compiler.machines.codec import Words
from compiler.machines.machine import Machine

_MARK = ".py:"


class MachineError(ValueError):
    """A place where there is no machine; the message is whole, with file and hint."""


def is_place(name: str) -> bool:
    """Whether a name is `FILE.py:NAME`, or meant to be: `FILE.py` alone."""
    return _MARK in name or name.endswith(".py")


def load_machine(place: str, specified: bool = False) -> Machine[Any]:
    """The machine `FILE.py:NAME`. The file is run, as Python runs a script: it may import files beside it.

    specified: it must have a specification.

    Raises:
        MachineError: the file is not there or raises an exception, has no such name, or what it names is no machine:
            not a `Machine`, tokens that its circuit does not have, a circuit that cannot be built, tokens that nobody
            can write.
    """
    path, colon, name = place.rpartition(":")
    if not colon or not path.endswith(".py") or not name:
        raise _error(place, "this names a file, and no machine in it", f"write {path or place}:NAME")
    file = Path(path)
    if not file.is_file():
        raise _error(path, "there is no such file", "`punchtape new NAME` writes a machine to begin with")
    found = _names_of(file)
    if name not in found:
        there = [n for n, value in found.items() if isinstance(value, Machine)]
        raise _error(path, f"it has no name `{name}`", f"its machines are: {', '.join(there)}" if there else "")
    machine = found[name]
    if callable(machine) and not isinstance(machine, Machine):
        try:
            machine = machine()
        except KeyboardInterrupt:
            raise
        except BaseException as problem:  # it may end the process
            raise _raised(file, problem, f"`{name}` is called without arguments, and should return a Machine") from None
    if not isinstance(machine, Machine):
        kind = type(machine).__name__
        raise _error(
            path,
            f"`{name}` is no punchtape.Machine, and no function that makes one: it is of type {kind}",
            "write `machine = Machine(NAME, vocabulary, circuit, halting=frozenset({…}), specification=…)`",
        )
    try:
        wrong, hint = _shape_problem(machine)
    except Exception as problem:  # what the functions raise that its circuit calls for each token
        raise _raised(file, problem, f"`{name}` has a circuit that cannot be built") from None
    if wrong:
        raise _error(path, f"`{name}`: {wrong}", hint)
    if specified and machine.specification is None:
        raise _error(path, f"`{name}` has no specification", SPECIFICATION_HINT)
    return machine


def text_of(file: str) -> str:
    """The text of a file that a machine is made for; raises MachineError where it cannot be read."""
    try:
        return Path(file).read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise _error(file, f"cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError as problem:
        raise _error(file, f"is not UTF-8 text (byte {problem.start})") from None


SPECIFICATION_HINT = (
    "write Machine(…, specification=f), where f takes the tokens of a prompt and yields those that follow"
)


_PARTS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "vocabulary": (lambda part: isinstance(part, Sequence), "a list of tokens"),
    "circuit": (lambda part: isinstance(part, Circuit), "a punchtape.Circuit"),
    "halting": (lambda part: isinstance(part, Set), "a frozenset of numbers of tokens"),
    "specification": (lambda part: part is None or callable(part), "a function of the tokens of a prompt"),
    "codec": (
        lambda part: part is None or all(callable(getattr(part, name, None)) for name in ("tokens", "text")),
        "an object with the methods `tokens` and `text`",
    ),
    "window": (
        lambda part: part is None or (hasattr(part, "size") and callable(getattr(part, "begin", None))),
        "an object with `size` and the method `begin`",
    ),
    "prompts": (
        lambda part: hasattr(part, "example") or (isinstance(part, Sequence) and not isinstance(part, str)),
        "a list of prompts, or a Hypothesis strategy that draws them",
    ),
}
"""What each part of a machine has to be: a test, and words for it."""


def _shape_problem(machine: Machine[Any]) -> tuple[str, str]:
    """What is wrong with the parts of a machine, and what to do; two empty texts where nothing is."""
    for name, (fits, wanted) in _PARTS.items():
        part = getattr(machine, name)
        if not fits(part):
            return f"its {name} is of type {type(part).__name__}", f"give it {wanted}"
    unhashable = [token for token in machine.vocabulary if not isinstance(token, Hashable)]
    if unhashable:
        return (
            f"the token {unhashable[0]!r} cannot be hashed",
            "tokens are such as texts, numbers and tuples",
        )
    tokens, circuit = list(machine.vocabulary), list(machine.circuit.vocabulary)
    if not tokens:
        return "the vocabulary is empty", "a machine has one token at least"
    if len(set(tokens)) < len(tokens):
        return "a token is twice in the vocabulary", "give each token once"
    if tokens != circuit:
        return (
            f"its vocabulary has {len(tokens)} tokens, and not those of its circuit, {len(circuit)}, in their order",
            "give Machine and Circuit the same list",
        )
    for prompt in machine.prompts if isinstance(machine.prompts, Sequence) else ():
        remedy = "write each as a list of tokens"
        if not isinstance(prompt, Sequence) or isinstance(prompt, str):
            return f"{prompt!r:.60} among its prompts is no list of its tokens", remedy
        for token in prompt:
            if token not in tokens:
                return f"{prompt!r:.60} among its prompts has {token!r}, no token of it", remedy
    if any(not isinstance(n, int) or not 0 <= n < len(tokens) for n in machine.halting):
        return (
            f"`halting` has {sorted(machine.halting, key=str)}, and tokens have the numbers 0 to {len(tokens) - 1}",
            "write frozenset({vocabulary.index(TOKEN)})",
        )
    try:
        _ = machine.weights
    except ValueError as problem:
        return f"its circuit cannot be built: {problem}", ""
    if machine.codec is None:
        try:
            Words(tokens)
        except ValueError as problem:
            return str(problem), ""
    return "", ""


def _names_of(file: Path) -> dict[str, Any]:
    """What the file defines; the modules beside it that it imports are not kept for the next one."""
    folder = str(file.parent.resolve())
    before = dict(sys.modules)
    sys.path.insert(0, folder)
    try:
        return runpy.run_path(str(file))
    except KeyboardInterrupt:
        raise
    except BaseException as problem:  # the file may end the process
        raise _raised(file, problem) from None
    finally:
        sys.path.remove(folder)
        for name, module in list(sys.modules.items()):
            if name not in before and _is_in(module, folder):
                del sys.modules[name]


def _is_in(module: ModuleType, folder: str) -> bool:
    source = getattr(module, "__file__", None)
    return source is not None and str(Path(source).resolve().parent) == folder


def _raised(file: Path, problem: BaseException, hint: str = "") -> MachineError:
    """The message for an exception: the line of the user's files in which it was raised."""
    folder = file.parent.resolve()
    frames = [f for f in traceback.extract_tb(problem.__traceback__) if Path(f.filename).resolve().parent == folder]
    where = f"{Path(frames[-1].filename)}:{frames[-1].lineno}" if frames else str(file)
    if isinstance(problem, SyntaxError) and problem.filename:
        where = f"{problem.filename}:{problem.lineno}"
    return _error(where, f"{type(problem).__name__}: {problem}", hint or "the file has to run: try `python` on it")


def _error(where: object, message: str, hint: str = "") -> MachineError:
    return MachineError(f"{where}: error: {message}" + (f"\nhint: {hint}" if hint else ""))

"""CPython as the oracle: runs a program of the small language as what it also is, a Python program."""

from __future__ import annotations

import builtins
import io
import sys
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass

WITHHELD = frozenset({"breakpoint", "compile", "eval", "exec", "exit", "help", "open", "quit"})
"""Builtins that a program does not find: those that reach beyond it, and are not in the language."""

_EXIT = builtins.SystemExit
"""What a program ends with that calls `sys.exit`."""


@dataclass(frozen=True)
class PythonResult:
    """Output, and of the exception that ended the run its name, message and source line.

    The message of a `SystemExit` is its status, or a line with its end.
    """

    output: str
    exception: str | None
    message: str
    line: int


def run_python(source: str, input_text: str = "") -> PythonResult:
    """Runs the source in this process; it must end by itself.

    Some builtins are withheld: enough against mistakes of a generator, none against a program that means harm.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = compile(source, "<program>", "exec", dont_inherit=True)
    output, stdin = io.StringIO(), sys.stdin
    allowed = {name: value for name, value in vars(builtins).items() if name not in WITHHELD}
    sys.stdin = io.StringIO(input_text)
    try:
        with redirect_stdout(output):
            exec(code, {"__name__": "__main__", "__builtins__": allowed})
    except (Exception, _EXIT) as error:
        if isinstance(error, _EXIT) and (error.code is None or isinstance(error.code, int) and not error.code):
            return PythonResult(output.getvalue(), None, "", 0)
        line, at = 0, error.__traceback__
        while at is not None:
            if at.tb_frame.f_code.co_filename == "<program>":
                line = at.tb_lineno
            at = at.tb_next
        if isinstance(error, _EXIT):
            status = str(int(error.code)) if isinstance(error.code, int) else f"{error.code}\n"
            return PythonResult(output.getvalue(), "SystemExit", status, line)
        return PythonResult(output.getvalue(), type(error).__name__, str(error), line)
    finally:
        sys.stdin = stdin
    return PythonResult(output.getvalue(), None, "", 0)

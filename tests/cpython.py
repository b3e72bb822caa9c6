"""CPython as the oracle: runs a program of the small language as what it also is, a Python program."""

from __future__ import annotations

import io
import sys
import traceback
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch


@dataclass(frozen=True)
class PythonResult:
    """Output, and of the exception that ended the run its name, message and source line."""

    output: str
    exception: str | None
    message: str
    line: int


def run_python(source: str, input_text: str = "") -> PythonResult:
    """Runs the source in this process; it must end by itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = compile(source, "<program>", "exec")
    output = io.StringIO()
    with redirect_stdout(output), patch.object(sys, "stdin", io.StringIO(input_text)):
        try:
            exec(code, {"__name__": "__main__"})
        except Exception as error:
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<program>"]
            return PythonResult(output.getvalue(), type(error).__name__, str(error), frames[-1].lineno or 0)
    return PythonResult(output.getvalue(), None, "", 0)

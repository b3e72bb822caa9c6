"""Standard input, output and error as a careful Unix tool has them, whatever the process was started with."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

PIPE = 128 + getattr(signal, "SIGPIPE", 13)
"""The exit status of what a closed pipe has ended, as a shell gives it."""


class OutputLost(Exception):
    """Standard output cannot be written. No OSError, so that nobody takes it for one of a file of his own.

    status: None for a closed pipe, where there is nothing to say: whoever read it has seen enough.
    """

    def __init__(self, problem: OSError) -> None:
        super().__init__(f"standard output: error: cannot be written: {problem.strerror}")
        self.closed_pipe = problem.errno == errno.EPIPE


class _Output(io.FileIO):
    """What comes to standard output. After a failure the rest of it is dropped, or Python would try again at exit."""

    lost = False

    def write(self, data: object) -> int:
        if self.lost:
            return memoryview(data).nbytes  # type: ignore[arg-type]
        try:
            written = super().write(data)  # type: ignore[arg-type]
        except OSError as problem:
            self.lost = True
            raise OutputLost(problem) from None
        if written is None:
            self.lost = True
            raise OutputLost(BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)))
        return written


class _Messages(io.FileIO):
    """What comes to standard error. Where it cannot be written, the exit status has to say it all."""

    def write(self, data: object) -> int:
        try:
            return super().write(data) or 0  # type: ignore[arg-type]
        except OSError:
            return memoryview(data).nbytes  # type: ignore[arg-type]


@contextmanager
def standard_streams() -> Iterator[None]:
    """Inside, `sys.stdout` raises OutputLost where it cannot be written, and messages are never the trouble.

    Streams that somebody has replaced already, a test for example, are left alone.
    """
    _open_closed_descriptors()
    former = sys.stdin, sys.stdout, sys.stderr
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)
    if sys.stdout is sys.__stdout__:
        sys.stdout = _text(io.BufferedWriter(_Output(1, "w", closefd=False)), sys.__stdout__, "strict")
    if sys.stderr is sys.__stderr__:
        sys.stderr = _text(io.BufferedWriter(_Messages(2, "w", closefd=False)), sys.__stderr__, "backslashreplace")
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = former


def _text(binary: io.BufferedWriter, like: TextIO | None, errors: str) -> TextIO:
    """A text stream with the encoding of the one that Python has opened, or UTF-8 if there is none."""
    if like is None:
        return io.TextIOWrapper(binary, "utf-8", errors, line_buffering=True)
    return io.TextIOWrapper(binary, like.encoding, like.errors, line_buffering=like.isatty() or like is sys.__stderr__)


def _open_closed_descriptors() -> None:
    """Takes descriptors 0 to 2 where they are closed, or the next file to be opened would be a standard stream.

    Each is opened the wrong way round, as Gnulib's `stdopen` does it, so that using it is still an error.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            taken = os.open(os.devnull, os.O_WRONLY if number == 0 else os.O_RDONLY)
            os.set_inheritable(taken, True)

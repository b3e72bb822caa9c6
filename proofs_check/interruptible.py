"""Ctrl-C while a solver works: the work is left where it is."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def interruptible(work: Callable[[], Result]) -> Result:
    """What a function returns or raises; Ctrl-C raises KeyboardInterrupt here at once.

    Python hears of a signal in the main thread, and only when that is not inside a library: a question to a solver
    may take longer than anyone waits. So the work is done in another thread. After a KeyboardInterrupt that is still
    at it: leave the process with `os._exit`.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, name="work", daemon=True).start()
    while True:
        try:
            return future.result(timeout=0.2)
        except NotYet:
            if future.done():  # what the work itself raised
                raise

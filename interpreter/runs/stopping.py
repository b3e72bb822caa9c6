"""Ending a run in order: signals, and files that cannot be written any more, set a flag that is looked at in time."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@dataclass
class Stop:
    """Why a run is to end after the chunk at hand.

    Attributes:
        reason: for the message, "interrupted" say; None as long as there is none.
        status: the exit status that goes with it, 128 and the number of a signal.
    """

    reason: str | None = None
    status: int = 0

    def __call__(self) -> bool:
        """Whether there is a reason: what `run` asks between chunks."""
        return self.reason is not None

    def because(self, reason: str, status: int) -> None:
        """Notes the first reason; later ones change nothing."""
        if self.reason is None:
            self.reason, self.status = reason, status

    @contextmanager
    def on_signals(self) -> Iterator[Stop]:
        """Inside, the first SIGINT, SIGTERM or SIGHUP is a reason to stop; a second one ends the process at once.

        A signal that the process ignores (`nohup`) stays ignored. To be entered by the main thread.
        """
        former = {number: signal.getsignal(number) for number in _SIGNALS}
        heeded = [number for number, handler in former.items() if handler is not signal.SIG_IGN]

        def note(number: int, frame: FrameType | None) -> None:
            for each in heeded:
                signal.signal(each, signal.SIG_DFL)
            name = signal.Signals(number).name
            self.because("interrupted" if number == signal.SIGINT else f"ended by {name}", 128 + number)

        for number in heeded:
            signal.signal(number, note)
        try:
            yield self
        finally:
            for number in heeded:
                # None: a handler that was not set from Python, and cannot be set again.
                signal.signal(number, signal.SIG_DFL if former[number] is None else former[number])

"""What a campaign has done, a line of JSON a batch; what has a whole line is done, and is not done again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from compiler.machines.schema import SchemaError, checked, parsed
from interpreter.campaign.batches import Batch, Done

FORMAT = "punchtape campaign 1"


class JournalError(ValueError):
    """The journal is of another campaign, or none; the message says what to do."""


class Journal:
    """Appended to while the campaign runs; every line is on the disk before the next batch counts as done.

    Raises:
        JournalError: see there.
        OSError: the file cannot be read or written.
    """

    def __init__(self, path: Path, seed: int) -> None:
        self.done: dict[Batch, Done] = {}
        head = {"format": FORMAT, "seed": seed}
        content = path.read_bytes() if path.exists() else b""
        # A line that the last campaign did not finish writing is no line.
        whole = content[: content.rfind(b"\n") + 1]
        lines = whole.splitlines()
        if lines:
            try:
                if (found := parsed(lines[0])) != head:
                    raise JournalError(f"{path} is of another campaign ({found!r:.80}); name another file")
                for line in lines[1:]:
                    entry = checked(parsed(line), Done)
                    self.done[entry.batch] = entry
            except SchemaError:
                raise JournalError(f"{path} is no journal of a campaign, or is damaged; name another file") from None
        elif content:
            raise JournalError(f"{path} is no journal of a campaign; name another file")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("r+b" if content else "wb")
        self._file.truncate(len(whole))
        self._file.seek(0, os.SEEK_END)
        if not lines:
            self._put(head)

    def add(self, done: Done) -> None:
        """Notes a batch as done: on the disk first, then here."""
        self._put(asdict(done))
        self.done[done.batch] = done

    def open_batches(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Those that are still to be done."""
        return (batch for batch in batches if batch not in self.done)

    def close(self) -> None:
        """Closes the file; nothing can be added after it."""
        self._file.close()

    def _put(self, value: object) -> None:
        self._file.write(json.dumps(value).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

"""Files that are whole or not there: what is written aside takes its name at the end, in one step."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

PART = ".part"
"""What is written of `PATH` stands in `PATH.part` until it is whole."""


class UnfinishedFile:
    """A file that is being written, without a buffer, beside the name that it is to have.

    A pipe or a device cannot be replaced by a file: it is written as it is.

    Attributes:
        aside: where the bytes go until `finish`; the file itself, if that is a pipe or a device.

    Raises:
        OSError: it cannot be written, or the disk is full; so do all methods. What has the name is left as it was.
    """

    def __init__(self, path: Path, aside: Path | None = None, opener: Callable[[str, int], int] | None = None) -> None:
        """Opens it; aside: where to write, if not beside the file that `path` or its link names; opener: see `open`."""
        self.path = path if aside else path.resolve()
        self.aside = aside or aside_of(path)
        self._file = open(self.aside, "wb", buffering=0, opener=opener)

    def write(self, data: bytes) -> None:
        """Writes all of the data; one call of the system may take only a part of it."""
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]

    def finish(self) -> None:
        """Gives the file its name, once the disk has it."""
        with self._file:
            if self.aside != self.path:
                os.fsync(self._file.fileno())
        if self.aside != self.path:
            os.replace(self.aside, self.path)

    def leave(self) -> None:
        """Closes the file; what was written stays aside."""
        self._file.close()

    def discard(self) -> None:
        """Closes the file and deletes what was written."""
        self._file.close()
        if self.aside != self.path:
            self.aside.unlink(missing_ok=True)


def aside_of(path: Path) -> Path:
    """Where a file is written until it is whole: `PATH.part`, or the file itself if it is a pipe or a device."""
    plain = path.is_file() or not path.exists()
    path = path.resolve()
    return path.with_name(path.name + PART) if plain else path


def write_whole(file: UnfinishedFile, content: bytes) -> None:
    """Writes the content and gives the file its name, or leaves nothing.

    Raises:
        OSError: see `UnfinishedFile`.
    """
    try:
        file.write(content)
        file.finish()
    except BaseException:
        file.discard()
        raise


def write_text(path: Path, text: str) -> None:
    """Writes a text file (UTF-8) at once or not at all.

    Raises:
        OSError: see `UnfinishedFile`.
    """
    write_whole(UnfinishedFile(path), text.encode())


def check_writable(path: Path) -> None:
    """Tries whether the file could be written now; nothing is left of that.

    Raises:
        OSError: it could not: its folder is missing, say.
    """
    aside = aside_of(path)
    if aside != path.resolve():
        with aside.open("ab"):
            pass
        aside.unlink()

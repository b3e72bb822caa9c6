"""Traces as files: a line of JSON, two or four bytes a token, and a checksum at the end.

The file is written beside its name while the run goes on, token by token, and takes its name when the
checksum is in: what has the name is whole. If the run is cut, it is whole up to the cut.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from compiler.machines.machine import Prompt
from interpreter.engines.engine import Tokens

FORMAT, VERSION = "punchtape trace", 1
_DIGEST = hashlib.sha256().digest_size


class TraceFileError(ValueError):
    """A trace file that is damaged or of another machine; the message says which."""


@dataclass(frozen=True)
class TraceHeader:
    """machine: its name; prompt_tokens: how many of the tokens in the file are the prompt; width: bytes a token."""

    machine: str
    weights_sha256: str
    prompt_tokens: int
    width: int

    @staticmethod
    def width_for(vocabulary: int) -> int:
        return 2 if vocabulary <= 2**16 else 4


def trace_header(prompt: Prompt) -> TraceHeader:
    built = prompt.machine
    width = TraceHeader.width_for(len(built.vocabulary))
    return TraceHeader(built.name, built.weights.sha256(), len(prompt.numbers), width)


class TraceWriter:
    """A context manager: `with TraceWriter(path, header, prompt) as trace: trace.write(chunk)`.

    Raises:
        OSError: the file cannot be written, or the disk is full; what is there under its name is left as it was.
    """

    def __init__(self, path: Path, header: TraceHeader, prompt: Tokens) -> None:
        self.path = path
        self._aside = path.with_name(path.name + ".part")
        self._type = f"<u{header.width}"
        self._digest = hashlib.sha256()
        self._file = self._aside.open("wb")
        self._put((json.dumps({"format": FORMAT, "version": VERSION, **asdict(header)}) + "\n").encode())
        self.write(prompt)

    def write(self, chunk: Tokens) -> None:
        self._put(chunk.astype(self._type).tobytes())

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._file.write(self._digest.digest())
            self._file.close()
            if kind is None:
                os.replace(self._aside, self.path)
        finally:
            self._aside.unlink(missing_ok=True)


def read_trace(path: Path) -> tuple[TraceHeader, Tokens]:
    """The header and all tokens, prompt and trace.

    Raises:
        OSError: the file cannot be read.
        TraceFileError: it is no whole trace file of this version.
    """
    data = path.read_bytes()
    head, newline, rest = data.partition(b"\n")
    try:
        fields = json.loads(head)
        if not isinstance(fields, dict) or fields.pop("format", None) != FORMAT:
            raise TraceFileError("is not a trace file; `punchtape run FILE --save-trace TRACE` makes one")
        if (version := fields.pop("version", None)) != VERSION:
            raise TraceFileError(f"has version {version}, this is version {VERSION}; run the program again")
        header = TraceHeader(**fields)
    except (ValueError, TypeError) as problem:
        if isinstance(problem, TraceFileError):
            raise
        raise TraceFileError("is not a trace file; `punchtape run FILE --save-trace TRACE` makes one") from None
    tokens, digest = rest[:-_DIGEST], rest[-_DIGEST:]
    if not newline or hashlib.sha256(head + newline + tokens).digest() != digest:
        raise TraceFileError("is damaged: its checksum does not fit; run the program again")
    return header, np.frombuffer(tokens, dtype=f"<u{header.width}").astype(np.int32)

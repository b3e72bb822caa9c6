"""Traces as files: a line of JSON, two or four bytes a token, and a checksum at the end.

The file is written beside its name while the run goes on, token by token, and takes its name when the
checksum is in: what has the name is whole. If the run is cut, it is whole up to the cut.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from compiler.machines.machine import Prompt
from compiler.machines.schema import Digest, SchemaError, checked, parsed
from compiler.storage.writing import PART, UnfinishedFile
from interpreter.engines.engine import Tokens

FORMAT, VERSION = "punchtape trace", 1
_DIGEST = hashlib.sha256().digest_size
_LONGEST_HEAD, _BLOCK = 2**16, 2**22
"""Bytes of the first line at most, and bytes that are read at a time."""


TokenNumbers = npt.NDArray[Any]
"""int32, or uint16 as a file has them."""


class TraceFileError(ValueError):
    """A trace file that is damaged or of another machine; the message says which."""


@dataclass(frozen=True)
class TraceHeader:
    """machine: its name; prompt_tokens: how many of the tokens in the file are the prompt; width: bytes a token."""

    machine: Annotated[str, Meta(max_length=100)]
    weights_sha256: Digest
    prompt_tokens: Annotated[int, Meta(ge=1, le=2**40)]
    width: Literal[2, 4]

    @staticmethod
    def width_for(vocabulary: int) -> Literal[2, 4]:
        """Bytes for a token, by the number of tokens that there are."""
        return 2 if vocabulary <= 2**16 else 4


def trace_header(prompt: Prompt) -> TraceHeader:
    """The header of a trace that goes on from this prompt."""
    built = prompt.machine
    width = TraceHeader.width_for(len(built.vocabulary))
    return TraceHeader(built.name, built.weights.sha256(), len(prompt.numbers), width)


class TraceWriter:
    """A context manager: `with TraceWriter(path, header, prompt) as trace: trace.write(chunk)`.

    What has been written is on its way to the disk at once, in `PATH.part`, and stays there if the run ends in any
    other way than in order; `read_trace` reads that, too. A pipe or a device is written as it is.

    Raises:
        OSError: the file cannot be written, or the disk is full; what is there under its name is left as it was.
    """

    def __init__(self, path: Path, header: TraceHeader, prompt: Tokens) -> None:
        """Opens the file and writes header and prompt."""
        self._type = f"<u{header.width}"
        self._digest = hashlib.sha256()
        self._begun = False
        self._file = UnfinishedFile(path)
        try:
            self._put((json.dumps({"format": FORMAT, "version": VERSION, **asdict(header)}) + "\n").encode())
            self._put(prompt.astype(self._type).tobytes())
        except OSError:
            self._file.discard()
            raise

    @property
    def aside(self) -> Path:
        """Where the trace is until it is whole."""
        return self._file.aside

    def write(self, chunk: Tokens) -> None:
        """The next tokens of the trace."""
        self._begun = True
        self._put(chunk.astype(self._type).tobytes())

    def _put(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)

    def close(self, whole: bool = True) -> None:
        """`whole`: with the checksum, and under its own name; else what there is of the trace stays in `PATH.part`."""
        if whole:
            try:
                self._file.write(self._digest.digest())
                self._file.finish()
            finally:
                self._file.leave()
        elif self._begun:
            self._file.leave()
        else:
            self._file.discard()

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close(whole=kind is None)


def read_trace(path: Path) -> tuple[TraceHeader, TokenNumbers]:
    """The header and all tokens, prompt and trace: mapped into memory, so that no more is read than is looked at.

    Of a file `….part`, the trace of a run that was killed, it is what had been written; there is no checksum yet. A
    pipe or a device is read whole.

    Raises:
        OSError: the file cannot be read.
        TraceFileError: it is no whole trace file of this version.
    """
    part = path.suffix == PART
    if not path.is_file():
        return trace_of(path.read_bytes(), part)
    with path.open("rb") as file:
        head = file.readline(_LONGEST_HEAD)
        header = _header(head)
        rest = path.stat().st_size - len(head)
        digest = hashlib.sha256(head)
        left = max(rest - _DIGEST, 0)
        while left and (block := file.read(min(left, _BLOCK))):
            digest.update(block)
            left -= len(block)
        whole = head.endswith(b"\n") and file.read() == digest.digest()
    size = _size(header, rest, whole, part and head.endswith(b"\n"))
    tokens = np.memmap(path, f"<u{header.width}", "r", len(head), (size // header.width,))
    if header.width == 4:
        for begin in range(0, len(tokens), _BLOCK):
            _check_numbers(tokens[begin : begin + _BLOCK])
    return header, tokens.view("<i4") if header.width == 4 else tokens


def trace_of(data: bytes, part: bool = False) -> tuple[TraceHeader, Tokens]:
    """The header and all tokens of a file with this content.

    part: whether it may be only what had been written when a run was killed.

    Raises:
        TraceFileError: it is no whole trace file of this version.
    """
    head, newline, rest = data.partition(b"\n")
    header = _header(head)
    whole = bool(newline) and hashlib.sha256(data[: max(len(data) - _DIGEST, 0)]).digest() == rest[-_DIGEST:]
    size = _size(header, len(rest), whole, part and bool(newline))
    numbers = np.frombuffer(rest[:size], dtype=f"<u{header.width}")
    _check_numbers(numbers)
    return header, numbers.astype(np.int32)


def _header(head: bytes) -> TraceHeader:
    """The first line of a trace file."""
    try:
        fields = parsed(head)
        if not isinstance(fields, dict) or fields.pop("format", None) != FORMAT:
            raise TraceFileError("is not a trace file; `punchtape run FILE --save-trace TRACE` makes one")
        if (version := fields.pop("version", None)) != VERSION:
            raise TraceFileError(f"has version {version!r:.40}, this is version {VERSION}; run the program again")
    except SchemaError as problem:
        raise TraceFileError("is not a trace file; `punchtape run FILE --save-trace TRACE` makes one") from problem
    try:
        return checked(fields, TraceHeader)
    except SchemaError as problem:
        raise TraceFileError(f"is damaged ({problem}); run the program again") from None


def _size(header: TraceHeader, rest: int, whole: bool, part: bool) -> int:
    """How many bytes the tokens are, of those that come after the header."""
    if not whole and not part:
        raise TraceFileError("is damaged: its checksum does not fit; run the program again")
    size = rest - _DIGEST if whole else rest // header.width * header.width
    if size % header.width or header.prompt_tokens * header.width > size:
        raise TraceFileError("is damaged: it ends within a token, or within its prompt; run the program again")
    return size


def _check_numbers(numbers: npt.NDArray[Any]) -> None:
    if len(numbers) and int(numbers.max()) >= 2**31:
        raise TraceFileError("is damaged: it has numbers that are no tokens; run the program again")

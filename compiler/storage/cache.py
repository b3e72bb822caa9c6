"""What costs time to make is kept between runs in the user's cache folder.

It is prompts, what parsing them needs (tables of parsers, the tree of the library), weights, native code, certificates.

**Whose it is.** The folder must be the user's own, with nobody else allowed to write it or a folder above it; and each
entry carries an HMAC, over its kind, its name and its content, with a key that only the user can read. An entry that
does not fit counts as not there. That keeps out what others plant, and what a disk damages. It is a note of the user
to himself: who can read the key can forge entries, and an entry proves nothing to anybody else.

Where such a folder cannot be had, nothing is kept, which is logged once as a warning (on standard error, if nobody
handles it). All of it can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar

import platformdirs

from compiler.storage.writing import UnfinishedFile, write_whole

Made = TypeVar("Made")
Kind = Literal["prompts", "parsing", "weights", "native", "certificates"]
KINDS: tuple[Kind, ...] = ("prompts", "parsing", "weights", "native", "certificates")
MAX_BYTES = 2**29
"""Of all entries. Beyond it those go that have not been read for longest, certificates, which are small, last."""
_HEAD = b"punchtape cache 1\n"
_KEY_SIZE = _MAC_SIZE = 32
_ABANDONED = 3600
"""Seconds after which a file that is written aside belongs to nobody any more."""
_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700


class NoCache(Exception):
    """There is no folder that can be trusted; the message says why."""


@dataclass(frozen=True)
class Entry:
    """A file of the cache. size: bytes; read: when it was last read, seconds since the epoch."""

    kind: Kind
    name: str
    size: int
    read: float


@dataclass(frozen=True)
class Cache:
    """An opened cache: its folder has been checked, its key is there."""

    folder: Path
    key: bytes

    def read(self, kind: Kind, name: str) -> bytes | None:
        """The content that was written under this name; None if there is none, or the key did not sign it."""
        file = self._file(kind, name)
        try:
            with _opened(file) as opened:
                whole = opened.read()
            start = len(_HEAD) + _MAC_SIZE
            content = whole[start:]
            if whole[:start] != _HEAD + self._mac(kind, name, content):
                return None
            os.utime(file)
            return content
        except OSError:
            return None

    def write(self, kind: Kind, name: str, content: bytes) -> None:
        """At once or not at all; what cannot be written is done without, and what is too large."""
        if len(content) > MAX_BYTES:
            return
        file = self._file(kind, name)
        try:
            file.parent.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
            write_whole(_private(file), _HEAD + self._mac(kind, name, content) + content)
            self._evict()
        except OSError:
            return

    def entries(self) -> Iterator[Entry]:
        """All entries, signed or not."""
        for kind in KINDS:
            for file in _files(self.folder / kind):
                if not file.name.startswith("."):
                    known = file.lstat()
                    yield Entry(kind, file.name, known.st_size, known.st_mtime)

    def clear(self) -> int:
        """Deletes all entries; how many."""
        found = [*self.entries()]
        for entry in found:
            self._file(entry.kind, entry.name).unlink(missing_ok=True)
        return len(found)

    def _file(self, kind: Kind, name: str) -> Path:
        if not name.isalnum():
            raise ValueError(f"an entry is named by letters and digits, not {name!r}")
        return self.folder / kind / name

    def _mac(self, kind: Kind, name: str, content: bytes) -> bytes:
        return hmac.digest(self.key, f"{kind}\n{name}\n".encode() + content, "sha256")

    def _evict(self) -> None:
        for kind in KINDS:
            for file in _files(self.folder / kind):
                if file.name.startswith(".") and file.lstat().st_mtime < time.time() - _ABANDONED:
                    file.unlink(missing_ok=True)
        kept = 0
        for entry in sorted(self.entries(), key=lambda e: (e.kind != "certificates", -e.read)):
            kept += entry.size
            if kept > MAX_BYTES:
                self._file(entry.kind, entry.name).unlink(missing_ok=True)


def opened() -> Cache | None:
    """The user's cache, or None where none can be trusted; then the reason is logged, once."""
    try:
        return open_cache(cache_folder())
    except NoCache as reason:
        _say_once(f"note: going on without a cache: {reason}")
        return None


def kept(
    kind: Kind,
    depends_on: tuple[object, ...],
    make: Callable[[], Made],
    written: Callable[[Made], bytes],
    read: Callable[[bytes], Made | None],
) -> Made:
    """What the user's cache has; where it has none, or none that can be read, it is made, and written there.

    depends_on: everything, besides the Python that runs, that what is made depends on: what it is made of, the sources
    that make it (see `sources_digest`), versions of libraries. Each is told from others by its representation.
    """
    cache = opened()
    if cache is None:
        return make()
    name = hashlib.sha256(repr((sys.version, *depends_on)).encode()).hexdigest()
    content = cache.read(kind, name)
    found = None if content is None else read(content)
    if found is None:
        found = make()
        cache.write(kind, name, written(found))
    return found


def cache_folder() -> Path:
    """The user's cache folder for this project; it need not exist yet.

    Raises:
        NoCache: nothing says where it is: no home, or one that is no absolute path.
    """
    home = os.environ.get("HOME")
    named = os.environ.get("XDG_CACHE_HOME", "").strip()
    if named and not os.path.isabs(named):
        raise NoCache("XDG_CACHE_HOME is not an absolute path")
    if not named and home is not None and not os.path.isabs(home):
        raise NoCache("HOME is not an absolute path; set XDG_CACHE_HOME to a folder of your own")
    try:
        folder = platformdirs.user_cache_path("punchtape", appauthor=False)
    except RuntimeError:
        raise NoCache("there is no home; set XDG_CACHE_HOME to a folder of your own") from None
    if not folder.is_absolute():
        raise NoCache(f"{folder} is not an absolute path; set XDG_CACHE_HOME to a folder of your own")
    return folder


def open_cache(folder: Path) -> Cache:
    """Makes the folder and the key if need be, and checks both.

    Raises:
        NoCache: the folder is not the user's own, others may write it, or it cannot be written.
    """
    if not hasattr(os, "geteuid"):
        raise NoCache("this system does not say who owns a file")
    try:
        folder.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
        _check_folder(folder)
        return Cache(folder, _key(folder / "key"))
    except OSError as problem:
        raise NoCache(f"{problem.filename or folder}: {problem.strerror}") from None


def sources_digest(*places: Path) -> str:
    """SHA-256 of files, with their names: those given, and all in the folders given.

    Of folders these are Python files, grammars and texts of the library.
    """
    digest = hashlib.sha256()
    for place in places:
        files = place.rglob("*") if place.is_dir() else [place]
        for file in sorted(f for f in files if f == place or f.suffix in (".py", ".lark", ".txt")):
            content = file.read_bytes()
            digest.update(f" {file.relative_to(place.parent).as_posix()} {len(content)} ".encode() + content)
    return digest.hexdigest()


def _check_folder(folder: Path) -> None:
    """Nobody but the user, and root, decides what is in the folder: not as its owner, and not from above."""
    me, known = os.geteuid(), folder.lstat()
    if not stat.S_ISDIR(known.st_mode):
        raise NoCache(f"{folder} is no folder of its own, but a link or a file")
    if known.st_uid != me:
        raise NoCache(f"{folder} belongs to another user")
    if known.st_mode & 0o022:
        raise NoCache(f"others may write {folder}; delete it, for they may have")
    if known.st_mode & 0o077:
        folder.chmod(_PRIVATE_FOLDER)
    for parent in folder.resolve().parents:
        above = parent.stat()
        if above.st_uid not in (0, me):
            raise NoCache(f"{parent}, above it, belongs to another user")
        # In a folder with the sticky bit, like /tmp, nobody can rename or delete what is another's.
        if above.st_mode & 0o022 and not above.st_mode & stat.S_ISVTX:
            raise NoCache(f"others may write {parent}, above it; `chmod go-w {parent}` forbids it")


def _key(file: Path) -> bytes:
    """The user's key, made if there is none."""
    if not os.path.lexists(file):
        _make_key(file)
    with _opened(file) as opened:
        known = os.fstat(opened.fileno())
        key = opened.read(_KEY_SIZE + 1)
    if known.st_uid != os.geteuid() or known.st_mode & 0o077 or not stat.S_ISREG(known.st_mode):
        raise NoCache(f"others may read or write the key {file}; delete the folder")
    if len(key) != _KEY_SIZE:
        raise NoCache(f"{file} is no key; delete it")
    return key


def _make_key(file: Path) -> None:
    """Written aside whole, then linked: of two processes that make one at the same time, both get the first."""
    made = _private(file)
    try:
        made.write(secrets.token_bytes(_KEY_SIZE))
        os.link(made.aside, file)
    except FileExistsError:
        pass
    finally:
        made.discard()


def _private(file: Path) -> UnfinishedFile:
    """A file that only the user can read; aside, it has a name that was not there before."""

    def new(name: str, flags: int) -> int:
        return os.open(name, flags | os.O_EXCL, _PRIVATE_FILE)

    return UnfinishedFile(file, file.with_name(f".{secrets.token_hex(8)}"), new)


def _opened(file: Path) -> BinaryIO:
    """For reading, and never through a link."""
    return os.fdopen(os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb")


def _files(folder: Path) -> list[Path]:
    try:
        return [*folder.iterdir()]
    except OSError:
        return []


@cache
def _say_once(message: str) -> None:
    logging.getLogger(__name__).warning(message)

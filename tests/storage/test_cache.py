"""The cache is the user's own, or there is none: each way in which another could write it is tried."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from compiler.storage import cache
from compiler.storage.cache import Cache, NoCache, cache_folder, open_cache


@pytest.fixture
def own(tmp_path: Path) -> Cache:
    return open_cache(tmp_path / "punchtape")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_what_is_written_is_read_by_the_user_alone(own: Cache) -> None:
    own.write("native", "code", b"content")
    again = open_cache(own.folder)
    assert again.read("native", "code") == b"content"
    assert again.read("native", "other") is None
    assert mode(own.folder) == mode(own.folder / "native") == 0o700
    assert mode(own.folder / "key") == mode(own.folder / "native" / "code") == 0o600
    assert sorted(path.name for path in own.folder.iterdir()) == ["key", "native"]


def test_an_entry_of_another_key_kind_or_name_is_none(own: Cache, tmp_path: Path) -> None:
    own.write("native", "code", b"content")
    whole = (own.folder / "native" / "code").read_bytes()
    foreign = open_cache(tmp_path / "foreign")
    (foreign.folder / "native").mkdir()
    (foreign.folder / "native" / "code").write_bytes(whole)
    assert foreign.read("native", "code") is None
    (own.folder / "prompts").mkdir()
    (own.folder / "prompts" / "code").write_bytes(whole)
    (own.folder / "native" / "other").write_bytes(whole)
    assert own.read("prompts", "code") is None and own.read("native", "other") is None
    unsigned = hashlib.sha256(b"content").hexdigest().encode() + b"\ncontent"
    for content in (b"", unsigned, whole[:-1], whole + b"x", whole[:-1] + b"X"):
        (own.folder / "native" / "code").write_bytes(content)
        assert own.read("native", "code") is None


def test_an_entry_that_is_a_link_is_none(own: Cache, tmp_path: Path) -> None:
    own.write("native", "code", b"content")
    file = own.folder / "native" / "code"
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert own.read("native", "code") is None


@pytest.mark.parametrize("others", [0o720, 0o702, 0o777])
def test_a_folder_that_others_may_write(own: Cache, others: int) -> None:
    own.folder.chmod(others)
    with pytest.raises(NoCache, match="others may write"):
        open_cache(own.folder)


def test_a_folder_that_others_may_read_is_closed(own: Cache) -> None:
    own.folder.chmod(0o755)
    open_cache(own.folder)
    assert mode(own.folder) == 0o700


def test_a_folder_above_that_others_may_write(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(NoCache, match="above it"):
        open_cache(tmp_path / "open" / "punchtape")
    (tmp_path / "open").chmod(0o1777)
    open_cache(tmp_path / "open" / "punchtape")


def test_a_folder_that_is_a_link(own: Cache, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(own.folder)
    with pytest.raises(NoCache, match="a link or a file"):
        open_cache(tmp_path / "link")


def test_a_folder_of_another_user(own: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(NoCache, match="belongs to another user"):
        open_cache(own.folder)


@pytest.mark.parametrize("damage", ["short", "readable", "link"])
def test_a_key_that_is_none(own: Cache, damage: str, tmp_path: Path) -> None:
    key = own.folder / "key"
    if damage == "short":
        key.write_bytes(b"123")
    elif damage == "readable":
        key.chmod(0o644)
    else:
        key.rename(tmp_path / "key")
        key.symlink_to(tmp_path / "key")
    with pytest.raises(NoCache):
        open_cache(own.folder)


def test_two_that_make_a_key_at_the_same_time_have_one(own: Cache) -> None:
    cache._make_key(own.folder / "key")
    assert open_cache(own.folder).key == own.key


def test_no_more_than_is_allowed(own: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """The least recently read goes first; certificates last."""
    monkeypatch.setattr(cache, "MAX_BYTES", 3000)
    for number, kind in enumerate(("certificates", "native", "prompts")):
        own.write(kind, f"n{number}", bytes(800))  # type: ignore[arg-type]
        os.utime(own.folder / kind / f"n{number}", (number, number))
    assert own.read("native", "n1") is not None  # and so it is the latest now
    own.write("native", "n3", bytes(800))
    assert {entry.name for entry in own.entries()} == {"n0", "n1", "n3"}
    assert own.clear() == 3 and not [*own.entries()]


def test_what_was_abandoned_is_cleared_away(own: Cache) -> None:
    own.write("native", "code", b"")
    (own.folder / "native" / ".abandoned").write_bytes(b"")
    os.utime(own.folder / "native" / ".abandoned", (0, 0))
    own.write("native", "code", b"")
    assert [path.name for path in (own.folder / "native").iterdir()] == ["code"]


@pytest.mark.parametrize("named", ["", "  "])
def test_no_name_is_not_the_current_folder(named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", named)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder().parts[: len(tmp_path.parts)] == tmp_path.parts
    for home in ("", "relative"):
        monkeypatch.setenv("HOME", home)
        with pytest.raises(NoCache, match="absolute"):
            cache_folder()


def test_a_relative_name_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", "")
    with pytest.raises(NoCache):
        cache_folder()


def test_the_reason_is_said_once(tmp_path: Path) -> None:
    """And the run goes on, without native code that is kept."""
    (tmp_path / "punchtape").mkdir(mode=0o777)
    (tmp_path / "punchtape").chmod(0o777)
    (tmp_path / "x.py").write_text("print(7)\n")
    command = [sys.executable, "-m", "interpreter.command_line.group", "run", str(tmp_path / "x.py"), "--base", "10"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.stdout, done.returncode) == ("7\n", 0)
    assert done.stderr.count("others may write") == 1
    assert not [*(tmp_path / "punchtape").iterdir()]


def test_tests_have_a_cache_of_their_own() -> None:
    """What is in the user's must not decide how they end; see `tests.conftest`."""
    assert cache_folder().parent.name.startswith("punchtape-tests-")


def test_what_is_larger_than_all_may_be_is_not_written(own: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would drive out everything else; and of 2 GiB and more no signature can be made."""
    written: list[int] = []
    monkeypatch.setattr(cache, "MAX_BYTES", 10)
    monkeypatch.setattr(cache, "write_whole", lambda file, content: written.append(len(content)))
    own.write("native", "large", b"0123456789a")
    assert written == []
    own.write("native", "small", b"0123456789")
    assert len(written) == 1

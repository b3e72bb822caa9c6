"""Weights kept between runs are the weights that a new build has, whatever has happened to the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from compiler.circuits import build
from compiler.circuits.kept_weights import build_once
from compiler.machines.ram.circuit import circuit
from compiler.machines.ram.isa import Layout
from compiler.storage.cache import cache_folder

CIRCUIT = circuit(Layout(base=10))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a first build has left."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    build_once(CIRCUIT, "small")
    (made,) = (cache_folder() / "weights").iterdir()
    return made


def test_kept_weights_are_the_built_ones(file: Path) -> None:
    before = file.stat().st_ino
    kept, built = build_once(CIRCUIT, "small"), build(CIRCUIT)
    assert file.stat().st_ino == before
    assert kept.sha256() == built.sha256()
    assert all(np.array_equal(a, b) for a, b in zip(kept.tensors.values(), built.tensors.values(), strict=True))
    assert [layer.patterns for layer in kept.layers] == [layer.patterns for layer in built.layers]


def test_damaged_files_are_made_anew(file: Path) -> None:
    whole = file.read_bytes()
    flipped = bytearray(whole)
    flipped[-1] ^= 0x3F  # sign and exponent of a number: a change in its last bits may drown in a sum
    for content in (b"", b"junk", whole[:-5], bytes(flipped), whole[: len(whole) // 3]):
        file.write_bytes(content)
        assert build_once(CIRCUIT, "small").sha256() == build(CIRCUIT).sha256()
        assert file.read_bytes() == whole


def test_another_key_is_another_file(file: Path) -> None:
    build_once(circuit(Layout(base=11)), "other")
    assert len(list(file.parent.iterdir())) == 2


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert build_once(CIRCUIT, "small").sha256() == build(CIRCUIT).sha256()


def test_changed_weights_have_another_hash() -> None:
    """The hash is computed once for each object, not once for all."""
    weights = build(CIRCUIT)
    before = weights.sha256()
    assert replace(weights, embedding=weights.embedding + 1).sha256() != before

"""Where things that cost time to make are kept between runs. All of it can be deleted at any time."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from compiler.circuits.circuit import Circuit
from compiler.circuits.sharing import in_form
from compiler.circuits.weights import Form, TokenTables, Weights, token_tables


def cache_folder() -> Path:
    """The user's cache folder for this project; it need not exist yet, and cannot be made for a user without a home."""
    try:
        return _cache_folder()
    except RuntimeError:
        return Path(os.devnull) / "punchtape"


def _cache_folder() -> Path:
    if "XDG_CACHE_HOME" in os.environ:
        parent = Path(os.environ["XDG_CACHE_HOME"])
    elif sys.platform == "darwin":
        parent = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        parent = Path(os.environ.get("LOCALAPPDATA", Path.home()))
    else:
        parent = Path.home() / ".cache"
    return parent / "punchtape"


def write_aside(file: Path, content: bytes) -> None:
    """Writes a file of the cache at once or not at all; a cache that cannot be written is done without."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=file.parent)
    except OSError:
        return
    try:
        with open(handle, "wb") as opened:
            opened.write(content)
        os.replace(aside, file)
    except OSError:
        Path(aside).unlink(missing_ok=True)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def sources_digest(*places: Path) -> str:
    """SHA-256 of Python files: those given, and all in the folders given."""
    digest = hashlib.sha256()
    for file in sorted(f for place in places for f in (place.rglob("*.py") if place.is_dir() else [place])):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def build_once(circuit: Circuit[Any], key: str, form: Form = "stacked") -> Weights:
    """`in_form`, with the token tables from the cache if they are there.

    The key says what the circuit depends on besides the source code of circuits and machines. The file
    has the hash of all weights: one that does not lead to it, or cannot be read, is made anew.
    """
    compiler = Path(__file__).parents[1]
    digest = sources_digest(compiler / "circuits", compiler / "machines")
    name = hashlib.sha256(f"{digest} {np.__version__} {form} {key}".encode()).hexdigest()
    file = cache_folder() / f"{name}.safetensors"
    found = _read(circuit, file, form)
    if found is not None:
        return found
    tables = token_tables(circuit)
    weights = in_form(circuit, tables, form)
    tensors = {name: np.ascontiguousarray(getattr(tables, name)) for name in ("features", "readouts")}
    write_aside(file, save(tensors, {"sha256": weights.sha256()}))
    return weights


def _read(circuit: Circuit[Any], file: Path, form: Form) -> Weights | None:
    try:
        with safe_open(file, "numpy") as opened:
            tables = TokenTables(opened.get_tensor("features"), opened.get_tensor("readouts"))
            weights = in_form(circuit, tables, form)
            return weights if weights.sha256() == opened.metadata()["sha256"] else None
    except (OSError, SafetensorError, ValueError, IndexError, KeyError, TypeError):
        return None

"""Weights that are kept between runs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from compiler.circuits.circuit import Circuit
from compiler.circuits.sharing import in_form
from compiler.circuits.weights import Form, TokenTables, Weights, token_tables
from compiler.storage.cache import opened, sources_digest


def build_once(circuit: Circuit[Any], key: str, form: Form = "stacked") -> Weights:
    """`in_form`, with the token tables from the cache if they are there.

    The key says what the circuit depends on besides the source code of circuits and machines. The entry begins with
    the hash of all weights: one that does not lead to it, or cannot be read, is made anew.
    """
    compiler = Path(__file__).parents[1]
    digest = sources_digest(compiler / "circuits", compiler / "machines")
    name = hashlib.sha256(f"{digest} {np.__version__} {form} {key}".encode()).hexdigest()
    cache = opened()
    kept = cache.read("weights", name) if cache else None
    found = _read(circuit, kept, form) if kept else None
    if found is not None:
        return found
    tables = token_tables(circuit)
    weights = in_form(circuit, tables, form)
    tensors = {name: np.ascontiguousarray(getattr(tables, name)) for name in ("features", "readouts")}
    if cache:
        cache.write("weights", name, weights.sha256().encode() + save(tensors))
    return weights


def _read(circuit: Circuit[Any], kept: bytes, form: Form) -> Weights | None:
    sha256, tensors = kept[:64], kept[64:]
    try:
        found = load(tensors)
    except (SafetensorError, ValueError, KeyError, TypeError):
        return None
    tokens = len(circuit.vocabulary)
    shapes = {"features": (tokens, len(circuit.features)), "readouts": (tokens, len(circuit.logits))}
    known = {name: (tensor.shape, tensor.dtype) for name, tensor in found.items()}
    if known != {name: (shape, np.dtype(np.float64)) for name, shape in shapes.items()}:
        return None
    weights = in_form(circuit, TokenTables(**found), form)
    return weights if weights.sha256().encode() == sha256 else None

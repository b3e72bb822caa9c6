"""Weights that are kept between runs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from compiler.circuits.circuit import Circuit
from compiler.circuits.sharing import in_form
from compiler.circuits.weights import Form, TokenTables, Weights, token_tables
from compiler.storage.cache import kept, sources_digest


def build_once(circuit: Circuit[Any], key: str, form: Form = "stacked") -> Weights:
    """`in_form`, with the token tables from the cache if they are there.

    The key says what the circuit depends on besides the source code of circuits and machines. The entry begins with
    the hash of all weights: one that does not lead to it, or cannot be read, is made anew.
    """
    compiler = Path(__file__).parents[1]
    sources = sources_digest(compiler / "circuits", compiler / "machines")

    def make() -> tuple[TokenTables, Weights]:
        tables = token_tables(circuit)
        return tables, in_form(circuit, tables, form)

    _, weights = kept("weights", (sources, np.__version__, form, key), make, _written, partial(_read, circuit, form))
    return weights


def _written(made: tuple[TokenTables, Weights]) -> bytes:
    tables, weights = made
    tensors = {name: np.ascontiguousarray(getattr(tables, name)) for name in ("features", "readouts")}
    return weights.sha256().encode() + save(tensors)


def _read(circuit: Circuit[Any], form: Form, content: bytes) -> tuple[TokenTables, Weights] | None:
    sha256, tensors = content[:64], content[64:]
    try:
        found = load(tensors)
    except (SafetensorError, ValueError, KeyError, TypeError):
        return None
    tokens = len(circuit.vocabulary)
    shapes = {"features": (tokens, len(circuit.features)), "readouts": (tokens, len(circuit.logits))}
    known = {name: (tensor.shape, tensor.dtype) for name, tensor in found.items()}
    if known != {name: (shape, np.dtype(np.float64)) for name, shape in shapes.items()}:
        return None
    tables = TokenTables(**found)
    weights = in_form(circuit, tables, form)
    return (tables, weights) if weights.sha256().encode() == sha256 else None

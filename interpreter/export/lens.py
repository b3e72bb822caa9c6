"""Export for TransformerLens: a folder with weights by its names, and a loader that makes a `HookedTransformer`.

What it has words for: no layer norm, ReGLU (`gated_mlp` with `relu`), no scale of scores (ours is in the queries),
float64. What it has not:

- positional features are computed here and looked up there: the table `W_pos` has as many rows as are asked for;
- all layers have as many heads, of one size, and as many neurons: those that are too few are filled up with zeros. A
  head that was filled in attends to everything alike, and writes nothing;
- the looped form is laid out as layers (`compiler.circuits.unrolled`), with the residual stream of its last pass;
- relative biases are added by a permanent hook, see `lens_loading`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from compiler.circuits.unrolled import unrolled
from compiler.circuits.weights import Array, LayerWeights, Weights
from compiler.machines.machine import Machine
from compiler.storage.writing import UnfinishedFile, write_text, write_whole
from interpreter.export import lens_loading
from interpreter.export.describing import describe
from interpreter.model.positional import positional_feature


def write(machine: Machine[Any], output: Path, positions: int) -> None:
    """Writes the folder; see `Target.write`."""
    weights, description = unrolled(machine.weights), describe(machine)
    output.mkdir(parents=True, exist_ok=True)
    shape = _shape(weights, positions)
    state = {name: torch.as_tensor(tensor).contiguous() for name, tensor in _state(weights, shape).items()}
    write_whole(UnfinishedFile(output / "model.safetensors"), save(state))
    said = vars(description) | {"heads": [list(layer.head_names) for layer in weights.layers]}
    write_text(output / "config.json", json.dumps({"transformer_lens": shape, "punchtape": said}))
    write_text(output / "load.py", Path(str(lens_loading.__file__)).read_text())


def _shape(weights: Weights, positions: int) -> dict[str, Any]:
    """The arguments of `HookedTransformerConfig`."""
    layers = weights.layers
    return {
        "d_model": weights.width,
        "n_layers": len(layers),
        "n_heads": max(1, *(len(layer.query) for layer in layers)),
        "d_head": max(1, *(size for layer in layers for size in (layer.query.shape[1], layer.value.shape[1]))),
        "d_mlp": max(1, *(len(layer.gate) for layer in layers)),
        "n_ctx": min(positions, weights.max_tokens),
        "d_vocab": len(weights.embedding),
        "act_fn": "relu",
        "gated_mlp": True,
        "normalization_type": None,
        "use_attn_scale": False,
        "model_name": weights.name,
        "default_prepend_bos": False,
    }


def _state(weights: Weights, shape: dict[str, Any]) -> dict[str, Array]:
    """The tensors by TransformerLens's names; its matrices are multiplied from the right."""
    state = {
        "embed.W_E": weights.embedding,
        "pos_embed.W_pos": _table(weights, shape["n_ctx"]),
        "unembed.W_U": weights.unembedding.T,
        "unembed.b_U": np.zeros(len(weights.embedding)),
    }
    for i, layer in enumerate(weights.layers):
        state |= {f"blocks.{i}.{name}": tensor for name, tensor in _block(layer, shape).items()}
    return state


def _block(layer: LayerWeights, shape: dict[str, Any]) -> dict[str, Array]:
    heads, size, width, neurons = (shape[name] for name in ("n_heads", "d_head", "d_model", "d_mlp"))
    each, back = (heads, width, size), (heads, size, width)
    block = {
        "attn.W_Q": _filled(layer.query.swapaxes(1, 2), each),
        "attn.W_K": _filled(layer.key.swapaxes(1, 2), each),
        "attn.W_V": _filled(layer.value.swapaxes(1, 2), each),
        "attn.W_O": _filled(layer.output.swapaxes(1, 2), back),
        **{f"attn.b_{name}": np.zeros((heads, size)) for name in "QKV"},
        "attn.b_O": np.zeros(width),
        "mlp.W_gate": _filled(layer.gate.T, (width, neurons)),
        "mlp.W_in": _filled(layer.up.T, (width, neurons)),
        "mlp.W_out": _filled(layer.down.T, (neurons, width)),
        "mlp.b_in": np.zeros(neurons),
        "mlp.b_out": np.zeros(width),
    }
    if layer.relative is not None:
        block["attn.relative"] = _filled(layer.relative, (heads, layer.relative.shape[1]))
    return block


def _filled(array: Array, shape: tuple[int, ...]) -> Array:
    """The array with zeros after its ends."""
    return np.pad(array, [(0, wanted - there) for wanted, there in zip(shape, array.shape)])


def _table(weights: Weights, positions: int) -> Array:
    """What each position adds to the residual stream, (positions, d)."""
    at = torch.arange(positions, dtype=torch.float64)
    features = [positional_feature(i, at, weights.radix).numpy() for i in range(len(weights.positional))]
    table: Array = np.stack(features, 1) @ weights.positional
    return table

"""Loads this folder as a `HookedTransformer` of TransformerLens: `from load import load; model = load()`.

`punchtape export --to transformer-lens` wrote it; punchtape is not needed here.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from transformer_lens import HookedTransformer, HookedTransformerConfig

HERE = Path(__file__).parent


def load(folder: Path = HERE, device: str = "cpu") -> HookedTransformer:
    """The transformer in float64.

    Where heads have relative biases, for which TransformerLens has no weights, a permanent hook on
    `blocks.i.attn.hook_attn_scores` adds them: `reset_hooks` leaves it there, unless it is told otherwise.
    """
    shape = json.loads((folder / "config.json").read_text())["transformer_lens"]
    config = HookedTransformerConfig(**shape, dtype=torch.float64, device=device, init_weights=False)
    model = HookedTransformer(config)
    state = load_file(folder / "model.safetensors", device=device)
    biases = {name: state.pop(name) for name in list(state) if name.endswith(".relative")}
    # The masks are TransformerLens's own; anything else has to be in the file.
    missing, unexpected = model.load_state_dict(state, strict=False)
    if unexpected or any(not name.endswith((".mask", ".IGNORE")) for name in missing):
        raise ValueError(
            f"the file and this TransformerLens do not fit: {missing} are missing, {unexpected} unexpected"
        )
    for name, bias in biases.items():
        scores = f"{name.removesuffix('.relative')}.hook_attn_scores"
        model.add_perma_hook(scores, partial(_add_relative, bias=bias))
    return model


def tokens(folder: Path = HERE) -> list[str]:
    """The names of the tokens, by number."""
    names: list[str] = json.loads((folder / "config.json").read_text())["punchtape"]["tokens"]
    return names


def _add_relative(scores: Tensor, hook: Any, bias: Tensor) -> Tensor:
    """scores: (batch, heads, n, m), of the last n of m positions; bias: (heads, w), by distance."""
    n, m = scores.shape[2:]
    rows, columns = torch.arange(m - n, m, device=scores.device), torch.arange(m, device=scores.device)
    return scores + bias[:, (rows[:, None] - columns).clamp(0, bias.shape[1] - 1)]

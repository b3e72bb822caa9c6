"""Export as a folder for Hugging Face's `transformers`: configuration, code, weights, tokenizer and model card."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import GenerationConfig

from compiler.machines import windows
from compiler.machines.machine import Machine
from compiler.storage.writing import UnfinishedFile, write_text, write_whole
from interpreter.export import NotExportable, modeling_punchtape
from interpreter.export.card import card
from interpreter.export.describing import describe
from interpreter.export.modeling_punchtape import PunchtapeConfig, PunchtapeForCausalLM
from interpreter.model import positional, transformer
from interpreter.model.stored import Description

CODE = (modeling_punchtape, transformer, positional, windows)
"""Modules that the folder has copies of; they import one another, and nothing else of this project."""


def write(machine: Machine[Any], output: Path, positions: int) -> None:
    """Writes the folder; see `Target.write`."""
    if machine.cut is not None and windows.plain(machine.cut) is None:
        raise NotExportable(
            f"{machine.name} shows its transformer the trace through {type(machine.cut).__name__}, a window of its own "
            "that the folder's `generate` does not know; --to safetensors exports the weights alone"
        )
    description = describe(machine)
    output.mkdir(parents=True, exist_ok=True)
    _configuration(machine, description).save_pretrained(output)
    first = description.halting[0]
    GenerationConfig(eos_token_id=description.halting, pad_token_id=first, do_sample=False).save_pretrained(output)
    state = transformer.Transformer(machine.weights).state_dict(prefix="transformer.")
    content = save({name: tensor.contiguous() for name, tensor in state.items()}, metadata={"format": "pt"})
    write_whole(UnfinishedFile(output / "model.safetensors"), content)
    write_text(output / "tokenizer.json", _tokenizer(description).to_str(pretty=True))
    write_text(output / "tokenizer_config.json", json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))
    for module in CODE:
        write_text(output / f"{module.__name__.rpartition('.')[2]}.py", _apart(Path(str(module.__file__)).read_text()))
    write_text(output / "README.md", card(description, machine.cut is not None))


def _apart(source: str) -> str:
    """The text of a module, with imports of the others in the folder in place of this project's."""
    return re.sub(r"from (interpreter\.model|compiler\.machines)\.", "from .", source)


def _configuration(machine: Machine[Any], description: Description) -> PunchtapeConfig:
    known = vars(description)
    rest = {name: known[name] for name in ("machine", "longest_trace", "proved_tokens", "weights_sha256", "heads")}
    name = PunchtapeForCausalLM.__name__
    module = modeling_punchtape.__name__.rpartition(".")[2]
    return PunchtapeConfig(
        shapes={name: list(tensor.shape) for name, tensor in machine.weights.tensors.items()},
        form=description.form,
        passes=description.passes,
        radix=description.radix,
        window=None if machine.cut is None else windows.plain(machine.cut),
        **rest,
        max_position_embeddings=description.longest_trace,
        dtype=torch.float64,
        architectures=[name],
        auto_map={"AutoConfig": f"{module}.{PunchtapeConfig.__name__}", "AutoModelForCausalLM": f"{module}.{name}"},
        tie_word_embeddings=False,
    )


def _tokenizer(description: Description) -> Tokenizer:
    """Names of tokens that white space parts; a name that is none is an error, as there is no token for it."""
    tokenizer = Tokenizer(WordLevel({name: i for i, name in enumerate(description.tokens)}))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    return tokenizer

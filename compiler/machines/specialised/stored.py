"""Files of specialised transformers: safetensors, with what engines and readers of traces want to know as metadata.

What decides a token is in the tensors. The metadata have what heads declare (engines compare it with the tensors), and
the prompt that was moved into the weights: to write the input as tokens, and to print the output of a run.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta, Struct
from safetensors import SafetensorError, safe_open

from compiler.circuits.expressions import Wire
from compiler.circuits.weights import Array, LayerWeights, Weights
from compiler.machines.own import MachineError
from compiler.machines.saved import SavedPromptError, dumps, loads
from compiler.machines.schema import Digest, Name, SchemaError, checked, parsed
from compiler.machines.specialised.patterns import SavedPattern, opened_pattern, saved_pattern
from compiler.machines.specialised.specialised import Specialised

METADATA = "punchtape specialised"
"""The entry of the file's metadata that is read here, as JSON."""
VERSION = 1

_Count = Annotated[int, Meta(ge=0, le=2**31)]


class _Head(Struct, forbid_unknown_fields=True):
    name: Name
    pattern: SavedPattern


class _Body(Struct, forbid_unknown_fields=True):
    version: Literal[1]
    name: Name
    form: Literal["stacked", "looped"]
    passes: _Count
    radix: _Count
    max_tokens: _Count
    wires: list[Name]
    layers: list[list[_Head]]
    sha256: Digest
    tokens: list[_Count]
    length: _Count
    prompt: str


def metadata(specialised: Specialised) -> dict[str, str]:
    """What the file says besides its tensors."""
    weights = specialised.weights
    body = {
        "version": VERSION,
        "name": weights.name,
        "form": weights.form,
        "passes": weights.passes,
        "radix": weights.radix,
        "max_tokens": weights.max_tokens,
        "wires": [wire.name for wire in weights.wires],
        "layers": [
            [{"name": name, "pattern": saved_pattern(p)} for name, p in zip(layer.head_names, layer.patterns)]
            for layer in weights.layers
        ],
        "sha256": weights.sha256(),
        "tokens": list(specialised.tokens),
        "length": specialised.length,
        "prompt": dumps(specialised.prompt, specialised.prompt.machine.weights.sha256()),
    }
    return {METADATA: json.dumps(body)}


def load(file: str) -> Specialised:
    """The specialised transformer in a file.

    Raises:
        MachineError: there is none, or it is damaged.
    """
    try:
        with safe_open(file, framework="np") as opened:
            text = (opened.metadata() or {}).get(METADATA)
            if text is None:
                hint = "`punchtape specialise FILE -o OUT.safetensors` makes one"
                raise MachineError(f"{file}: error: this file has no specialised transformer\nhint: {hint}")
            tensors: dict[str, Array] = {name: opened.get_tensor(name) for name in opened.keys()}
        return _specialised(checked(parsed(text), _Body), tensors)
    except FileNotFoundError:
        raise MachineError(f"{file}: error: there is no such file") from None
    except (OSError, SafetensorError) as problem:
        raise MachineError(f"{file}: error: cannot be read: {str(problem):.200}") from None
    except (SchemaError, SavedPromptError, _Damaged) as problem:
        raise MachineError(f"{file}: error: the file is damaged: {problem!s:.200}; specialise again") from None


class _Damaged(ValueError):
    """What is in the file does not belong together."""


def _specialised(body: _Body, tensors: dict[str, Array]) -> Specialised:
    try:
        layers = tuple(
            LayerWeights(
                **{n: tensors[f"layers.{i}.{n}"] for n in ("query", "key", "value", "output", "gate", "up", "down")},
                patterns=tuple(opened_pattern(head.pattern) for head in heads),
                head_names=tuple(head.name for head in heads),
                relative=tensors.get(f"layers.{i}.relative"),
            )
            for i, heads in enumerate(body.layers)
        )
        embedding, positional, unembedding = (tensors[n] for n in ("embedding", "positional", "unembedding"))
    except KeyError as missing:
        raise _Damaged(f"the tensor {missing} is missing") from None
    weights = Weights(
        body.name, embedding, positional, layers, unembedding, tuple(map(Wire, body.wires)),
        body.max_tokens, body.form, body.passes, radix=body.radix,
    )  # fmt: skip
    if len(weights.tensors) != len(tensors) or any(t.dtype != np.float64 for t in tensors.values()):
        raise _Damaged("its tensors are not those of a transformer in float64")
    if weights.sha256() != body.sha256:
        raise _Damaged("its tensors do not have the hash that it names")
    if any(len(layer.query) != len(layer.patterns) for layer in layers) or embedding.shape[1:] != (len(body.wires),):
        raise _Damaged("it names other heads or wires than it has")
    prompt, _ = loads(body.prompt)
    size = len(prompt.machine.vocabulary)
    if len(set(body.tokens)) != len(embedding) or len(body.tokens) != len(embedding) or max(body.tokens) >= size:
        raise _Damaged("it names other tokens than it has")
    return Specialised(weights, prompt, body.length, tuple(body.tokens))

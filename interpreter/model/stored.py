"""A transformer in a file: safetensors with a description, read without the compiler that made it.

`punchtape export --to safetensors` writes it (`interpreter.export`). This module and `transformer` need PyTorch and
safetensors only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from interpreter.model.transformer import Transformer

METADATA = "punchtape"
"""The entry of the file's metadata that has the description, as JSON."""
FORMAT, VERSION = "punchtape model", 1


class StoredError(ValueError):
    """A file that is no stored transformer, or one of another version; the message says which."""


@dataclass(frozen=True)
class Description:
    """All that it takes to run a transformer besides its tensors, and what is known of it.

    Attributes:
        machine: its name.
        form: stacked or looped.
        passes: how often the block of the looped form is applied to a token.
        radix: of the digits of positions, 0 if there are none.
        tokens: the names of the tokens, by number; they are different, and have no white space.
        halting: the numbers of the tokens that end a run.
        longest_trace: the tokens, prompt and run, that the weights tell apart.
        proved_tokens: those up to which a certificate says, in float64, that every next token is the
            specification's; None where there was none when the file was made.
        weights_sha256: of the tensors, see `compiler.circuits.Weights.sha256`.
        wires: what each dimension of the residual stream is.
        heads: the names of the heads, by layer.
        window: how many tokens a loop outside shows the transformer at a time; None if it sees the whole trace.
    """

    machine: str
    form: str
    passes: int
    radix: int
    tokens: list[str]
    halting: list[int]
    longest_trace: int
    proved_tokens: int | None
    weights_sha256: str
    wires: list[str]
    heads: list[list[str]]
    window: int | None

    def to_json(self) -> str:
        """What `described` reads."""
        return json.dumps({"format": FORMAT, "version": VERSION, **vars(self)})


def described(text: str) -> Description:
    """The description that a text is; raises StoredError where it is none."""
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if not isinstance(body, dict) or body.pop("format", None) != FORMAT:
        raise StoredError("this file holds no punchtape model; `punchtape export --to safetensors` makes one")
    if (version := body.pop("version", None)) != VERSION:
        raise StoredError(f"the file has version {version!r:.40}, this is version {VERSION}; export it again")
    if body.keys() != {f.name for f in fields(Description)}:
        raise StoredError("the description in this file is not complete; export it again")
    return Description(**body)


@dataclass(frozen=True)
class _Parts:
    """What `Transformer` is made of; see `interpreter.model.transformer.Parameters`."""

    tensors: dict[str, Any]
    form: str
    passes: int
    radix: int


@dataclass(frozen=True)
class Stored:
    """A transformer of a file, with its description."""

    transformer: Transformer
    description: Description

    def numbers(self, text: str) -> list[int]:
        """Token numbers of names that white space parts; raises StoredError for a name that is none."""
        number = {name: i for i, name in enumerate(self.description.tokens)}
        unknown = [name for name in text.split() if name not in number]
        if unknown:
            raise StoredError(f"{unknown[0]!r} is no token of the {self.description.machine} machine")
        return [number[name] for name in text.split()]

    @torch.inference_mode()
    def decode(self, prompt: list[int], max_tokens: int | None = None) -> Iterator[int]:
        """The tokens after a prompt, each the argmax of the logits, up to one that halts."""
        caches, position, new = self.transformer.caches(), 0, torch.tensor(prompt)
        emitted = 0
        while max_tokens is None or emitted < max_tokens:
            token = int((self.transformer.unembedding @ self.transformer.residual(new, caches, position)[-1]).argmax())
            yield token
            if token in self.description.halting:
                return
            emitted, position, new = emitted + 1, position + len(new), torch.tensor([token])


def load(path: Path | str, dtype: torch.dtype = torch.float64) -> Stored:
    """The transformer in a file.

    Raises:
        StoredError: the file is none that `punchtape export --to safetensors` wrote.
        OSError: it cannot be read.
    """
    try:
        with safe_open(path, framework="pt") as file:
            description = described((file.metadata() or {}).get(METADATA, ""))
            tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}
    except SafetensorError as problem:
        raise StoredError(f"this is no safetensors file ({problem!s:.100})") from None
    made = _Parts(tensors, description.form, description.passes, description.radix)
    return Stored(Transformer(made, dtype), description)

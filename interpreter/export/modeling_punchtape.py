"""The transformer for Hugging Face's `transformers`, with their cache of keys and values.

`punchtape export --to huggingface` copies this file, `transformer.py`, `positional.py` and `windows.py` into a folder,
which `AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)` loads; punchtape is not needed then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from transformers import Cache, DynamicCache, GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast

from compiler.machines.windows import Context, of_plain
from interpreter.model.transformer import Transformer


class PunchtapeConfig(PretrainedConfig):  # type: ignore[misc]
    """What the transformer is, besides its tensors.

    Args:
        shapes: of the tensors, by name; form, passes, radix: see `Transformer`; window: what `generate` shows the
            transformer of a trace, see `windows.plain`; None: all of it.
        rest: what all configurations have.
    """

    model_type = "punchtape"

    def __init__(
        self,
        shapes: dict[str, list[int]] | None = None,
        form: str = "stacked",
        passes: int = 1,
        radix: int = 0,
        window: dict[str, object] | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(**rest)
        self.window = window
        self.shapes = shapes or {}
        self.form, self.passes, self.radix = form, passes, radix
        vocabulary, width = self.shapes.get("embedding", [0, 0])
        layers = passes if form == "looped" else sum(name.endswith(".gate") for name in self.shapes)
        self.vocab_size, self.hidden_size, self.num_hidden_layers = vocabulary, width, layers


@dataclass(frozen=True)
class _Blank:
    """What `Transformer` is made of, before the weights are loaded."""

    tensors: dict[str, Tensor]
    form: str
    passes: int
    radix: int


@dataclass(frozen=True)
class _LayerCache:
    """Hugging Face's cache as one layer of `Transformer` uses it."""

    cache: Cache
    layer: int

    def extend(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Appends (h, n, ·) and returns all positions."""
        all_keys, all_values = self.cache.update(keys[None], values[None], self.layer)
        return all_keys[0], all_values[0]


class PunchtapeForCausalLM(PreTrainedModel, GenerationMixin):  # type: ignore[misc]
    """The machine. Its data type is float64: in a smaller one, positions run together in shorter traces."""

    config_class = PunchtapeConfig

    def __init__(self, config: PunchtapeConfig) -> None:
        super().__init__(config)
        blank = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in config.shapes.items()}
        self.transformer = Transformer(_Blank(blank, config.form, config.passes, config.radix))
        self.post_init()

    def _init_weights(self, module: Any) -> None:
        """None is at random."""

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        cache: Cache | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int = 0,
        **rest: Any,
    ) -> CausalLMOutputWithPast:
        """Logits, (1, n, vocabulary), of one trace, or of what is seen of it through a window.

        Args:
            input_ids: (1, n); attention_mask: all ones, if given; cache: of the tokens before these.
            logits_to_keep: of how many of the last tokens logits are wanted; 0: of all.

        Raises:
            ValueError: there are several traces, or padding.
        """
        if attention_mask is not None and not attention_mask.all():
            raise ValueError(_ONE)
        _check_one(input_ids)
        if cache is None and use_cache:
            cache = DynamicCache()
        start, caches = 0, None
        if cache is not None:
            layers = range(self.config.num_hidden_layers)
            start = max(cache.get_seq_length(i) for i in layers)  # 0 of a layer without heads
            caches = [_LayerCache(cache, i) for i in layers]
        stream = self.transformer.residual(input_ids[0], cast(Any, caches), start)[-logits_to_keep:]
        return CausalLMOutputWithPast(logits=(stream @ self.transformer.unembedding.T)[None], cache=cache)

    def generate(self, inputs: Tensor | None = None, *positional: Any, **rest: Any) -> Any:
        """As `GenerationMixin.generate`; a window of the trace, if there is one, is moved as tokens come."""
        prompt = rest.get("input_ids") if inputs is None else inputs
        if self.config.window is not None and prompt is not None:
            _check_one(prompt)
            rest["shown"] = _Shown(of_plain(self.config.window).begin(prompt[0].tolist()), prompt.shape[1])
        return super().generate(inputs, *positional, **rest)

    def prepare_inputs_for_generation(
        self, input_ids: Tensor, cache: Cache | None = None, shown: _Shown | None = None, **rest: Any
    ) -> dict[str, Any]:
        """What `forward` is given next. Keys and values are kept as long as all that was seen is seen."""
        inputs: dict[str, Any] = super().prepare_inputs_for_generation(input_ids, cache=cache, **rest)
        if shown is None or (shown.goes_on(input_ids[0]) and cache is not None):
            return inputs
        seen = torch.tensor([list(shown.context.seen())], device=input_ids.device)
        return inputs | {"input_ids": seen, "cache": None if cache is None else DynamicCache()}


class _Shown:
    """What is seen of a trace that is generated."""

    def __init__(self, context: Context, size: int) -> None:
        self.context, self.size = context, size

    def goes_on(self, trace: Tensor) -> bool:
        """Takes the tokens that are new; whether there is one, and all that was seen is seen still."""
        new = trace[self.size :].tolist()
        self.size = len(trace)
        return [self.context.append(token) for token in new] == [True]


_ONE = "this transformer counts positions from the first token: give it one trace, not padded"


def _check_one(traces: Tensor) -> None:
    if len(traces) != 1:
        raise ValueError(_ONE)

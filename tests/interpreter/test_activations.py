"""What the transformer computes on the way, as `Transformer.activations` and PyTorch's forward hooks give it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from compiler.machines import lag
from compiler.machines.lag.system import parse
from compiler.machines.machine import Machine
from compiler.machines.ptm import machine as ptm
from interpreter.model.transformer import Layer, Transformer
from tests.engines.echo_machine import machine as echo
from tests.engines.pairs import pairs

ECHO = echo()
MACHINES: dict[str, Machine[Any]] = {
    "echo": ECHO,
    "echo looped": replace(ECHO, form="looped"),
    "pairs": pairs(),
    "ptm": ptm(),
}
TOKENS = torch.tensor([0, 3, 11, 7, 7, 1], dtype=torch.long)


def layers(module: Transformer) -> list[Layer]:
    """The layers in the order in which they are applied."""
    return [layer for layer in module.layers if isinstance(layer, Layer)] * (module.passes if module.looped else 1)


@pytest.mark.parametrize("name", MACHINES)
def test_every_part_is_the_one_that_was_computed(name: str) -> None:
    module = Transformer(MACHINES[name].weights)
    found = module.activations(TOKENS)
    n, d, applied = len(TOKENS), MACHINES[name].weights.width, layers(module)
    assert torch.equal(found.logits, module(TOKENS)) and torch.equal(
        found.logits, found.residual[-1] @ module.unembedding.T
    )
    assert [tuple(x.shape) for x in found.residual] == [(n, d)] * (len(applied) + 1)
    assert len(found.attention) == len(found.neurons) == len(applied)
    for i, layer in enumerate(applied):
        written = torch.zeros(n, d, dtype=torch.float64)
        if layer.attention is None:
            assert found.attention[i].shape == (0, n, n)
        else:
            read = layer.attention.value @ found.residual[i].T
            written = torch.einsum("hdv,hnm,hvm->nd", layer.attention.output, found.attention[i], read)
        fed = found.neurons[i] @ layer.feed_forward.down.T
        stays = found.residual[0 if module.looped else i]
        torch.testing.assert_close(stays + written + fed, found.residual[i + 1], rtol=1e-12, atol=1e-9)


def test_attention_is_causal_and_sums_to_one() -> None:
    for pattern in Transformer(ECHO.weights).activations(TOKENS).attention:
        assert torch.equal(pattern, pattern.tril())
        torch.testing.assert_close(pattern.sum(-1), torch.ones(pattern.shape[:2], dtype=torch.float64))


@pytest.mark.parametrize("name", MACHINES)
def test_a_part_of_the_tokens_with_caches(name: str) -> None:
    module = Transformer(MACHINES[name].weights)
    whole, caches = module.activations(TOKENS), module.caches()
    module(TOKENS[:4], caches)
    part = module.activations(TOKENS[4:], caches, 4)
    torch.testing.assert_close(part.logits, whole.logits[4:])
    for all_rows, rows in zip(whole.attention, part.attention):
        assert rows.shape == (len(all_rows), 2, len(TOKENS))
        torch.testing.assert_close(rows, all_rows[:, 4:])


def test_hooks_are_gone_afterwards() -> None:
    module = Transformer(ECHO.weights)
    module.activations(TOKENS)
    with pytest.raises(IndexError):
        module.activations(torch.tensor([10**6]))
    assert not any(part._forward_hooks for part in module.modules())


@pytest.mark.parametrize("name", MACHINES)
def test_a_hook_that_returns_something_replaces_it(name: str) -> None:
    """An intervention: heads that are made to look at the first position change the residual stream."""
    module = Transformer(MACHINES[name].weights)
    before = module.residual(TOKENS)

    def first(_: object, __: object, pattern: torch.Tensor) -> torch.Tensor:
        replaced = torch.zeros_like(pattern)
        replaced[..., 0] = 1
        return replaced

    attentions = [layer.attention for layer in module.layers if isinstance(layer, Layer) and layer.attention]
    hooks = [attention.pattern.register_forward_hook(first) for attention in attentions]
    changed = module.residual(TOKENS)
    for hook in hooks:
        hook.remove()
    assert not torch.equal(changed, before)
    assert torch.equal(module.residual(TOKENS), before)


def test_a_hook_on_the_stream_replaces_it() -> None:
    module = Transformer(ECHO.weights)
    with module.stream.register_forward_hook(lambda *call: torch.zeros_like(call[-1])):
        assert not module(TOKENS).any()


def test_blind_heads_attend_to_nothing() -> None:
    """The heads of a Lag system look two positions back and one; before that there is nothing."""
    made = lag.machine(parse("a a: b\na b: a a\nb a: b\n"))
    (pattern,) = Transformer(made.weights).activations(torch.tensor([0, 1, 1, 0])).attention
    assert torch.equal(pattern, torch.stack([torch.eye(4, dtype=torch.float64).roll(i, 0).tril(-i) for i in (2, 1)]))

"""First errors beside N: what is proved holds on hard runs, and what is found is a real error."""

from __future__ import annotations

from math import fsum

import numpy as np
import pytest
import torch

from compiler.machines.ram import machine
from compiler.machines.ram.isa import Layout
from interpreter.model.transformer import Transformer
from proofs_check.formats import FLOAT64, FORMATS
from proofs_check.orders import attention, out_of_order
from proofs_check.ram.hard import cycle, endless, hard_prompts
from proofs_check.ram.samples import trace
from proofs_check.sums import running_sums
from proofs_check.tensors import Readback
from proofs_check.tightness import added_by_torch, added_in_the_worst_order, first_error, followed, summands, tightness

SMALL = Layout(base=10, max_depth=10)


def test_errors_begin_behind_n_where_recency_runs_out() -> None:
    found = tightness(SMALL, FLOAT64, 32, 128)
    assert found.proved == found.proved_in_order == 32
    assert found.error is not None and 32 < found.error <= 128


def test_short_types_err_at_once_and_n_is_zero() -> None:
    bfloat16 = next(fmt for fmt in FORMATS if fmt.name == "bfloat16")
    found = tightness(SMALL, bfloat16, 32, 64)
    assert (found.proved, found.proved_in_order) == (0, 0)
    assert found.error is not None


def test_within_n_nothing_errs_in_float32() -> None:
    float32 = next(fmt for fmt in FORMATS if fmt.name == "float32")
    found = tightness(SMALL, float32, 256, 256)
    assert (found.proved, found.error) == (256, None)


def test_other_lengths_are_other_weights_of_the_same_machine() -> None:
    short, usual = machine(SMALL, max_tokens=2**10), machine(SMALL)
    assert short.name != usual.name and short.weights.sha256() != usual.weights.sha256()
    prompt = cycle(SMALL, 20, 2)
    assert first_error(short, prompt, torch.float64, 150) is None


@pytest.mark.parametrize("back", [False, True])
def test_an_endless_run_is_the_specifications(back: bool) -> None:
    prompt = cycle(SMALL, 20, 3, back)
    start, numbers = trace(prompt, 100)
    assert list(endless(prompt).tokens(start + 100)) == numbers


def test_the_sum_alone_is_the_transformers_to_the_bit() -> None:
    """Decoding after a cache, as the dense engine does; the sum of jumps is a wire of the residual stream."""
    weights = machine(SMALL).weights
    tokens = torch.from_numpy(endless(cycle(SMALL, 29, 3)).tokens(700))
    transformer = Transformer(weights)
    caches = transformer.caches()
    column = [w.name for w in weights.wires].index("pc sum")
    total = next(s for s in running_sums(Readback(weights)) if s.total == "pc sum")
    with torch.inference_mode():
        transformer.residual(tokens[:-1], caches)
        found = float(transformer.residual(tokens[-1:], caches, len(tokens) - 1)[0, column])
    exact = summands(weights, total, tokens.numpy())
    assert found == added_by_torch(exact)
    assert found == pytest.approx(exact.sum(), abs=1e-9)


def test_the_worst_order_is_worse_and_within_the_bound() -> None:
    sums = followed(SMALL)
    tokens = 30_000
    worst, usual = (sums.off(tokens, add) for add in (added_in_the_worst_order, added_by_torch))
    jumps = max(float(abs(period).sum()) / len(period) * tokens for _, period in sums.summands)
    assert usual < worst <= 1.1 * (tokens + 3) * 2.0**-53 * jumps
    assert worst > 1e-3 * (tokens + 3) * 2.0**-53 * jumps


def test_orders_are_told_apart() -> None:
    def halves(numbers: np.ndarray) -> float:
        return sum(numbers[len(numbers) // 2 :].tolist()) + sum(numbers[: len(numbers) // 2].tolist())

    def lanes(numbers: np.ndarray) -> float:
        return sum(sum(numbers[i::4].tolist()) for i in range(4))

    assert out_of_order(lambda numbers: sum(numbers.tolist()), 24) is None
    assert out_of_order(halves, 24) is None
    assert out_of_order(lanes, 24) is not None
    assert out_of_order(lambda numbers: fsum(numbers), 24) is not None
    for queries, dtype in ((1, torch.float64), (7, torch.float32)):
        assert attention(queries, dtype=dtype)(np.arange(9.0)) == 36


def test_hard_prompts_run_for_long() -> None:
    lengths = [len(trace(prompt, 200)[1]) - len(prompt.tokens) for prompt in hard_prompts(SMALL, 8)]
    assert lengths[:4] == [200] * 4

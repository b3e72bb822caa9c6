"""Products of many digits: exact at all sizes; with noise, how errors add up over the computation graph."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from compiler.machines.machine import Machine
from compiler.machines.ram import machine
from compiler.machines.ram.vocabulary import vocabulary
from interpreter.engines.indexed import IndexedEngine
from interpreter.experiments.errors import Errors, count_errors
from interpreter.experiments.experiment import Experiment, Progress, Sentences, Setting, Size
from interpreter.experiments.multiplication import LAYOUT, Product, draw_product
from interpreter.experiments.noise import Decode, Flips, dense, softer
from interpreter.experiments.report import COLOURS, MARKERS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NONE, FLIPS, SCALE, FLOAT32 = "none", "tokens flip", "softer attention", "float32"
RATES = (1e-4, 1e-3, 1e-2)
SCALES = (2**-6, 2**-6.5, 2**-6.7, 2**-7)
"""The least gap between scores is 1024 in the machine as it is; here 16, 11, 10 and 8."""
LENGTHS = (2**22, 2**20, 2**18)
"""Trace lengths that the machine is built for: recency is told apart in steps of half their inverse."""
FLIP_DIGITS = (1, 2, 3, 5, 8, 12, 16)
DENSE_DIGITS = (1, 2, 3, 5, 8)


@dataclass(frozen=True)
class Row:
    """One size of products under one noise.

    level: chance of a flip, factor of the scores, or the trace length that the machine is built for; digits: of both
    numbers; tokens, depth: of the traces and of their graphs, means; error_rate: wrong tokens after right prefixes;
    right: share of products; expected: share if each node on the way to the output, and each jump, must be right;
    local to derailed: nodes of all graphs together, see `errors`.
    """

    noise: str
    level: float
    digits: str
    products: int
    tokens: float
    depth: float | None
    error_rate: float
    right: float
    expected: float
    local: int
    propagated: int
    restored: int
    derailed: int


def measure(setting: Setting, progress: Progress) -> Iterator[Row]:
    """Rows for exact decoding, flipped tokens, flatter attention and float32; see `Experiment.measure`."""
    rng = random.Random(setting["seed"])
    engine = IndexedEngine(machine(LAYOUT))
    largest, products = setting["digits"], setting["products"]
    some, few = ([n for n in all_sizes if n <= largest] for all_sizes in (FLIP_DIGITS, DENSE_DIGITS))
    few_products = -(-products // 25)
    total = largest * largest + len(RATES) * len(some) * products
    total += (len(SCALES) + len(LENGTHS)) * len(few) * few_products
    done = 0

    def step(doing: str) -> None:
        nonlocal done
        done += 1
        progress(done, total, doing)

    yield from _exact(largest, engine, rng, step)
    for rate in RATES:
        noisy = Flips(engine, LAYOUT, rate, rng)
        for n in some:
            yield _noisy(FLIPS, rate, n, _draw(n, products, rng), noisy, step)
    for scale in SCALES:
        yield from _dense(SCALE, scale, softer(machine(LAYOUT), scale), torch.float64, few, few_products, rng, step)
    for length in LENGTHS:
        built = machine(LAYOUT, max_tokens=length)
        yield from _dense(FLOAT32, length, built, torch.float32, few, few_products, rng, step)


def _draw(digits: int, products: int, rng: random.Random) -> list[Product]:
    return [draw_product(digits, digits, rng) for _ in range(products)]


def _exact(largest: int, engine: IndexedEngine, rng: random.Random, step: Callable[[str], None]) -> Iterator[Row]:
    """One product of every size n x m, put together by ten sizes of the longer number."""
    for low in range(1, largest + 1, 10):
        high = min(low + 9, largest)
        hits, tokens = [], []
        for n in range(1, high + 1):
            for m in range(1, high + 1):
                if max(n, m) >= low:
                    product = draw_product(n, m, rng)
                    trace = np.concatenate([*engine.decode(product.prompt.numbers)])
                    hits.append(product.is_right(trace))
                    tokens.append(len(trace))
                    step(f"{n} x {m} digits")
        digits, right = f"up to {high}x{high}", sum(hits) / len(hits)
        yield Row(NONE, 0, digits, len(hits), sum(tokens) / len(tokens), None, 0, right, 1, 0, 0, 0, 0)


def _dense(
    noise: str,
    level: float,
    changed: Machine[Any],
    dtype: torch.dtype,
    digits: Sequence[int],
    products: int,
    rng: random.Random,
    step: Callable[[str], None],
) -> Iterator[Row]:
    decode, rate = dense(changed, dtype)

    def rate_of(product: Product) -> float:
        return rate(np.concatenate([product.prompt.numbers, product.trace]), len(product.prompt.numbers))

    for n in digits:
        yield _noisy(noise, level, n, _draw(n, products, rng), decode, step, rate_of)


def _noisy(
    noise: str,
    level: float,
    digits: int,
    products: Sequence[Product],
    decode: Decode,
    step: Callable[[str], None],
    error_rate: Callable[[Product], float] | None = None,
) -> Row:
    """Decodes these products under noise; `error_rate`: of a product, if it is not `level`."""
    hits, expected, rates, errors = [], [], [], Errors()
    for product in products:
        step(f"{noise} {level:.3g}, {digits} digits")
        trace = decode(product.prompt.numbers, 2 * len(product.trace))
        hits.append(product.is_right(trace))
        rates.append(error_rate(product) if error_rate else level)
        expected.append((1 - rates[-1]) ** needed_nodes(product))
        errors += count_errors(LAYOUT, product.graph, product.prompt.numbers, trace)
    count = len(products)
    return Row(
        noise=noise,
        level=level,
        digits=f"{digits}x{digits}",
        products=count,
        tokens=sum(len(p.trace) for p in products) / count,
        depth=sum(max(p.graph.depths()) for p in products) / count,
        error_rate=sum(rates) / count,
        right=sum(hits) / count,
        expected=sum(expected) / count,
        local=errors.local,
        propagated=errors.propagated,
        restored=errors.restored,
        derailed=errors.derailed,
    )


def needed_nodes(product: Product) -> int:
    """Nodes that the output is computed from, itself included, and jumps: those whose token could be another one."""
    graph = product.graph
    families = vocabulary(LAYOUT).families
    needed = {i for i, t in enumerate(graph.tokens) if t.family in ("J", "INT")}
    needed |= {i for e in graph.events if e.pc == _OUTPUT for i in range(e.start - graph.prompt, e.end - graph.prompt)}
    for i in range(len(graph.tokens) - 1, -1, -1):
        if i in needed:
            needed |= graph.sources(i)
    return sum(families[graph.tokens[i].family].size > 1 for i in needed)


_OUTPUT = 6
"""The instruction that prints the product."""


def conclude(rows: Sequence[Row]) -> Sentences:
    """Three sentences: what exact decoding gives, what flipped tokens do, where attention and float32 break."""
    exact = [r for r in rows if r.noise == NONE]
    flips = [r for r in rows if r.noise == FLIPS]
    products, right = sum(r.products for r in exact), sum(r.right * r.products for r in exact)
    three = next((r for r in flips if r.digits == "3x3" and r.level == RATES[-1]), flips[-1])
    kinds = ("local", "propagated", "restored", "derailed")
    local, propagated, restored, derailed = (sum(getattr(r, kind) for r in flips) for kind in kinds)
    gap = max(abs(r.right - r.expected) for r in flips)
    soft, floats = ([r for r in rows if r.noise == noise] for noise in (SCALE, FLOAT32))
    erring = {r.level for r in soft if r.error_rate > 0}
    sharp, blunt = ([r for r in soft if (r.level in erring) == wrong] for wrong in (False, True))
    return (
        f"Without noise {right:.0f} of {products:,} products are right, one of every size {exact[-1].digits} digits.",
        f"Where tokens flip, success falls with the graph as the independent chances of its nodes predict "
        f"(at most {100 * gap:.0f} percentage points off at {len(flips)} sizes and rates; {three.digits} digits at "
        f"{three.level:g}: {three.right:.0%} measured, {three.expected:.0%} predicted): {local:,} local errors became "
        f"{propagated:,} propagated ones, {restored:,} nodes were restored, and {derailed:,} were never reached "
        "because a wrong jump had derailed the run.",
        f"The other noises are cliffs, not rates: attention scores {_factors(sharp)} times as large still err nowhere, "
        f"{_factors(blunt)} times as large {_percent(blunt)} of the next tokens are wrong; in float32 at "
        f"most {_lengths(floats)}.",
    )


def _factors(rows: Sequence[Row]) -> str:
    levels = sorted({r.level for r in rows}, reverse=True)
    return " or ".join(f"1/{1 / level:.0f}" for level in levels) or "(none tried)"


def _percent(rows: Sequence[Row]) -> str:
    rates = [r.error_rate for r in rows]
    return f"up to {max(rates):.0%}" if rates else "none"


def _lengths(rows: Sequence[Row]) -> str:
    parts = []
    for length in sorted({r.level for r in rows}, reverse=True):
        some = [r for r in rows if r.level == length]
        wrong = max(r.error_rate for r in some)
        parts.append(f"{wrong:.1%} if built for {length:,.0f} tokens")
    return ", ".join(parts)


def draw(rows: Sequence[Row], figure: Figure) -> None:
    """Success by depth, what became of flipped tokens, and the two cliffs."""
    success, kinds, cliffs = figure.subplots(1, 3)
    flips = [r for r in rows if r.noise == FLIPS]
    for rate, colour, marker in zip(RATES, COLOURS, MARKERS):
        some = [r for r in flips if r.level == rate]
        x = [r.depth for r in some]
        success.plot(x, [100 * r.right for r in some], color=colour, marker=marker, label=f"{rate:g}, measured")
        success.plot(x, [100 * r.expected for r in some], color=colour, linestyle="--", label=f"{rate:g}, predicted")
    success.set(xscale="log", xlabel="depth of the computation graph, nodes", ylabel="right products, %")
    success.set_title("Tokens flip at a rate")
    success.legend(fontsize=8)
    some = [r for r in flips if r.level == RATES[-1]]
    bottom = np.zeros(len(some))
    for name, colour, hatch in zip(("local", "propagated", "restored", "derailed"), COLOURS, ("", "//", "..", "xx")):
        counts = np.array([getattr(r, name) / r.products for r in some], dtype=float)
        kinds.bar([r.digits for r in some], counts, bottom=bottom, color=colour, hatch=hatch, label=name, edgecolor="w")
        bottom += counts
    kinds.tick_params(axis="x", labelsize=7)
    kinds.set(xlabel="digits", ylabel="nodes a product", title=f"What becomes of them (rate {RATES[-1]:g})")
    kinds.legend(fontsize=8)
    for noise, mark, line in ((SCALE, "o", "-"), (FLOAT32, "s", ":")):
        levels = sorted({r.level for r in rows if r.noise == noise}, reverse=True)
        for level, colour in zip(levels, COLOURS):
            some = [r for r in rows if (r.noise, r.level) == (noise, level)]
            label = f"scores x 1/{1 / level:.0f}" if noise == SCALE else f"float32, for {level:,.0f} tokens"
            points = ([r.depth for r in some], [100 * r.right for r in some])
            cliffs.plot(*points, color=colour, marker=mark, linestyle=line, label=label)
    cliffs.set(xscale="log", xlabel="depth of the computation graph, nodes", ylabel="right products, %")
    cliffs.set_title("Softer attention, fewer bits")
    cliffs.legend(fontsize=7, ncols=2, loc="upper left")
    for axes, top in ((success, 105), (cliffs, 150)):
        axes.set_ylim(-5, top)
        axes.set_yticks(range(0, 101, 20))


EXPERIMENT = Experiment(
    name="compose",
    title="products of many digits, exact and with noise",
    after="After Dziri et al. 2023 (Faith and Fate, arXiv:2305.18654): GPT-4 gets 59 % of products of three by three "
    "digits right, and success decays with the size of the computation graph.",
    sizes=(
        Size("digits", 100, 1, 300, "Of the longest numbers; one product of every size is computed without noise."),
        Size("products", 100, 1, 100_000, "For each size and rate of flips; a 25th of it on the dense engine."),
        Size("seed", 1, 0, 10**9, "Of numbers and noise."),
    ),
    measure=measure,
    conclude=conclude,
    draw=draw,
)

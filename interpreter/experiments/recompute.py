"""One block applied k times against k copies of it in memory: bytes, time to load, time a token."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from compiler.circuits.weights import Array, LayerWeights
from compiler.machines.ram import Layout, machine
from interpreter.experiments.caches import available_memory, data_caches
from interpreter.experiments.experiment import CannotMeasure, Experiment, Progress, Sentences, Setting, Size
from interpreter.experiments.report import COLOURS, MARKERS
from interpreter.model.transformer import Layer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Load = dict[str, Tensor]


@dataclass(frozen=True)
class Row:
    """k applications of a block of one width, stored once (shared) or k times (distinct).

    fits_in: the smallest cache that holds one copy; times are medians of rounds in which the two take turns, in CPU
    seconds, with the file in the page cache; identical: whether both gave the same stream to the last bit.
    """

    width: int
    fits_in: str
    k: int
    shared_bytes: int
    distinct_bytes: int
    shared_load_ms: float
    distinct_load_ms: float
    shared_token_ms: float
    distinct_token_ms: float
    saved_load: float
    saved_token: float
    identical: bool


def measure(setting: Setting, progress: Progress) -> Iterator[Row]:
    """A row for each width and number of passes, shared weights beside copies; see `Experiment.measure`.

    Raises:
        CannotMeasure: the copies would take more memory than there is.
    """
    room = setting["memory"] * 2**20
    available = available_memory()
    if available is not None and 2 * room > available:
        raise CannotMeasure(f"{setting['memory']:,} MiB of copies need twice as much memory and "
                            f"{available // 2**20:,} MiB can be had: give a smaller --memory")  # fmt: skip
    weights = machine(Layout(), "looped").weights
    [block] = weights.layers
    # Of the first token, at position 0, where the features are 1, 0, 0, 1 and 1.
    embedded = weights.embedding[0] + np.array([1, 0, 0, 1, 1]) @ weights.positional
    blocks = list(widened(block, setting["memory"] * 2**20))
    counts = [k for e in range(20) if (k := 2**e) <= setting["copies"]]
    plan = [(b, k) for b in blocks for k in counts if k * size_of(b) <= room]
    if not plan:
        raise CannotMeasure(f"one copy of the block takes {size_of(block) / 2**20:.1f} MiB: give a larger --memory")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for i, (b, k) in enumerate(plan):
            progress(i, len(plan), f"width {b.gate.shape[1]}, {k} times")
            yield _row(b, embedded, k, setting["rounds"])
        progress(len(plan), len(plan), "done")
    finally:
        torch.set_num_threads(threads)


def widened(block: LayerWeights, limit: int) -> Iterator[LayerWeights]:
    """The block, then blocks twice as wide with twice the neurons and values, all zero beyond its own, until one no
    longer fits into the largest cache or into `limit` bytes."""
    largest = max(data_caches().values(), default=2**25)
    factor = 1
    while True:
        wider = pad(block, factor)
        if factor > 1 and size_of(wider) > limit:
            return
        yield wider
        if size_of(wider) > largest:
            return
        factor *= 2


def pad(block: LayerWeights, factor: int) -> LayerWeights:
    """Every size but heads and their queries times `factor`, with zeros: the same function on the first dimensions."""

    def wider(name: str, tensor: Array) -> Array:
        factors = (1, 1, factor) if name in ("query", "key") else (1, factor, factor)[-tensor.ndim :]
        padded = np.zeros([size * f for size, f in zip(tensor.shape, factors)])
        padded[tuple(slice(size) for size in tensor.shape)] = tensor
        return padded

    return _with_tensors(block, wider)


def _with_tensors(block: LayerWeights, change: Callable[[str, Array], Array]) -> LayerWeights:
    changed = {name: change(name, tensor) for name, tensor in block.tensors.items()}
    return LayerWeights(**changed, patterns=block.patterns, head_names=block.head_names)


def size_of(block: LayerWeights) -> int:
    """Bytes of the tensors of a block."""
    return sum(tensor.nbytes for tensor in block.tensors.values())


def _row(block: LayerWeights, embedded: Array, k: int, rounds: int) -> Row:
    width = block.gate.shape[1]
    shared = Layer(block.tensors, torch.float64)
    # `torch.as_tensor` does not copy, hence the copies here.
    copies = [Layer(_with_tensors(block, lambda _, tensor: tensor.copy()).tensors, torch.float64) for _ in range(k)]
    stream = torch.zeros(1, width, dtype=torch.float64)
    stream[0, : len(embedded)] = torch.from_numpy(embedded)
    same = torch.equal(passes(stream, repeat(shared, k)), passes(stream, iter(copies)))
    token = side_by_side(lambda: passes(stream, repeat(shared, k)), lambda: passes(stream, iter(copies)), rounds=rounds)
    with tempfile.TemporaryDirectory() as folder:
        one, many = Path(folder) / "one.safetensors", Path(folder) / "many.safetensors"
        tensors = {name: torch.from_numpy(tensor) for name, tensor in block.tensors.items()}
        save_file(tensors, one)
        save_file({f"{i}.{name}": tensor.clone() for i in range(k) for name, tensor in tensors.items()}, many)
        load = side_by_side(lambda: _load(one), lambda: _load(many), rounds=max(2, rounds // 2))
    caches = [name for name, size in data_caches().items() if size >= size_of(block)]
    return Row(
        width=width,
        fits_in=caches[0] if caches else "memory",
        k=k,
        shared_bytes=size_of(block),
        distinct_bytes=k * size_of(block),
        shared_load_ms=1000 * load[0],
        distinct_load_ms=1000 * load[1],
        shared_token_ms=1000 * token[0],
        distinct_token_ms=1000 * token[1],
        saved_load=1 - load[0] / load[1],
        saved_token=1 - token[0] / token[1],
        identical=same,
    )


@torch.inference_mode()
def passes(injected: Tensor, blocks: Iterator[Layer]) -> Tensor:
    """A token's residual stream after these blocks, as the looped form computes it, with nothing in its context."""
    x, fed = injected, torch.zeros_like(injected)
    for block in blocks:
        attended = block.attend(x)
        fed = block.feed_forward(injected + attended + fed)
        x = injected + attended + fed
    return x


def _load(path: Path) -> Load:
    """Into memory of its own: what `load_file` gives is still the file."""
    return {name: tensor.clone() for name, tensor in load_file(path).items()}


def side_by_side(*actions: Callable[[], object], rounds: int) -> list[float]:
    """CPU seconds of each action: the median over rounds in which they take turns."""
    times: list[list[float]] = [[] for _ in actions]
    for action in actions:
        action()
    for _ in range(rounds):
        for action, kept in zip(actions, times):
            begun, done = time.process_time(), 0
            while (spent := time.process_time() - begun) < 0.02 or done == 0:
                action()
                done += 1
            kept.append(spent / done)
    return [median(kept) for kept in times]


def conclude(rows: Sequence[Row]) -> Sentences:
    """Three sentences: on size and loading, on running at our width, on wider blocks."""
    ours = [r for r in rows if r.width == rows[0].width]
    most = max(ours, key=lambda r: r.k)
    one, two = ours[0], next((r for r in ours if r.k == 2), ours[0])
    widths = [[r for r in rows if r.width == w] for w in sorted({r.width for r in rows})]
    same = "identical to the last bit" if all(r.identical for r in rows) else "NOT identical"
    return (
        f"Applying one block {most.k} times or {most.k} copies of it gives streams that are {same}; at our width it "
        f"stores {most.shared_bytes / 2**20:.1f} MiB instead of {most.distinct_bytes / 2**20:.1f} and loads in "
        f"{most.shared_load_ms:.1f} ms instead of {most.distinct_load_ms:.1f}.",
        f"With one shared block a token takes {', '.join(map(_saving, widths))}: both compute the same, "
        "so that what is saved is fetching weights.",
        f"From one application to two, sharing costs {_more(one.shared_load_ms, two.shared_load_ms)} to load and "
        f"{_more(one.shared_token_ms, two.shared_token_ms)} to run, distinct blocks "
        f"{_more(one.distinct_load_ms, two.distinct_load_ms)} and "
        f"{_more(one.distinct_token_ms, two.distinct_token_ms)}: memory is saved, computing is not.",
    )


def _saving(rows: Sequence[Row]) -> str:
    several = [r for r in rows if r.k > 1] or list(rows)
    ks = f"k = {several[0].k} to {several[-1].k}" if len(several) > 1 else f"k = {several[0].k}"
    saved = median(r.saved_token for r in several)
    return f"{saved:.0%} less CPU time at width {rows[0].width} (median of {ks}; one copy fits into {rows[0].fits_in})"


def _more(before: float, after: float) -> str:
    return f"{after / before - 1:+.0%}"


def draw(rows: Sequence[Row], figure: Figure) -> None:
    """Memory, loading and running by the number of passes."""
    panels = (("Memory", "stored, MiB"), ("Loading", "time to load, ms of CPU"), ("Running", "time a token, ms of CPU"))
    for axes, (title, label) in zip(figure.subplots(1, 3), panels):
        for width, colour, marker in zip(sorted({r.width for r in rows}), COLOURS, MARKERS):
            some = [r for r in rows if r.width == width]
            pairs = [_shown(row, title) for row in some]
            for kind, line, values in zip(("shared", "distinct"), ("-", ":"), zip(*pairs)):
                name = f"{kind}, width {width} (one copy fits into {some[0].fits_in})"
                axes.plot([r.k for r in some], values, color=colour, marker=marker, linestyle=line, label=name)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set(xlabel="applications k", ylabel=label, title=title)
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)


def _shown(row: Row, panel: str) -> tuple[float, float]:
    """Shared and distinct, in the unit of the panel."""
    if panel == "Memory":
        return row.shared_bytes / 2**20, row.distinct_bytes / 2**20
    if panel == "Loading":
        return row.shared_load_ms, row.distinct_load_ms
    return row.shared_token_ms, row.distinct_token_ms


EXPERIMENT = Experiment(
    name="recompute",
    title="what applying one block again and again saves",
    after="After MobileLLM (Liu et al. 2024, arXiv:2402.14905): sharing a block with the one after it costs +2.2 % to "
    "load and +2.6 % to run, where distinct blocks cost +143 % and +86 %.",
    sizes=(
        Size("copies", 64, 1, 1024, "Applications at most; doubled from 1 on."),
        Size("memory", 1024, 8, 2**20, "MiB that the copies may take."),
        Size("rounds", 7, 1, 1000, "In which the two take turns."),
    ),
    measure=measure,
    conclude=conclude,
    draw=draw,
)

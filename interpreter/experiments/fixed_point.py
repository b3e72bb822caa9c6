"""Whether the residual stream settles: from pass to pass within a token, and from token to token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from compiler import compile_program
from compiler.machines.ram.prompt import Prompt
from interpreter.engines.engine import Tokens
from interpreter.engines.indexed import IndexedEngine
from interpreter.experiments.cycles import Course, course
from interpreter.experiments.experiment import CannotMeasure, Experiment, Progress, Sentences, Setting, Size
from interpreter.experiments.machines import endless
from interpreter.experiments.report import COLOURS, MARKERS
from interpreter.model.transformer import Layer, Transformer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PROGRAMS = {
    "counts to 5": "i = 0\nwhile i < 5:\n    i += 1\nprint(i)\n",
    "counts modulo 7": "i = 0\nwhile True:\n    i = (i + 1) % 7\n",
    "x = (5x + 3) mod 64": "x = 1\nwhile True:\n    x = (5 * x + 3) % 64\n",
    "while True: pass": "while True:\n    pass\n",
    "counts for ever": "i = 0\nwhile True:\n    i += 1\n",
}
STREAM, HEAD, RUNNING, HALTED, COURSE = "stream, a pass", "head", "logits, running", "logits, after HALT", "course"
DENSE_TOKENS = 400
"""Of a trace, at most, whose residual stream is looked at."""


@dataclass(frozen=True)
class Row:
    """What changes, and by how much.

    - stream, a pass: subject: the form; at: the pass; mean and largest norm of the change of the residual stream over
      the positions of the trace; moving: dimensions that change anywhere.
    - head: subject: a head of the looped form; at: the pass after which its attention never changes again; mean,
      largest: over all passes, the total variation distance to the attention of the pass before.
    - logits: subject: the program; at: tokens looked at; mean and largest norm of the change of the logits from token
      to token, or from a token to the one a period later; moving: dimensions of the stream that change.
    - course: subject: the program; at: the period in tokens; moving: the period in instructions.
    """

    what: str
    subject: str
    at: int | None
    mean: float | None
    largest: float | None
    moving: int | None
    seen: str = ""


def measure(setting: Setting, progress: Progress) -> Iterator[Row]:
    """Rows for the change from pass to pass, for the heads, and from token to token; see `Experiment.measure`."""
    prompts = {name: compile_program(source) for name, source in PROGRAMS.items()}
    if setting.prompt is not None:
        prompts = {setting.program: setting.prompt}
    total = 2 + 2 * len(prompts)
    first = next(iter(prompts.values()))
    if len(first.numbers) > 4 * DENSE_TOKENS:
        raise CannotMeasure(f"the prompt has {len(first.numbers):,} tokens; the residual stream of at most "
                            f"{4 * DENSE_TOKENS:,} is looked at, so take a smaller program")  # fmt: skip
    courses: dict[str, Course] = {}
    for i, (name, prompt) in enumerate(prompts.items()):
        progress(i, total, f"course of {name!r}")
        courses[name] = course(prompt, IndexedEngine(prompt.machine), setting["tokens"])
        yield _course_row(name, courses[name])
    tokens = _trace(first, courses[next(iter(prompts))])
    for i, form in enumerate(("stacked", "looped")):
        progress(len(prompts) + i, total, f"passes of the {form} form")
        yield from _passes(first, form, tokens, setting["extra"])
    for i, (name, prompt) in enumerate(prompts.items()):
        progress(len(prompts) + 2 + i, total, f"tokens of {name!r}")
        yield from _tokens(name, prompt, courses[name])
    progress(total, total, "done")


def _course_row(name: str, found: Course) -> Row:
    if found.cycle is not None:
        seen = f"an endless loop, in it from token {found.cycle.start:,} on at the latest"
        return Row(COURSE, name, found.cycle.tokens, None, None, found.cycle.instructions, seen)
    seen = f"halts at token {found.tokens:,}" if found.halted else f"neither halts nor comes back in {found.tokens:,}"
    return Row(COURSE, name, None, None, None, None, seen)


def _trace(prompt: Prompt, found: Course) -> Tokens:
    """Prompt and trace, up to `DENSE_TOKENS`; a run that halts is decoded on after its end."""
    engine = IndexedEngine(endless(prompt.machine))
    length = found.tokens + 20 if found.halted else DENSE_TOKENS
    return np.concatenate([prompt.numbers, *engine.decode(prompt.numbers, min(length, DENSE_TOKENS))])


@torch.inference_mode()
def _passes(prompt: Prompt, form: str, tokens: Tokens, extra: int) -> Iterator[Row]:
    """At the positions of the trace, where the transformer decides."""
    weights = (prompt.in_form("looped") if form == "looped" else prompt).machine.weights
    passes = weights.passes + extra if form == "looped" else None
    transformer = Transformer(weights, passes=passes)
    streams = list(transformer.streams(torch.as_tensor(tokens, dtype=torch.long)))
    since = len(prompt.numbers) - 1
    for i, (before, after) in enumerate(zip(streams, streams[1:])):
        change = (after - before)[since:]
        norms = change.norm(dim=1)
        moving = int((change != 0).any(0).sum())
        yield Row(STREAM, form, i + 1, float(norms.mean()), float(norms.max()), moving)
    if form == "looped":
        yield from _heads(transformer, weights.layers[0].head_names, streams, since)


def _heads(transformer: Transformer, names: Sequence[str], streams: list[Tensor], since: int) -> Iterator[Row]:
    block = transformer.layers[0]
    assert isinstance(block, Layer)
    changes = []
    before = None
    for stream in streams[:-1]:
        now = attention_of(block, stream)[:, since:]
        if before is not None:
            changes.append((now - before).abs().sum(2).mean(1) / 2)
        before = now
    table = torch.stack(changes)
    for h, name in enumerate(names):
        moved = torch.nonzero(table[:, h]).flatten()
        # Row i compares the attention of passes i + 1 and i + 2.
        last = int(moved[-1]) + 2 if len(moved) else 1
        shares = " ".join(f"{value:.2g}" for value in table[:, h].tolist())
        yield Row(HEAD, name, last, float(table[:, h].mean()), float(table[:, h].max()), None, shares)


def attention_of(block: Layer, stream: Tensor) -> Tensor:
    """The weights (h, n, n) with which each head of a block attends, given the stream (n, d)."""
    assert block.attention is not None
    query, key = (torch.einsum("hkd,nd->hnk", w, stream) for w in (block.attention.query, block.attention.key))
    future = torch.ones(len(stream), len(stream), dtype=torch.bool).triu(1)
    return (query @ key.transpose(1, 2)).masked_fill(future, -torch.inf).softmax(-1)


@torch.inference_mode()
def _tokens(name: str, prompt: Prompt, found: Course) -> Iterator[Row]:
    tokens = _trace(prompt, found)
    transformer = Transformer(prompt.machine.weights)
    stream = transformer.residual(torch.as_tensor(tokens, dtype=torch.long))[len(prompt.numbers) - 1 :]
    # Row i of the logits decides token i of the trace.
    logits = stream @ transformer.unembedding.T
    halts = found.halted and found.tokens < len(logits)
    running = logits[: found.tokens] if halts else logits
    if len(running) > 1:
        norms = (running[1:] - running[:-1]).norm(dim=1)
        resting = int((norms == 0).sum())
        seen = f"{resting} of {len(norms)} changes are zero"
        moving = int((stream[1 : len(running)] != stream[: len(running) - 1]).any(0).sum())
        yield Row(RUNNING, name, len(running), float(norms.mean()), float(norms.max()), moving, seen)
    if halts:
        rest = logits[found.tokens - 1 :]
        norms = (rest[1:] - rest[:-1]).norm(dim=1)
        wires = [wire.name for wire in prompt.machine.weights.wires]
        # The last two tokens of the run itself are still seen by heads that look one or two tokens back.
        quiet = stream[found.tokens + 1 :]
        moved = (quiet[1:] != quiet[:-1]).any(0)
        seen = "still moving: " + ", ".join(wires[j] for j in torch.nonzero(moved).flatten().tolist())
        yield Row(HALTED, name, len(rest), float(norms.mean()), float(norms.max()), int(moved.sum()), seen)
    if found.cycle is not None and found.cycle.start + 2 * found.cycle.tokens < len(logits):
        period = found.cycle.tokens
        cycling = logits[found.cycle.start :]
        norms = (cycling[period:] - cycling[:-period]).norm(dim=1)
        what = f"logits, {period} later"
        yield Row(what, name, len(norms), float(norms.mean()), float(norms.max()), None)


def conclude(rows: Sequence[Row]) -> Sentences:
    """Three sentences: on the passes within a token, on the tokens after HALT, on programs that run on."""
    looped = [r for r in rows if (r.what, r.subject) == (STREAM, "looped")]
    heads = [r for r in rows if r.what == HEAD]
    settled = next((r.at for r in looped if r.largest == 0), None)
    halted = [r for r in rows if r.what == HALTED]
    running = [r for r in rows if r.what == RUNNING]
    courses = [r for r in rows if r.what == COURSE]
    last_head = max(heads, key=lambda r: r.at or 0)
    still = all(r.largest == 0 for r in halted) if halted else None
    if settled is None:
        fixed = "Within a token the looped block is not at rest after its passes."
    else:
        fixed = (
            f"Within a token the looped block comes to an exact fixed point: pass {settled} and every later one change "
            f"the residual stream by exactly 0, and the attention of all {len(heads)} heads is the same from pass "
            f"{last_head.at} on ({last_head.subject} is the last to settle)."
        )
    if still is None:
        after = "no run halts here"
    else:
        after = "after HALT they change by exactly 0" if still else "after HALT they still change"
        after += f", though {max(r.moving or 0 for r in halted)} dimensions of the stream that count positions move on"
    busiest = max(running, key=lambda r: r.mean or 0)
    resting = [r.subject for r in running if r.largest == 0]
    across = f"From token to token the logits of a running program change (by {busiest.mean:,.3g} in the mean for "
    across += f"{busiest.subject!r})" + (f", but not those of {resting[0]!r}" if resting else "") + f", while {after}."
    cycles = [r for r in courses if r.at is not None]
    found = ", ".join(f"{r.subject!r} every {r.at:,} token{'s' if r.at != 1 else ''}" for r in cycles)
    halting = sum(r.seen.startswith("halts") for r in courses)
    return (
        fixed,
        across,
        f"The state read off the trace (program counter, calls, cells) tells endless loops exactly: {found or 'none'}; "
        f"{halting} of {len(courses)} programs halt, {len(courses) - halting - len(cycles)} never come back.",
    )


def draw(rows: Sequence[Row], figure: Figure) -> None:
    """The change from pass to pass, the pass at which each head settles, and the change from token to token."""
    passes, heads, tokens = figure.subplots(1, 3)
    for form, colour, marker in zip(("stacked", "looped"), COLOURS, MARKERS):
        some = [r for r in rows if (r.what, r.subject) == (STREAM, form)]
        passes.plot([r.at for r in some], [r.mean for r in some], color=colour, marker=marker, label=form)
    passes.set_yscale("symlog", linthresh=1e-3)
    passes.xaxis.get_major_locator().set_params(integer=True)
    passes.set(xlabel="pass (layer)", ylabel="mean norm of the change", title="Residual stream, pass to pass")
    passes.legend()
    named = [r for r in rows if r.what == HEAD]
    table = np.array([[float(v) for v in r.seen.split()] for r in named])
    image = heads.imshow(table, aspect="auto", cmap="cividis", vmin=0, vmax=1)
    heads.set_yticks(range(len(named)), [r.subject for r in named], fontsize=6)
    heads.set_xticks(range(table.shape[1]), [str(i + 2) for i in range(table.shape[1])])
    heads.grid(False)
    heads.set(xlabel="pass", title="Attention of each head")
    figure.colorbar(image, ax=heads, label="mean distance to the pass before (total variation)")
    some = [r for r in rows if r.what.startswith("logits")]
    labels = [f"{r.subject}\n{r.what.removeprefix('logits, ')}" for r in some]
    tokens.barh(labels, [r.mean or 0 for r in some], color=COLOURS[0])
    tokens.set_xscale("symlog", linthresh=1)
    tokens.set_xticks([0, 1e3, 1e6, 1e9])
    tokens.tick_params(axis="y", labelsize=7)
    tokens.set(xlabel="mean norm of the change", title="Logits, token to token")
    for i, row in enumerate(some):
        if row.largest == 0:
            tokens.text(0, i, " exactly 0", va="center", fontsize=8)


EXPERIMENT = Experiment(
    name="fixed-point",
    title="whether the residual stream settles",
    after="After Blayney et al. 2026 (arXiv:2604.11791): the layers of looped language models settle into fixed "
    "points, one each, and attention heads become constant.",
    sizes=(
        Size("tokens", 20_000, 1, 1_000_000, "Of a trace, at most, in which endless loops are looked for."),
        Size("extra", 4, 1, 100, "Passes beyond those that the looped form needs."),
    ),
    measure=measure,
    conclude=conclude,
    draw=draw,
    takes_program=True,
)

"""Chains of look-ups: accuracy against the tokens and the passes that are allowed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from compiler import compile_program
from compiler.circuits import FORMS
from compiler.machines.ram import Layout
from compiler.machines.ram import machine as ram
from compiler.machines.ram.prompt import Prompt
from interpreter.engines.dense import DenseEngine
from interpreter.engines.engine import Engine, Tokens
from interpreter.engines.indexed import IndexedEngine
from interpreter.experiments.experiment import Experiment, Progress, Sentences, Setting, Size
from interpreter.experiments.machines import endless, truncated
from interpreter.experiments.report import COLOURS, MARKERS
from interpreter.traces.reading import reading

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PROGRAM = """\
successor = {table}
x = 0
for _ in range({hops}):
    x = successor[x]
print(x)
"""
ENTRIES = 64
"""Of the table: guessing is right once in as many times."""
FEW_ENTRIES = 8
"""Where passes are counted, on the dense engine."""
SHARES = (0.25, 0.5, 0.9, 1.0, 2.0, 5.0, 10.0)
"""Budgets, in units of the tokens that the run needs; one token less than needed is tried as well."""
TOKENS, PASSES = "tokens", "passes"


@dataclass(frozen=True)
class Row:
    """varied: what is allowed more and more of; needed, tokens: to HALT and allowed, in the longest of the traces;
    enough: whether each chain was allowed what it needs; share_right: of the chains, whose answer is right at HALT;
    tokens_right: share of the next tokens that are right after a prefix of the right trace."""

    varied: str
    form: str
    hops: int
    needed: int
    tokens: int
    enough: bool
    passes: int
    chains: int
    share_right: float
    tokens_right: float | None


@dataclass(frozen=True)
class Chain:
    """A table, drawn at random, and what it leads to; needed: tokens of the trace, HALT included."""

    prompt: Prompt
    answer: str
    trace: Tokens

    @property
    def needed(self) -> int:
        """Tokens of its trace."""
        return len(self.trace)


def draw_chain(hops: int, rng: random.Random, engine: Engine, entries: int = ENTRIES) -> Chain:
    """A random permutation of so many entries, followed for so many hops from 0, with its answer and its trace."""
    table = list(range(entries))
    rng.shuffle(table)
    prompt = compile_program(PROGRAM.format(table=table, hops=hops))
    x = 0
    for _ in range(hops):
        x = table[x]
    return Chain(prompt, f"{x}\n", np.concatenate([*engine.decode(prompt.numbers)]))


def right(subject: Chain, tokens: Tokens) -> bool:
    """Whether these tokens hold the answer, and nothing else printed, and a HALT."""
    follower = reading(subject.prompt).follow(subject.prompt)
    ends = np.flatnonzero(np.isin(tokens, list(subject.prompt.machine.halting)))
    if len(ends) == 0:
        return False
    return follower.feed(tokens) == subject.answer and follower.error() is None


def measure(setting: Setting, progress: Progress) -> Iterator[Row]:
    """Rows with fewer and more tokens than a chain needs, then with fewer and more passes; see `Experiment.measure`."""
    rng = random.Random(setting["seed"])
    machine = compile_program("print(0)").machine
    hops = sorted({k for e in range(5) if (k := 10**e) <= setting["hops"]} | {setting["hops"]})
    layers = len(machine.weights.layers)
    few = sorted({min(k, setting["hops"], 10) for k in (1, 10)})
    looped = ram(Layout(), "looped")
    most = looped.weights.passes
    allowed = [(machine, p) for p in range(1, layers + 1)]
    allowed += [(looped, p) for p in (*range(1, most + 2), 2 * most)]
    total = len(hops) + len(allowed) * len(few)
    indexed, on = IndexedEngine(machine), IndexedEngine(endless(machine))
    for i, k in enumerate(hops):
        progress(i, total, f"{k} hops")
        yield from _budgets(k, [draw_chain(k, rng, indexed) for _ in range(setting["chains"])], on, layers)
    for i, k in enumerate(few):
        chains = [draw_chain(k, rng, indexed, FEW_ENTRIES) for _ in range(min(setting["chains"], 4))]
        for j, (whole, passes) in enumerate(allowed):
            progress(len(hops) + i * len(allowed) + j, total, f"{k} hops, {whole.form}, {passes} passes")
            yield _passes(whole.form, k, chains, DenseEngine(truncated(whole, passes)), passes)
    progress(total, total, "done")


def _budgets(hops: int, chains: list[Chain], engine: Engine, layers: int) -> Iterator[Row]:
    """The engine decodes on after HALT, so that larger budgets are really used."""
    needed = max(c.needed for c in chains)
    for share, less in sorted([(share, 0) for share in SHARES] + [(1.0, 1)], key=lambda pair: (pair[0], -pair[1])):
        budgets = [int(share * c.needed) - less for c in chains]
        hits = [right(c, np.concatenate([*engine.decode(c.prompt.numbers, b)])) for c, b in zip(chains, budgets)]
        enough = share >= 1 and not less
        yield Row(
            TOKENS, "stacked", hops, needed, max(budgets), enough, layers, len(chains), sum(hits) / len(hits), None
        )


def _passes(form: str, hops: int, chains: list[Chain], engine: DenseEngine, passes: int) -> Row:
    hits, tokens_right = [], []
    for c in chains:
        whole = np.concatenate([c.prompt.numbers, c.trace])
        found = engine.continuations(whole[:-1], len(c.prompt.numbers) - 1)
        tokens_right.append(found == c.trace)
        # Where all are right after the right trace, that trace is what is decoded.
        exact = bool(tokens_right[-1].all())
        hits.append(right(c, c.trace if exact else np.concatenate([*engine.decode(c.prompt.numbers, c.needed)])))
    needed = max(c.needed for c in chains)
    share = float(np.concatenate(tokens_right).mean())
    return Row(PASSES, form, hops, needed, needed, True, passes, len(chains), sum(hits) / len(hits), share)


def conclude(rows: Sequence[Row]) -> Sentences:
    """Three sentences: on the budget of tokens, on the passes, on both beside one another."""
    budgets, passes = ([r for r in rows if r.varied == v] for v in (TOKENS, PASSES))
    below, enough = ([r for r in budgets if r.enough == e] for e in (False, True))
    longest = max(budgets, key=lambda r: r.hops)
    wanted: dict[str, int] = {form: _passes_needed([r for r in passes if r.form == form]) for form in FORMS}
    fewer = [r for r in passes if r.passes < wanted[r.form]]
    plenty = [r for r in passes if r.passes >= wanted[r.form]]
    hops = " and ".join(str(k) for k in sorted({r.hops for r in passes}))
    return (
        f"Of chains of 1 to {longest.hops:,} look-ups, {_range(below)} are right with fewer tokens than the run needs, "
        f"even with one less, and {_range(enough)} with enough or up to {max(SHARES):.0f} times more: a step, then "
        "flat, and decoding on after HALT changes no answer.",
        f"The tokens needed grow with the chain ({longest.needed:,} for {longest.hops:,} look-ups, "
        f"{longest.needed / longest.hops:.1f} each), the passes do not: for {hops} alike {wanted['stacked']} layers or "
        f"{wanted['looped']} passes of the looped block are needed, and with these or more, up to "
        f"{max(r.passes for r in plenty)} passes, {_range(plenty)} are right.",
        f"With fewer passes {_range(fewer)} are right, although after a right prefix up to "
        f"{max((r.tokens_right or 0 for r in fewer), default=0):.0%} of the next tokens are: "
        "depth within a token is fixed, depth of reasoning is the length of the trace.",
    )


def _passes_needed(rows: Sequence[Row]) -> int:
    """The least passes from which on all answers are right; one more than were tried, if there are none."""
    wrong = max((r.passes for r in rows if r.share_right < 1), default=0)
    return min((r.passes for r in rows if r.passes > wrong), default=wrong + 1)


def _range(rows: Sequence[Row]) -> str:
    shares = [r.share_right for r in rows]
    low, high = min(shares), max(shares)
    return f"{low:.0%}" if low == high else f"{low:.0%} to {high:.0%}"


def draw(rows: Sequence[Row], figure: Figure) -> None:
    """Right answers by the tokens allowed, and by the passes."""
    left, right_axes = figure.subplots(1, 2)
    for k, colour, marker in zip(sorted({r.hops for r in rows if r.varied == TOKENS}), COLOURS, MARKERS):
        points = [(r.tokens, 100 * r.share_right) for r in rows if (r.varied, r.hops) == (TOKENS, k)]
        left.plot(*zip(*points), color=colour, marker=marker, drawstyle="steps-post", label=f"{k:,}")
    left.set(xscale="log", xlabel="tokens allowed", ylabel="right answers, %", title="Tokens: a step, then flat")
    left.legend(title="look-ups")
    passes = [r for r in rows if r.varied == PASSES and r.hops == max(r.hops for r in rows if r.varied == PASSES)]
    for form, colour, marker in zip(FORMS, COLOURS, MARKERS):
        some = [r for r in passes if r.form == form]
        x = [r.passes for r in some]
        right_axes.plot(x, [100 * r.share_right for r in some], color=colour, marker=marker, label=f"answers, {form}")
        share = [100 * (r.tokens_right or 0) for r in some]
        right_axes.plot(x, share, color=colour, marker=marker, linestyle=":", label=f"next tokens, {form}")
    right_axes.set(xlabel="passes (layers) a token", ylabel="right, %", title=f"Passes ({passes[0].hops} look-ups)")
    right_axes.legend()
    for axes in (left, right_axes):
        axes.set_ylim(-5, 105)


EXPERIMENT = Experiment(
    name="depth",
    title="tokens and passes that a chain of look-ups needs",
    after="After Kohli et al. 2026 (arXiv:2604.07822): recurrent depth generalises to longer chains, "
    "but too many recurrences make the answers worse.",
    sizes=(
        Size("hops", 10_000, 1, 100_000, "Look-ups of the longest chain."),
        Size("chains", 8, 1, 1000, "Random tables for each length."),
        Size("seed", 1, 0, 10**9, "Of the random tables."),
    ),
    measure=measure,
    conclude=conclude,
    draw=draw,
)

"""How tight is N? The first trace length at which something really errs, beside the length that is proved.

`python -m proofs_check.tightness [BASE]` prints two tables. *Data types*: the machine is built for several trace
lengths `max_tokens`, its module is cast, and decodes along hard runs (the specification's tokens are fed, the
transformer's are compared). *Running sums*, which alone limit float64, are followed by themselves, on endless runs of
long jumps, to millions of tokens: in the order in which this PyTorch adds, and in the worst order that was found.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from rich.console import Console
from rich.table import Table

from compiler.circuits import Weights
from compiler.circuits.circuit import MAX_TOKENS
from compiler.machines.machine import Machine
from compiler.machines.ram import machine
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.prompt import Prompt
from compiler.machines.ram.vocabulary import Token
from interpreter.model.transformer import Transformer
from proofs_check.exactness import longest_exact
from proofs_check.formats import FLOAT64, FORMATS, Format
from proofs_check.orders import Adder, attention, out_of_order
from proofs_check.ram.bounds import assumed, sum_bounds
from proofs_check.ram.hard import cycle, endless, hard_prompts
from proofs_check.ram.samples import trace
from proofs_check.sums import RunningSum, longest, running_sums
from proofs_check.tensors import Readback

STEP = 256
"""Positions decoded at a time."""
GROUPS = 6
"""Groups of an integer here: the fewer, the fewer bits of a score go to their indices, and the more to recency."""

LENGTHS = tuple(2**k for k in (5, 7, 8, 9, 10, 11, 12, 13, 14, 17, 20, 27))
"""Of traces, for which the machine is built."""


# ------------------------------------------------------------------------------------------- data types


@dataclass(frozen=True)
class Tightness:
    """proved: N in any order of summation, and in order; limit: what it is limited by; error: the number of tokens at
    the first wrong token, None if there was none in traces of up to `tried` tokens.
    """

    fmt: Format
    max_tokens: int
    proved: int
    proved_in_order: int
    limit: str
    error: int | None
    tried: int


def first_error(subject: Machine[Token], prompt: Prompt, dtype: torch.dtype, limit: int) -> int | None:
    """The number of tokens so far at the first wrong next token; None if there is none within `limit`."""
    start, numbers = trace(prompt, limit)
    return Transformer(subject.weights, dtype).first_wrong(torch.tensor(numbers[:limit]), start, STEP)


def tightness(layout: Layout, fmt: Format, max_tokens: int, limit: int) -> Tightness:
    """Of the machine for traces of `max_tokens` tokens in one data type, by traces of up to `limit` tokens."""
    subject = machine(layout, max_tokens=max_tokens)
    readback, bounds = Readback(subject.weights), sum_bounds(layout)
    exact, obstacle = longest_exact(readback, fmt, lambda tokens: assumed(layout, GROUPS, tokens))
    sums = running_sums(readback)
    any_order, in_order = (longest(fmt, sums, bounds, ordered) for ordered in (False, True))
    dtype = getattr(torch, fmt.name)
    error: int | None = None
    for prompt in hard_prompts(layout, GROUPS):
        found = first_error(subject, prompt, dtype, limit if error is None else error)
        error = found if error is None or found is not None else error
    limited = "lookups of sums" if any_order < exact else str(obstacle or "recency")
    return Tightness(fmt, max_tokens, min(exact, any_order), min(exact, in_order), limited, error, limit)


# ----------------------------------------------------------------------------------------- running sums

Summands = npt.NDArray[np.float64]


def summands(weights: Weights, total: RunningSum, tokens: npt.NDArray[np.int64]) -> Summands:
    """What the tokens add to a running sum, from the embedding."""
    columns = [w.name for w in weights.wires]
    parts = (float(c) * weights.embedding[tokens, columns.index(name)] for name, c in total.summand.items())
    return sum(parts, np.zeros(len(tokens)))


def added_by_torch(c: Summands) -> float:
    """The mean times the number of positions, by the operations of `interpreter.model.transformer` for one query.

    One column of values alone would be another operation, with another order of summation.
    """
    values = torch.from_numpy(c).view(1, -1, 1).expand(-1, -1, 4).contiguous()
    mean = torch.zeros(1, 1, len(c), dtype=torch.float64).softmax(-1) @ values
    return float(mean[0, 0, 0] * len(c))


def added_in_the_worst_order(c: Summands) -> float:
    """The positive summands first, the largest of them at once: partial sums are as large as they can be."""
    weighted = np.sort(c * (1 / len(c)))[::-1]
    return float(np.cumsum(weighted)[-1] * len(c))


@dataclass(frozen=True)
class Followed:
    """A running sum along endless runs. summands: of each run, those of the prompt, and those that come again."""

    total: RunningSum
    summands: tuple[tuple[Summands, Summands], ...]

    def off(self, tokens: int, add: Adder) -> float:
        """The largest error of the sum at so many tokens, and a few less."""
        worst = 0.0
        for head, period in self.summands:
            if len(head) < tokens:
                c = np.concatenate([head, np.resize(period, tokens - len(head))])
                for n in (tokens, tokens - 7):
                    worst = max(worst, abs(add(c[:n]) - int(c[:n].astype(np.int64).sum())))
        return worst

    def first_miss(self, add: Adder, limit: int) -> int | None:
        """About the least length of a trace at whose end a lookup misses; None if there is none up to `limit`."""
        coefficient = float(max(abs(c) for _, c, _ in self.total.readers))

        def holds(n: int) -> bool:
            return self.off(n, add) * coefficient < 0.5

        n = 4096
        while holds(n):
            if n >= limit:
                return None
            n = min(2 * n, limit)
        low = n // 2
        # The error grows with n only roughly: to a twentieth, the first of these lengths, not a bisection.
        return next(m for k in range(21) if not holds(m := low + (n - low) * k // 20))


def followed(layout: Layout) -> Followed:
    """The sum of jumps on runs of long jumps back and forth, in programs of several sizes."""
    weights = machine(layout).weights
    total = next(s for s in running_sums(Readback(weights)) if s.total == "pc sum")
    most = layout.max_instructions - 1
    found = []
    for size in sorted({min(most, layout.base * k) for k in (4, 20, 60, 100)}):
        for parts in (2, 3):
            for back in (False, True):
                run = endless(cycle(layout, size // parts, parts, back))
                found.append((summands(weights, total, run.prompt), summands(weights, total, run.period)))
    return Followed(total, tuple(found))


# ------------------------------------------------------------------------------------------------ tables


def table_of_types(rows: Iterable[Tightness]) -> Table:
    """The first real error of each data type beside what is proved."""
    result = Table(title=f"data types, integers of at most {GROUPS} groups")
    for name in ("type", "max_tokens", "proved N", "in order", "first error", "ratio", "N is limited by"):
        result.add_column(name, justify="left" if name in ("type", "N is limited by") else "right", overflow="fold")
    for row in rows:
        error = f"none up to {row.tried:,}" if row.error is None else f"{row.error:,}"
        best = max(row.proved, row.proved_in_order)
        ratio = f"{row.error / best:.1f}" if row.error and best else ""
        numbers = (f"{row.max_tokens:,}", f"{row.proved:,}", f"{row.proved_in_order:,}", error, ratio)
        result.add_row(row.fmt.name, *numbers, row.limit)
    return result


def table_of_sums(layout: Layout, limit: int) -> Table:
    """The first miss of a running sum in each order of summation beside what is proved."""
    sums, bounds = followed(layout), sum_bounds(layout)
    result = Table(title=f"the running sum of jumps in float64, base {layout.base}")
    for name in ("order of summation", "proved N", "first miss", "ratio", f"off by at most, {limit:,} tokens"):
        result.add_column(name, justify="left" if name == "order of summation" else "right")
    orders: tuple[tuple[str, bool, Adder], ...] = (
        ("the worst found", False, added_in_the_worst_order),
        ("PyTorch's", True, added_by_torch),
    )
    for name, in_order, add in orders:
        proved = min(longest(FLOAT64, (sums.total,), bounds, in_order), MAX_TOKENS)
        lost = sums.first_miss(add, limit)
        missed = f"none up to {limit:,}" if lost is None else f"{lost:,}"
        ratio = f"{lost / proved:.1f}" if lost else ""
        result.add_row(name, f"{proved:,}", missed, ratio, f"{sums.off(limit, add):.3g}")
    return result


def main() -> None:
    """The program `python -m proofs_check.tightness`."""
    parser = argparse.ArgumentParser(prog="python -m proofs_check.tightness", description=__doc__)
    parser.add_argument("base", nargs="?", type=int, default=10)
    parser.add_argument("--limit", type=int, default=4096, help="tokens of the longest trace that is decoded")
    parser.add_argument("--sums", type=int, default=4_000_000, help="summands of the longest running sum")
    arguments = parser.parse_args()
    layout = Layout(base=arguments.base, max_depth=min(arguments.base, Layout().max_depth))
    console = Console()
    for dtype in (torch.float64, torch.float32):
        one, several = attention(dtype=dtype), attention(STEP, dtype=dtype)
        pair = out_of_order(one, 64) or out_of_order(several, 4096, 20) or out_of_order(one, 100_000, 20)
        seen = "in order, as far as it was tried" if pair is None else f"out of order: positions {pair}"
        console.print(f"the products of PyTorch {torch.__version__} in {dtype} add {seen}")
    console.print(table_of_sums(layout, arguments.sums))
    cases = ((fmt, m) for fmt in FORMATS for m in LENGTHS)
    console.print(table_of_types(tightness(layout, fmt, m, min(arguments.limit, 4 * m)) for fmt, m in cases))


if __name__ == "__main__":
    main()

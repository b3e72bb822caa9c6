"""Where precision ends: the published lookup of Qiu et al. beside ours. `python -m benchmarks.precision`.

*Theirs* is evaluated from its formula, as their demonstration does: a position k (from 1) at which a cell was written
scores, seen from position I, `1 + u_I . u_k - e(I) / k`, where u is the unit vector along (cell, 1) and
`e(I) = 1 - cos(angle between (I, 1) and (I + 1, 1))`; more than 2 counts as 2. Of two writes to the same cell one
after the other the later is ahead by about `I**-6 / 2`. It is lost where the scores are rounded to multiples of more.

*Ours* are weights: a machine is built for traces of at most `max_tokens`, cast, and fed the specification's tokens;
an error is a token that it would not emit. What is predicted is the length up to which the proofs exclude errors.
Long traces in float64 are checked on the batch path, shorter ones by the module itself, like the other types.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
import torch

from compiler.machines.ptm import machine
from compiler.machines.ptm.program import Instruction, PtmProgram
from compiler.machines.ptm.prompt import Prompt
from compiler.machines.ptm.semantics import continuation
from compiler.machines.ptm.vocabulary import Vocabulary
from interpreter.model.transformer import Transformer
from interpreter.verification import verify
from proofs_check.exactness import longest_exact, obstacle
from proofs_check.formats import FORMATS, Format
from proofs_check.ptm.bounds import assumed, sum_bounds
from proofs_check.sums import longest, running_sums
from proofs_check.tensors import Readback

RESULTS = Path(__file__).parent / "results"
GUARD = 20
"""Digits beyond those to which the demonstration rounds."""
BLOCK = 256
SHORT = range(4, 15)
"""Binary logarithms of the trace lengths for which machines are built and cast to short types."""


# --------------------------------------------------------------------------------------------- the task


def family(size: int) -> Prompt:
    """`A1 AR A0*m A1 #`, whose output is 1: the last of m + 1 writes to a cell counts."""
    return _prompt(["A1", "AR", *["A0"] * size, "A1", "#"])


def zigzag() -> Prompt:
    """Writes ever farther to both sides, for ever: many cells, and both signs."""
    return _prompt("A1 AR A?-1 A1 AL A?-1 A1 AR A?-1 A!-6".split())


def scramble(size: int, seed: int = 1) -> Prompt:
    """So many random moves and writes on both tapes, one after the other, with a jump after every tenth."""
    random = Random(seed)
    texts = []
    for i in range(size):
        texts.append(random.choice(["AL", "AR", "A0", "A1", "BL", "BR", "B0", "B1"]))
        if i % 10 == 9:
            texts.append(f"{random.choice('AB')}{random.choice('!?')}+{random.randint(1, 3)}")
    return _prompt([*texts, "A1", "A1", "A1", "#"])


def _prompt(texts: list[str]) -> Prompt:
    return Prompt(
        PtmProgram(tuple(Instruction(t[:2], int(t[2:])) if t[1:2] in ("!", "?") else Instruction(t) for t in texts))
    )


def tasks(tokens: int) -> list[Prompt]:
    """Traces of at most so many tokens (the last one has no end)."""
    # A random instruction takes 2.7 tokens or so, prompt and trace together.
    return [family(max((tokens - 12) // 2, 0)), scramble(max(tokens // 3 - 8, 0)), zigzag()]


# ----------------------------------------------------------------------------------------------- theirs


@dataclass(frozen=True)
class Decimals:
    """Rounds scores to this many decimal digits after the point; other arithmetic has `GUARD` more."""

    digits: int

    @property
    def step(self) -> float:
        """What a score is rounded to a multiple of."""
        return float(10.0**-self.digits)

    @property
    def name(self) -> str:
        return f"{self.digits} decimals"

    def mistakes(self, position: int) -> bool:
        with localcontext(Context(prec=self.digits + GUARD)):
            i, one = Decimal(position), Decimal(1)
            e = 1 - (i * (i + 1) + 1) / ((i * i + 1) * ((i + 1) ** 2 + 1)).sqrt()

            def unit(k: int) -> Decimal:
                """Either entry of the unit vector of cell 1, as it comes from a mean of k values."""
                return (one / k) / ((one / k) ** 2 + (one / k) ** 2).sqrt()

            def score(k: int) -> Decimal:
                exact = min(1 + 2 * unit(k) * unit(position) - e / k, Decimal(2))
                return exact.quantize(Decimal(1).scaleb(-self.digits))

            return score(position - 1) <= score(position - 2)


@dataclass(frozen=True)
class Binary:
    """All arithmetic in a floating-point format; scores are just below 2."""

    fmt: Format

    @property
    def step(self) -> float:
        return float(2 * self.fmt.roundoff)

    @property
    def name(self) -> str:
        return self.fmt.name

    def mistakes(self, position: int) -> bool:
        dtype = getattr(torch, self.fmt.name)
        one, i = torch.ones((), dtype=dtype), torch.tensor(position, dtype=dtype)
        e = one - (i * (i + one) + one) / ((i * i + one) * ((i + one) * (i + one) + one)).sqrt()

        def unit(k: torch.Tensor) -> torch.Tensor:
            return (one / k) / ((one / k) * (one / k) + (one / k) * (one / k)).sqrt()

        def score(position_of_key: int) -> torch.Tensor:
            k = torch.tensor(position_of_key, dtype=dtype)
            cosine = unit(k) * unit(i) + unit(k) * unit(i)
            return (one + cosine - e / k).clamp(max=2)

        latest, earlier = score(position - 1), score(position - 2)
        # A NaN, too, is no latest write.
        return not bool(latest > earlier)


@dataclass(frozen=True)
class Theirs:
    """predicted: the position from which the gap is below a step; first: of a mistake on the family; always: from
    which on there are only mistakes, among those looked at."""

    arithmetic: str
    predicted: int
    first: int
    always: int


def theirs(arithmetic: Decimals | Binary) -> Theirs:
    """On the family, whose last lookup is at position 2 m + 10, right after `:`."""
    predicted = round((2 * arithmetic.step) ** (-1 / 6))
    positions = range(10, max(3 * predicted, 40), 2)
    wrong = [position for position in positions if arithmetic.mistakes(position)]
    right = [position for position in positions if position not in set(wrong)]
    return Theirs(arithmetic.name, predicted, wrong[0], max([8, *right]) + 2)


def their_gap(position: int) -> float:
    """How far the latest write is ahead of the one before, in exact arithmetic, relative to the size of a score, 2."""
    with localcontext(Context(prec=80)):
        i = Decimal(position)
        e = 1 - (i * (i + 1) + 1) / ((i * i + 1) * ((i + 1) ** 2 + 1)).sqrt()
        return float((e / (i - 2) - e / (i - 1)) / 2)


# ------------------------------------------------------------------------------------------------- ours


@dataclass(frozen=True)
class Ours:
    """proved: the length of trace up to which there is no error, 0 where the proof covers nothing; path: how the traces
    are checked; error: tokens at the first wrong token, None if there was none up to `tried`."""

    dtype: str
    max_tokens: int
    proved: int
    limit: str
    path: str
    error: int | None
    tried: int


def ours(fmt: Format, max_tokens: int, tried: int, on_batch: bool = False) -> Ours:
    """With the module cast to the format; or on the batch path, which is float64."""
    subject = machine(max_tokens)
    readback = Readback(subject.weights)
    exact, problem = longest_exact(readback, fmt, assumed)
    summed = longest(fmt, running_sums(readback), sum_bounds())
    transformer = Transformer(subject.weights, getattr(torch, fmt.name))
    error: int | None = None
    # Errors show after the prompt only: shorter tasks show early ones.
    shorter = [] if fmt.precision > 24 else [2**k for k in range(min(SHORT), tried.bit_length() - 1)]
    for prompt in [task for length in (*shorter, tried) for task in tasks(length)]:
        limit = tried if error is None else error
        found = first_error_in_batch(prompt, limit) if on_batch else first_error(transformer, prompt, limit)
        error = error if found is None else found
    limited = "lookups of sums" if summed < exact else str(problem or "recency")
    path = "batch" if on_batch else "module"
    return Ours(fmt.name, max_tokens, min(exact, summed), limited, path, error, tried)


def specified(prompt: Prompt, limit: int) -> list[int]:
    """Prompt and trace, at most `limit` tokens."""
    number = Vocabulary().number
    trace = islice(continuation(prompt.tokens), max(limit - len(prompt.tokens), 0))
    return [*prompt.numbers.tolist(), *(number(t) for t in trace)][:limit]


def first_error_in_batch(prompt: Prompt, limit: int) -> int | None:
    tokens = np.array(specified(prompt, limit), dtype=np.int32)
    mismatch = verify(machine(), tokens, len(prompt.tokens)).first_mismatch
    return None if mismatch is None else mismatch.position


def first_error(transformer: Transformer, prompt: Prompt, limit: int) -> int | None:
    """The number of tokens in front of the first wrong token; None if there is none within `limit`."""
    return transformer.first_wrong(torch.tensor(specified(prompt, limit)), len(prompt.tokens), BLOCK)


def our_gap(max_tokens: int) -> float:
    """Of a machine for so many tokens: the step of its finest score, relative to the sum of the score's |terms|."""
    anything = Format("exact", 0, Fraction(2**1023), Fraction(0))
    worst = obstacle(Readback(machine(max_tokens).weights), anything, max_tokens, assumed)
    assert worst is not None
    return float(worst.unit / worst.size)


# ------------------------------------------------------------------------------------------------ report


@dataclass(frozen=True)
class Report:
    theirs: list[Theirs]
    ours: list[Ours]


def measure(longest_trace: int) -> Report:
    arithmetics: list[Decimals | Binary] = [Decimals(14), Decimals(20), *map(Binary, FORMATS)]
    rows = []
    for fmt in FORMATS:
        if fmt.name == "float64":
            rows += [ours(fmt, 2**27, longest_trace // 10), ours(fmt, 2**27, longest_trace, on_batch=True)]
        else:
            rows += [ours(fmt, 2**k, 2**k) for k in SHORT]
    return Report([theirs(arithmetic) for arithmetic in arithmetics], rows)


def markdown(report: Report) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield from (
        "# Precision of two constructions of the Post-Turing machine",
        "",
        "Written by `python -m benchmarks.precision`; what is evaluated is said there.",
        "",
        "![Relative gap by length of the trace](precision.svg)",
        "",
        "## The published lookup, on `A1 AR A0*m A1 #`",
        "",
        "Positions at which the latest write is looked up. *Predicted*: the gap `I**-6/2` is one step of the rounding.",
        "*First*: the first mistake; *always*: from there on nothing but mistakes.",
        "",
        "| arithmetic | predicted | first | always |",
        "|---|---:|---:|---:|",
    )
    yield from (f"| {t.arithmetic} | {t.predicted:,} | {t.first:,} | {t.always:,} |" for t in report.theirs)
    yield from (
        "",
        "## Ours, as weights in each data type",
        "",
        "*Built for*: the trace length that recency is resolved for. *Proved*: tokens up to which there is no error in",
        "any order of summation, 0 where the proof covers nothing. *First error*: on the same family, on random",
        "programs on both tapes, and on an endless zigzag over the tape.",
        "",
        "| type | path | built for | proved | first error |",
        "|---|---|---:|---:|---:|",
    )
    for row in report.ours:
        error = f"none up to {row.tried:,}" if row.error is None else f"{row.error:,}"
        yield f"| {row.dtype} | {row.path} | {row.max_tokens:,} | {row.proved:,} | {error} |"


def plot(report: Report, paths: list[Path]) -> None:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "punchtape", "font.size": 10}):
        figure = Figure(figsize=(8.5, 5.2), layout="constrained")
        axes = figure.subplots()
        lengths = [2**k for k in range(4, 28)]
        published = [(i, their_gap(i)) for i in np.unique(np.geomspace(10, 3000, 60).astype(int)).tolist()]
        axes.plot(*zip(*published), color="#d55e00", label="published lookup: $I^{-6}/4$")
        own = [our_gap(n) for n in lengths]
        axes.plot(lengths, own, color="#0072b2", marker="o", markersize=3, label="ours, built for that length")
        for step, name in [(10.0**-14 / 2, "14 decimals"), (10.0**-20 / 2, "20 decimals")]:
            axes.axhline(step, color="#999999", linestyle=":", linewidth=1)
            axes.text(1.2e8, step, name, va="bottom", ha="right", fontsize=8)
        for fmt in FORMATS:
            axes.axhline(float(fmt.roundoff), color="#999999", linestyle="--", linewidth=1)
            axes.text(1.2e8, float(fmt.roundoff), fmt.name, va="bottom", ha="right", fontsize=8)
        for t in report.theirs:
            axes.plot(t.first, their_gap(t.first), marker="x", color="#d55e00", linestyle="")
        for fmt in FORMATS:
            errors = [row.error for row in report.ours if row.dtype == fmt.name and row.error is not None]
            if errors:
                axes.plot(max(errors), float(fmt.roundoff), marker="x", color="#0072b2", linestyle="")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("length of the trace, tokens")
        axes.set_ylabel("least gap of scores, relative to their size")
        axes.set_title("Crosses: first mistakes (of ours, with the best length built for)")
        axes.legend(loc="lower left")
        axes.grid(alpha=0.3)
        for path in paths:
            figure.savefig(path, dpi=120, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.precision", description=__doc__)
    parser.add_argument("--tokens", type=int, default=100_000, help="of the longest trace in float64")
    report = measure(parser.parse_args().tokens)
    (RESULTS / "precision.json").write_text(json.dumps(asdict(report), indent=1) + "\n")
    (RESULTS / "precision.md").write_text(markdown(report))
    plot(report, [RESULTS / "precision.svg", RESULTS / "precision.png"])


if __name__ == "__main__":
    main()

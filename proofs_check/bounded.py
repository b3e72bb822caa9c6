"""The step of a machine of one's own: its specification against the tensors, on every trace up to some length.

No invariant is known of such a machine, so nothing is said of longer traces. But nothing is left out of the shorter
ones either: every sequence of tokens is tried, and the lemma's name says how far that goes. It is *checked*, never
*proved*, with the list of all parts of the machine that no trace made use of. Longer runs come from the machine's
`prompts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

import torch

from compiler.circuits import Weights
from compiler.machines.machine import Context, Machine, Window
from interpreter.model.transformer import Transformer
from proofs_check.exercise import Exercise, batches, listed
from proofs_check.lemma import Checked, Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.tensors import Readback

NextToken = Callable[[Sequence[Any]], Any | None]
"""The token that follows a trace; None where none is prescribed: the run has ended, or this is no trace."""

TRACES = 20_000
"""At most so many traces of the greatest length are tried; they contain the shorter ones."""
BATCH = 500
DRAWN = 100
"""So many prompts are drawn from a machine's strategy."""
RUN = 1_000
"""So many tokens are compared after each of a machine's prompts, unless the specification ends before."""


def next_token_of(machine: Machine[Any]) -> NextToken | None:
    """From the machine's `specification`: the first token that it adds to a trace, taken as a prompt.

    A ValueError or a LookupError says that the sequence is no prompt.
    """
    continuation = machine.specification
    if continuation is None:
        return None

    def next_token(trace: Sequence[Any]) -> Any | None:
        try:
            return next(iter(continuation(trace)), None)
        except (ValueError, LookupError):
            return None

    return next_token


def longest_length(vocabulary: int) -> int:
    """The greatest length at which there are not more than `TRACES` traces; at least 1."""
    length = 1
    while vocabulary ** (length + 1) <= TRACES and length < 64:
        length += 1
    return length


def bounded_step_claim(machine: Machine[Any], weights: Weights, specification: NextToken) -> Claim:
    """The claim that the transformer's next token is the specification's after every trace up to some length."""
    length = longest_length(len(machine.vocabulary))
    return Claim(
        Lemma(
            f"step, up to {length} tokens",
            "the argmax of the logits, strictly above all others, is the token that the specification prescribes",
            "every trace run on the module in float64, and the machine's `prompts`; it says nothing of other traces",
            f"all traces of at most {length} tokens for which the specification prescribes one",
        ),
        lambda: _Trial(machine, weights, specification).run(length),
    )


class _Trial:
    """Traces on the module beside the specification."""

    def __init__(self, machine: Machine[Any], weights: Weights, specification: NextToken) -> None:
        self.machine, self.weights, self.specification = machine, weights, specification
        self.vocabulary = list(machine.vocabulary)
        self.number = {token: i for i, token in enumerate(self.vocabulary)}
        self.transformer = Transformer(weights)
        self.exercise = Exercise(self.transformer, weights, self.vocabulary)
        self.tried = self.silent = 0
        self.seen: dict[tuple[int, ...], torch.Tensor] = {}

    def run(self, length: int) -> Checked:
        """Raises Refuted, or NotProved where nothing is prescribed at all."""
        with torch.inference_mode():
            if self.machine.window is None:
                self._all_traces(length)
                drawn = self._prompts()
            else:
                drawn = self._windows(self.machine.window, length)
        if not self.tried:
            raise NotProved(f"the specification prescribes nothing for any trace of at most {length} tokens")
        unused = self.exercise.unused()
        note = f"checked up to {length} tokens: {self.tried:,} traces"
        note += f", with those of {drawn:,} prompts" if drawn else ""
        note += f"; for {self.silent:,} others nothing is prescribed"
        note += f"; never exercised: {listed(unused)}" if unused else ""
        return Checked(note, unused)

    def _all_traces(self, length: int) -> None:
        previous: tuple[int, ...] = ()
        for traces in batches(product(range(len(self.vocabulary)), repeat=length), BATCH):
            logits = torch.vmap(self.transformer)(torch.tensor(traces))
            lengths = []
            for trace, rows in zip(traces, logits):
                # The logits at position i are about the token after trace[: i + 1]; beginnings are tried once.
                shared = next((i for i, (a, b) in enumerate(zip(trace, previous)) if a != b), len(previous))
                previous = trace
                prescribed = [i + 1 for i in range(shared, length) if self._try(trace[: i + 1], rows[i])]
                lengths.append(max(prescribed, default=0))
            self.exercise.add(torch.tensor(traces), lengths)

    def _windows(self, window: Window, length: int) -> int:
        """Of a machine that sees a window: every prompt up to that length, and runs after the machine's prompts."""
        for n in range(1, length + 1):
            for tokens in product(range(len(self.vocabulary)), repeat=n):
                try:
                    context = window.begin(tokens)
                except ValueError:
                    self.silent += 1
                    continue
                self._try_window(context)
        prompts = drawn_prompts(self.machine.prompts)
        for prompt in prompts:
            context = window.begin(self._numbers(prompt))
            for _ in range(RUN):
                following = self._try_window(context)
                if following is None or following in self.machine.halting:
                    break
                context.append(following)
        return len(prompts)

    def _try_window(self, context: Context) -> int | None:
        """The token that is prescribed after what is kept, if one is: compared with what the window leads to."""
        expected = self.specification([self.vocabulary[t] for t in context.kept()])
        if expected is None:
            self.silent += 1
            return None
        seen = tuple(context.seen())
        if seen not in self.seen:
            tokens = torch.tensor(seen)
            self.seen[seen] = self.transformer(tokens)[-1]
            self.exercise.add(tokens[None], [len(seen)])
        self._compare(seen, self.seen[seen], expected)
        return self.number[expected]

    def _numbers(self, prompt: Iterable[Any]) -> list[int]:
        """Of a prompt's tokens; raises NotProved where one is none."""
        tokens = [*prompt]
        foreign = [token for token in tokens if token not in self.number]
        if foreign or not tokens:
            raise NotProved(f"the prompt {tokens} has {f'{foreign[0]!r}, no token' if foreign else 'no tokens'}")
        return [self.number[token] for token in tokens]

    def _prompts(self) -> int:
        """Each with what the specification lets follow; returns how many there are."""
        prompts = drawn_prompts(self.machine.prompts)
        for prompt in prompts:
            tokens = [self.vocabulary[number] for number in self._numbers(prompt)]
            length = len(tokens)
            while len(tokens) < length + RUN and (following := self.specification(tokens)) is not None:
                tokens.append(following)
            if len(tokens) == length:
                raise NotProved(f"the specification prescribes nothing after the prompt {' '.join(map(str, prompt))}")
            trace = tuple(self.number[t] for t in tokens[:-1])
            rows = self.transformer(torch.tensor(trace))
            for i in range(length - 1, len(trace)):
                self._compare(trace[: i + 1], rows[i], tokens[i + 1])
            self.exercise.add(torch.tensor([trace]), [len(trace)])
        return len(prompts)

    def _try(self, trace: tuple[int, ...], logits: torch.Tensor) -> bool:
        """Whether a token is prescribed after the trace."""
        expected = self.specification([self.vocabulary[t] for t in trace])
        if expected is None:
            self.silent += 1
            return False
        self._compare(trace, logits, expected)
        return True

    def _compare(self, trace: tuple[int, ...], logits: torch.Tensor, expected: Any) -> None:
        self.tried += 1
        if expected not in self.number:
            raise NotProved(f"the specification prescribes {expected!r}, which is no token of the machine")
        self.exercise.tokens[self.number[expected]] = True
        wrong = wrong_token(logits, self.number[expected])
        if wrong is not None:
            raise Refuted(_counterexample(self.machine, self.weights, trace, expected, self.vocabulary[wrong]))


def drawn_prompts(prompts: Any) -> list[Sequence[Any]]:
    """The prompts of a list, or `DRAWN` of a Hypothesis strategy, always the same."""
    if not hasattr(prompts, "example"):
        return list(prompts)
    from hypothesis import HealthCheck, Phase, given, settings

    found: list[Sequence[Any]] = []

    @settings(
        max_examples=DRAWN, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(prompts)
    def collect(prompt: Sequence[Any]) -> None:
        found.append(prompt)

    collect()
    return found


def wrong_token(logits: torch.Tensor, expected: int) -> int | None:
    """Another token whose logit is not below that of the expected one."""
    others = logits.clone()
    others[expected] = -torch.inf
    best = int(others.argmax())
    return None if len(logits) == 1 or bool(others[best] < logits[expected]) else best


def _counterexample(
    machine: Machine[Any], weights: Weights, trace: Sequence[int], expected: Any, found: Any
) -> Counterexample:
    """The trace, and the wires at its last position that are not 0, each with a head or neuron that writes it."""
    residual = Transformer(weights).residual(torch.tensor(trace))[-1].tolist()
    readback = Readback(weights)
    writers = {name: str(neuron) for neuron in readback.neurons for name in neuron.down}
    writers |= {name: str(head) for head in readback.heads for output in head.outputs for name in output}
    tokens = " ".join(str(machine.vocabulary[t]) for t in trace)
    values = {
        f"wire {w.name!r}" + (f" of {writers[w.name]}" if w.name in writers else ""): f"{v:g}"
        for w, v in zip(weights.wires, residual)
        if v
    }
    return Counterexample(f"step after {tokens}", values, str(expected), str(found))

"""Whether a whole trace is what the transformer decodes, all positions at once.

**Why this is decoding.** Greedy decoding is a recurrence: token p + 1 is the argmax f(t_0 … t_p) of the logits
after position p, and attention is causal, so that f sees nothing later. Given a trace, f can be computed for all
prefixes side by side. If t_{p+1} = f(t_0 … t_p) for every p from the end of the prompt on, then by induction the
trace is the decoded one: the first token after the prompt is the one decoding emits, hence the prefix that decoding
sees next is the trace's, and so on. At the first p where they differ, the prefix is still that of decoding, so that
the token reported as emitted is what decoding would have gone on with; what comes later says nothing.

**What f is.** The transformer of the weights in exact arithmetic, with every head but the means *hard*: the winner
takes all. The softmax is that within float64 where scores differ by the gap that `compiler.circuits.weights.score`
scales to 1024 (`proofs_check` is about where they do). What is assumed of keys and queries beyond the weights is
checked position by position (`matching`, `heads`); where that fails, nothing is guessed: the dense transformer is
asked, if the trace is short enough for its n*n scores, and otherwise `NotVerifiable` is raised.

**How f is computed.** On a processor by code compiled from the weights (`compiled`), eight positions at a time, by one
process or by several workers (`chunks`); on a GPU, and where a device is named, with PyTorch (`transformer`). The two
share what reads the weights: `plan`, which leaves out what reaches no logit, and `interpreter.model.unembedding`,
which finds the families of tokens. Neither has anything of the indexed engine: that decodes one token after the other.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from compiler.circuits.weights import Weights
from compiler.machines.machine import Machine
from compiler.machines.windows import Window
from interpreter.model.transformer import Transformer
from interpreter.traces.trace_file import TokenNumbers
from interpreter.verification import chunks
from interpreter.verification.chunks import TokenFile, Workers
from interpreter.verification.compiled.compiled import Compiled
from interpreter.verification.compiled.kit import Failed, Kit, Wrong
from interpreter.verification.compiled.vectors import LANES
from interpreter.verification.plan import Undetermined
from interpreter.verification.transformer import UNKNOWN, BatchTransformer
from interpreter.verification.windows import WindowTransformer

COMPILED_CHUNK = 2**18
"""Positions between two reports of progress: some hundredths of a second."""
CHUNK, GPU_CHUNK = 2**15, 2**21
"""With PyTorch, positions at once: enough to sort well, few enough for a processor's cache; on a GPU enough to keep it
busy."""
BLOCK = 2**22
"""Tokens that are looked at together before anything is computed."""
DENSE_LIMIT = 2**14
"""Tokens up to which n*n scores are computed where the closed forms do not decide."""


class NotVerifiable(ValueError):
    """The closed forms do not decide this trace, and it is too long for the dense transformer."""


@dataclass(frozen=True)
class Mismatch:
    """The first token that differs.

    position: of the token in prompt + trace; expected: the trace's token; emitted: the transformer's, None if the
    run has ended before; wires: the residual stream after the last layer at `position - 1`, where `emitted` was
    decided, by name of wire.
    """

    position: int
    expected: int
    emitted: int | None
    wires: dict[str, float]


@dataclass(frozen=True)
class Verification:
    """checked: tokens of the trace that have been found right; ended: whether the last one ends the run."""

    ok: bool
    checked: int
    ended: bool
    first_mismatch: Mismatch | None = None


def verify(
    machine: Machine[Any],
    tokens: TokenNumbers,
    prompt_length: int,
    device: str | None = None,
    chunk: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    workers: Workers | None = None,
) -> Verification:
    """Checks that the transformer emits `tokens[prompt_length:]` after `tokens[:prompt_length]`.

    Args:
        tokens: prompt and trace, int32 or as `read_trace` maps them; of a mapped file no more than a chunk is in
            memory.
        device: a device of PyTorch, which is then what computes; if not given, compiled code on this processor.
        chunk: positions at once; memory grows with it, the result does not depend on it.
        progress: is called with the number of positions done and of all.
        workers: who checks the chunks of a mapped file, see `chunks`; without, or where the machine sees a window of
            its trace, this process does.

    Raises:
        ValueError: no prompt, a token that the machine does not have, more tokens than the machine is made for.
        NotVerifiable: see there.
        Unreadable: a worker cannot read the file, see `chunks`.
    """
    weights = machine.weights
    if not 1 <= prompt_length <= len(tokens):
        raise ValueError(f"a prompt of {prompt_length} tokens in a trace of {len(tokens)}")
    if machine.longest is not None and len(tokens) > machine.longest:
        raise ValueError(f"{len(tokens)} tokens: the {machine.name} machine tells {machine.longest} apart")
    if chunk is not None and chunk < 1:
        raise ValueError(f"chunks of {chunk} tokens")
    halting = _first_halting(machine, tokens, prompt_length)
    end = len(tokens) if halting is None else halting + 1
    trace, report = tokens[:end], progress or (lambda done, total: None)
    try:
        if machine.cut is not None:
            mismatch = _mismatch_windows(machine, machine.cut, trace, prompt_length, device or "cpu", report)
        elif device is None:
            mismatch = _mismatch_compiled(weights, trace, prompt_length, chunk, report, workers)
        else:
            batch = BatchTransformer(weights, device)
            mismatch = _first_mismatch(batch, _on(trace, device), prompt_length, chunk or default_chunk(device), report)
    except Undetermined as reason:
        if len(trace) > DENSE_LIMIT:
            raise NotVerifiable(f"{reason}; {len(trace)} tokens are too many for the dense transformer") from reason
        device = device or "cpu"
        dense = DenseTransformer(weights, device)
        mismatch = _first_mismatch(dense, _on(trace, device), prompt_length, chunk or default_chunk(device), report)
    if mismatch is None and end < len(tokens):
        mismatch = Mismatch(end, int(tokens[end]), None, {})
    checked = (end if mismatch is None else mismatch.position) - prompt_length
    return Verification(mismatch is None, checked, halting is not None and mismatch is None, mismatch)


def _mismatch_windows(
    machine: Machine[Any],
    window: Window,
    tokens: TokenNumbers,
    prompt_length: int,
    device: str,
    progress: Callable[[int, int], None],
) -> Mismatch | None:
    transformer = WindowTransformer(machine, window, device)
    wrong = transformer.first_wrong(tokens, prompt_length, progress)
    if wrong is None:
        return None
    position, emitted, seen = wrong
    return Mismatch(position, int(tokens[position]), emitted, transformer.wires(seen))


def _first_halting(machine: Machine[Any], tokens: TokenNumbers, prompt_length: int) -> int | None:
    """The position of the first token of the trace that ends the run; raises ValueError for what is no token."""
    found: int | None = None
    for begin in range(0, len(tokens), BLOCK):
        block = tokens[begin : begin + BLOCK]
        if int(block.min()) < 0 or int(block.max()) >= len(machine.vocabulary):
            position = begin + int(np.flatnonzero((block < 0) | (block >= len(machine.vocabulary)))[0])
            raise ValueError(
                f"token {tokens[position]} at position {position} is not one of the {machine.name} machine"
            )
        if found is None:
            halts = np.zeros(len(block), dtype=bool)
            for number in machine.halting:
                halts |= block == number
            halts[: max(prompt_length - begin, 0)] = False
            found = begin + int(halts.argmax()) if halts.any() else None
        _release(tokens)
    return found


def _release(tokens: TokenNumbers) -> None:
    """Gives the memory of a mapped file back to the system, which reads again what is needed again."""
    if isinstance(tokens, np.memmap) and hasattr(mmap, "MADV_DONTNEED"):
        tokens._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]


def _on(tokens: TokenNumbers, device: str) -> Tensor:
    return torch.as_tensor(np.array(tokens, dtype=np.int32), device=device)


def _mismatch_compiled(
    weights: Weights,
    tokens: TokenNumbers,
    prompt_length: int,
    chunk: int | None,
    progress: Callable[[int, int], None],
    workers: Workers | None,
) -> Mismatch | None:
    compiled = Compiled(weights)
    if tokens.dtype not in (np.dtype("<i4"), np.dtype("<u2")):
        tokens = tokens.astype("<i4")
    bits = 8 * tokens.dtype.itemsize
    if workers is not None and isinstance(tokens, np.memmap) and compiled.can_be_split:
        file, size = TokenFile.of(tokens, len(tokens)), _whole_lanes(chunk or chunks.CHUNK)
        problem = chunks.first_problem(workers, compiled.kit(bits, True), file, prompt_length, size, progress)
    else:
        size = _whole_lanes(chunk or COMPILED_CHUNK)
        problem = _in_order(compiled.kit(bits), tokens, prompt_length, size, progress)
    match problem:
        case None:
            return None
        case Failed(_, reason):
            raise Undetermined(reason)
        case Wrong(position, emitted, _):
            if emitted == UNKNOWN:
                raise Undetermined(f"what is emitted at position {position + 1} depends on a failed lookup")
            wires = compiled.wires(problem, int(tokens[position]))
            return Mismatch(position + 1, int(tokens[position + 1]), emitted, wires)


def _whole_lanes(chunk: int) -> int:
    return -(-chunk // LANES) * LANES


def _in_order(
    kit: Kit, tokens: TokenNumbers, prompt_length: int, chunk: int, progress: Callable[[int, int], None]
) -> Wrong | Failed | None:
    """One chunk after the other."""
    tokens = np.require(tokens, requirements="C")
    kit.checker.remember(len(tokens))
    state, end = kit.state(0), len(tokens) - 1
    while state.position < end:
        following = min(state.position + chunk, end)
        problem = kit.check_chunk(state, tokens, following, prompt_length)
        if problem is not None:
            return problem
        progress(following, end)
        _release(tokens)
    return None


def default_chunk(device: str) -> int:
    """Positions that are looked at together on this device."""
    return CHUNK if torch.device(device).type == "cpu" else GPU_CHUNK


class Teacher(Protocol):
    """What a trace is compared with: see `BatchTransformer`, which is one."""

    def feed_all(self, tokens: Tensor, chunk: int) -> Iterator[Tensor]:
        """The emitted tokens after each token, int32, chunk by chunk."""
        ...

    def wires(self, position: int) -> dict[str, float]:
        """The residual stream after the last layer at a position of the last chunk, by the name of the wire."""
        ...


class DenseTransformer:
    """The PyTorch module with the same methods, with all scores computed, in blocks of bounded memory."""

    BLOCK_ELEMENTS = 2**23

    def __init__(self, weights: Weights, device: str | torch.device = "cpu") -> None:
        self.names = [wire.name for wire in weights.wires]
        self.module = Transformer(weights).to(device)
        self.caches = self.module.caches()
        self.heads = max((len(layer.query) for layer in weights.layers), default=1)
        self.start = self.last_start = 0
        self.last = torch.empty(0, len(self.names))

    def feed_all(self, tokens: Tensor, chunk: int) -> Iterator[Tensor]:
        """See `Teacher.feed_all`."""
        for part in torch.split(tokens, chunk):
            yield self.feed(part)

    @torch.inference_mode()
    def feed(self, tokens: Tensor) -> Tensor:
        """The emitted tokens after each of the next tokens, int32; their residual streams are kept for `wires`."""
        self.last_start = self.start
        emitted, residuals = [], []
        per_position = max(self.heads * (self.start + len(tokens)), len(self.module.unembedding))
        for block in torch.split(tokens.to(torch.long), max(self.BLOCK_ELEMENTS // per_position, 1)):
            residuals.append(self.module.residual(block, self.caches, self.start))
            emitted.append((residuals[-1] @ self.module.unembedding.T).argmax(1).to(torch.int32))
            self.start += len(block)
        self.last = torch.cat(residuals)
        return torch.cat(emitted)

    def wires(self, position: int) -> dict[str, float]:
        """See `Teacher.wires`."""
        return dict(zip(self.names, self.last[position - self.last_start].tolist()))


def emissions(teacher: Teacher, tokens: Tensor, chunk: int) -> Iterator[tuple[int, Tensor]]:
    """Feeds `tokens` and yields what is emitted after them, with the index of the first.

    Where a closed form does not apply to a chunk, shorter ones follow, down to single positions: a wrong token may be
    the reason, and the positions up to it are then still decided.

    Raises:
        Undetermined: a single position is not decided.
    """
    done = 0
    while done < len(tokens):
        chunk = min(chunk, len(tokens) - done)
        try:
            for emitted in teacher.feed_all(tokens[done:], chunk):
                yield done, emitted
                done += len(emitted)
        except Undetermined:
            if chunk == 1:
                raise
            chunk //= 2


def _first_mismatch(
    teacher: Teacher, tokens: Tensor, prompt_length: int, chunk: int, progress: Callable[[int, int], None]
) -> Mismatch | None:
    for begin, emitted in emissions(teacher, tokens[:-1], chunk):
        skipped = max(prompt_length - 1 - begin, 0)
        expected = tokens[begin + 1 : begin + 1 + len(emitted)]
        wrong = (emitted != expected)[skipped:].nonzero()
        if len(wrong):
            index = skipped + int(wrong[0])
            if int(emitted[index]) == UNKNOWN:
                raise Undetermined(f"what is emitted at position {begin + index + 1} depends on a failed lookup")
            position = begin + index
            return Mismatch(position + 1, int(expected[index]), int(emitted[index]), teacher.wires(position))
        progress(begin + len(emitted), len(tokens) - 1)
    return None

"""The whole generated program: a loop of token steps, and helpers for its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import llvmlite.ir as ir

from compiler.circuits.weights import Weights
from interpreter.engines.indexed.attention import attend, slot
from interpreter.engines.indexed.code import Code
from interpreter.engines.indexed.decision import Group, Member, decide, groups
from interpreter.engines.indexed.memory import FAILED, FULL, GROW, HALTED, POSITION, PROMPT, RETURNED, STATUS, Memory
from interpreter.engines.indexed.neurons import open_gates
from interpreter.engines.indexed.plan import Plan, plan
from interpreter.engines.indexed.probe import rehash_function
from interpreter.engines.indexed.step import Kept, Start, Step
from interpreter.engines.indexed.values import POINTER, TOKEN, WORD, word
from interpreter.model.unembedding import families


@dataclass(frozen=True)
class Program:
    """A module of code, and what it works on.

    `run(words, embedding, log, buffer, begin, end, forced)` feeds tokens buffer[begin] to buffer[end - 1]
    and writes the token after buffer[i] to buffer[i + 1], unless i + 1 < forced. It returns how far it came:
    the index of the token not fed yet, and words[STATUS] says why.

    Attributes:
        module: the code of `run` and `rehash0`, …; text: the same as LLVM reads it.
        plan: what of the weights it was made of; groups: and what of the unembedding.
        memory: what its state consists of.
        failures: what it means that the status is FAILED + i.
        kept: by the name of a head, where it keeps what it needs of the positions so far, see `Kept`.
        streams: by what name or literal the code has each residual dimension, as it is embedded and after each layer.
    """

    module: ir.Module
    plan: Plan
    groups: Mapping[Group, list[Member]]
    memory: Memory
    failures: tuple[str, ...]
    kept: Mapping[str, Kept]
    streams: tuple[tuple[str, ...], ...]

    @cached_property
    def text(self) -> str:
        """See above; to write it takes a tenth of the time."""
        return str(self.module)


def generate(weights: Weights, halting: frozenset[int]) -> Program:
    """The program of a transformer.

    Raises:
        NotIndexable: the weights do not allow it.
    """
    module = ir.Module("step")
    module.triple = ""
    run = ir.Function(module, ir.FunctionType(WORD, [*[POINTER] * 4, *[WORD] * 3]), "run")
    for argument, name in zip(run.args, ("words", "embedding", "log", "buffer", "begin", "end", "forced")):
        argument.name = name
    for argument in run.args[:4]:
        argument.add_attribute("noalias")
    grouped = groups(families(weights.unembedding))
    step, streams = _loop(Code(run), weights, halting, grouped)
    for i, table in enumerate(step.memory.tables):
        rehash_function(module, f"rehash{i}", table.coordinates, table.log_row)
    failures = tuple(message for _, message in step.failures)
    return Program(module, step.plan, grouped, step.memory, failures, step.kept, streams)


def _loop(
    code: Code, weights: Weights, halting: frozenset[int], grouped: Mapping[Group, list[Member]]
) -> tuple[Step, tuple[tuple[str, ...], ...]]:
    """The function `run`: a step for each token, and what ends the loop."""
    b = code.b
    words, embedding, log, buffer, begin, end, forced = code.function.args
    entry, loop, taken, chosen = map(code.label, ("entry", "loop", "step", "decide"))
    latch, latched, halt, grow, returned = map(code.label, ("latch", "latched", "halt", "grow", "leave"))

    code.begin(entry)
    prompt = b.load(code.at(words, PROMPT), typ=WORD)
    position_at, status_at, full_at = (code.at(words, place) for place in (POSITION, STATUS, FULL))
    first_position = b.load(position_at, typ=WORD)
    b.branch(loop)

    code.begin(loop)
    i, position = b.phi(WORD), b.phi(WORD)
    b.store(position, position_at)
    code.branch(b.icmp_signed("<", i, end), taken, returned)

    code.begin(taken)
    i_after, position_after = b.add(i, word(1)), b.add(position, word(1))
    is_forced = b.icmp_signed("<", i_after, forced)
    is_first = b.icmp_signed("==", position, word(0))
    token = b.load(code.element(buffer, i, TOKEN), typ=TOKEN)
    following = code.element(buffer, i_after, TOKEN)
    here = slot(code, position, prompt)
    code.store(token, code.element(log, here, TOKEN))
    start = Start(words, embedding, log, prompt, position, is_first, here, token)
    step = Step.begin(weights, plan(weights), code, start)
    streams = [_names(step)]
    for layer in step.plan.layers:
        attend(step, layer.heads)
        # All gates and values are read before anything is written.
        step.add(open_gates(step, layer.neurons))
        streams.append(_names(step))
    code.branch(is_forced, latch, chosen)

    code.begin(chosen)
    next_token = decide(step, grouped)
    code.store(next_token, following)
    ends = b.switch(next_token, latch)
    for number in sorted(halting):
        ends.add_case(ir.Constant(TOKEN, number), halt)

    def leave(label: ir.Block, status: int, result: ir.Value) -> None:
        code.begin(label)
        b.store(word(status), status_at)
        b.ret(result)

    code.begin(latch)
    code.branch(b.icmp_signed("!=", b.load(full_at, typ=WORD), word(0)), grow, latched, unlikely=True)
    code.begin(latched)
    b.branch(loop)
    leave(halt, HALTED, i_after)
    code.begin(grow)
    b.store(position_after, position_at)
    b.store(word(GROW), status_at)
    b.ret(i_after)
    leave(returned, RETURNED, i)
    for number, (fail, _) in enumerate(step.failures):
        leave(fail, FAILED + number, i)
    for phi, at_first, later in ((i, begin, i_after), (position, first_position, position_after)):
        phi.add_incoming(at_first, entry)
        phi.add_incoming(later, latched)
    return step, tuple(streams)


def _names(step: Step) -> tuple[str, ...]:
    """What the text calls each wire as it is now, without quotes."""
    return tuple(wire.operand.get_reference().strip().replace('"', "") for wire in step.wires)

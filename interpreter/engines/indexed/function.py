"""The whole generated program: a loop of token steps, and helpers for its tables."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.circuits.weights import Weights
from interpreter.engines.indexed.attention import attend, slot
from interpreter.engines.indexed.decision import decide
from interpreter.engines.indexed.memory import FAILED, FULL, GROW, HALTED, POSITION, PROMPT, RETURNED, STATUS, Memory
from interpreter.engines.indexed.plan import plan
from interpreter.engines.indexed.probe import rehash_function
from interpreter.engines.indexed.step import Step


@dataclass(frozen=True)
class Program:
    """text: LLVM code of `run` and `rehash0`, …; memory: what its state consists of; failures: what it
    means that the status is FAILED + i; streams: by what name or literal the code has each residual dimension, as it
    is embedded and after each layer.

    `run(words, embedding, log, buffer, begin, end, forced)` feeds tokens buffer[begin] to buffer[end - 1]
    and writes the token after buffer[i] to buffer[i + 1], unless i + 1 < forced. It returns how far it came:
    the index of the token not fed yet, and words[STATUS] says why.
    """

    text: str
    memory: Memory
    failures: tuple[str, ...]
    streams: tuple[tuple[str, ...], ...]


def generate(weights: Weights, halting: frozenset[int]) -> Program:
    """Raises NotIndexable where the weights do not allow it."""
    step = Step.begin(weights, plan(weights))
    code = step.code
    streams = [tuple(wire.name for wire in step.wires)]
    for layer in step.plan.layers:
        attend(step, layer.heads)
        # All gates and values are read before anything is written.
        step.add([(n.targets, code.gated(step.read(n.gate), step.read(n.up))) for n in layer.neurons])
        streams.append(tuple(wire.name for wire in step.wires))
    code.branch("%is_forced", "latch", "decide")
    code.block("decide")
    token = decide(step)
    code.do(f"store i32 {token}, ptr %next, align 4")
    code.do(f"switch i32 {token}, label %latch [{' '.join(f'i32 {h}, label %halt' for h in sorted(halting))}]")
    return Program(_module(step), step.memory, tuple(step.failures), tuple(streams))


def _module(step: Step) -> str:
    step_lines, step.code.lines = step.code.lines, []
    here = slot(step, "%p")
    slot_lines = step.code.lines
    slot_lines += [
        f"  %slot = add i64 {here}, 0",
        "  %log_here = getelementptr inbounds i32, ptr %log, i64 %slot",
        "  store i32 %token, ptr %log_here, align 4",
    ]
    fails = []
    for i in range(len(step.failures)):
        fails += [f"fail{i}:", *_leave(FAILED + i, "%i")]
    rehashes = [rehash_function(f"rehash{i}", t.coordinates, t.log_row) for i, t in enumerate(step.memory.tables)]
    return "\n".join([
        "define i64 @run(ptr noalias %words, ptr noalias readonly %embedding, ptr noalias %log, ptr noalias %buffer,"
        " i64 %begin, i64 %end, i64 %forced) {",
        "entry:",
        f"  %prompt_at = getelementptr inbounds i64, ptr %words, i64 {PROMPT}",
        "  %prompt = load i64, ptr %prompt_at",
        f"  %position_at = getelementptr inbounds i64, ptr %words, i64 {POSITION}",
        f"  %status_at = getelementptr inbounds i64, ptr %words, i64 {STATUS}",
        f"  %full_at = getelementptr inbounds i64, ptr %words, i64 {FULL}",
        "  %p0 = load i64, ptr %position_at",
        "  br label %loop",
        "loop:",
        "  %i = phi i64 [ %begin, %entry ], [ %i1, %latched ]",
        "  %p = phi i64 [ %p0, %entry ], [ %p1, %latched ]",
        "  store i64 %p, ptr %position_at",
        "  %left = icmp slt i64 %i, %end",
        f"  br i1 %left, label %step, label %leave{RETURNED}",
        "step:",
        "  %i1 = add i64 %i, 1",
        "  %p1 = add i64 %p, 1",
        "  %is_forced = icmp slt i64 %i1, %forced",
        "  %is_first = icmp eq i64 %p, 0",
        "  %here = getelementptr inbounds i32, ptr %buffer, i64 %i",
        "  %next = getelementptr inbounds i32, ptr %buffer, i64 %i1",
        "  %token = load i32, ptr %here",
        *slot_lines,
        *step_lines,
        "latch:",
        "  %full = load i64, ptr %full_at",
        "  %is_full = icmp ne i64 %full, 0",
        "  br i1 %is_full, label %grow, label %latched, !prof !0",
        "latched:",
        "  br label %loop",
        "halt:",
        *_leave(HALTED, "%i1"),
        "grow:",
        "  store i64 %p1, ptr %position_at",
        *_leave(GROW, "%i1"),
        f"leave{RETURNED}:",
        *_leave(RETURNED, "%i"),
        *fails,
        "}",
        *rehashes,
        "declare double @llvm.fabs.f64(double)",
        "declare double @llvm.floor.f64(double)",
        "declare i64 @llvm.smin.i64(i64, i64)",
        "declare i64 @llvm.smax.i64(i64, i64)",
        "declare i64 @llvm.fptosi.sat.i64.f64(double)",
        '!0 = !{!"branch_weights", i32 1, i32 100000}',
        "!1 = !{}",
        "",
    ])  # fmt: skip


def _leave(status: int, result: str) -> list[str]:
    return [f"  store i64 {status}, ptr %status_at", f"  ret i64 {result}"]

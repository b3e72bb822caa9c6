"""From a graph to the programs that carry tokens through it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from interpreter.verification.compiled.argmax import argmax
from interpreter.verification.compiled.emitter import Emitter
from interpreter.verification.compiled.graph import Found, Graph, LatestScan, PreviousScan, SumScan, state_inputs
from interpreter.verification.compiled.layout import Layout
from interpreter.verification.compiled.lookups import insert_function
from interpreter.verification.compiled.program import BEGIN, END, HEAD, Program
from interpreter.verification.compiled.scans import write_scan
from interpreter.verification.compiled.vectors import LANES, MASK, VECTOR, splat


def needed(graph: Graph, roots: Iterable[int]) -> set[int]:
    """All nodes on which these depend."""
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        number = waiting.pop()
        if number not in seen:
            seen.add(number)
            waiting += _reads(graph, number)
    return seen


def _reads(graph: Graph, number: int) -> Sequence[int]:
    node = graph.nodes[number]
    if isinstance(node, Found):
        scan = graph.scans[node.scan]
        if isinstance(scan, SumScan | PreviousScan):
            return (scan.values[node.output],)
        if isinstance(scan, LatestScan):
            return scan.score, scan.values[node.output]
    return graph.reads(node)


def checking(graph: Graph, layout: Layout, token_bits: int) -> Program:
    """The program that computes every token. token_bits: 16 or 32, of a token's number in memory."""
    roots = [n for f in graph.families for n in (f.constant, f.linear, f.square, f.flag)]
    emitter = Emitter(graph, layout, token_bits, needed(graph, (*roots, *graph.logit_rows)), write_scan)
    _check(emitter)
    return _program(emitter)


def recording(graph: Graph, layout: Layout, token_bits: int, scans: Sequence[int]) -> Program:
    """The program that computes only what these scans carry on; what they depend on is carried to them."""
    roots = [node for number in scans for node in state_inputs(graph.scans[number])]
    emitter = Emitter(graph, layout, token_bits, needed(graph, roots), write_scan)
    for number in scans:
        write_scan(emitter, number, outputs=False)
    return _program(emitter)


def _program(emitter: Emitter) -> Program:
    inserts = [insert_function(f"insert{s}", table) for s, table in emitter.layout.tables.items()]
    parts = [HEAD, *emitter.functions, *inserts, BEGIN, *emitter.code.lines, "  br label %stepped", END]
    return Program(
        "\n".join(parts), emitter.words, emitter.tables, emitter.histories, emitter.matches, emitter.slots,
        emitter.area, tuple(emitter.failures),
    )  # fmt: skip


def _check(emitter: Emitter) -> None:
    """Emits tokens and compares them."""
    code, graph = emitter.code, emitter.graph
    best = argmax(code, graph.families, emitter.value, graph.linear([]))
    for row in graph.logit_rows:
        if graph.doubtful[row]:
            value = emitter.value(row)
            best = code.select(code.compare("uno", value, value), splat(-1), best)
    emitted = code.emit(f"fptosi {VECTOR} {best} to <{LANES} x i32>")
    offset = code.emit("sub i64 %p, %begin")
    place = code.emit(f"getelementptr i32, ptr %emitted, i64 {offset}")
    code.do(f"store <{LANES} x i32> {emitted}, ptr {place}, align 4")
    following = [*emitter.tokens[1:], emitter.token(code.emit(f"add i64 %p, {LANES}"))]
    expected = "poison"
    for lane, token in enumerate(following):
        expected = code.emit(f"insertelement <{LANES} x i64> {expected}, i64 {token}, i64 {lane}")
    expected = code.emit(f"trunc <{LANES} x i64> {expected} to <{LANES} x i32>")
    wrong = code.emit(f"icmp ne <{LANES} x i32> {emitted}, {expected}")
    for how, bound in (("oge", "checked"), ("olt", "last")):
        limit = code.emit(f"sitofp i64 %{bound} to double")
        if how == "oge":
            limit = code.emit(f"fsub double {limit}, 0x3FF0000000000000")
        wrong = code.mask("and", wrong, code.compare(how, emitter.position, code.everywhere(limit)))
    any_wrong = code.emit(f"call i1 @llvm.vector.reduce.or.v{LANES}i1({MASK} {wrong})")
    code.branch(any_wrong, "leave", "right")
    code.block("right")

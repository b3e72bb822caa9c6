"""How the specification reads a prompt, what a number is, and that a run is the next token again and again.

With `preserved`, this covers every function of `semantics`: what is symbolic there has unknown memory and unknown
numbers, so that the plain parts are left, which are gone through here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any, cast

from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.rules import Local, next_token
from compiler.machines.ram.semantics import Ram
from compiler.machines.ram.values import Number, number
from compiler.machines.ram.vocabulary import Family, Token, write_families
from proofs_check.lemma import Claim, Counterexample, Lemma, Refuted
from proofs_check.ram.abstract import AbstractRam
from proofs_check.ram.invariant import Shown
from proofs_check.ram.local import Local as InTrace
from proofs_check.ram.samples import prompts
from proofs_check.symbolic.paths import Path, explore

SAMPLES, TOKENS = 100, 200
"""Runs that are compared with the repeated next token, and how many tokens of each."""


def reading_claims(layout: Layout) -> Iterator[Claim]:
    """Claims about the specification itself: how it reads prompts and numbers, and what a run is."""

    def claim(name: str, statement: str, method: str, domain: str, proof: Callable[[Layout], str]) -> Claim:
        return Claim(Lemma(f"specification: {name}", statement, method, domain), partial(proof, layout))

    symbolic = "symbolic execution of the specification"
    yield claim(
        "text",
        "OP N N N is one more instruction of the program, and changes nothing else",
        symbolic,
        "every opcode, all operands, from the first position on",
        _text,
    )
    yield claim(
        "addresses",
        "in a prompt, the groups of an address name the cell that is written: of the heap, or of a frame",
        symbolic,
        "all groups and frames",
        _addresses,
    )
    yield claim(
        "jumps",
        "in a prompt, a jump moves the program counter by its value, B times that of an F before it included; CALL "
        "opens a frame",
        symbolic,
        "all distances",
        _jumps,
    )
    yield claim(
        "numbers",
        r"$-B^k \le v < B^k$ iff $v$ has at most $k$ groups; sign, groups and fill are those of B's complement",
        "evaluation",
        "integers next to 0 and to the powers of the base, up to six groups",
        _numbers,
    )
    yield claim(
        "runs",
        "a run is the next token of the state after all tokens so far, until HALT or FAULT; an instruction counts as a "
        "step when it begins",
        "evaluation",
        f"{SAMPLES} random programs, {TOKENS} tokens each",
        _runs,
    )


def _expect(where: str, found: object, expected: object) -> None:
    if found != expected:
        raise Refuted(Counterexample(where, {}, str(expected), str(found)))


def _text(layout: Layout) -> str:
    def run(path: Path) -> None:
        judge = Shown(path, "specification: text")
        operands = [[path.variable(f"operand {k} {i}", 0, layout.base - 1) for i in range(3)] for k in range(2)]
        for code, opcode in enumerate(Opcode):
            ram = Ram(layout)
            ram.take(Token(Family.BOS))
            for triple in operands:
                ram.take(Token(Family.OP, code))
                for v in triple:
                    ram.take(Token(Family.N, cast(int, v)))
            _expect("instructions", [*ram.program], [0, 1])
            for k, triple in enumerate(operands):
                found = ram.program[k]
                _expect("opcode", found.opcode, opcode)
                for left, right in zip((found.x, found.y, found.z), triple):
                    judge.equal(left, right, "operand")
            s = ram.local
            state = (ram.pc, ram.depth, ram.steps, ram.far, ram.memory, ram.callers, ram.groups, ram.address, ram.calls)
            _expect("state", state, (0, 0, 0, 0, {}, {}, [], [], []))
            _expect("local state", (s.begins, s.pc, s.written, s.address, s.rows), (False, 0, 0, 0, 0))

    return f"{explore(run)} paths"


def _begun(path: Path, layout: Layout) -> AbstractRam:
    """After a jump of a prompt; what the instruction there is does not matter: nothing of it is carried out."""
    pc, depth = path.variable("pc", 0), path.variable("depth", 0, layout.max_depth)
    local = InTrace(layout, Token(Family.J, cast(int, path.variable("value"))), pc, depth=depth)
    return AbstractRam(path, local, [path.variable(f"z {i}") for i in range(layout.groups)], [])


def _addresses(layout: Layout) -> str:
    def run(path: Path) -> None:
        judge = Shown(path, "specification: addresses")
        *low, last = write_families(layout.groups)
        groups: list[Any] = [path.variable(f"group {i}", 0, layout.base - 1) for i in range(layout.groups)]
        for family, top in ((last, -groups[-1]), (Family.FRAME, groups[-1])):
            ram = _begun(path, layout)
            for name, group in zip((*low, family), groups):
                ram.take(Token(name, group))
            for found, expected in zip(ram.target, (*groups[:-1], top), strict=True):
                judge.equal(found, expected, "cell")
            memory, program, callers = ram.known
            _expect("changes", (memory.written, program.asked, callers.written, ram.value.added), ([], [], [], []))

    return f"{explore(run)} paths"


def _jumps(layout: Layout) -> str:
    def run(path: Path) -> None:
        judge = Shown(path, "specification: jumps")
        far, near = (path.variable(name, 1 - layout.base, layout.base - 1) for name in ("far", "near"))
        for family, opened in ((Family.J, 0), (Family.CALL, 1)):
            for parts in (0, 1):
                ram = _begun(path, layout)
                pc, depth = ram.pc, ram.depth
                if parts:
                    ram.take(Token(Family.F, cast(int, far)))
                ram.take(Token(family, cast(int, near)))
                judge.equal(ram.pc, pc + layout.base * far * parts + near, "program counter")
                judge.equal(ram.depth, depth + opened, "depth")
                judge.equal(ram.far, 0, "far part")
                _expect("memory", ram.known[0].written, [])
                _expect("calls", len(ram.known[2].written), opened)
                for frame, caller in ram.known[2].written:
                    judge.equal(frame, depth + 2, "frame")
                    judge.equal(caller, pc, "caller")

    return f"{explore(run)} paths"


def _numbers(layout: Layout) -> str:
    b, count = layout.base, 0
    for k in range(7):
        for value in {s * b**k + d for s in (-1, 0, 1) for d in range(-2 * b, 2 * b + 1)}:
            found = number(value, b)
            length = next(n for n in range(1, 9) if -(b**n) <= value < b**n)
            sign = int(value < 0)
            groups = [value // b**i % b for i in range(length)]
            _expect(str(value), (found.top, found.sign, [*found.groups], int(found)), (length - 1, sign, groups, value))
            everywhere = [found[i] for i in range(length + 2)]
            _expect(str(value), everywhere, [*groups, *[sign * (b - 1)] * 2])
            _expect(str(value), found.fill, sign * (b - 1))
            count += 1
    blank = Ram(layout).read((0,) * layout.groups)
    _expect("an unwritten cell", blank, Number((0,), 0, b))
    return f"{count} integers"


def _runs(layout: Layout) -> str:
    samples = prompts(layout, seed=7)
    for _ in range(SAMPLES):
        tokens = next(samples).tokens
        ram, other = Ram(layout), Ram(layout)
        ram.load(tokens)
        for token in tokens:
            other.take(token)
        steps, ended = 0, False
        for token in islice(ram.run(), TOKENS):
            _expect("run", (ended, token), (False, next_token(other.local)))
            steps += _begins(other.local)
            _expect("steps", ram.steps, steps)
            _expect("calls", ram.calls, [other.callers[f] for f in range(2, other.depth + 2)])
            ended = token.family in ("HALT", "FAULT")
            if not ended:
                other.take(token)
    return ""


def _begins(s: Local) -> bool:
    return s.token.family in ("L", "T", "INT", "CHAR", "J", "CALL", "RET")

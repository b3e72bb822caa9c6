"""The invariant is preserved, and memory is what the tokens say: lemmas about the specification itself.

`semantics.Ram.take` is executed on an abstract machine (`abstract`) in every case: after the token that
`rules.next_token` prescribes, the state is admissible again, program counter and depth have moved by what the
running sums add up, and what has changed in memory and among the calls is what the key lemma says of the tensors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from functools import partial
from typing import Any, cast

from compiler.machines.ram import rules
from compiler.machines.ram.isa import Layout, Opcode, Role
from compiler.machines.ram.rules import next_token
from compiler.machines.ram.values import cell_of
from compiler.machines.ram.vocabulary import ENDS, JUMPS, Family, Token
from proofs_check.lemma import Claim, Lemma
from proofs_check.ram.abstract import AbstractRam, Written, instruction
from proofs_check.ram.cases import Case, Digits, Significant, Situation, cases, index_at, situation
from proofs_check.ram.invariant import Assumed, Shown, admissible, canonical
from proofs_check.ram.local import INDIRECT, Local, tokens_of, x_index, y_index
from proofs_check.ram.steps import Ram
from proofs_check.ram.writes import Write, writes, written_at
from proofs_check.symbolic.paths import Path, explore

METHOD = "symbolic execution of the specification, path by path, z3 in linear integer arithmetic"


def preservation_claims(ram: Ram) -> Iterator[Claim]:
    """Claims that each step leads from an admissible state to one, and changes memory as the key lemmas say."""
    layout = ram.layout
    every = frozenset((w.opcode, w.family) for w in writes(ram))
    for case in cases(layout):
        yield Claim(
            Lemma(
                f"invariant: {case}",
                "after the token that the specification prescribes, its state is admissible again; memory, calls and "
                "sums change by what that token says, and a value that is written is canonical",
                METHOD,
                "every admissible state",
            ),
            partial(prove_preserved, layout, case, every),
        )
    for opcode in [None, *Opcode]:
        yield Claim(
            Lemma(
                f"begins: {opcode.name if opcode else 'no instruction'}",
                "where an instruction begins, x and y are what its cells hold, its value will go to z, and the state "
                "is admissible",
                METHOD,
                "every program, memory and stack of calls",
            ),
            partial(prove_begin, layout, opcode),
        )
    for write in writes(ram):
        if write.family in ("D", "L", "T", "Q", "CALL"):
            yield Claim(
                Lemma(
                    f"memory: {write}",
                    "the token changes in the specification what the key lemma says that it writes",
                    METHOD,
                    "every state that the invariant allows",
                ),
                partial(prove_memory, ram, write),
            )
    for case in cases(layout):
        if case.opcode is not None and not case.begins:
            yield Claim(
                Lemma(
                    f"reads: {case}",
                    "what the heads are to find of x and y has not been overwritten by the same instruction",
                    METHOD,
                    "every admissible state, every instruction that the codec lets pass",
                ),
                partial(prove_reads, layout, case),
            )


# ------------------------------------------------------------------------------------- after the next token


def prove_preserved(layout: Layout, case: Case, every: frozenset[tuple[Opcode | None, str]]) -> str:
    """every: (opcode, family) of all tokens of instructions. Raises NotProved or Refuted."""

    def run(path: Path) -> None:
        place = situation(layout, case, path)
        s, judge = place.local, Shown(path, f"invariant: {case}")
        # What the lemmas about tensors do not need; it is shown again below.
        if s.opcode in (Opcode.SHR, *INDIRECT, Opcode.OUTI, Opcode.OUTC):
            canonical(s.x, Assumed(path))
        if s.opcode is not None:
            instruction(path, layout, s.opcode, s.pc)
        token = next_token(s)
        if token.family in ("HALT", "FAULT"):
            return
        if (s.opcode, token.family) not in every:
            judge.never(f"{token.family} of {s.opcode}")
        ram = AbstractRam(path, s, _target(path, layout), _address(path, s))
        old = replace(s)
        ram.take(token)
        _sums(old, ram, token, judge)
        _changes(old, ram, token, place, path, judge)
        if token.family in ENDS:
            admissible(_with_history(ram, 0, old.before), judge)
            return
        emitted = old.emitted + 1
        admissible(_with_history(ram, emitted, (old.token.value, old.before[0])), judge)
        judge.equal(tokens_of(ram.local), emitted, "tokens of the instruction")
        _operands(old, ram, token, path, judge)
        if token.family == "D":
            begun = place.n if case.begins else place.begun
            judge.equal(index_at(cast(Local, ram.local), begun, place.n), old.written, "index by position")

    return f"{explore(run, quotients=layout.base)} paths"


def _with_history(ram: AbstractRam, emitted: Any, before: tuple[Any, Any]) -> Local:
    shared = {f.name: getattr(ram.local, f.name) for f in fields(rules.Local)}
    return Local(**{**shared, "emitted": emitted, "before": before})


def _repeated(place: Situation, s: Local, sign: int, path: Path) -> tuple[Any, Any]:
    """(index, group) of the highest group of the instruction that is not all that sign, else of group 0.

    What the position of a group has to do with its index is shown after each D.
    """
    known = place.local.significant
    index, group = known[sign]
    if known.at(sign) >= place.begun:
        place_of_it = path.variable(f"significant{sign} index", 0)
        path.assume_zero((place_of_it - index).polynomial)
        Assumed(path).at_most(place_of_it, s.written - 1, "a group of this instruction")
        if group == sign * (s.layout.base - 1):
            Assumed(path).never("all sign")
    return index, group


def _address(path: Path, s: Local) -> list[Any]:
    return [path.variable(f"address {i}", 1 - s.layout.base, s.layout.base - 1) for i in range(s.address)]


def _target(path: Path, layout: Layout) -> list[Any]:
    return [path.variable(f"target {i}") for i in range(layout.groups)]


def _sums(old: Local, ram: AbstractRam, token: Token, judge: Shown) -> None:
    """Program counter and depth move by what the token adds to the running sums."""
    b, family = old.layout.base, token.family
    far = b * old.token.value if old.token.family == "F" else 0
    moved = token.value if family in JUMPS else int(family in ("L", "T", "INT", "CHAR"))
    judge.equal(ram.pc, old.pc + (far + moved if family in ENDS else 0), "program counter")
    judge.equal(ram.far, b * token.value if family == "F" else 0, "far part of a jump")
    judge.equal(ram.depth, old.depth + {"CALL": 1, "RET": -1}.get(family, 0), "depth")
    judge.equal(ram.local.pc, ram.pc, "program counter")
    judge.equal(ram.local.depth, ram.depth, "depth")
    if ram.local.token is not token:
        judge.never("another last token")


def _changes(old: Local, ram: AbstractRam, token: Token, place: Situation, path: Path, judge: Shown) -> None:
    """Memory, calls, digits and groups: changed by no other tokens, and values are canonical."""
    memory, _, callers = ram.known
    family, fill = token.family, [0, old.layout.base - 1]
    writes = family in ("L", "T")
    _same([cell for cell, _ in memory.written], [ram.aim] if writes else [], judge, "cells written")
    _same(callers.written, [(old.depth + 2, old.pc)] if family == "CALL" else [], judge, "callers")
    _same(old.digits.set, [(old.x.top - old.rows, token.value)] if family == "Q" else [], judge, "digits")
    own = family in ("D", "L")
    _same(ram.value.added, [(old.written, token.value)] if own else [], judge, "groups")
    if writes:
        [(_, number)] = memory.written
        index, group = (old.written, token.value) if own else _repeated(place, old, token.flag, path)
        found = [cast(Written, number.groups).count, number.sign, number.base, token.value]
        _same(found, [index + 1, token.flag, old.layout.base, group], judge, "length, sign and top group")
        if index >= 1 and group == fill[token.flag]:
            judge.never("the top group is all sign")
    for sign in (0, 1):
        known = old.significant.set.get(sign)
        if known is not None:
            _same([known], [(old.written, token.value)], judge, "significant")
        first = isinstance(old.written, int) and old.written == 0
        if (known is not None) != (family == "D" and (first or not token.value == fill[sign])):
            judge.never(f"significant for sign {sign}")


def _operands(old: Local, ram: AbstractRam, token: Token, path: Path, judge: Shown) -> None:
    """x, y and target stay, but where an address is complete: x is then what it names, or what was the target's."""
    s, groups, before = ram.local, old.layout.groups, _address(path, old)
    memory, program, _ = ram.known
    address = token.family.group is not None
    top = address and old.address == groups - 1
    complete = [*before, *([-token.value if top else token.value] if address else [])]
    _same([tuple(ram.address)], [tuple(complete)], judge, "address")
    load = old.opcode is Opcode.LOAD
    _same(
        [cell for cell, _ in memory.asked], [tuple(complete) if load else ram.aim] if top else [], judge, "cells read"
    )
    _same([tuple(ram.target)], [tuple(complete if top and not load else ram.aim)], judge, "target")
    if s.y is not old.y or s.x is not (memory.asked[0][1] if top else old.x) or program.asked:
        judge.never("other operands")
    for name in ("opcode", "y_number", "z_number", "caller"):
        if getattr(s, name) is not getattr(old, name):
            judge.never(f"another {name}")


def _same(found: Sequence[Any], expected: Sequence[Any], judge: Shown, what: str) -> None:
    """Of lists of tuples of numbers, or of numbers."""
    if len(found) != len(expected):
        judge.never(f"{what}: {len(found)}, not {len(expected)}")
    for one, other in zip(found, expected):
        pairs = zip(one, other, strict=True) if isinstance(one, tuple | list) else [(one, other)]
        for left, right in pairs:
            judge.equal(left, right, what)


# ------------------------------------------------------------------------------ where an instruction begins


def prove_begin(layout: Layout, opcode: Opcode | None) -> str:
    """After any token that ends an instruction; `go` is what they all come to."""

    def run(path: Path) -> None:
        judge = Shown(path, f"begins: {opcode.name if opcode else 'no instruction'}")
        size = layout.max_instructions
        pc, distance = path.variable("pc", 0, size), path.variable("distance", -size, size)
        path.assume((pc + distance).polynomial)
        path.assume((size - int(opcode is not None) - pc - distance).polynomial)
        depth = path.variable("depth", 0, layout.max_depth)
        local = Local(
            layout,
            Token(Family.J, cast(int, path.variable("value", 1 - layout.base, layout.base - 1))),
            pc,
            depth=depth,
        )
        ram = AbstractRam(path, local, [], [], opcode)
        ram.go(cast(int, distance))
        memory, program, callers = ram.known
        s, instructions = ram.local, program.read
        _same([ram.pc, s.pc, *program.asked], [pc + distance] * 3, judge, "program counter")
        _same([s.depth, ram.depth, ram.far], [depth, depth, 0], judge, "depth")
        if s.opcode is not opcode or s.token is not local.token:
            judge.never("another opcode or last token")
        fresh = rules.Local(layout, s.token)
        if (
            [*ram.groups, *ram.address]
            or s.significant != fresh.significant
            or s.digits
            or memory.written
            or callers.written
        ):
            judge.never("something is left over")
        admissible(_with_history(ram, 0, (0, 0)), judge)
        if opcode is None:
            return
        [found] = instructions
        cells = [cell_of(layout, operand, cast(int, depth + 1)) for operand in (found.x, found.y)]
        held = [
            next((cell for cell, number in memory.asked if cast(Any, number) is operand), ()) for operand in (s.x, s.y)
        ]
        _same(held, cells, judge, "cells of x and y")
        _same([tuple(ram.target)], [cell_of(layout, found.z, cast(int, depth + 1))], judge, "cell of z")
        _same([s.y_number, s.z_number], [found.y, found.z], judge, "operands")
        _same(callers.asked, [(depth + 1, s.caller)], judge, "caller")

    return f"{explore(run, quotients=layout.base)} paths"


# ----------------------------------------------------------------------------- what tokens change in memory


def prove_memory(ram: Ram, write: Write) -> str:
    """`writes.written_at` says what the tensors offer as keys and values: the specification changes just that."""
    layout = ram.layout

    def run(path: Path) -> None:
        place, effect = written_at(ram, write, path)
        token, judge = place.local.token, Shown(path, f"memory: {write}")
        _before(place, path, write)
        machine = AbstractRam(path, place.local, effect.cell or [], [], None)
        pc, depth, top = place.local.pc, place.local.depth, place.local.x.top
        machine.take(token)
        memory, _, callers = machine.known
        _same(callers.written, [(depth + 2, pc)] if token.family == "CALL" else [], judge, "callers")
        if token.family == "Q":
            [(digit, value)] = place.local.digits.set
            _same([2 * (top - digit), value], [effect.index, token.value], judge, "digit")
        if token.family in ("D", "L") and effect.index is not None:
            _same(machine.value.added, [(effect.index, token.value)], judge, "groups")
        if token.family not in ("L", "T"):
            _same(memory.written, [], judge, "cells")
            return
        [(cell, number)] = memory.written
        _same([tuple(cell)], [tuple(effect.cell or ())], judge, "cell")
        count = cast(Written, number.groups).count
        _same([count, number.sign], [effect.index + 1, token.flag], judge, "length and sign")

    return f"{explore(run, quotients=layout.base)} paths"


def _before(place: Situation, path: Path, write: Write) -> None:
    """The specification's state before the token: what it has so far, by how many tokens there are."""
    s, family = place.local, write.family
    carried = Family.K if place.after_carry else Family.D
    last = {Opcode.MUL: carried, Opcode.REM: Family.Q}.get(cast(Opcode, s.opcode), Family.D)
    s.token = Token(Family.H if family == "Q" else last)
    s.digits = Digits(path, s.layout.base)
    if family in ("D", "L", "T"):
        s.written = path.variable("written before", 0)
        s.address = s.layout.groups if s.opcode in (None, *INDIRECT) else 0
        s.rows = {Opcode.QUO: s.x.top, Opcode.REM: s.x.top + 1}.get(cast(Opcode, s.opcode), 0)
        path.assume_zero((s.emitted - 1 - tokens_of(s)).polynomial)
    if family == "Q":
        s.rows = path.variable("rows", 0)
        path.assume_zero((s.emitted - 1 - tokens_of(s)).polynomial)
    s.significant = Significant(path, place.begun, s.layout.base, partial(index_at, replace(s), place.begun))


# --------------------------------------------------------------------- what is read, and what is overwritten


def prove_reads(layout: Layout, case: Case) -> str:
    """Heads find the latest write: so an instruction must not have written yet what they are to find for it."""

    def run(path: Path) -> None:
        place = situation(layout, case, path)
        s, judge = place.local, Shown(path, f"reads: {case}")
        assert s.opcode is not None
        found = instruction(path, layout, s.opcode, s.pc)
        if isinstance(s.written, int) and s.written == 0:
            return
        for index, number, operand in ((x_index(s), s.x, found.x), (y_index(s), s.y, found.y)):
            if index is None or index > number.top:
                continue
            # What a LOAD or STORE copies may be in the very cell that it goes to.
            if s.opcode in INDIRECT or Role.WRITE not in s.opcode.roles or operand == found.z:
                judge.at_most(s.written, index, "overwritten")

    return f"{explore(run, quotients=layout.base)} paths"

"""A counter machine that runs other counter machines: the program is part of the prompt, and the transformer fixed.

It has room for a program of `slots` instructions over `registers` counters, two counters a slot. Among those programs
is one that is universal by itself: U22 of Korec, "Small universal register machines" (Theoretical Computer Science 168,
1996), 22 instructions over 8 registers, which becomes 34 here. So this machine is universal, too: what does not fit
into its slots, U22 in its slots runs.

| counter     | holds                                                            |
|-------------|------------------------------------------------------------------|
| `x0` …      | the counters of the program                                      |
| `op0` …     | what the instruction in a slot does, see `codes`                  |
| `to0` …     | where it leads: goto, and dec of a counter that is 0             |
| `p`         | the slot that is next; later, a copy of its `to`                 |
| `h`         | the slot that is at work                                         |
| `w`, `s`    | a copy of its `op`, and what it is put back from                 |
"""

from __future__ import annotations

from collections.abc import Iterable

from compiler.machines.crasp.program import CounterProgram, Instruction, Kind

SLOTS, REGISTERS = 36, 8


def universal(slots: int = SLOTS, registers: int = REGISTERS) -> CounterProgram:
    """The universal machine with room for so many instructions and counters."""
    return _Writer(slots, registers).program()


def codes(registers: int) -> dict[tuple[Kind, int], int]:
    """The number of each operation, of each counter."""
    operations: list[tuple[Kind, int]] = [("halt", 0), ("goto", 0)]
    for register in range(registers):
        operations += [("dec", register), ("inc", register)]
    return {operation: code for code, operation in enumerate(operations)}


class DoesNotFit(ValueError):
    """A program that the universal machine has no room for; the message says what there is."""


def encoded(
    program: CounterProgram, values: Iterable[int], slots: int = SLOTS, registers: int = REGISTERS
) -> list[int]:
    """First values of the universal machine's counters, so that it runs this program from these values.

    Raises:
        DoesNotFit: it has too many instructions or counters.
    """
    if len(program.instructions) > slots or len(program.counters) > registers:
        raise DoesNotFit(
            f"the universal machine has room for {slots} instructions and {registers} counters, "
            f"the program has {len(program.instructions)} and {len(program.counters)}"
        )
    number = codes(registers)
    given = dict(zip(_names("x", registers), values))
    for k, instruction in enumerate(program.instructions):
        counter = instruction.counter if instruction.kind in ("inc", "dec") else 0
        given[f"op{k}"] = number[instruction.kind, counter]
        given[f"to{k}"] = instruction.target if instruction.kind in ("goto", "dec") else 0
    return [given.get(name, 0) for name in counters(slots, registers)]


def counters(slots: int, registers: int) -> tuple[str, ...]:
    """The names of its counters, in their order."""
    return (*_names("x", registers), *_names("op", slots), *_names("to", slots), "p", "h", "w", "s")


def _names(letter: str, count: int) -> list[str]:
    return [f"{letter}{i}" for i in range(count)]


class _Writer:
    """Writes instructions with labels; `fetch` is the first."""

    def __init__(self, slots: int, registers: int) -> None:
        self.slots, self.registers = slots, registers
        self.counters = counters(slots, registers)
        self.labels: dict[str, int] = {}
        self.lines: list[tuple[Kind, str, str]] = []

    def program(self) -> CounterProgram:
        self.fetch()
        for slot in range(self.slots):
            self.copy(slot)
        self.decode()
        self.operations()
        number = {name: i for i, name in enumerate(self.counters)}
        return CounterProgram(
            self.counters,
            tuple(
                Instruction(kind, number.get(counter, 0), self.labels.get(to, 0)) for kind, counter, to in self.lines
            ),
        )

    def label(self, name: str) -> None:
        self.labels[name] = len(self.lines)

    def inc(self, counter: str) -> None:
        self.lines.append(("inc", counter, ""))

    def dec(self, counter: str, zero: str) -> None:
        self.lines.append(("dec", counter, zero))

    def goto(self, label: str) -> None:
        self.lines.append(("goto", "", label))

    def move(self, source: str, targets: Iterable[str], then: str) -> None:
        """Adds a counter to others, leaves 0 in it, and goes on at a label."""
        label = f"move {len(self.lines)}"
        self.label(label)
        self.dec(source, then)
        for target in targets:
            self.inc(target)
        self.goto(label)

    def fetch(self) -> None:
        """p becomes 0 and h what it was; slot h is at work. No program leads past the last slot."""
        self.label("fetch")
        for slot in range(self.slots):
            self.dec("p", f"slot {slot}")
            self.inc("h")
        self.goto("halt")

    def copy(self, slot: int) -> None:
        """w and p become copies of what the slot holds."""
        self.label(f"slot {slot}")
        for counter, copied in ((f"op{slot}", "w"), (f"to{slot}", "p")):
            restore, done = f"restore {counter}", f"copied {counter}"
            self.move(counter, (copied, "s"), restore)
            self.label(restore)
            self.move("s", (counter,), done)
            self.label(done)
        self.goto("decode")

    def decode(self) -> None:
        """w becomes 0; where it does so says which operation it was the number of."""
        self.label("decode")
        for kind, register in codes(self.registers):
            self.dec("w", f"{kind} {register}")
        self.goto("halt 0")

    def operations(self) -> None:
        """The operations: then p is the slot that is next, and h is 0."""
        self.label("halt 0")
        self.label("halt")
        self.lines.append(("halt", "", ""))
        self.label("goto 0")
        self.move("h", (), "fetch")
        for register in range(self.registers):
            self.label(f"dec {register}")
            self.dec(f"x{register}", "goto 0")
            self.goto("next")
            self.label(f"inc {register}")
            self.inc(f"x{register}")
            self.goto("next")
        self.label("next")
        self.move("p", (), "cleared")
        self.label("cleared")
        self.move("h", ("p",), "moved")
        self.label("moved")
        self.inc("p")
        self.goto("fetch")

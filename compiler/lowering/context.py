"""What the code of one function is written with: its cells, and how instructions are emitted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from compiler.language.checked import CheckedProgram, FunctionInfo
from compiler.language.errors import source_error
from compiler.language.kinds import Kind
from compiler.language.syntax import Comprehension, Expression, Name, Span
from compiler.lowering.assembler import ZERO, CapacityError, Label
from compiler.lowering.unit import Unit, Variable
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import OUT_OF_MEMORY, Origin, Trap

RECURSION = Trap("RecursionError", "maximum recursion depth exceeded")
_FAULTS = dict.fromkeys((Opcode.LOAD, Opcode.STORE), OUT_OF_MEMORY)
"""What a fault of an instruction means where its trap is not given."""


Rule = Callable[["Context", Expression, int | None, int | None], int]
"""Writes the code of an expression, whose parts it gives to `Context.value` in turn: see there."""


class Context:
    """The code of one function, or of the module level (`info` is None).

    evaluate: the rule for expressions. It is given, since all that it is made of is written with a context.
    """

    def __init__(self, unit: Unit, checked: CheckedProgram, info: FunctionInfo | None, evaluate: Rule) -> None:
        self.evaluate = evaluate
        self.unit = unit
        self.checked = checked
        self.shared = unit.library_shared if checked is unit.library else unit.shared
        self.info = info
        self.effects = self.shared.effects
        self.code = unit.assembler
        self.loops: list[tuple[Label, Label]] = []
        self._top = 0
        self._scopes: list[tuple[str, Variable]] = []
        self._bound: dict[str, bool] = {}
        self._locals: dict[str, Variable] = {}
        self._failures: dict[tuple[Trap, Origin], Label] = {}
        self._deferred: list[Callable[[], None]] = []

    @property
    def is_library(self) -> bool:
        """Whether this is code of the runtime library, which may use instructions."""
        return self.checked is self.unit.library

    def kind(self, e: Expression) -> Kind:
        """The type of an expression."""
        return self.checked.kinds[e]

    # ------------------------------------------------------------------------------------------- cells

    def temporary(self) -> int:
        """A local slot, free again at the end of the innermost `scratch`. Raises CapacityError if there is none."""
        layout = self.unit.layout
        cell = layout.first_local + self._top
        if cell >= layout.first_next:
            subject = f"`{self.info.name}`" if self.info else "this"
            raise CapacityError(
                f"{subject} needs more than the {layout.first_next - layout.first_local} local cells that base "
                f"{layout.base} has for the variables and intermediate results of a function; split the function "
                "or the expression, or use a machine with a larger base"
            )
        self._top += 1
        return cell

    @property
    def top(self) -> int:
        """How many local slots are taken."""
        return self._top

    @contextmanager
    def scratch(self) -> Iterator[None]:
        """Temporaries that are taken inside are free again after it."""
        top = self._top
        try:
            yield
        finally:
            self._top = top

    def next_slot(self, slot: int) -> int:
        """The cell of an argument or result of a call. Raises CapacityError if there are too many."""
        layout = self.unit.layout
        if layout.first_next + slot >= layout.base:
            raise CapacityError(
                f"base {layout.base} allows {layout.base - layout.first_next} arguments or results; use fewer, "
                "or a machine with a larger base"
            )
        return layout.first_next + slot

    def own_slot(self, slot: int) -> int:
        """The cell of a parameter or result of this function."""
        return self.unit.layout.first_local + slot

    def is_next(self, cell: int) -> bool:
        """Whether the cell is a slot of the next frame: the next call overwrites it."""
        return cell >= self.unit.layout.first_next

    def never_negative(self, e: Expression) -> bool:
        """Whether the value of an expression is known not to be negative."""
        return self.shared.signs.never_negative(e, self.info.name if self.info else None, self._bound)

    def is_temporary(self, cell: int) -> bool:
        """Whether the cell is a local slot that is taken, and that no variable has."""
        first = self.unit.layout.first_local
        variables = [*self._locals.values(), *(variable for _, variable in self._scopes)]
        return first <= cell < first + self._top and all(cell not in (v.cell, v.flag) for v in variables)

    def constant(self, value: int) -> int:
        """A cell that holds this integer for the whole run."""
        return self.code.constant(value)

    # ------------------------------------------------------------------------------------- expressions

    def value(self, e: Expression, into: int | None = None, hint: int | None = None) -> int:
        """Evaluates an expression; returns the cell of its value.

        With `into` the value is there, and `into` was written only after all of the expression had been read:
        it may be a variable that occurs in it. Without, the cell may be a variable's or a constant's, which the
        caller must not change, or a slot of the next frame, which the next call overwrites; a temporary that is
        needed for the value is taken from the caller's scratch, or is `hint`.
        """
        if e.span.line == self.code.origin.line:
            return self.evaluate(self, e, into, hint)
        with self.at(Origin(e.span.line, e.span.column, self.code.origin.comment)):
            return self.evaluate(self, e, into, hint)

    def operands(self, expressions: Sequence[Expression], hint: int | None = None) -> list[int]:
        """Evaluates expressions from left to right; returns cells that have their values when all are evaluated."""
        cells: list[int] = []
        for i, e in enumerate(expressions):
            later = expressions[i + 1 :]
            cell = self.value(e, hint=hint if hint not in cells else None)
            if self.is_next(cell) and not all(map(self.effects.is_plain, later)):
                cell = self.saved(cell)
            elif later and self.shared.identifiers_of(cell) & self.effects.assigned_in_calls(later):
                cell = self.saved(cell)
            cells.append(cell)
        return cells

    def saved(self, cell: int) -> int:
        """A copy in a temporary."""
        copy = self.temporary()
        self.move(cell, copy)
        return copy

    def kept(self, cell: int) -> int:
        """The cell, or a copy if calls would overwrite it."""
        return self.saved(cell) if self.is_next(cell) else cell

    def placed(self, cell: int, into: int | None) -> int:
        """The value in `into` if that is wanted."""
        if into is None:
            return cell
        self.move(cell, into)
        return into

    # --------------------------------------------------------------------------------------- variables

    def declare(self, identifier: str, flagged: bool) -> None:
        """Gives a parameter or local its slot."""
        cell = self.temporary()
        self._locals[identifier] = Variable(cell, self.temporary() if flagged else None)

    def variable(self, identifier: str) -> Variable:
        """The variable of this name that is visible here."""
        for name, variable in reversed(self._scopes):
            if name == identifier:
                return variable
        return self._locals.get(identifier) or self.shared[identifier]

    @contextmanager
    def comprehension_target(self, comprehension: Comprehension) -> Iterator[int]:
        """The cell of a variable that exists only inside."""
        identifier, outer = comprehension.target.identifier, self._bound
        function = self.info.name if self.info else None
        fine = self.shared.signs.items_never_negative(comprehension.iterable, function, outer)
        self._bound = {**outer, identifier: fine}
        self._scopes.append((identifier, Variable(self.temporary())))
        yield self._scopes[-1][1].cell
        self._scopes.pop()
        self._bound = outer

    def read(self, name: Name) -> int:
        """The cell of a variable, after a check that it has a value where that is not certain."""
        variable = self.variable(name.identifier)
        if name in self.checked.maybe_unbound and variable.flag is not None:
            local = self.info is not None and name.identifier in self._locals
            if local:
                text = f"cannot access local variable '{name.identifier}' where it is not associated with a value"
                trap = Trap("UnboundLocalError", text)
            else:
                trap = Trap("NameError", f"name '{name.identifier}' is not defined")
            self.branch(Opcode.JEQ, variable.flag, ZERO, self.failure(trap))
        return variable.cell

    def assigned(self, identifier: str) -> None:
        """Notes that a variable has a value now."""
        flag = self.variable(identifier).flag
        if flag is not None:
            self.move(self.constant(1), flag)

    # ---------------------------------------------------------------------------------------- emitting

    def emit(self, opcode: Opcode, x: int = 0, y: int = 0, z: int = 0, trap: Trap | None = None) -> None:
        """See `Assembler.emit`."""
        self.code.emit(opcode, x, y, z, trap or _FAULTS.get(opcode))

    def move(self, source: int, target: int) -> None:
        """Copies a cell, unless it is the same."""
        if source != target:
            self.emit(Opcode.ADD, source, ZERO, target)

    def parallel_move(self, moves: Sequence[tuple[int, int]]) -> None:
        """Moves (source, target), as if all at once; targets are all different."""
        pending = [(source, target) for source, target in moves if source != target]
        with self.scratch():
            while pending:
                sources = [source for source, _ in pending]
                ready = next((move for move in pending if move[1] not in sources), None)
                if ready is not None:
                    self.move(*ready)
                    pending.remove(ready)
                    continue
                blocked = pending[0][1]
                saved = self.temporary()
                self.move(blocked, saved)
                pending = [(saved if source == blocked else source, target) for source, target in pending]

    def branch(self, opcode: Opcode, x: int, y: int, target: Label) -> None:
        """Jumps if the comparison of two cells holds."""
        self.code.jump(opcode, target, x, y)

    def jump(self, target: Label) -> None:
        """Jumps."""
        self.code.jump(Opcode.JMP, target)

    def place(self, label: Label) -> None:
        """The label means the next instruction."""
        self.code.place(label)

    def put(self, text: str) -> None:
        """Prints a constant text."""
        for character in text:
            code = ord(character)
            if code < self.unit.layout.base:
                self.emit(Opcode.PUT, z=code)
            else:
                self.emit(Opcode.OUTC, self.constant(code))

    def call(self, target: Label, arguments: Sequence[int] = ()) -> int:
        """Moves arguments into the next frame and calls; returns the cell of the (first) result."""
        self.parallel_move([(cell, self.next_slot(slot)) for slot, cell in enumerate(arguments)])
        self.code.jump(Opcode.CALL, target, trap=RECURSION)
        return self.next_slot(0)

    def library(self, name: str, *arguments: int) -> int:
        """Calls a routine of the library; returns the cell of the (first) result."""
        return self.call(self.unit.function(self.unit.library, name), arguments)

    def halt(self, trap: Trap | None = None) -> None:
        """Ends the run; trap: the exception that this stands for."""
        self.emit(Opcode.HALT, trap=trap)

    def failure(self, trap: Trap) -> Label:
        """A place outside the main path at which the run ends with this error."""
        key = (trap, self.code.origin)
        if key not in self._failures:
            label = self._failures[key] = Label()

            def write() -> None:
                self.place(label)
                self.halt(trap)

            self.defer(write)
        return self._failures[key]

    def defer(self, write: Callable[[], None]) -> None:
        """Calls `write` after the end of the function, to write code that is seldom run, marked as from here."""
        origin, scopes, top, loops = self.code.origin, list(self._scopes), self._top, list(self.loops)

        def later() -> None:
            self.code.origin, self._scopes, self._top, self.loops = origin, scopes, top, loops
            write()

        self._deferred.append(later)

    def finish(self) -> None:
        """Writes what was deferred; nothing runs into it from above."""
        while self._deferred:
            self._deferred.pop(0)()

    @contextmanager
    def reports_capacity(self, span: Span) -> Iterator[None]:
        """A CapacityError inside becomes a SourceError that says where in the program it is."""
        try:
            yield
        except CapacityError as error:
            if self.is_library:
                raise
            module = self.checked.module
            raise source_error(str(error), "", module.source, module.filename, span) from None

    # ------------------------------------------------------------------------------------------ origins

    @contextmanager
    def at(self, origin: Origin) -> Iterator[None]:
        """Marks the instructions written inside as coming from there."""
        before = self.code.origin
        self.code.origin = origin
        try:
            yield
        finally:
            self.code.origin = before

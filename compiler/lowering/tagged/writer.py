"""What the code of one function of a tagged program is written with: variables, calls, and where errors go."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compiler.language.refusals import Refusal
from compiler.language.syntax import Span
from compiler.lowering.assembler import ZERO, CapacityError, Label
from compiler.lowering.context import Context
from compiler.lowering.expressions import evaluate
from compiler.lowering.tagged.scopes import Class, Function, Namespace
from compiler.lowering.tagged.values import END, FALSE, NONE, UNSET, Tag
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import Origin

if TYPE_CHECKING:
    from compiler.lowering.tagged.program import Program


@dataclass(frozen=True)
class Loop:
    """A loop around the statement being written: where `break` and `continue` go."""

    leave: Label
    again: Label


@dataclass(frozen=True)
class Finally:
    """A `finally` around the statement being written; handler: where errors went outside it."""

    body: list[ast.stmt]
    handler: Label | None


@dataclass(frozen=True)
class Handler:
    """An `except` clause being written: the cell of the exception, which is the current one."""

    exception: int


class Writer:
    """The code of one function; function None is the module level."""

    def __init__(self, program: Program, namespace: Namespace, function: Function | None) -> None:
        self.program = program
        self.unit = program.unit
        self.namespace = namespace
        self.function = function
        self.c = Context(program.unit, program.unit.library, None, evaluate)
        self.code = program.unit.assembler
        self.blocks: list[Loop | Finally | Handler] = []
        self.handler: Label | None = None
        self.leave = Label()
        self.slots: dict[str, int] = {}
        self.record = 0
        self.class_names: dict[str, int] = {}
        self.resumes: list[Label] = []
        self.uncertain: frozenset[str] = frozenset()
        self.inside_comprehension = False
        self.catches_exit = 0

    # ---------------------------------------------------------------------------------------------- cells

    def temporary(self) -> int:
        """A slot that is free again after the statement."""
        return self.c.temporary()

    def constant(self, value: int) -> int:
        """A cell that holds this integer for the whole run."""
        return self.c.constant(value)

    @contextmanager
    def where_class_is(self, number: int, classes: Sequence[Class]) -> Iterator[Label]:
        """What is written inside is done if the cell `number` holds the number of one of these classes.

        Yields the label after it.
        """
        here, following = Label(), Label()
        for cls in classes:
            self.c.branch(Opcode.JEQ, number, self.constant(cls.number), here)
        self.c.jump(following)
        self.c.place(here)
        yield following
        self.c.place(following)

    def tagged(self, payload: int, tag: Tag) -> int:
        """The constant cell of a value."""
        return self.constant(payload * self.unit.layout.base + tag)

    @property
    def none(self) -> int:
        """A cell with `None`."""
        return self.constant(NONE)

    @property
    def one(self) -> int:
        """A cell with the integer 1."""
        return self.constant(1)

    @property
    def end(self) -> int:
        """A cell with the mark of an iterator's end."""
        return self.constant(END)

    def emit(self, opcode: Opcode, x: int = 0, y: int = 0, z: int = 0) -> None:
        """Appends an instruction."""
        self.c.emit(opcode, x, y, z)

    def move(self, source: int, target: int) -> None:
        """Copies a cell, unless it is the same."""
        self.c.move(source, target)

    def copied(self, cell: int, into: int | None = None) -> int:
        """The value in a temporary, or in `into`."""
        target = self.temporary() if into is None else into
        self.move(cell, target)
        return target

    def tag_of(self, cell: int) -> int:
        """A temporary with the tag of a value: its lowest group."""
        tag = self.temporary()
        self.emit(Opcode.MUL, self.one, cell, tag)
        return tag

    def payload(self, cell: int, into: int | None = None) -> int:
        """A cell with a value without its tag."""
        target = self.temporary() if into is None else into
        self.emit(Opcode.SHR, cell, 0, target)
        return target

    def boxed(self, cell: int, tag: Tag, into: int | None = None) -> int:
        """The value of a payload. `into` may be the payload's cell."""
        target = self.temporary() if into is None or into == cell else into
        self.emit(Opcode.SHL, cell, self.constant(int(tag)), target)
        if into is not None and into != target:
            self.move(target, into)
            return into
        return target

    def load(self, address: int, offset: int, into: int | None = None) -> int:
        """A cell with the content of the heap at an address and an offset."""
        target = self.temporary() if into is None else into
        self.emit(Opcode.LOAD, address, self.constant(offset), target)
        return target

    def store(self, address: int, offset: int, cell: int) -> None:
        """Writes a cell to the heap at an address and an offset."""
        self.c.emit(Opcode.STORE, address, self.constant(offset), cell)

    def boolean(self, raw: int, into: int | None = None) -> int:
        """The value True or False for 1 or 0."""
        return self.boxed(raw, Tag.BOOL, into)

    @property
    def true(self) -> int:
        """A cell with `True`."""
        return self.tagged(1, Tag.BOOL)

    @property
    def false(self) -> int:
        """A cell with `False`."""
        return self.constant(FALSE)

    # ---------------------------------------------------------------------------------------------- calls

    def lib(self, name: str, *cells: int, into: int | None = None) -> int:
        """Calls a routine of the library; its (first) result, in a temporary or in `into`."""
        self.c.library(name, *cells)
        if self.program.may_raise(name):
            self.check()
        return self.copied(self.c.next_slot(0), into)

    def call(self, label: Label, cells: Sequence[int], into: int | None = None) -> int:
        """Calls code of the program, which may raise."""
        self.c.call(label, cells)
        self.check()
        return self.copied(self.c.next_slot(0), into)

    def check(self) -> None:
        """Goes to the handler if an exception is under way."""
        if self.program.catches:
            self.c.branch(Opcode.JNE, self.program.raised, ZERO, self.handler or self.leave)

    def raise_error(self, name: str, message: str) -> None:
        """Raises an exception with a constant message."""
        trap = self.program.failure(f"raise_{name}", message)
        if trap is None:
            self.lib(f"raise_{name}", self.text(message))
        else:
            self.c.halt(trap)

    def text(self, text: str) -> int:
        """The cell of the payload of a constant string."""
        if len(text) == 1:
            return self.constant(-1 - ord(text))
        return self.constant(self.unit.text(text) if text else 1)

    def string(self, text: str) -> int:
        """The cell of a constant string."""
        payload = -1 - ord(text) if len(text) == 1 else self.unit.text(text) if text else 1
        return self.tagged(payload, Tag.STR)

    def new_tuple(self, cells: Sequence[int], into: int | None = None) -> int:
        """A new tuple of these values."""
        return self.boxed(self.new_items(cells), Tag.TUPLE, into)

    def new_items(self, cells: Sequence[int]) -> int:
        """The address of new items: the payload of a tuple."""
        address = self.lib("new_list", self.constant(len(cells)))
        for i, cell in enumerate(cells):
            self.store(address, i, cell)
        return address

    def new_options(self, named: Mapping[str, int]) -> int:
        """The address of a dictionary of these keyword arguments; 0 if there are none."""
        if not named:
            return ZERO
        options = self.lib("dict_new")
        for name, cell in named.items():
            self.lib("dict_set", options, self.string(name), cell)
        return options

    def new_list(self, cells: Sequence[int], into: int | None = None) -> int:
        """A new list of these values, with room for at least four."""
        address = self.lib("new_growable", self.constant(len(cells)), self.constant(max(4, len(cells))))
        for i, cell in enumerate(cells):
            self.store(address, i + 2, cell)
        return self.boxed(address, Tag.LIST, into)

    # ------------------------------------------------------------------------------------------ variables

    def where(self, name: str) -> tuple[str, object]:
        """How a name is reached: "slot", "box" (a cell of the heap), "free", "global" or "missing"."""
        f = self.function
        if f is not None and name not in f.globals:
            if name in self.slots:
                return ("box" if name in f.captured else "slot"), self.slots[name]
            if name in f.free:
                return "free", list(f.free).index(name)
        if name in self.class_names:
            return "slot", self.class_names[name]
        if name in self.slots:
            return "slot", self.slots[name]
        return "global", name

    def read(self, name: str, node: ast.AST, into: int | None = None) -> int:
        """The cell of a variable's value; a variable of the function itself is not copied."""
        how, place = self.where(name)
        if how == "slot":
            assert isinstance(place, int)
            self.check_bound(name, place)
            return place if into is None else self.copied(place, into)
        if how == "box":
            assert isinstance(place, int)
            return self.check_bound(name, self.load(place, 0, into))
        if how == "free":
            assert isinstance(place, int)
            return self.check_free(name, self.load(self.load(self.record, 2 + place), 0, into))
        cell = self.program.global_cell(self.namespace, name)
        if cell is None:
            raise self.refusal(node, f"the name `{name}` is not known here", "")
        return cell if into is None else self.copied(cell, into)

    @property
    def unset(self) -> int:
        """The cell of what a variable holds before it is assigned, where a read has to know."""
        return self.tagged(UNSET, Tag.SINGLE)

    def check_bound(self, name: str, cell: int) -> int:
        """Raises if the variable of the function may be unassigned, and is; gives the cell back."""
        if name in self.uncertain:
            fine = Label()
            self.c.branch(Opcode.JNE, cell, self.unset, fine)
            if self.inside_comprehension:  # a function of its own in CPython 3.11
                self._raise_free(name)
            else:
                message = f"cannot access local variable '{name}' where it is not associated with a value"
                self.raise_error("unbound", message)
            self.c.place(fine)
        return cell

    def check_free(self, name: str, cell: int) -> int:
        """The same for a variable of a function around this one."""
        if self.function is not None and name in self.program.uncertain_inside(self.function.free[name]):
            fine = Label()
            self.c.branch(Opcode.JNE, cell, self.unset, fine)
            self._raise_free(name)
            self.c.place(fine)
        return cell

    def _raise_free(self, name: str) -> None:
        where = "where it is not associated with a value in enclosing scope"
        self.raise_error("name_error", f"cannot access free variable '{name}' {where}")

    def check_global(self, name: str, cell: int) -> int:
        """The same for a variable of the module level."""
        if cell in self.program.uncertain_globals:
            fine = Label()
            self.c.branch(Opcode.JNE, cell, self.unset, fine)
            self.raise_error("name_error", f"name '{name}' is not defined")
            self.c.place(fine)
        return cell

    def check_defined(self, name: str) -> None:
        """The same for a function or a class of the module level."""
        guard = self.program.guard(self.namespace, name) if self.where(name)[0] == "global" else None
        if guard is not None:
            self.check_global(name, guard)

    def defined(self, name: str) -> None:
        """Notes that a function or a class of the module level is defined from now on."""
        guard = self.program.guard(self.namespace, name) if self.where(name)[0] == "global" else None
        if guard is not None:
            self.move(self.none, guard)

    def may_be_unassigned(self, name: str) -> bool:
        """Whether a read of the variable may find it unassigned, so that its cell has to say so."""
        how, _ = self.where(name)
        if how == "global":
            return self.program.global_cell(self.namespace, name) in self.program.uncertain_globals
        f = self.function
        assert f is not None
        if how == "free":
            return name in self.program.uncertain_inside(f.free[name])
        return name in self.uncertain or name in self.program.uncertain_inside(f)

    def assign(self, name: str, cell: int) -> None:
        """Assigns to a variable, wherever it is kept."""
        how, place = self.where(name)
        if how == "slot":
            assert isinstance(place, int)
            self.move(cell, place)
        elif how == "box":
            assert isinstance(place, int)
            self.store(place, 0, cell)
        elif how == "free":
            assert isinstance(place, int)
            self.store(self.load(self.record, 2 + place), 0, cell)
        else:
            target = self.program.global_cell(self.namespace, name)
            if target is None:
                target = self.program.new_global(self.namespace, name)
            self.move(cell, target)

    def target_cell(self, name: str) -> int | None:
        """The cell of a variable that may be written directly, None if it is not one."""
        how, place = self.where(name)
        if how == "slot":
            assert isinstance(place, int)
            return place
        if how == "global":
            return self.program.global_cell(self.namespace, name) or self.program.new_global(self.namespace, name)
        return None

    def box(self, name: str) -> int:
        """The cell that holds the address of the heap cell of a captured variable."""
        how, place = self.where(name)
        assert isinstance(place, int)
        if how == "box":
            return place
        assert how == "free"
        return self.load(self.record, 2 + place)

    # --------------------------------------------------------------------------------------------- places

    def refusal(self, node: ast.AST, message: str, hint: str) -> Refusal:
        """The error for what is outside the language, at the place of a node; to be raised."""
        return Refusal(message, hint, span_of(node))

    @contextmanager
    def statement(self, node: ast.AST) -> Iterator[None]:
        """Marks the code written inside as coming from a statement, and frees its temporaries after it."""
        line = getattr(node, "lineno", 0)
        library = bool(self.namespace.name)
        text = self.program.line(self.namespace, line)
        self.code.library = library
        origin = Origin(0 if library else line, 0 if library else node.col_offset + 1, text)  # type: ignore[attr-defined]
        try:
            with self.c.at(origin), self.c.scratch():
                yield
        except CapacityError as error:
            raise self.refusal(node, str(error), "") from None


def span_of(node: ast.AST) -> Span:
    """Where in the source a node is."""
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    end_line, end_column = (
        getattr(node, "end_lineno", None) or line,
        getattr(node, "end_col_offset", None) or column + 1,
    )
    return Span(line, column + 1, end_line, end_column + 1)

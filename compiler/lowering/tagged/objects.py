"""Routines that depend on the classes and functions of a tagged program: operators on objects."""

from __future__ import annotations

from compiler.lowering.assembler import Label
from compiler.lowering.library import OPERATORS
from compiler.lowering.tagged.containers import Containers
from compiler.lowering.tagged.functions import Body
from compiler.lowering.tagged.raising import RAISES
from compiler.lowering.tagged.tables import (
    BINARY,
    COMPARING,
    ROUTINES,
    SPECIAL_OF,
    UNARY,
)
from compiler.lowering.tagged.values import Built, Tag
from compiler.machines.ram.isa import Opcode


class Objects(Containers):
    """Writes operators, and any function of the library that depends on the program."""

    def write_hook(self, function: str) -> None:
        """Writes a function of the library that depends on the program."""
        w = self._writer(function)
        if function in RAISES:
            self._raise(w, function)
        else:
            getattr(self, f"_hook_{function}")(w)
        self._finish(w)

    def _reflected(self, w: Body, name: str, x: int, y: int, raw: str) -> None:
        """The method of y, if y is an object of the program."""
        if not self.has_method(name):
            return
        skip = Label()
        w.c.branch(Opcode.JNE, w.tag_of(y), w.constant(Tag.OBJECT), skip)
        _, number = self._object(w, y)
        self._try_method(w, number, name, [y, x], raw)
        w.c.place(skip)

    def _direct(self, w: Body, name: str, x: int, y: int, raw: str) -> None:
        self._reflected(w, name, y, x, raw)

    def _hook_object_equal(self, w: Body) -> None:
        x, y = w.temporary(), w.temporary()
        self._direct(w, "__eq__", x, y, "truth")
        self._reflected(w, "__eq__", x, y, "truth")
        w.move(w.lib("built_equal", x, y), w.c.own_slot(0))

    def _compare(self, w: Body, method: str, reflected: str, symbol: str) -> None:
        """`x symbol y` for values of which one is an object."""
        x, y = w.temporary(), w.temporary()
        self._direct(w, method, x, y, "truth")
        self._reflected(w, reflected, x, y, "truth")
        if self.program.flags & {"WITH_FROZENSET", "WITH_VIEW"}:
            sets = (x, y) if symbol in ("<", "<=") else (y, x)
            result = w.lib("sets_less", *sets, w.constant(int(len(symbol) == 1)))
            skip = Label()
            w.c.branch(Opcode.JEQ, result, w.end, skip)
            self._give_back(w, result)
            w.c.place(skip)
        w.lib("compare_error", w.text(symbol), x, y)

    def _hook_object_less(self, w: Body) -> None:
        self._compare(w, "__lt__", "__gt__", "<")

    def _hook_object_less_equal(self, w: Body) -> None:
        self._compare(w, "__le__", "__ge__", "<=")

    def _hook_object_greater(self, w: Body) -> None:
        self._compare(w, "__gt__", "__lt__", ">")

    def _hook_object_greater_equal(self, w: Body) -> None:
        self._compare(w, "__ge__", "__le__", ">=")

    def in_place(self, operator: str) -> Label:
        """The routine for `x operator= y` where a class of the program has a method for it."""

        def write() -> None:
            w = self._writer(f"in place {operator}")
            x, y = w.temporary(), w.temporary()
            self._direct(w, f"__i{SPECIAL_OF[operator]}__", x, y, "operator")
            w.move(w.lib(f"{BINARY[operator]}_in_place", x, y), w.c.own_slot(0))
            self._finish(w)

        return self.program.unit.routine(("in place", operator), write)

    def comparison(self, symbol: str) -> Label:
        """The routine for the value of `x symbol y` where a class of the program has a method that may say it."""
        method, reflected = COMPARING[symbol]

        def write() -> None:
            w = self._writer(f"value of {symbol}")
            x, y = w.temporary(), w.temporary()
            self._direct(w, method, x, y, "operator")
            if symbol == "!=":  # without a method of its own it is the opposite of `==`
                self._direct(w, "__eq__", x, y, "opposite")
            self._reflected(w, reflected, x, y, "operator")
            result = w.lib(ROUTINES["==" if symbol == "!=" else symbol], x, y)
            if symbol == "!=":
                w.emit(Opcode.SUB, w.one, result, result)
            w.move(w.boolean(result), w.c.own_slot(0))
            self._finish(w)

        return self.program.unit.routine(("comparison", symbol), write)

    def _hook_object_binary(self, w: Body) -> None:
        number, x, y = w.temporary(), w.temporary(), w.temporary()
        operator, counted = w.temporary(), Label()
        w.move(number, operator)
        w.c.branch(Opcode.JLT, operator, w.constant(OPERATORS), counted)
        w.emit(Opcode.SUB, operator, w.constant(OPERATORS), operator)
        w.c.place(counted)
        for i, (operator_class, method) in enumerate(SPECIAL_OF.items()):
            if operator_class not in self.program.operators:
                continue
            name, reflected = f"__{method}__", f"__r{method}__"
            if not (self.has_method(name) or self.has_method(reflected)):
                continue
            skip = Label()
            w.c.branch(Opcode.JNE, operator, w.constant(i), skip)
            with w.c.scratch():
                self._direct(w, name, x, y, "operator")
                self._reflected(w, reflected, x, y, "operator")
            w.c.place(skip)
        if "WITH_FROZENSET" in self.program.flags or "WITH_VIEW" in self.program.flags:
            result = w.lib("built_binary", operator, x, y)
            fine = Label()
            w.c.branch(Opcode.JEQ, result, w.end, fine)
            self._give_back(w, result)
            w.c.place(fine)
        w.lib("operand_error", w.lib("operator_name", number), x, y)

    def _hook_object_int(self, w: Body) -> None:
        """What `__int__` gives, or the object itself."""
        x = w.temporary()
        _, number = self._object(w, x)
        self._try_method(w, number, "__int__", [x], "integer")
        w.move(x, w.c.own_slot(0))

    def _hook_object_whole(self, w: Body) -> None:
        """What `__index__` gives, or the object itself."""
        x = w.temporary()
        _, number = self._object(w, x)
        self._try_method(w, number, "__index__", [x], "integer")
        w.move(x, w.c.own_slot(0))

    def _hook_object_divmod(self, w: Body) -> None:
        x, y = w.temporary(), w.temporary()
        self._direct(w, "__divmod__", x, y, "operator")
        self._reflected(w, "__rdivmod__", x, y, "operator")
        w.lib("operand_error", w.text("divmod()"), x, y)

    def _hook_object_unary(self, w: Body) -> None:
        operator, x = w.temporary(), w.temporary()
        _, number = self._object(w, x)
        for i, name in enumerate(UNARY):
            if self.has_method(name):
                skip = Label()
                w.c.branch(Opcode.JNE, operator, w.constant(i), skip)
                self._try_method(w, number, name, [x])
                w.c.place(skip)
        w.lib("unary_error", operator, x)

    def _hook_object_truth(self, w: Body) -> None:
        x = w.temporary()
        address, number = self._object(w, x)
        self._try_method(w, number, "__bool__", [x], "truth")
        self._try_method(w, number, "__len__", [x], "int")
        self._of_built(w, number, Built.RANGE, "WITH_RANGE", "range_length", address)
        self._of_built(w, number, Built.FROZENSET, "WITH_FROZENSET", "set_len", w.load(address, 1))
        self._of_built(w, number, Built.VIEW, "WITH_VIEW", "dict_len", w.load(address, 1))
        w.move(w.one, w.c.own_slot(0))


HOOKS = frozenset(RAISES) | {name.removeprefix("_hook_") for name in dir(Objects) if name.startswith("_hook_")}
"""The functions of the library that are written here."""

"""Conditions of tagged programs: jumps by the truth of an expression."""

from __future__ import annotations

import ast

from compiler.language.matching import Captured
from compiler.language.python.expressions import COMPARISONS
from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.comparisons import JUMPS, OPPOSITE
from compiler.lowering.tagged.tables import COMPARING, ROUTINES
from compiler.lowering.tagged.types import Types, is_plain
from compiler.machines.ram.isa import Opcode

_SYMBOLS = {operator: symbol for symbol, operator in COMPARISONS.items()}
"""What a comparison operator of `ast` is written as."""


class Conditions(Types):
    """Writes conditions."""

    def jump_if(self, e: ast.expr, target: Label, sense: bool) -> None:
        """Jumps if the truth of the value is `sense`."""
        with self.c.scratch():
            match e:
                case ast.UnaryOp(op=ast.Not(), operand=operand):
                    self.jump_if(operand, target, not sense)
                case ast.BoolOp(op=op, values=values):
                    if isinstance(op, ast.Or) == sense:
                        for value in values:
                            self.jump_if(value, target, sense)
                    else:
                        skip = Label()
                        for value in values[:-1]:
                            self.jump_if(value, skip, not sense)
                        self.jump_if(values[-1], target, sense)
                        self.c.place(skip)
                case Captured():
                    self.value(e)
                    if sense:
                        self.c.jump(target)
                case ast.Compare():
                    self._jump_if_compared(e, target, sense)
                case ast.Constant(value=value):
                    if bool(value) == sense:
                        self.c.jump(target)
                case ast.Call(func=ast.Name(id="isinstance")) if self.is_builtin("isinstance"):
                    self.jump_if_instance(e, target, sense)
                case _:
                    self.jump_if_cell(self.value(e), self.type_of(e), target, sense)

    def jump_if_instance(self, e: ast.Call, target: Label, sense: bool) -> None:
        """Code that jumps if `isinstance(…)` is `sense`; see `BuiltinCalls`."""
        raise NotImplementedError

    def jump_if_cell(self, cell: int, kind: str, target: Label, sense: bool) -> None:
        """Code that jumps if the truth of a value is `sense`; kind: what it surely is."""
        opcode = Opcode.JNE if sense else Opcode.JEQ
        if kind == "int":
            self.c.branch(opcode, cell, ZERO, target)
        elif kind == "bool":
            self.c.branch(opcode, cell, self.false, target)
        else:
            self.c.branch(opcode, self.lib("truth_of", cell), ZERO, target)

    def _jump_if_compared(self, e: ast.Compare, target: Label, sense: bool) -> None:
        operands = [e.left, *e.comparators]
        if len(e.ops) == 1:
            x, y = self.operands(operands)
            self._jump_if_pair(_SYMBOLS[type(e.ops[0])], x, y, operands[0], operands[1], target, sense)
            return
        skip = Label()
        fail = skip if sense else target
        x = self.value(operands[0])
        if not all(map(is_plain, operands[1:])):
            x = self.copied(x)
        for i, op in enumerate(e.ops):
            y = self.value(operands[i + 1])
            if not all(map(is_plain, operands[i + 2 :])):
                y = self.copied(y)
            last = i == len(e.ops) - 1
            name = _SYMBOLS[type(op)]
            if last:
                self._jump_if_pair(name, x, y, operands[i], operands[i + 1], target, sense)
            else:
                self._jump_if_pair(name, x, y, operands[i], operands[i + 1], fail, False)
            x = y
        self.c.place(skip)

    def _jump_if_pair(
        self, op: str, x: int, y: int, left: ast.expr, right: ast.expr, target: Label, sense: bool
    ) -> None:
        if op in ("is not", "not in"):
            op, sense = OPPOSITE[op], not sense
        if op == "is":
            self.c.branch(Opcode.JEQ if sense else Opcode.JNE, x, y, target)
            return
        if op == "in":
            self.c.branch(Opcode.JNE if sense else Opcode.JEQ, self.lib("any_contains", y, x), ZERO, target)
            return
        types = {self.type_of(left), self.type_of(right)}
        single = any(
            isinstance(side, ast.Constant) and isinstance(side.value, str) and len(side.value) < 2
            for side in (left, right)
        )
        if types == {"int"} or (types == {"str"} and single and op in ("==", "!=")):
            opcode, swapped = JUMPS[op if sense else OPPOSITE[op]]
            self.c.branch(opcode, *((y, x) if swapped else (x, y)), target)
            return
        if op == "!=" and self.program.has_method("__ne__"):
            self.jump_if_cell(self.call(self.program.comparison(op), [x, y]), "any", target, sense)
            return
        if op == "!=":
            op, sense = "==", not sense
        result = self.lib(ROUTINES[op], x, y)
        self.c.branch(Opcode.JNE if sense else Opcode.JEQ, result, ZERO, target)

    def _compare(self, e: ast.Compare, into: int | None) -> int:
        symbol = _SYMBOLS[type(e.ops[0])]
        special = symbol == "!=" and self.program.has_method("__ne__")
        if len(e.ops) == 1 and (special or any(map(self.program.may_compare, COMPARING.get(symbol, ())))):
            return self.call(self.program.comparison(symbol), self.operands([e.left, *e.comparators]), into)
        return self.truth_value(e, into)

    def truth_value(self, e: ast.expr, into: int | None) -> int:
        """True or False, for an expression that is one of them."""
        result, no, end = self.temporary(), Label(), Label()
        self.jump_if(e, no, False)
        self.move(self.true, result)
        self.c.jump(end)
        self.c.place(no)
        self.move(self.false, result)
        self.c.place(end)
        return self.placed(result, into)

    def boolean_constant(self, value: bool) -> int:
        """A cell with `True` or `False`."""
        return self.true if value else self.false

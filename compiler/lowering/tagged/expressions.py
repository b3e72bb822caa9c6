"""Expressions of tagged programs: `value` writes the code that evaluates one."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from compiler.language.desugar import FunctionExpression, target_names
from compiler.language.python.expressions import COMPARISONS
from compiler.language.refusals import Consequence, Refusal
from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.comparisons import JUMPS, OPPOSITE
from compiler.lowering.tagged.tables import BINARY, FUNCTIONS, METHODS
from compiler.lowering.tagged.values import TYPES, Tag
from compiler.lowering.tagged.writer import Writer, span_of
from compiler.machines.ram.isa import Opcode

_SYMBOLS = {operator: symbol for symbol, operator in COMPARISONS.items()}
"""What a comparison operator of `ast` is written as."""
_ROUTINES = {
    "==": "any_equal",
    "<": "any_less",
    ">": "any_greater",
    "<=": "any_less_equal",
    ">=": "any_greater_equal",
}
"""The routine that compares any two values."""


class Expressions(Writer):
    """Writes expressions."""

    # ---------------------------------------------------------------------------------------------- types

    def type_of(self, e: ast.expr) -> str:
        """What the value of an expression surely is, or "any"."""
        match e:
            case ast.Constant(value=value):
                return "none" if value is None else type(value).__name__
            case ast.JoinedStr():
                return "str"
            case ast.List() | ast.ListComp():
                return "list"
            case ast.Tuple():
                return "tuple"
            case ast.Dict() | ast.DictComp():
                return "dict"
            case ast.Set() | ast.SetComp():
                return "set"
            case ast.Compare() if len(e.ops) == 1 and isinstance(e.ops[0], ast.Is | ast.IsNot | ast.In | ast.NotIn):
                return "bool"
            case ast.UnaryOp(op=ast.Not()):
                return "bool"
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.type_of(operand) if self.type_of(operand) in ("int", "float") else "any"
            case ast.BinOp(left=left, op=operator, right=right):
                return self._binary_type(type(operator).__name__, self.type_of(left), self.type_of(right))
            case ast.IfExp(body=body, orelse=other):
                return self.type_of(body) if self.type_of(body) == self.type_of(other) else "any"
            case ast.Name(id=name):
                return self.variable_type(name)
            case ast.Call(func=ast.Name(id=name)) if self.is_builtin(name):
                if name in ("len", "ord", "int", "hash"):
                    return "int"
                if name in ("str", "list", "tuple", "dict", "set", "bool", "float", "repr", "chr"):
                    return {"repr": "str", "chr": "str"}.get(name, name)
                if name == "sorted":
                    return "list"
                if name == "isinstance":
                    return "bool"
            case ast.Call(func=ast.Attribute(attr=name, value=value)):
                routine = METHODS.get(name, {}).get(self.type_of(value))
                if routine is not None and routine.result != "none":
                    return "list" if routine.result == "strings" else routine.result
            case ast.Subscript(value=value, slice=ast.Slice()) if self.type_of(value) in ("str", "list", "tuple"):
                return self.type_of(value)
            case ast.Subscript(value=value) if self.type_of(value) == "str":
                return "str"
        return "any"

    def _binary_type(self, operator: str, left: str, right: str) -> str:
        if left in ("int", "bool") and right in ("int", "bool"):
            if operator in ("Add", "Sub", "Mult", "FloorDiv", "Mod", "LShift", "RShift"):
                return "int"
            if left == right == "int" and operator in ("BitAnd", "BitOr", "BitXor"):
                return "int"
            return "float" if operator == "Div" else "any"
        if operator == "Add" and left == right and left in ("str", "list", "tuple"):
            return left
        if operator == "Mod" and left == "str":
            return "str"
        return "any"

    def variable_type(self, name: str) -> str:
        """What a variable surely is, "any" if that is not known."""
        return self.program.types.get((self.function, self.namespace, name), "any")

    def is_builtin(self, name: str) -> bool:
        """Whether a name means Python's own function here, and is no name of the program."""
        how, _ = self.where(name)
        return how == "global" and not self.program.is_global(self.namespace, name)

    # ------------------------------------------------------------------------------------------- operands

    def operands(self, expressions: Sequence[ast.expr]) -> list[int]:
        """Evaluates from left to right; the cells have the values when all are evaluated."""
        cells: list[int] = []

        def operand(i: int, e: ast.expr) -> None:
            cell = self.value(e)
            if isinstance(e, ast.Name) and not all(map(is_plain, expressions[i + 1 :])):
                cell = self.copied(cell)
            cells.append(cell)

        self.for_each(expressions, operand)
        return cells

    def for_each(self, expressions: Sequence[ast.expr], do: Callable[[int, ast.expr], None]) -> None:
        """Does the same with each expression, and its number; what is refused in several of them is all noted."""
        refused: ast.expr | None = None
        for i, e in enumerate(expressions):
            try:
                do(i, e)
            except Refusal as refusal:
                self.program.refuse(refusal, e)
                refused = e
        if refused is not None:
            raise Consequence("a part of this was refused", "", span_of(refused))

    def value(self, e: ast.expr, into: int | None = None) -> int:
        """The cell of the value: `into`, a variable's or a constant's, or a temporary."""
        method = getattr(self, f"_{type(e).__name__.lower()}", None)
        if method is None:
            raise self.refusal(e, f"{_CALLED.get(type(e).__name__, type(e).__name__)} is not in the language", "")
        result: int = method(e, into)
        return result

    def placed(self, cell: int, into: int | None) -> int:
        """The cell itself, or `into` with its content."""
        return cell if into is None else self.copied(cell, into)

    # ------------------------------------------------------------------------------------------ literals

    def _constant(self, e: ast.Constant, into: int | None) -> int:
        value = e.value
        if value is None:
            return self.placed(self.none, into)
        if isinstance(value, bool):
            return self.placed(self.tagged(int(value), Tag.BOOL), into)
        if isinstance(value, int):
            return self.placed(self.tagged(value, Tag.INT), into)
        if isinstance(value, str):
            if any("\ud800" <= c <= "\udfff" for c in value):
                raise self.refusal(e, "a surrogate is not a character", "write the character itself")
            return self.placed(self.string(value), into)
        if isinstance(value, float):
            return self.placed(self.tagged(self.program.float_payload(value), Tag.FLOAT), into)
        if value is Ellipsis:
            return self.placed(self.tagged(2, Tag.SINGLE), into)
        kind = "bytes" if isinstance(value, bytes) else "complex numbers"
        raise self.refusal(e, f"{kind} are not in the language", "use strings and numbers")

    def _joinedstr(self, e: ast.JoinedStr, into: int | None) -> int:
        parts = [self._field(part) for part in e.values]
        if not parts:
            return self.placed(self.string(""), into)
        if len(parts) == 1:
            return self.boxed(parts[0], Tag.STR, into)
        start = self.lib("begin_text")
        for part in parts:
            self.lib("add_string", part)
        return self.boxed(self.lib("end_text", start), Tag.STR, into)

    def _field(self, part: ast.expr) -> int:
        """The payload of a part of an f-string, as a string."""
        if isinstance(part, ast.Constant):
            return self.text(str(part.value))
        assert isinstance(part, ast.FormattedValue)
        cell = self.value(part.value)
        if part.conversion in (ord("r"), ord("a")):
            cell = self.boxed(self.lib("repr_of", cell), Tag.STR)
        elif part.conversion == ord("s"):
            cell = self.boxed(self.lib("str_of", cell), Tag.STR)
        if part.format_spec is None:
            if self.type_of(part.value) == "str" or part.conversion != -1:
                return self.payload(cell)
            return self.lib("str_of", self.copied(cell))
        spec = self.payload(self.value(part.format_spec))
        return self.lib("format_value", cell, spec)

    def _list(self, e: ast.List, into: int | None) -> int:
        if any(isinstance(item, ast.Starred) for item in e.elts):
            return self.boxed(self.gathered(e.elts), Tag.LIST, into)
        return self.new_list(self.operands(e.elts), into)

    def _tuple(self, e: ast.Tuple, into: int | None) -> int:
        if any(isinstance(item, ast.Starred) for item in e.elts):
            return self.boxed(self.lib("tuple_of_list", self.gathered(e.elts)), Tag.TUPLE, into)
        return self.new_tuple(self.operands(e.elts), into)

    def gathered(self, items: Sequence[ast.expr]) -> int:
        """The header of a list of items, some of them starred."""
        header = self.lib("new_growable", ZERO, self.constant(4))
        for item in items:
            if isinstance(item, ast.Starred):
                self.lib("extend_list", header, self.value(item.value))
            else:
                self.lib("append", header, self.value(item))
        return header

    def _dict(self, e: ast.Dict, into: int | None) -> int:
        d = self.lib("dict_new")

        def add(i: int, value: ast.expr) -> None:
            key = e.keys[i]
            if key is None:
                self.lib("dict_take", d, self.value(value))
            else:
                self.lib("dict_set", d, *self.operands([key, value]))

        self.for_each(e.values, add)
        return self.boxed(d, Tag.DICT, into)

    def _set(self, e: ast.Set, into: int | None) -> int:
        s = self.lib("set_new")

        def add(_: int, item: ast.expr) -> None:
            if isinstance(item, ast.Starred):
                self.lib("set_extend", s, self.value(item.value))
            else:
                self.lib("set_add", s, self.value(item))

        self.for_each(e.elts, add)
        if len(e.elts) > 2 and all(map(is_constant, e.elts)):
            s = self.lib("set_of_constants", s)
        return self.boxed(s, Tag.SET, into)

    # ------------------------------------------------------------------------------------ comprehensions

    def _listcomp(self, e: ast.ListComp, into: int | None) -> int:
        return self.boxed(self.comprehension(e), Tag.LIST, into)

    def _setcomp(self, e: ast.SetComp, into: int | None) -> int:
        s = self.lib("set_new")
        self.rounds(e, e.generators, lambda: self.lib("set_add", s, self.value(e.elt)))
        return self.boxed(s, Tag.SET, into)

    def _dictcomp(self, e: ast.DictComp, into: int | None) -> int:
        d = self.lib("dict_new")
        self.rounds(e, e.generators, lambda: self.lib("dict_set", d, *self.operands([e.key, e.value])))
        return self.boxed(d, Tag.DICT, into)

    def comprehension(self, e: ast.ListComp) -> int:
        """The header of the list that a comprehension makes."""
        header = self.lib("new_growable", ZERO, self.constant(4))
        self.rounds(e, e.generators, lambda: self.lib("append", header, self.value(e.elt)))
        return header

    def rounds(self, e: ast.expr, generators: Sequence[ast.comprehension], body: Callable[[], object]) -> None:
        """The loops of a comprehension around what is done with each item."""
        if not generators:
            with self.c.scratch():
                body()
            return
        generator = generators[0]
        if generator.is_async:
            raise self.refusal(e, "`async` is not in the language", "leave it out")
        self.declare_targets(generator.target)

        def each(again: Label) -> None:
            for test in generator.ifs:
                self.jump_if(test, again, False)
            self.rounds(e, generators[1:], body)

        self.loop(generator.target, generator.iter, each, Label())

    def declare_targets(self, target: ast.expr) -> None:
        """Gives the variables of a comprehension a place of their own."""
        for name in target_names(target):
            if name in self.slots or self.where(name)[0] != "global":
                continue
            if self.function is None:
                if self.program.global_cell(self.namespace, name) is None:
                    self.program.new_global(self.namespace, name)
            else:
                raise AssertionError(name)

    def loop(self, target: ast.expr, iterable: ast.expr, body: Callable[[Label], None], leave: Label) -> None:
        """Goes over the items; `body` is given where the next round begins. `leave` is placed by the caller."""
        again, end = Label(), Label()
        if (
            isinstance(iterable, ast.Call)
            and isinstance(iterable.func, ast.Name)
            and iterable.func.id == "range"
            and self.is_builtin("range")
            and not iterable.keywords
            and 1 <= len(iterable.args) <= 3
            and not any(isinstance(a, ast.Starred) for a in iterable.args)
        ):
            self._count(target, iterable.args, body)
            return
        iterator = self.lib("iter_of", self.value(iterable))
        self.c.place(again)
        with self.c.scratch():
            item = self.lib("next_of", iterator)
            self.c.branch(Opcode.JEQ, item, self.end, end)
            self.store_target(target, item)
            body(again)
        self.c.jump(again)
        self.c.place(end)

    def _count(self, target: ast.expr, arguments: Sequence[ast.expr], body: Callable[[Label], None]) -> None:
        """A loop over a range, without making one."""
        cells = []
        for argument in arguments:
            cell = self.value(argument)
            if self.type_of(argument) == "int":
                cells.append(self.copied(cell) if isinstance(argument, ast.Name) else cell)
            else:
                cells.append(self.boxed(self.lib("int_of", cell), Tag.INT))
        start, stop = (self.constant(0), cells[0]) if len(cells) == 1 else (cells[0], cells[1])
        step = cells[2] if len(cells) == 3 else self.tagged(1, Tag.INT)
        known = constant_int(arguments[2]) if len(arguments) == 3 else 1
        counter = self.copied(start)
        top, again, test, down, end = Label(), Label(), Label(), Label(), Label()
        if known is None:
            fine = Label()
            self.c.branch(Opcode.JNE, step, ZERO, fine)
            self.raise_error("value_error", "range() arg 3 must not be zero")
            self.c.place(fine)
        elif known == 0:
            self.raise_error("value_error", "range() arg 3 must not be zero")
        self.c.jump(test)
        self.c.place(top)
        with self.c.scratch():
            self.store_target(target, counter)
            body(again)
        self.c.place(again)
        self.emit(Opcode.ADD, counter, step, counter)
        self.c.place(test)
        if known is None:
            self.c.branch(Opcode.JLT, step, ZERO, down)
        if known is None or known > 0:
            self.c.branch(Opcode.JLT, counter, stop, top)
        if known is None:
            self.c.jump(end)
            self.c.place(down)
        if known is None or known < 0:
            self.c.branch(Opcode.JLT, stop, counter, top)
        self.c.place(end)

    # ------------------------------------------------------------------------------------------ operators

    def _name(self, e: ast.Name, into: int | None) -> int:
        how, _ = self.where(e.id)
        if how == "global":
            return self.global_value(e, into)
        return self.read(e.id, e, into)

    def global_value(self, e: ast.Name, into: int | None) -> int:
        """The value of a name that is not local; see `Calls`."""
        raise NotImplementedError

    def _namedexpr(self, e: ast.NamedExpr, into: int | None) -> int:
        cell = self.copied(self.value(e.value), into)
        self.assign(e.target.id, cell)
        return cell

    def _unaryop(self, e: ast.UnaryOp, into: int | None) -> int:
        if isinstance(e.op, ast.Not):
            return self.truth_value(e, into)
        known = constant_int(e)
        if known is not None:
            return self.placed(self.tagged(known, Tag.INT), into)
        if isinstance(e.op, ast.USub) and isinstance(e.operand, ast.Constant) and isinstance(e.operand.value, float):
            return self.placed(self.tagged(self.program.float_payload(-e.operand.value), Tag.FLOAT), into)
        operand = self.value(e.operand)
        if isinstance(e.op, ast.USub) and self.type_of(e.operand) == "int":
            target = self.temporary() if into is None else into
            self.emit(Opcode.SUB, ZERO, operand, target)
            return target
        routine = {"USub": "any_negative", "UAdd": "any_positive", "Invert": "any_invert"}[type(e.op).__name__]
        return self.lib(routine, operand, into=into)

    def _binop(self, e: ast.BinOp, into: int | None) -> int:
        x, y = self.operands([e.left, e.right])
        return self.combined(e, e.op, x, y, self.type_of(e.left), self.type_of(e.right), into)

    def combined(
        self,
        e: ast.AST,
        op: ast.operator,
        x: int,
        y: int,
        left: str,
        right: str,
        into: int | None,
        in_place: bool = False,
    ) -> int:
        """`x op y` on cells whose types are known as far as said."""
        operator = type(op).__name__
        if operator not in BINARY:
            raise self.refusal(e, "`@` is not in the language", "multiply in a loop")
        if left == right == "int" and operator in ("Add", "Sub"):
            target = self.temporary() if into is None else into
            self.emit(Opcode.ADD if operator == "Add" else Opcode.SUB, x, y, target)
            return target
        if operator == "Mod" and left not in ("int", "bool", "float"):
            self.program.uses_percent = True
        routine = BINARY[operator]
        if in_place and operator in _IN_PLACE:
            routine += "_in_place"
        return self.lib(routine, x, y, into=into)

    def _boolop(self, e: ast.BoolOp, into: int | None) -> int:
        result = self.temporary()
        end = Label()
        for i, operand in enumerate(e.values):
            with self.c.scratch():
                self.value(operand, result)
                if i < len(e.values) - 1:
                    self.jump_if_cell(result, self.type_of(operand), end, isinstance(e.op, ast.Or))
        self.c.place(end)
        return self.placed(result, into)

    def _ifexp(self, e: ast.IfExp, into: int | None) -> int:
        result = self.temporary()
        other, end = Label(), Label()
        self.jump_if(e.test, other, False)
        with self.c.scratch():
            self.value(e.body, result)
        self.c.jump(end)
        self.c.place(other)
        with self.c.scratch():
            self.value(e.orelse, result)
        self.c.place(end)
        return self.placed(result, into)

    def _compare(self, e: ast.Compare, into: int | None) -> int:
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

    def _starred(self, e: ast.Starred, into: int | None) -> int:
        raise self.refusal(e, "a starred expression does not fit here", "put it in brackets")

    def _subscript(self, e: ast.Subscript, into: int | None) -> int:
        if isinstance(e.slice, ast.Slice):
            cells = self.operands([e.value, *self.bounds(e.slice)])
            return self.lib("any_slice", *cells, into=into)
        return self.lib("any_index", *self.operands([e.value, e.slice]), into=into)

    def bounds(self, e: ast.Slice) -> list[ast.expr]:
        """Start, stop and step, None for what is left out."""
        return [part or ast.copy_location(ast.Constant(None), e) for part in (e.lower, e.upper, e.step)]

    def _functionexpression(self, e: FunctionExpression, into: int | None) -> int:
        raise NotImplementedError

    def store_target(self, target: ast.expr, cell: int) -> None:
        """Code that assigns to a target; see `Statements`."""
        raise NotImplementedError

    # ----------------------------------------------------------------------------------------- conditions

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
        """Code that jumps if `isinstance(…)` is `sense`; see `Calls`."""
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
        if op == "!=":
            op, sense = "==", not sense
        result = self.lib(_ROUTINES[op], x, y)
        self.c.branch(Opcode.JNE if sense else Opcode.JEQ, result, ZERO, target)


_IN_PLACE = frozenset({"Add", "Sub", "Mult", "BitAnd", "BitOr", "BitXor"})
"""Operators whose augmented assignments change lists, dictionaries or sets in place."""

_CALLED = {"Await": "`await`", "Yield": "`yield` here", "YieldFrom": "`yield from` here", "Starred": "`*` here"}


def is_plain(e: ast.expr) -> bool:
    """Whether evaluating it changes no variable."""
    return all(isinstance(node, ast.Constant | ast.Name | ast.expr_context) for node in ast.walk(e))


def is_constant(e: ast.expr) -> bool:
    """Whether CPython makes the value when it compiles."""
    match e:
        case ast.Tuple(elts=items):
            return all(map(is_constant, items))
        case ast.UnaryOp(operand=operand):
            return is_constant(operand)
        case ast.BinOp(left=left, right=right):
            return is_constant(left) and is_constant(right)
    return isinstance(e, ast.Constant)


def constant_int(e: ast.expr) -> int | None:
    """The value of an integer literal with a sign."""
    match e:
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))) if not isinstance(value, bool):
            return -value
    return None


__all__ = ["FUNCTIONS", "TYPES", "Expressions", "constant_int", "is_plain"]

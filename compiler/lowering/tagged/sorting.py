"""Sorting, and the values of a function for the items of a list."""

from __future__ import annotations

import ast

from compiler.language.desugar import FunctionExpression
from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.calls import Calls
from compiler.lowering.tagged.scopes import Function
from compiler.machines.ram.isa import Opcode


class Sorting(Calls):
    """Writes both."""

    def throw(self, exception: int) -> None:
        """Code that raises the exception in a cell; see `Exceptions`."""
        raise NotImplementedError

    def sort(self, e: ast.Call, receiver: int, into: int | None) -> int:
        """`list.sort(…)`."""
        if e.args:
            self.operands(e.args)
            self.raise_error("type_error", "sort() takes no positional arguments")
            return self.placed(self.none, into)
        header, options = self.payload(receiver), {k.arg: k.value for k in e.keywords}
        if not isinstance(options.get("key"), FunctionExpression | ast.Name):
            self.sort_header(e, header, options)
        else:
            self._sort_hidden(e, header, options)
        return self.placed(self.none, into)

    def _sort_hidden(self, e: ast.Call, header: int, options: dict[str | None, ast.expr]) -> None:
        """Sorts a list in place; for the key function it is empty meanwhile, as in CPython."""
        header = self.copied(header)
        hidden = self.copied(self.lib("hide_items", header))
        outer, failed, end = self.handler, Label(), Label()
        self.handler = failed
        self.sort_header(e, hidden, options)
        self.handler = outer
        self.lib("show_items", header, hidden)
        if self.program.catches:
            self.c.jump(end)
            self.c.place(failed)
            exception = self.copied(self.program.raised)
            self.move(ZERO, self.program.raised)
            self.lib("give_items_back", header, hidden)
            self.throw(exception)
            self.c.place(end)

    def sort_header(self, e: ast.Call, header: int, options: dict[str | None, ast.expr]) -> None:
        """Sorts a list in place, by `key` and `reverse`."""
        if set(options) - {"key", "reverse"}:
            raise self.refusal(e, "sorting has only `key` and `reverse`", "")
        key = options.get("key")
        reverse = ZERO
        if "reverse" in options:
            reverse = self.lib("truth_of", self.value(options["reverse"]))
        if key is None or isinstance(key, ast.Constant) and key.value is None:
            self.lib("sort_list", header, reverse)
            return
        plain, end = Label(), Label()
        function = self.key_function(key, plain)
        keys = self.mapped(key, header, function)
        self.lib("sort_list_by", keys, header, reverse)
        if function is not None:
            self.c.jump(end)
            self.c.place(plain)
            self.lib("sort_list", header, reverse)
            self.c.place(end)

    def key_function(self, key: ast.expr, none: Label) -> int | None:
        """For an argument `key` that may be None: its value, after code that jumps if it is."""
        if isinstance(key, FunctionExpression):
            return None
        if isinstance(key, ast.Name) and (self.is_builtin(key.id) or self.known(key.id) is not None):
            return None
        function = self.copied(self.value(key))
        self.c.branch(Opcode.JEQ, function, self.none, none)
        return function

    def mapped(self, key: ast.expr, header: int, function: int | None = None) -> int:
        """The header of the list of a function's values for the items of a list; function: itself, if it is there."""
        keys = self.lib("new_growable", ZERO, self.lib("max_of", self.load(header, -1), self.constant(4)))
        known: Function | None = None
        if isinstance(key, FunctionExpression):
            known = self.program.functions[key.definition]
        record = None
        simple = known is not None and len(known.parameters) == 1 and not known.definition.args.vararg
        if known is not None and simple:
            record = self.function_value(known) if known.has_record else None
        elif function is None:
            function = self.copied(self.value(key))
        i, length = self.copied(ZERO), self.load(header, -1)
        top, end = Label(), Label()
        self.c.place(top)
        self.c.branch(Opcode.JGE, i, length, end)
        with self.c.scratch():
            item = self.temporary()
            self.emit(Opcode.LOAD, self.load(header, 0), i, item)
            if function is None and known is not None:
                first = [ZERO if record is None else self.payload(record)] if known.hidden else []
                result = self.call(self.program.label(known), [*first, item])
            else:
                assert function is not None
                result = self.invoke(function, [item])
            self.lib("append", keys, result)
        self.emit(Opcode.ADD, i, self.one, i)
        self.c.jump(top)
        self.c.place(end)
        return keys

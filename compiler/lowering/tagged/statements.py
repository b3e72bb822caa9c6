"""Statements of tagged programs."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from compiler.language.desugar import at
from compiler.language.refusals import Refusal
from compiler.language.trees import walk
from compiler.lowering.assembler import Label
from compiler.lowering.tagged.builtin_calls import BuiltinCalls
from compiler.lowering.tagged.scopes import Class, Function
from compiler.lowering.tagged.writer import Finally, Loop
from compiler.machines.ram.isa import Opcode

_OUTSIDE = {
    "AsyncFunctionDef": ("async def", "write an ordinary function"),
    "AsyncFor": ("async for", "write `for`"),
    "AsyncWith": ("async with", "write `with`"),
    "Match": ("match", "write `if` and `elif`"),
    "TryStar": ("except*", "write `except`"),
}
"""How the statements that are not in the language are called, and what to write instead."""


class Statements(BuiltinCalls):
    """Writes statements."""

    def block(self, body: Sequence[ast.stmt]) -> None:
        """Code for statements, one after the other."""
        for statement in body:
            blocks, handler = list(self.blocks), self.handler
            try:
                with self.statement(statement):
                    self._statement(statement)
            except Refusal as refusal:
                self.blocks, self.handler = blocks, handler
                self._go_on(statement, refusal)
            if isinstance(statement, ast.Return | ast.Raise | ast.Break | ast.Continue):
                break

    def _statement(self, statement: ast.stmt) -> None:
        method = getattr(self, f"_do_{type(statement).__name__.lower()}", None)
        if method is None:
            name, hint = _OUTSIDE[type(statement).__name__]
            raise self.refusal(statement, f"`{name}` is not in the language", hint)
        method(statement)

    def _go_on(self, statement: ast.stmt, refusal: Refusal) -> None:
        """Notes a refusal, and sees to it that the blocks of the statement, and what it would call, are looked at."""
        self.program.refuse(refusal, statement)
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            self.program.doubtful.add(statement.name)
        for node in walk(statement):
            known = self.known(node.id) if isinstance(node, ast.Name) else None
            functions = [known] if isinstance(known, Function) else list(known.methods.values()) if known else []
            for f in functions:
                self.program.label(f)
            if isinstance(node, ast.FunctionDef):
                self.program.label(self.program.functions[node])
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            self.blocks.append(Loop(Label(), Label()))
            for part in [statement, *getattr(statement, "handlers", [])]:
                for block in ("body", "orelse", "finalbody"):
                    self.block(getattr(part, block, []))
            self.blocks.pop()

    def _do_expr(self, s: ast.Expr) -> None:
        if isinstance(s.value, ast.Constant):
            return
        if isinstance(s.value, ast.Yield | ast.YieldFrom):
            self.yielded(s.value)
        elif isinstance(s.value, ast.ListComp):
            self.value(s.value)
        elif not self.is_print(s.value):
            self.value(s.value)

    def _do_pass(self, s: ast.Pass) -> None:
        pass

    def _do_global(self, s: ast.Global) -> None:
        for name in s.names:
            if self.program.global_cell(self.namespace, name) is None:
                self.program.new_global(self.namespace, name)

    def _do_nonlocal(self, s: ast.Nonlocal) -> None:
        pass

    def _do_import(self, s: ast.Import) -> None:
        self.program.check_import(self, s)

    def _do_importfrom(self, s: ast.ImportFrom) -> None:
        self.program.check_import(self, s)

    # ---------------------------------------------------------------------------------------- assignments

    def _do_assign(self, s: ast.Assign) -> None:
        if self.program.is_declaration(self, s):
            return
        target = s.targets[0]
        if isinstance(s.value, ast.Yield | ast.YieldFrom):
            self.store_target(target, self.yielded(s.value))
            return
        if len(s.targets) == 1 and isinstance(target, ast.Name):
            cell = self.target_cell(target.id)
            if cell is not None:
                self.value(s.value, cell)
                return
        if (
            len(s.targets) == 1
            and isinstance(target, ast.Tuple | ast.List)
            and isinstance(s.value, ast.Tuple | ast.List)
            and len(target.elts) == len(s.value.elts)
            and not any(isinstance(e, ast.Starred) for e in [*target.elts, *s.value.elts])
        ):
            cells = [self.copied(self.value(e)) for e in s.value.elts]
            for each, cell in zip(target.elts, cells):
                self.store_target(each, cell)
            return
        value = self.value(s.value)
        if not isinstance(target, ast.Name):
            value = self.copied(value) if self.is_variable(s.value) else value
        for each in s.targets:
            self.store_target(each, value)

    def store_target(self, target: ast.expr, cell: int) -> None:
        """Code that assigns a value to a name, an attribute, an item, or several targets."""
        match target:
            case ast.Name(id=name):
                self.assign(name, cell)
            case ast.Subscript(value=value, slice=ast.Slice() as bounds):
                cells = self.operands([value, *self.bounds(bounds)])
                self.lib("any_store_slice", *cells, cell)
            case ast.Subscript(value=value, slice=index):
                self.lib("any_store", *self.operands([value, index]), cell)
            case ast.Attribute(value=value, attr=name):
                self.store_attribute(target, self.value(value), name, cell)
            case ast.Tuple(elts=items) | ast.List(elts=items):
                self._unpack(items, cell)
            case ast.Starred():
                raise self.refusal(target, "a starred target has to be in a tuple or a list", "write `*a, = …`")
            case _:
                raise self.refusal(target, "this cannot be assigned to", "")

    def _unpack(self, items: Sequence[ast.expr], cell: int) -> None:
        stars = [i for i, item in enumerate(items) if isinstance(item, ast.Starred)]
        if len(stars) > 1:
            raise self.refusal(items[stars[1]], "two starred targets", "use one")
        if stars:
            after = len(items) - 1 - stars[0]
            address = self.lib("unpack_star", cell, self.constant(stars[0]), self.constant(after))
        else:
            address = self.lib("unpack_items", cell, self.constant(len(items)))
        for i, item in enumerate(items):
            with self.c.scratch():
                self.store_target(item.value if isinstance(item, ast.Starred) else item, self.load(address, i))

    def _do_augassign(self, s: ast.AugAssign) -> None:
        kind = self.type_of(s.value)
        match s.target:
            case ast.Name(id=name):
                load = at(ast.Name(name, ast.Load()), s.target)
                x = self.value(load)
                if not isinstance(s.value, ast.Constant):
                    x = self.copied(x)
                y = self.value(s.value)
                into = self.target_cell(name)
                result = self.combined(s, s.op, x, y, self.type_of(load), kind, into, True)
                if into is None:
                    self.assign(name, result)
            case ast.Subscript(value=value, slice=index) if not isinstance(index, ast.Slice):
                object, place = [self.copied(cell) for cell in self.operands([value, index])]
                x = self.lib("any_index", object, place)
                result = self.combined(s, s.op, x, self.value(s.value), "any", kind, None, True)
                self.lib("any_store", object, place, result)
            case ast.Attribute(value=value, attr=name):
                object = self.copied(self.value(value))
                x = self.attribute(s.target, object, name, None)
                result = self.combined(s, s.op, x, self.value(s.value), "any", kind, None, True)
                self.store_attribute(s.target, object, name, result)
            case _:
                raise self.refusal(s.target, "this cannot be updated in place", "write `a = a + …`")

    def _do_delete(self, s: ast.Delete) -> None:
        for target in s.targets:
            self._delete(target)

    def _delete(self, target: ast.expr) -> None:
        match target:
            case ast.Name(id=name):
                self.value(at(ast.Name(name, ast.Load()), target))
                self.assign(name, self.unset)
            case ast.Subscript(value=value, slice=ast.Slice() as bounds):
                self.lib("any_delete_slice", *self.operands([value, *self.bounds(bounds)]))
            case ast.Subscript(value=value, slice=index):
                self.lib("any_delete", *self.operands([value, index]))
            case ast.Tuple(elts=items) | ast.List(elts=items):
                for item in items:
                    self._delete(item)
            case ast.Attribute(value=value, attr=name):
                if not isinstance(self.known_of(value), Class):
                    self.call(self.program.deleter(name), [self.value(value)])
                    return
                raise self.refusal(target, "this cannot be deleted", "assign None to it")
            case _:
                raise self.refusal(target, "this cannot be deleted", "assign None to it")

    # ------------------------------------------------------------------------------------------- branches

    def _do_if(self, s: ast.If) -> None:
        other, end = Label(), Label()
        self.jump_if(s.test, other if s.orelse else end, False)
        self.block(s.body)
        if s.orelse:
            self.c.jump(end)
            self.c.place(other)
            self.block(s.orelse)
        self.c.place(end)

    def _do_while(self, s: ast.While) -> None:
        top, test, end = Label(), Label(), Label()
        self.c.jump(test)
        self.c.place(top)
        self.blocks.append(Loop(end, test))
        self.block(s.body)
        self.blocks.pop()
        self.c.place(test)
        self.jump_if(s.test, top, True)
        self.block(s.orelse)
        self.c.place(end)

    def _do_for(self, s: ast.For) -> None:
        end = Label()

        def body(again: Label) -> None:
            self.blocks.append(Loop(end, again))
            self.block(s.body)
            self.blocks.pop()

        self.loop(s.target, s.iter, body, end)
        self.block(s.orelse)
        self.c.place(end)

    def _unwind(self, until: type | None) -> Loop | None:
        """Writes the `finally` blocks on the way out to the innermost loop, or out of the function."""
        blocks, handler = self.blocks, self.handler
        found = None
        while self.blocks:
            block = self.blocks[-1]
            if isinstance(block, Loop) and until is Loop:
                found = block
                break
            self.blocks = self.blocks[:-1]
            if isinstance(block, Finally):
                self.handler = block.handler
                self.block(block.body)
        self.blocks, self.handler = blocks, handler
        return found

    def _do_break(self, s: ast.Break) -> None:
        loop = self._unwind(Loop)
        if loop is None:
            raise self.refusal(s, "`break` outside a loop", "")
        self.c.jump(loop.leave)

    def _do_continue(self, s: ast.Continue) -> None:
        loop = self._unwind(Loop)
        if loop is None:
            raise self.refusal(s, "`continue` outside a loop", "")
        self.c.jump(loop.again)

    def _do_return(self, s: ast.Return) -> None:
        if self.function is None:
            raise self.refusal(s, "`return` outside a function", "")
        if any(isinstance(block, Finally) for block in self.blocks):
            cell = self.copied(self.value(s.value)) if s.value is not None else self.none
            self._unwind(None)
            self.returned(cell)
        elif s.value is None:
            self.returned(self.none)
        elif self.function.is_generator:
            self.returned(self.value(s.value))
        else:
            self.value(s.value, self.c.own_slot(0)) if self.own_slot_free() else self.returned(self.value(s.value))
            if self.own_slot_free():
                self.emit(Opcode.RET)

    def own_slot_free(self) -> bool:
        """Whether slot 0 may be written while the value of a `return` is being computed."""
        return False

    def returned(self, cell: int) -> None:
        """Code for `return`; see `Body`."""
        raise NotImplementedError

    def yielded(self, e: ast.Yield | ast.YieldFrom) -> int:
        """Code for `yield`; see `Body`."""
        raise NotImplementedError

    # ----------------------------------------------------------------------------------------- definitions

    def _do_functiondef(self, s: ast.FunctionDef) -> None:
        if not self.program.functions[s].keeps_defaults:
            self.program.write_defaults(self, s)
        if self.program.is_static(self, s):
            self.defined(s.name)
            return
        cell = self.function_value(self.program.functions[s])
        for decorator in reversed(s.decorator_list):
            cell = self.invoke(self.copied(self.value(decorator)), [cell])
        self.assign(s.name, cell)

    _do_loopfunction = _do_functiondef

    def _do_classdef(self, s: ast.ClassDef) -> None:
        self.program.write_class(self, s)

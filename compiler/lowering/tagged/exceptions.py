"""Statements of tagged programs that raise and handle exceptions."""

from __future__ import annotations

import ast

from compiler.language.desugar import at
from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.scopes import Class, catches_exit
from compiler.lowering.tagged.statements import Statements
from compiler.lowering.tagged.writer import Finally, Handler
from compiler.machines.ram.program import Trap


class Exceptions(Statements):
    """Writes `raise`, `try` and `with`."""

    def _do_raise(self, s: ast.Raise) -> None:
        if s.exc is None:
            handlers = [block for block in self.blocks if isinstance(block, Handler)]
            if not handlers:
                raise self.refusal(s, "`raise` alone outside `except`", "name the exception")
            self.throw(handlers[-1].exception)
            return
        if not self.program.catches and s.cause is None and self._ends_at_once(s.exc):
            return
        value = self.value(s.exc)
        if s.cause is not None:
            value = self.copied(self.lib("instance_of", value))
            cause = self.value(s.cause)
            if "__cause__" in self.program.slots:
                self.call(self.program.setter("__cause__"), [value, cause])
        exception = self.lib("exception_of", value)
        if not self.program.catches:
            self.lib("uncaught", exception)

    def _ends_at_once(self, e: ast.expr) -> bool:
        """Writes the code if nothing can catch the exception and its message is that of its only argument."""
        match e:
            case ast.Name(id=name):
                arguments: list[ast.expr] = []
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if len(arguments) < 2:
                pass
            case _:
                return False
        cls = self.known(name)
        if not isinstance(cls, Class) or not cls.is_plain_exception or any(map(is_starred, arguments)):
            return False
        quoted = cls.inherits("KeyError")
        match arguments:
            case []:
                self.c.halt(Trap(cls.name_in_messages, ""))
            case [ast.Constant(value=str(message))] if not quoted:
                self.c.halt(Trap(cls.name_in_messages, message))
            case [argument]:
                value = self.value(argument)
                self.lib("print_error", self.lib("repr_of" if quoted else "str_of", value))
                self.c.halt(Trap(cls.name_in_messages, ""))
        return True

    def throw(self, exception: int) -> None:
        """Raises the exception in a cell."""
        if not self.program.catches:
            self.lib("uncaught", exception)
            return
        self.move(exception, self.program.raised)
        self.c.jump(self.handler or self.leave)

    def _do_try(self, s: ast.Try) -> None:
        outer = self.handler
        end, failed = Label(), Label()
        if s.finalbody:
            self.blocks.append(Finally(s.finalbody, outer))
            self.handler = failed
        if s.handlers:
            self._try_except(s)
        else:
            self.block(s.body)
        if s.finalbody:
            self.blocks.pop()
            self.handler = outer
            self.block(s.finalbody)
            self.c.jump(end)
            self.c.place(failed)
            exception = self.copied(self.program.raised)
            self.move(ZERO, self.program.raised)
            self.block(s.finalbody)
            self.throw(exception)
        self.c.place(end)

    _do_trystar = None

    def _try_except(self, s: ast.Try) -> None:
        outer, caught, end = self.handler, Label(), Label()
        self.handler = caught
        exits = int(any(map(catches_exit, s.handlers)))
        self.catches_exit += exits
        self.block(s.body)
        self.catches_exit -= exits
        self.handler = outer
        self.block(s.orelse)
        self.c.jump(end)
        self.c.place(caught)
        exception = self.copied(self.program.raised)
        self.move(ZERO, self.program.raised)
        for clause in s.handlers:
            following = Label()
            if clause.type is not None:
                self.jump_unless_caught(clause.type, exception, following)
            body = clause.body
            if clause.name:
                self.assign(clause.name, exception)
                if self.may_be_unassigned(clause.name):
                    body = [_forgetting(clause.name, clause)]
            self.blocks.append(Handler(exception))
            self.block(body)
            self.blocks.pop()
            self.c.jump(end)
            self.c.place(following)
        self.throw(exception)
        self.c.place(end)

    def _do_with(self, s: ast.With) -> None:
        item, rest = s.items[0], s.items[1:]
        manager = self.copied(self.value(item.context_expr))
        entered = self.method_on(s, manager, "__enter__", [])
        outer, failed, end = self.handler, Label(), Label()
        name = self.program.fresh_name()
        self.slots[name] = manager
        leave = at(
            ast.Expr(
                ast.Call(
                    ast.Attribute(ast.Name(name, ast.Load()), "__exit__", ast.Load()), [ast.Constant(None)] * 3, []
                )
            ),
            s,
        )
        self.blocks.append(Finally([leave], outer))
        self.handler = failed
        if item.optional_vars is not None:
            self.store_target(item.optional_vars, entered)
        self.block([at(ast.With(rest, s.body), s)] if rest else s.body)
        self.blocks.pop()
        self.handler = outer
        self.block([leave])
        self.c.jump(end)
        self.c.place(failed)
        exception = self.copied(self.program.raised)
        self.move(ZERO, self.program.raised)
        swallowed = self.method_on(s, manager, "__exit__", [self.lib("any_type", exception), exception, self.none])
        self.jump_if_cell(swallowed, "any", end, True)
        self.throw(exception)
        self.c.place(end)
        del self.slots[name]


def _forgetting(name: str, clause: ast.ExceptHandler) -> ast.stmt:
    """The body of a clause, after which the name of the exception is unassigned, however the body is left."""
    none = at(ast.Assign([ast.Name(name, ast.Store())], ast.Constant(None)), clause)
    return at(ast.Try(clause.body, [], [], [none, at(ast.Delete([ast.Name(name, ast.Del())]), clause)]), clause)


def is_starred(e: ast.expr) -> bool:
    """Whether it stands for several arguments."""
    return isinstance(e, ast.Starred)

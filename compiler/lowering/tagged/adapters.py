"""What calls a function that is a value: it hands on the arguments, or says that they do not fit."""

from __future__ import annotations

from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged import signatures
from compiler.lowering.tagged.exceptions import Exceptions
from compiler.lowering.tagged.scopes import Function
from compiler.lowering.tagged.texts import default_expressions
from compiler.lowering.tagged.values import Tag
from compiler.machines.ram.isa import Opcode


class Adapters(Exceptions):
    """Writes the adapters of functions."""

    def write_adapter(self, f: Function) -> None:
        """Takes the record, the items of the arguments and a dictionary or 0, and calls the function."""
        record, arguments, keywords = self.temporary(), self.temporary(), self.temporary()
        a = f.definition.args
        count = self.load(arguments, -1)
        positional = signatures.positional(f)
        only = [x.arg for x in a.kwonlyargs]
        names = [*positional, *only]
        allowed = [x.arg for x in a.args] + only
        named = self.program.has_keywords and f.named
        if named:
            self._check_keywords(f, count, keywords, allowed)
        if a.vararg is None and f.most > len(positional):
            fine = Label()
            self.c.branch(Opcode.JGE, self.constant(len(positional)), count, fine)
            self._too_many(f, count, len(positional))
            self.c.place(fine)
        cells = []
        for i, name in enumerate(names):
            cell = self.temporary()
            cells.append(cell)
            done = Label()
            if i < min(len(positional), f.least):
                self.load(arguments, i, cell)
                continue
            if i < len(positional):
                absent = Label()
                self.c.branch(Opcode.JGE, self.constant(i), count, absent)
                self.load(arguments, i, cell)
                self.c.jump(done)
                self.c.place(absent)
            if named and name in allowed:
                none = Label()
                self.c.branch(Opcode.JEQ, keywords, ZERO, none)
                self.lib("dict_find", keywords, self.string(name), into=cell)
                self.c.branch(Opcode.JNE, cell, self.end, done)
                self.c.place(none)
            self._absent(f, name, names[i:], record, keywords, cell)
            self.c.place(done)
        if named and signatures.original(f) is not None:
            self._check_names(f, keywords, allowed)
        if a.vararg is not None:
            rest = self.lib("rest_of", arguments, self.constant(len(positional)))
            cells.append(self.boxed(rest, Tag.TUPLE))
        if a.kwarg is not None:
            known = self.new_items([self.string(name) for name in allowed])
            cells.append(self.boxed(self.lib("keywords_without", keywords, known), Tag.DICT))
        if f.hidden:
            cells.insert(0, record)
        self.c.call(self.program.label(f), cells)
        self.move(self.c.next_slot(0), self.c.own_slot(0))
        self.c.place(self.leave)
        self.emit(Opcode.RET)
        self.c.finish()

    def _too_many(self, f: Function, count: int, most: int) -> None:
        """Raises for more arguments by position than the function takes."""
        said = signatures.original_complaint(f, most + 1)
        if said is None:
            takes = self.text(signatures.takes(f).removeprefix(signatures.name_of(f)))
            self.lib("count_error", self.text(signatures.name_of(f)), takes, count)
            return
        before, number, after = said.rpartition(str(most + 1))
        if f.most == most + 1 or not number:
            self.raise_error("type_error", said)
        else:
            self.lib("number_error", self.text(before), count, self.text(after))

    def _absent(self, f: Function, name: str, later: list[str], record: int, keywords: int, cell: int) -> None:
        """Gives a parameter its default, or raises: without keywords, those after it have no values either."""
        defaults = default_expressions(f.definition.args)
        if name in defaults:
            self.move(self.default_cell(f, name, record), cell)
            return
        own = signatures.positional(f)
        said = signatures.original_complaint(f, own.index(name)) if name in own else None
        if said is not None:
            self.raise_error("type_error", said)
            return
        kind = "positional" if name in own else "keyword-only"
        absent = [other for other in later if other not in defaults and (other in own) == (name in own)]
        if self.namespace.name:
            absent = [name]
        if self.program.has_keywords and len(absent) > 1:
            alone = Label()
            self.c.branch(Opcode.JNE, keywords, ZERO, alone)
            self.raise_error("type_error", signatures.missing(f, absent, kind))
            self.c.place(alone)
            absent = [name]
        if self.program.catches and len(absent) == 1 and kind == "positional":
            self.lib("missing_error", self.text(signatures.name_of(f)), self.text(name))
        else:
            self.raise_error("type_error", signatures.missing(f, absent, kind))

    def _check_keywords(self, f: Function, count: int, keywords: int, allowed: list[str]) -> None:
        """Raises if an argument is given by a name that there is not, or that has a value by position."""
        none = Label()
        self.c.branch(Opcode.JEQ, keywords, ZERO, none)
        if signatures.original(f) is None:
            if f.definition.args.posonlyargs and f.definition.args.kwarg is None:
                by_place = self.new_items([self.string(p.arg) for p in f.definition.args.posonlyargs])
                self.lib("check_positional", keywords, by_place, self.text(signatures.only_by_position(f, [])[:-1]))
            self._check_names(f, keywords, allowed)
        elif not signatures.takes_names(f):
            self.c.branch(Opcode.JEQ, self.lib("dict_len", keywords), ZERO, none)
            self.raise_error("type_error", signatures.original_unexpected(f))
        for i, name in enumerate(signatures.positional(f)):
            if name not in allowed:
                continue
            self.c.branch(Opcode.JGE, self.constant(i), count, none)
            with self.c.scratch():
                fine = Label()
                self.c.branch(Opcode.JEQ, self.lib("dict_find", keywords, self.string(name)), self.end, fine)
                said = signatures.original_complaint(f, i + 1, [name])
                if said is None:
                    self.lib("twice_error", self.text(signatures.name_of(f)), self.text(name))
                else:
                    self.raise_error("type_error", said)
                self.c.place(fine)
        self.c.place(none)

    def _check_names(self, f: Function, keywords: int, allowed: list[str]) -> None:
        """Raises if an argument is given by a name that there is not."""
        if f.definition.args.kwarg is not None:
            return
        none = Label()
        self.c.branch(Opcode.JEQ, keywords, ZERO, none)
        known = self.new_items([self.string(name) for name in allowed])
        before, found, after = signatures.original_unexpected(f).partition("?")
        if found:
            self.lib("check_keywords_of", keywords, known, self.text(before), self.text(after))
        else:
            self.lib("check_keywords", keywords, known, self.text(signatures.name_of(f)))
        self.c.place(none)

"""Calls of functions and classes in tagged programs."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from compiler.lowering.assembler import ZERO
from compiler.lowering.tagged import signatures
from compiler.lowering.tagged.names import Names
from compiler.lowering.tagged.scopes import Class, Function
from compiler.lowering.tagged.texts import default_expressions
from compiler.lowering.tagged.types import is_plain
from compiler.lowering.tagged.values import Tag

TWICE = "{} got multiple values for keyword argument '"
"""The beginning of what is said of a keyword that is given twice, after the function."""


class Calls(Names):
    """Writes calls."""

    def _call_known(self, e: ast.Call, known: Function | Class, into: int | None) -> int:
        if isinstance(known, Class):
            return self.construct(e, known, into)
        return self.call_function(e, known, e.args, e.keywords, into)

    def call_function(
        self,
        e: ast.Call,
        f: Function,
        arguments: Sequence[ast.expr],
        keywords: Sequence[ast.keyword],
        into: int | None,
        first: Sequence[int] = (),
        record: int | None = None,
    ) -> int:
        """Calls a function, with the values of `first` before the other arguments."""
        if any(isinstance(a, ast.Starred) for a in arguments) or any(k.arg is None for k in keywords):
            if record is None:
                # Its defaults were worked out where it was defined, and what it captures may be out of reach here.
                own = self.record_of(f)
                record = self.function_value(f) if own is None else self.boxed(own, Tag.OBJECT)
            return self._call_value(e, record, into, first)
        a = f.definition.args
        positional = signatures.positional(f)
        given: dict[str, ast.expr] = {}
        extra: list[ast.expr] = []
        names = positional[len(first) :]
        for i, argument in enumerate(arguments):
            if i < len(names):
                given[names[i]] = argument
            else:
                extra.append(argument)
        named: list[ast.keyword] = []
        allowed = [x.arg for x in [*a.args, *a.kwonlyargs]]
        by_place = {x.arg for x in a.posonlyargs}
        hidden = [x for x in positional if x in by_place and any(x == k.arg for k in keywords)]
        wrong = signatures.only_by_position(f, hidden) if hidden and a.kwarg is None else ""
        for keyword in keywords:
            assert keyword.arg is not None
            if keyword.arg not in by_place and (keyword.arg in given or keyword.arg in positional[: len(first)]):
                wrong = wrong or signatures.twice(f, keyword.arg)
            elif keyword.arg in allowed:
                given[keyword.arg] = keyword.value
            elif a.kwarg is None:
                wrong = wrong or f"{signatures.unexpected(f)}{keyword.arg}'"
            else:
                named.append(keyword)
        order = [*arguments, *(k.value for k in keywords)]
        cells = dict(zip(map(id, order), self.operands(order)))
        wrong = wrong or self._mismatch(f, len(first) + len(arguments), given, first)
        if wrong and f.namespace.name:
            names = [keyword.arg for keyword in keywords if keyword.arg is not None]
            wrong = signatures.original_complaint(f, len(first) + len(arguments), names) or ""
            if not wrong:
                what = f.owner.name if f.owner else f.name
                raise self.refusal(e, f"`{what}` does not take these arguments", "")
        if wrong:
            self.raise_error("type_error", wrong)
            return self.placed(self.none, into)
        slots: list[int] = list(first[: len(positional)])
        owner_record = None
        if f.hidden:
            owner_record = self.record_of(f) if record is None else self.payload(record)
        for name in [*names, *(x.arg for x in a.kwonlyargs)]:
            slots.append(cells[id(given[name])] if name in given else self.default_cell(f, name, owner_record))
        if a.vararg is not None:
            slots.append(self.new_tuple([*first[len(positional) :], *(cells[id(x)] for x in extra)]))
        if a.kwarg is not None:
            d = self.lib("dict_new")
            for keyword in named:
                self.lib("dict_set", d, self.string(keyword.arg or ""), cells[id(keyword.value)])
            slots.append(self.boxed(d, Tag.DICT))
        if f.hidden:
            slots.insert(0, ZERO if owner_record is None else owner_record)
        return self.call(self.program.label(f), slots, into)

    def _mismatch(self, f: Function, count: int, given: Mapping[str, ast.expr], first: Sequence[int]) -> str:
        """What is wrong with a call that gives `count` arguments by position, and those of `given` in all; or ""."""
        a = f.definition.args
        names = signatures.positional(f)
        if count > len(names) and a.vararg is None:
            return signatures.takes(f) + signatures.given(count)
        defaults = default_expressions(a)
        absent = [name for name in names[len(first) :] if name not in given and name not in defaults]
        if absent:
            return signatures.missing(f, absent)
        absent = [x.arg for x in a.kwonlyargs if x.arg not in given and x.arg not in defaults]
        return signatures.missing(f, absent, "keyword-only") if absent else ""

    def invoke(self, function: int, cells: Sequence[int], into: int | None = None) -> int:
        """Calls a function value with positional arguments."""
        arguments = self.new_items(cells)
        return self.call(self.program.invoke_label(), [function, arguments, ZERO], into)

    def _call_value(self, e: ast.Call, function: int, into: int | None, first: Sequence[int] = ()) -> int:
        if isinstance(e.func, ast.Name) and not all(map(is_plain, e.args)):
            function = self.copied(function)
        return self.call(self.program.invoke_label(), [function, *self.gathered_arguments(e, first)], into)

    def gathered_arguments(self, e: ast.Call, first: Sequence[int] = ()) -> tuple[int, int]:
        """The items of a call's arguments by position, those of `first` before them, and its keywords, or 0."""
        if any(isinstance(a, ast.Starred) for a in e.args):
            header = self.lib("new_growable", ZERO, self.constant(4))
            for cell in first:
                self.lib("append", header, cell)
            for item in e.args:
                if isinstance(item, ast.Starred):
                    self.lib("extend_list", header, self.value(item.value))
                else:
                    self.lib("append", header, self.value(item))
            arguments = self.lib("tuple_of_list", header)
        else:
            arguments = self.new_items([*first, *self.operands(e.args)])
        keywords = ZERO
        if e.keywords:
            keywords = self.lib("dict_new")
            for keyword in e.keywords:
                if keyword.arg is None:
                    text = TWICE.format(f"__main__.{ast.unparse(e.func)}()")
                    self.lib("keywords_take", keywords, self.value(keyword.value), self.text(text))
                else:
                    self.lib("dict_set", keywords, self.string(keyword.arg), self.value(keyword.value))
        return arguments, keywords

    def construct(self, e: ast.Call, owner: Class, into: int | None) -> int:
        """Makes an instance."""
        if owner.is_enum and len(e.args) == 1:
            method = owner.method("_at_")
            assert method is not None
            return self.call_function(e, method, e.args, e.keywords, into, [self.program.class_constant(self, owner)])
        if owner.is_enum and not self.namespace.name:
            hint = 'write `C = Enum("C", "A B")` with constant names and the same name on both sides, or a class'
            raise self.refusal(e, f"this call of `{owner.name}` is not in the language", hint)
        if self.program.raise_abstract(self, owner):
            return self.placed(self.none, into)
        method = owner.method("__init__")
        if owner.method("__new__") is not None:
            return self._call_value(e, self.program.class_constant(self, owner), into)
        if (
            method is not None
            and owner.is_exception
            and method.owner is not self.program.exception_class("BaseException")
        ):
            # CPython keeps the arguments before `__init__` is called.
            return self._call_value(e, self.program.class_constant(self, owner), into)
        instance = self.program.new_instance(self, owner)
        if method is not None:
            self.call_function(e, method, e.args, e.keywords, None, [instance])
        elif e.args or e.keywords:
            self.operands([*e.args, *(k.value for k in e.keywords)])
            self.raise_error("type_error", f"{owner.name}() takes no arguments")
        return self.placed(instance, into)

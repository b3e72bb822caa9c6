"""A program that passed the checker, with all that the checker found out about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.language.kinds import Kind
from compiler.language.syntax import Expression, FunctionDefinition, Module, Name


@dataclass(frozen=True)
class FunctionInfo:
    """A function of the program; it has one type a parameter, whoever calls it.

    parameters: in order, name to type; all have different names.
    result: `Nothing` if no `return` has a value; otherwise every path ends in a `return` with a value of
        this type (falling off the end is a compile error), and it may be a `TupleOf`.
    locals: the variables that are not parameters, in the order of their first assignment in the text;
        targets of comprehensions are not among them.
    globals_used: module-level variables that the body reads or writes itself, in order of appearance.
    recursive: whether a call of it may lead, directly or through others, to another call of it.
    """

    definition: FunctionDefinition
    parameters: Mapping[str, Kind]
    result: Kind
    locals: Mapping[str, Kind]
    globals_used: tuple[str, ...]
    recursive: bool

    @property
    def name(self) -> str:
        """Of the function."""
        return self.definition.name


@dataclass(frozen=True)
class CheckedProgram:
    """A module without static errors.

    kinds: the type of every expression, targets of assignments and of loops included. Not in it are the
        `Call` of `range` in a `for` or a comprehension and a `TupleDisplay`, which are not values. Where
        only the truth of an `and`, an `or` or a conditional expression matters (in a test, under `not`), its
        operands may differ in type, and its own type is Boolean.
    functions: in the order of their definitions, by name; a name is defined once and never assigned to.
    globals: the module-level variables in the order of their first assignment in the text, those that
        only functions assign (after `global`) included.
    maybe_unbound: the names whose read may come before an assignment. At such a read Python would raise
        `UnboundLocalError` for a local of a function and `NameError` for a module-level variable. The
        target of an augmented assignment is a read as well. No target of a comprehension is in it.

    What an identifier means: inside the element or the conditions of a comprehension whose target has
    that name, it is that target (of the innermost one); else, in a function that has it as a parameter or
    a local, it is that; else it is a module-level variable. The iterable of a comprehension and the
    defaults of parameters belong to the scope outside. A variable's type is that of each of its names.
    """

    module: Module
    kinds: Mapping[Expression, Kind]
    functions: Mapping[str, FunctionInfo]
    globals: Mapping[str, Kind]
    maybe_unbound: frozenset[Name]

"""Names and attributes of tagged programs, and functions as values."""

from __future__ import annotations

import ast
import builtins

from compiler.language.desugar import FunctionExpression
from compiler.lowering.assembler import Label
from compiler.lowering.tagged.expressions import Expressions
from compiler.lowering.tagged.library_types import MODULES_SHOWN
from compiler.lowering.tagged.scopes import Class, Function
from compiler.lowering.tagged.tables import HIDDEN_ATTRIBUTES, METHODS
from compiler.lowering.tagged.texts import default_expressions, documentation
from compiler.lowering.tagged.values import TYPES, Built, Tag
from compiler.machines.ram.isa import Opcode


class Names(Expressions):
    """Reads names and attributes."""

    def known(self, name: str) -> Function | Class | None:
        """The function or class that a name surely is."""
        how, _ = self.where(name)
        if how == "global":
            return self.program.definition(self.namespace, name)
        return self.program.local_definition(self.function, name)

    def known_of(self, e: ast.expr) -> Function | Class | None:
        """The function or class that an expression surely is, which only a name can be."""
        return self.known(e.id) if isinstance(e, ast.Name) else None

    def function_value(self, f: Function) -> int:
        """A function as a value: an object with its number, captured variables and defaults."""
        self.program.take(f)
        if not f.has_record:
            return self.program.function_constant(self, f)
        defaults = default_expressions(f.definition.args) if f.keeps_defaults else {}
        address = self.lib("new_object", self.constant(Built.FUNCTION), self.constant(1 + len(f.free) + len(defaults)))
        self.store(address, 1, self.constant(f.number))
        for i, name in enumerate(f.free):
            with self.c.scratch():
                self.store(address, 2 + i, self.box(name))
        for i, e in enumerate(defaults.values()):
            with self.c.scratch():
                self.store(address, 2 + len(f.free) + i, self.value(e))
        return self.boxed(address, Tag.OBJECT)

    def _functionexpression(self, e: FunctionExpression, into: int | None) -> int:
        return self.placed(self.function_value(self.program.functions[e.definition]), into)

    def _call___shown_name__(self, e: ast.Call, arguments: list[ast.expr], options: object, into: int | None) -> int:
        """The name that the representation of a data class, a named tuple or a class of `collections` begins with.

        And the constant text that follows it, if one is given.
        """
        assert self.function is not None and self.function.owner is not None
        owner = self.function.owner
        following = "".join(str(text.value) for text in arguments[1:] if isinstance(text, ast.Constant))
        names: dict[str, list[Class]] = {}
        for cls in self.program.classes.values():
            if owner in cls.mro:
                short = owner.is_named_tuple or owner.namespace.name
                names.setdefault((cls.name if short else cls.qualified_name) + following, []).append(cls)
        first, *others = names
        if not others:
            return self.placed(self.string(first), into)
        result = self.copied(self.string(first), into)
        number = self.load(self.payload(self.value(arguments[0])), 0)
        for name in others:
            with self.where_class_is(number, names[name]):
                self.move(self.string(name), result)
        return result

    def _call___same_class__(self, e: ast.Call, arguments: list[ast.expr], options: object, into: int | None) -> int:
        """Whether the second of two values is of the class of the first, which is one of the program."""
        x, y = self.operands(arguments)
        result, end = self.copied(self.false, into), Label()
        self.c.branch(Opcode.JNE, self.tag_of(y), self.constant(Tag.OBJECT), end)
        number = self.load(self.payload(x), 0)
        self.c.branch(Opcode.JNE, self.load(self.payload(y), 0), number, end)
        self.move(self.true, result)
        self.c.place(end)
        return result

    def record_of(self, f: Function) -> int | None:
        """The record of a function called by name; None if it has none."""
        if not f.has_record:
            return None
        if self.function is f:
            return self.record
        if f.definition.name.startswith("<"):
            return self.payload(self.function_value(f))
        return self.payload(self.read(f.name, f.definition))

    def default_cell(self, f: Function, name: str, record: int | None) -> int:
        """The value of a parameter's default."""
        if not f.keeps_defaults:
            return self.program.default_cell(f, name)
        assert record is not None
        return self.load(record, 2 + len(f.free) + list(default_expressions(f.definition.args)).index(name))

    def global_value(self, e: ast.Name, into: int | None) -> int:
        """The value of a name that is not local: a variable, a function, a class or a built-in one."""
        name = e.id
        if name in self.program.absent and self.namespace is self.program.user:
            if self.program.absent[name].span not in self.program.report.places:
                self.program.report.add(self.program.absent[name])
            return self.placed(self.none, into)
        known = self.program.definition(self.namespace, name)
        self.check_defined(name)
        if isinstance(known, Function):
            return self.placed(self.function_value(known), into)
        if isinstance(known, Class):
            return self.placed(self.program.class_constant(self, known), into)
        if self.namespace.aliases.get(name, ("", ""))[1] is None:
            raise self.refusal(e, "a module is no value in the language", "use what is in it, as in `math.pi`")
        cell = self.program.global_cell(self.namespace, name)
        if cell is not None:
            return self.placed(self.check_global(name, cell), into)
        if name == "NotImplemented":
            return self.placed(self.tagged(1, Tag.SINGLE), into)
        if name == "__end__" and self.namespace.name:
            return self.placed(self.end, into)
        if name == "Ellipsis":
            return self.placed(self.tagged(2, Tag.SINGLE), into)
        if name == "__name__":
            return self.placed(self.string("__main__"), into)
        if name == "__filename__" and self.namespace.name:
            return self.placed(self.string(self.program.filename), into)
        if name not in dir(builtins):
            self.raise_error("name_error", f"name '{name}' is not defined")
            return self.placed(self.none, into)
        wrapper = self.program.wrapper(self, e)
        return self.placed(self.function_value(wrapper), into)

    def _attribute(self, e: ast.Attribute, into: int | None) -> int:
        found = self.program.module_attribute(self, e)
        if found is not None:
            return self.value(found, into)
        owner = self._class_named(e.value)
        if owner is not None:
            return self.placed(self.class_attribute(e, owner, e.attr), into)
        if e.attr in ("__name__", "__doc__") and isinstance(e.value, ast.Name) and not self.is_builtin(e.value.id):
            known = self.known(e.value.id)
            if isinstance(known, Function) and not known.namespace.name:
                text = known.shown_name if e.attr == "__name__" else documentation(known.definition)
                return self.placed(self.string_or_none(text), into)
        if e.attr == "__name__" and isinstance(e.value, ast.Call) and isinstance(e.value.func, ast.Name):
            if e.value.func.id == "type" and self.is_builtin("type") and len(e.value.args) == 1:
                name = self.lib("type_name", self.value(e.value.args[0]))
                if any(n.name in MODULES_SHOWN for n in self.program.included):
                    name = self.lib("after_dots", name)
                return self.boxed(name, Tag.STR, into)
        if isinstance(e.value, ast.Name) and self.is_builtin(e.value.id) and e.value.id in TYPES and e.attr in METHODS:
            wrapper = self.program.method_wrapper(e.attr)
            return self.placed(self.function_value(wrapper), into)
        if isinstance(e.value, ast.Name) and e.value.id in dir(builtins) and self.is_builtin(e.value.id):
            if e.attr != "__name__":
                raise self.refusal(e, f"`{e.value.id}.{e.attr}` is not in the language", "")
        self.check_method(e, e.attr)
        return self.attribute(e, self.value(e.value), e.attr, into)

    def _class_named(self, e: ast.expr) -> Class | None:
        if isinstance(e, ast.Name):
            known = self.known(e.id) if not self.is_builtin(e.id) else None
            known = known or (
                self.program.definition(self.namespace, e.id) if self.where(e.id)[0] == "global" else None
            )
            return known if isinstance(known, Class) else None
        return None

    def class_attribute(self, e: ast.Attribute, owner: Class, name: str) -> int:
        """An attribute of a class named in the program."""
        late = owner.late_cells(name)
        if not late:
            return self._bound_by_body(e, owner, name)
        result, end = self.temporary(), Label()
        for cell in late:
            self.move(cell, result)
            self.c.branch(Opcode.JNE, result, self.unset, end)
        self.move(self._bound_by_body(e, owner, name), result)
        self.c.place(end)
        return result

    def _bound_by_body(self, e: ast.Attribute, owner: Class, name: str) -> int:
        for ancestor in owner.ancestors():
            if name in ancestor.attributes:
                return ancestor.attributes[name]
            if name in ancestor.methods:
                f = ancestor.methods[name]
                if ancestor.how.get(name) == "class":
                    return self.bound(self.function_value(f), self.program.class_constant(self, owner))
                return self.function_value(f)
        if name == "__name__":
            return self.string(owner.name)
        if name in HIDDEN_ATTRIBUTES:
            return self._of_type(e, owner, name)
        unknown = name if owner.is_enum else f"type object '{owner.name}' has no attribute '{name}'"
        self.raise_error("attribute_error", unknown)
        return self.none

    def _of_type(self, e: ast.Attribute, owner: Class, name: str) -> int:
        """What Python itself knows of a class."""
        classes = {"__mro__": owner.mro, "__bases__": owner.bases}.get(name)
        if classes is not None and not any(c.has_hidden_base for c in owner.mro):
            cells = [self.program.class_constant(self, cls) for cls in classes]
            if name == "__mro__" or not cells:
                cells.append(self.function_value(self.program.built_in("object")))
            return self.new_tuple(cells)
        if name == "__qualname__":
            return self.string(owner.qualified_name)
        made = owner.definition.decorator_list or owner.is_named_tuple or owner.is_enum or owner.namespace.name
        if name == "__doc__" and (not made or documentation(owner.definition) is not None):
            return self.string_or_none(documentation(owner.definition))
        raise self.refusal(e, f"`{name}` of this class is not in the language", "")

    def string_or_none(self, text: str | None) -> int:
        """The cell of a constant text, or of None."""
        return self.none if text is None else self.string(text)

    def bound(self, function: int, receiver: int) -> int:
        """A method with its object, as a value."""
        address = self.lib("new_object", self.constant(Built.BOUND), self.constant(2))
        self.store(address, 1, function)
        self.store(address, 2, receiver)
        return self.boxed(address, Tag.OBJECT)

    def attribute(self, e: ast.AST, object: int, name: str, into: int | None) -> int:
        """Code for `object.name`."""
        return self.call(self.program.getter(name), [object], into)

    def store_attribute(self, e: ast.Attribute, object: int, name: str, cell: int) -> None:
        """Code for `object.name = value`."""
        owner, initial = self._class_named(e.value), getattr(e, "initial", False)
        if owner is not None:
            if owner.is_enum and owner.binds(name) and not initial:
                self.raise_error("attribute_error", f"cannot reassign member {name!r}")
                return
            place = owner.late.get(name) or owner.attributes.get(name)
            if place is None:
                raise self.refusal(e, f"the class `{owner.name}` has no attribute `{name}`", "define it in the class")
            self.lib("check_class_value", cell)
            self.move(cell, place)
            return
        self.call(self.program.initial_setter(name) if initial else self.program.setter(name), [object, cell])

    def check_method(self, e: ast.AST, name: str) -> None:
        """Refuses the methods of Python's own types that are not in the language."""
        raise NotImplementedError

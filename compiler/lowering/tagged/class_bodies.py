"""Class statements of tagged programs."""

from __future__ import annotations

import ast

from compiler.language.desugar import FunctionExpression
from compiler.language.trees import walk
from compiler.lowering.tagged.routines import Routines
from compiler.lowering.tagged.scopes import NO_BASES, Function, is_setter
from compiler.lowering.tagged.statements import Statements
from compiler.lowering.tagged.texts import class_expressions, dotted, own_nodes

_NOT_CALLED = frozenset(
    {"__getattribute__", "__setattr__", "__delattr__", "__del__", "__trunc__"}
    | {"__get__", "__set__", "__delete__", "__set_name__"}
    | {"__class_getitem__", "__instancecheck__", "__subclasscheck__", "__subclasshook__", "__mro_entries__"}
    | {"__await__", "__aiter__", "__anext__"}
    | {"__aenter__", "__aexit__"}
)
"""Special methods that nothing here would call."""


def _gives_value(node: ast.AST) -> bool:
    """Whether it is a `return` of something besides None."""
    return isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value)


def _is_none(e: ast.expr) -> bool:
    return isinstance(e, ast.Constant) and e.value is None


class ClassBodies(Routines):
    """Writes what the body of a class binds."""

    def _check_free(self, w: Statements, node: ast.AST, method: Function) -> None:
        """Refuses methods that need a record of what they capture."""
        if method.has_record:
            what = "variables" if method.free else "defaults"
            raise w.refusal(node, f"a method that uses {what} of a function around it", "pass them to the class")

    def write_class(self, w: Statements, s: ast.ClassDef) -> None:
        """Evaluates what the body of a class binds."""
        program = self.program
        cls = program.classes[s]
        for decorator in s.decorator_list:
            function = decorator.func if isinstance(decorator, ast.Call) else decorator
            if ast.unparse(function).rpartition(".")[2] not in ("dataclass", "total_ordering"):
                raise w.refusal(decorator, "decorators of classes are not in the language", "")
        for base in map(dotted, s.bases):
            if not isinstance(base, ast.Name):
                raise w.refusal(base, "a base is a name in the language", "name the class itself")
            if base.id not in NO_BASES and not any(base.id.rpartition(".")[2] == c.name for c in cls.bases):
                raise w.refusal(base, f"`{base.id}` cannot be a base here", "write a class that holds one")
        if not cls.mro:
            raise w.refusal(s, "there is no order in which to search the bases", "change their order")
        named = {n.id for e in class_expressions(s) for n in walk(e) if isinstance(n, ast.Name)}
        for statement in s.body:
            match statement:
                case ast.FunctionDef():
                    f = program.functions[statement]
                    if statement.name in _NOT_CALLED:
                        raise w.refusal(statement, f"`{statement.name}` is not in the language", "")
                    if statement.name == "__new__" and (cls.is_exception or cls.is_enum or cls.is_named_tuple):
                        raise w.refusal(statement, "`__new__` of such a class is not in the language", "")
                    said = [d.id for d in statement.decorator_list if isinstance(d, ast.Name)]
                    told = statement.name == "__init_subclass__"
                    if not told and statement.name.startswith("__") and set(said) & {"staticmethod", "classmethod"}:
                        raise w.refusal(statement, f"`{statement.name}` as a static or class method", "use `self`")
                    if statement.name == "__init__" and any(map(_gives_value, own_nodes(statement.body))):
                        raise w.refusal(statement, "`__init__` that returns a value", "return nothing")
                    self._check_free(w, statement, f)
                    parts = is_setter(statement) or is_setter(statement, "deleter")
                    for d in [] if parts else statement.decorator_list:
                        if not (isinstance(d, ast.Name) and d.id in ("staticmethod", "classmethod", "property")):
                            raise w.refusal(d, "this decorator is not in the language for methods", "")
                    program.write_defaults(w, statement)
                    if statement.name in named and cls.how.get(statement.name, "static") == "static":
                        w.class_names[statement.name] = w.function_value(f)
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                ):
                    if name in cls.methods:
                        self._check_free(w, statement, cls.methods[name])
                        if isinstance(value, FunctionExpression):
                            program.write_defaults(w, value.definition)
                        continue
                    cell = cls.attributes.get(name) or program.code.global_cell()
                    with w.statement(statement):
                        w.value(value, cell)
                    cls.attributes[name] = cell
                    w.class_names[name] = cell
                case ast.Pass() | ast.AnnAssign(value=None):
                    pass
                case ast.Expr():
                    w.block([statement])
                case _:
                    raise w.refusal(statement, "this does not fit in the body of a class", "move it out")
        w.class_names = {}
        if w.function is not None or program.definition(w.namespace, s.name) is not cls:
            w.assign(s.name, program.class_constant(w, cls))
        else:
            w.defined(s.name)

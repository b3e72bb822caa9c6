"""Calls of Python's own functions in tagged programs."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping

from compiler.language.desugar import FunctionExpression, at
from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged import signatures
from compiler.lowering.tagged.asking_calls import AskingCalls, Options
from compiler.lowering.tagged.scopes import Function
from compiler.lowering.tagged.tables import CALLED_ONLY, CONVERSIONS, FUNCTIONS
from compiler.lowering.tagged.values import Built, Tag
from compiler.machines.ram.isa import Opcode


class BuiltinCalls(AskingCalls):
    """Writes calls of built-in functions, and decides what a call is of."""

    def _call(self, e: ast.Call, into: int | None) -> int:
        function = e.func
        match function:
            case ast.Name(id=name) if self.is_builtin(name):
                return self._builtin(e, name, into)
            case ast.Name(id=name):
                known = self.known(name)
                if known is not None:
                    self.check_defined(name)
                    return self._call_known(e, known, into)
            case FunctionExpression(definition=definition) if definition.name == "<genexpr>":
                iterator = self.lib("iter_of", self.value(e.args[0]))
                return self.call_function(e, self.program.functions[definition], [], [], into, [iterator])
            case ast.Attribute(value=value, attr=attribute):
                return self._call_attribute(e, value, attribute, into)
        return self._call_value(e, self.value(function), into)

    def is_print(self, e: ast.expr) -> bool:
        """Writes the code if it is a call of `print`."""
        if not (isinstance(e, ast.Call) and isinstance(e.func, ast.Name) and e.func.id == "print"):
            return False
        if not self.is_builtin("print") or any(k.arg is None for k in e.keywords):
            return False
        self._print(e)
        return True

    def _print(self, e: ast.Call) -> None:
        options = {k.arg: k.value for k in e.keywords if k.arg not in ("flush", "file")}
        file = next((ast.unparse(k.value) for k in e.keywords if k.arg == "file"), "sys.stdout")
        if file not in ("sys.stdout", "stdout", "sys.stderr", "stderr", "None"):
            raise self.refusal(e, f"`print` to `{file}` is not in the language", "leave `file` out")
        if file.endswith("stderr"):  # which is no output
            for argument in e.args:
                self.value(argument.value if isinstance(argument, ast.Starred) else argument)
            return
        if set(options) - {"sep", "end"}:
            raise self.refusal(e, "`print` has only `sep`, `end` and `flush`", "")
        end, ending = _constant_text(options.get("end"), "\n"), 0
        if any(isinstance(a, ast.Starred) for a in e.args):
            header = self.gathered(e.args)
            separator = self._option(options, "sep", " ")
            ending = ending if end is not None else self._option(options, "end", "\n")
            self.lib("print_items", header, separator)
        else:
            cells = self.operands(e.args)
            constant = _constant_text(options.get("sep"), " ")
            separator = 0 if constant is not None else self._option(options, "sep", " ")
            ending = ending if end is not None else self._option(options, "end", "\n")
            for i, cell in enumerate(cells):
                if i:
                    if constant is not None:
                        self.c.put(constant)
                    else:
                        self.lib("print_string", separator)
                argument = e.args[i]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    self.c.put(argument.value)
                elif self.type_of(argument) == "str":
                    self.lib("print_string", self.payload(cell))
                else:
                    self.lib("print_value", cell)
        if end is not None:
            self.c.put(end)
        else:
            self.lib("print_string", ending)

    def _option(self, options: Mapping[str | None, ast.expr], name: str, default: str) -> int:
        """The payload of the text that `print` is given for `sep` or `end`."""
        constant = _constant_text(options.get(name), default)
        if constant is not None:
            return self.text(constant)
        return self.lib("text_or", self.value(options[name]), self.text(default), self.text(name))

    def as_list(self, e: ast.expr) -> int:
        """The header of a list of the items of an expression, which only reads it or is its own."""
        if isinstance(e, ast.ListComp):
            return self.comprehension(e)
        if isinstance(e, ast.Call) and isinstance(e.func, FunctionExpression):
            return self.lib("list_of", self.value(e))
        return self.lib("list_of", self.value(e))

    def _builtin(self, e: ast.Call, name: str, into: int | None) -> int:
        arguments, options = e.args, {k.arg: k.value for k in e.keywords}
        starred = name != "print" and any(isinstance(a, ast.Starred) for a in arguments)
        if starred or None in options:
            return self._call_value(e, self.global_value(at(ast.Name(name, ast.Load()), e), None), into)
        wrong = signatures.built_in_complaint(name, len(arguments), [k.arg for k in e.keywords if k.arg is not None])
        if wrong is not None:
            self.operands([*arguments, *options.values()])
            self.raise_error("type_error", wrong)
            return self.placed(self.none, into)
        by_position = signatures.by_position(name, len(arguments), list(options))
        if by_position:
            arguments = [*arguments, *(options.pop(each) for each in by_position)]
            e = at(ast.Call(e.func, arguments, [k for k in e.keywords if k.arg in options]), e)
        if name == "iter" and len(arguments) == 2:
            f = self.program.definition(self.program.prelude, "_iterator_until")
            assert isinstance(f, Function)
            return self.call_function(e, f, arguments, [], into)
        if arguments and not options and self.program.has_method(CONVERSIONS.get(name, "")):
            return self._by_method(e, name, into)
        return self._call_own(e, name, into)

    def _by_method(self, e: ast.Call, name: str, into: int | None) -> int:
        """The value of a method of the first argument if that is an object, else what the built-in function gives."""
        cells = [self.copied(cell) for cell in self.operands(e.args)]
        names = [self.program.fresh_name() for _ in cells]
        self.slots.update(zip(names, cells))
        result, own, end = self.temporary(), Label(), Label()
        self.c.branch(Opcode.JNE, self.tag_of(cells[0]), self.constant(Tag.OBJECT), own)
        given = self.method_on(e, cells[0], CONVERSIONS[name], cells[1:])
        if name == "int":
            given = self.lib("int_by_method", given)
        elif name == "float":
            given = self.lib("float_by_method", given, cells[0])
        self.move(given, result)
        self.c.jump(end)
        self.c.place(own)
        arguments: list[ast.expr] = [at(ast.Name(each, ast.Load()), e) for each in names]
        self._call_own(at(ast.Call(e.func, arguments, []), e), name, result)
        self.c.place(end)
        for each in names:
            del self.slots[each]
        return self.placed(result, into)

    def _call_own(self, e: ast.Call, name: str, into: int | None) -> int:
        """A call of a built-in function as Python's own types know it."""
        arguments, options, count = e.args, {k.arg: k.value for k in e.keywords}, len(e.args)
        routine = FUNCTIONS.get(name)
        if routine is not None:
            hidden = name.startswith("__")
            bound = self.bind(routine, self.operands(arguments if hidden else arguments[:1]), {})
            if bound is None or count != 1 and not hidden:
                raise self.refusal(e, f"`{name}` takes one argument", "")
            return self.run_routine(routine, None, None, bound, into)
        known = name in dir(builtins) or name in ("__input_line__", "__shown_name__", "__same_class__")
        method = getattr(self, f"_call_{name}", None) if known else None
        if method is None and name not in dir(builtins):
            return self.global_value(at(ast.Name(name, ast.Load()), e), into)
        if method is None:
            raise self.refusal(e, f"`{name}` is not in the language", "")
        if name in ("str", "type") and count + len(options) > 1:
            what = "an encoding" if name == "str" else "three arguments"
            raise self.refusal(e, f"`{name}` with {what} is not in the language", "")
        if count != CALLED_ONLY.get(name, count):
            raise self.refusal(e, f"`{name}` does not take {count} argument{'s' * (count != 1)}", "")
        result: int = method(e, arguments, options, into)
        return result

    def _call_print(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        self._print(e)
        return self.placed(self.none, into)

    def _call_str(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if not arguments:
            return self.placed(self.string(""), into)
        if self.type_of(arguments[0]) == "str":
            return self.value(arguments[0], into)
        return self.boxed(self.lib("str_of", self.value(arguments[0])), Tag.STR, into)

    def _call_bool(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if not arguments:
            return self.placed(self.false, into)
        return self.truth_value(arguments[0], into)

    def _call_int(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if not arguments:
            return self.placed(self.tagged(0, Tag.INT), into)
        base = options.get("base") or (arguments[1] if len(arguments) > 1 else None)
        if base is not None:
            x, y = self.operands([arguments[0], base])
            return self.boxed(self.lib("int_in_base", x, y), Tag.INT, into)
        if self.type_of(arguments[0]) == "int":
            return self.value(arguments[0], into)
        return self.boxed(self.lib("int_from", self.value(arguments[0])), Tag.INT, into)

    def _call_float(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if not arguments:
            return self.placed(self.tagged(self.program.float_payload(0.0), Tag.FLOAT), into)
        return self.boxed(self.lib("float_from", self.value(arguments[0])), Tag.FLOAT, into)

    def _call_list(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if not arguments:
            return self.new_list([], into)
        return self.boxed(self.as_list(arguments[0]), Tag.LIST, into)

    def _call_tuple(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if not arguments:
            return self.new_tuple([], into)
        return self.boxed(self.lib("tuple_of", self.value(arguments[0])), Tag.TUPLE, into)

    def _call_dict(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        d = self.lib("dict_from", self.value(arguments[0])) if arguments else self.lib("dict_new")
        for name, value in options.items():
            self.lib("dict_set", d, self.string(name), self.value(value))
        return self.boxed(d, Tag.DICT, into)

    def _call_set(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        s = self.lib("set_from", self.value(arguments[0])) if arguments else self.lib("set_new")
        return self.boxed(s, Tag.SET, into)

    def _call_frozenset(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        s = self.lib("set_from", self.value(arguments[0])) if arguments else self.lib("set_new")
        address = self.lib("new_object", self.constant(Built.FROZENSET), self.one)
        self.store(address, 1, s)
        return self.boxed(address, Tag.OBJECT, into)

    def _call_range(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        cells = [self.lib("int_of", cell) for cell in self.operands(arguments)]
        cells = [ZERO, *cells] if len(cells) == 1 else cells
        cells = [*cells, self.one] if len(cells) == 2 else cells
        return self.lib("new_range", *cells, into=into)

    def _call_sum(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        start = options.get("start") or (arguments[1] if len(arguments) > 1 else None)
        cells = self.operands([arguments[0], *([start] if start is not None else [])])
        if start is not None and self.type_of(start) not in ("int", "float", "list", "tuple"):
            self.lib("check_start", cells[1])
        return self.lib("sum_of", *[*cells, self.constant(0)][:2], into=into)

    def _call_sorted(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        header = self.as_list(arguments[0])
        self.sort_header(e, header, options)  # type: ignore[arg-type]
        return self.boxed(header, Tag.LIST, into)

    def _call_min(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        return self._extreme(e, "least_of", arguments, options, into)

    def _call_max(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        return self._extreme(e, "greatest_of", arguments, options, into)

    def _extreme(self, e: ast.Call, routine: str, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if len(arguments) > 1 and "default" in options:
            self.operands([*arguments, *options.values()])
            name = "min" if routine == "least_of" else "max"
            self.raise_error("type_error", f"Cannot specify a default for {name}() with multiple positional arguments")
            return self.placed(self.none, into)
        header = self.gathered(arguments) if len(arguments) > 1 else self.as_list(arguments[0])
        result, empty, end = self.temporary(), Label(), Label()
        length = self.load(header, -1)
        self.c.branch(Opcode.JEQ, length, ZERO, empty)
        key = options.get("key")
        if key is None or isinstance(key, ast.Constant) and key.value is None:
            index = self.lib(routine, header)
        else:
            plain = Label()
            function = self.key_function(key, plain)
            keys = self.mapped(key, header, function)
            if function is not None:
                ready = Label()
                self.c.jump(ready)
                self.c.place(plain)
                self.move(header, keys)
                self.c.place(ready)
            index = self.lib(routine, keys)
        self.emit(Opcode.LOAD, self.load(header, 0), index, result)
        self.c.jump(end)
        self.c.place(empty)
        if "default" in options:
            self.value(options["default"], result)
        else:
            name = "min" if routine == "least_of" else "max"
            self.raise_error("value_error", f"{name}() arg is an empty sequence")
        self.c.place(end)
        return self.placed(result, into)

    def _call_pow(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        cells = self.operands(arguments)
        if len(cells) == 2:
            return self.lib("any_power", *cells, into=into)
        return self.lib("power_modulo_any", *cells, into=into)

    def _call_divmod(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        x, y = [self.copied(cell) for cell in self.operands(arguments)]
        if not {self.type_of(argument) for argument in arguments} <= {"int", "bool", "float"}:
            result, end = self.lib("divmod_of", x, y), Label()
            self.c.branch(Opcode.JNE, result, self.end, end)
            self.new_tuple([self.lib("any_floor_divide", x, y), self.lib("any_modulo", x, y)], result)
            self.c.place(end)
            return self.placed(result, into)
        return self.new_tuple([self.lib("any_floor_divide", x, y), self.lib("any_modulo", x, y)], into)

    def _call_round(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        digits = options.get("ndigits") or (arguments[1] if len(arguments) > 1 else None)
        cells = self.operands([arguments[0], *([digits] if digits is not None else [])])
        return self.lib("any_round", *[*cells, self.none][:2], into=into)

    def _call_any(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        return self._any_all(arguments[0], True, into)

    def _call_all(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        return self._any_all(arguments[0], False, into)

    def _any_all(self, e: ast.expr, sense: bool, into: int | None) -> int:
        result = self.copied(self.boolean_constant(not sense))
        iterator = self.lib("iter_of", self.value(e))
        top, end = Label(), Label()
        self.c.place(top)
        with self.c.scratch():
            item = self.lib("next_of", iterator)
            self.c.branch(Opcode.JEQ, item, self.end, end)
            self.jump_if_cell(item, "any", top, not sense)
        self.move(self.boolean_constant(sense), result)
        self.c.place(end)
        return self.placed(result, into)

    def _call_next(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        cells = self.operands(arguments)
        if len(cells) == 1:
            return self.next_value(cells[0], into)
        item, fine = self.lib("next_of", cells[0]), Label()
        self.c.branch(Opcode.JNE, item, self.end, fine)
        self.move(cells[1], item)
        self.c.place(fine)
        return self.placed(item, into)

    def next_value(self, iterator: int, into: int | None) -> int:
        """Code for `next(iterator)`."""
        item, fine = self.lib("next_of", iterator), Label()
        self.c.branch(Opcode.JNE, item, self.end, fine)
        self.lib("raise_stop_iteration", self.lib("returned_by", iterator))
        self.c.place(fine)
        return self.placed(item, into)

    def _call_type(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        return self.lib("any_type", self.value(arguments[0]), into=into)

    def _call_callable(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        x = self.copied(self.value(arguments[0]))
        result, end = self.lib("is_callable", x), Label()
        classes = [cls for cls in self.program.classes.values() if cls.method("__call__")]
        if classes:
            self.c.branch(Opcode.JNE, self.tag_of(x), self.constant(Tag.OBJECT), end)
            self.program.jump_if_class(self, x, classes, end, False)
            self.move(self.one, result)
            self.c.place(end)
        return self.boolean(result, into)

    def _call_id(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        return self.boxed(self.value(arguments[0]), Tag.INT, into)

    def _call_input(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        if arguments:
            self.lib("print_value", self.value(arguments[0]))
        self.unit.reads_input = True
        return self.boxed(self.lib("read_text"), Tag.STR, into)

    def _call___input_line__(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        self.unit.reads_input = True
        return self.boxed(self.lib("input_line"), Tag.STR, into)

    def _call_format(self, e: ast.Call, arguments: list[ast.expr], options: Options, into: int | None) -> int:
        x, spec = [*self.operands(arguments), self.string("")][:2]
        if len(arguments) == 1 or self.type_of(arguments[1]) == "str":
            text = self.payload(spec)
        else:
            text = self.lib("text_argument_of", spec, self.text("format() argument 2 "))
        return self.boxed(self.lib("format_value", x, text), Tag.STR, into)


def _constant_text(e: ast.expr | None, default: str) -> str | None:
    """The text that an argument surely is, the default for None and none; else None."""
    if e is None:
        return default
    if isinstance(e, ast.Constant) and (e.value is None or isinstance(e.value, str)):
        return default if e.value is None else e.value
    return None

"""Exceptions: how the library raises them, and what an uncaught one says."""

from __future__ import annotations

from compiler.lowering.assembler import ZERO, Label
from compiler.lowering.tagged.functions import HEADER, Body
from compiler.lowering.tagged.instances import Instances
from compiler.lowering.tagged.scopes import Class
from compiler.lowering.tagged.values import FIRST_CLASS, Tag
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.program import ERROR_TEXT, RAISE_TEXT, Origin, Trap

RAISES = {
    "raise_value_error": "ValueError",
    "raise_type_error": "TypeError",
    "raise_index_error": "IndexError",
    "raise_attribute_error": "AttributeError",
    "raise_overflow_error": "OverflowError",
    "raise_zero_division_error": "ZeroDivisionError",
    "raise_runtime_error": "RuntimeError",
    "raise_unsupported": "NotImplementedError",
    "raise_key_error": "KeyError",
    "raise_stop_iteration": "StopIteration",
    "raise_unbound": "UnboundLocalError",
    "raise_name_error": "NameError",
    "raise_eof_error": "EOFError",
    "raise_frozen_error": "dataclasses.FrozenInstanceError",
}


class Raising(Instances):
    """Writes what raises exceptions and what reports them."""

    def exception_class(self, name: str) -> Class:
        """The class of an exception of Python's own."""
        named = (c for c in self._classes() if c.name == name.rpartition(".")[2])
        return next(c for c in named if c.namespace is not self.program.user)

    def failure(self, function: str, message: str) -> Trap | None:
        """What a routine that raises a constant message ends the run in, if nothing in the program can catch it."""
        return failure(self.program.catches, function, message)

    def _raise(self, w: Body, function: str) -> None:
        """Ends the run, or makes an exception be under way; slot 0 has the message, or the key that is missing."""
        name = RAISES[function]
        message = w.temporary()
        if not self.program.catches or function == "raise_unsupported":
            self._print_message(w, function, message)
            w.c.halt(Trap(name, ""))
            return
        if function == "raise_stop_iteration":
            values = w.boxed(w.lib("value_items", message), Tag.TUPLE)
        else:
            values = w.new_tuple([message if function == "raise_key_error" else w.boxed(message, Tag.STR)])
        instance = self.new_instance(w, self.exception_class(name))
        w.store(w.payload(instance), 1 + self.program.slots["args"], values)
        if function == "raise_stop_iteration":
            w.store(w.payload(instance), 1 + self.program.slots["value"], message)
        self._throw(w, instance)

    def _print_message(self, w: Body, function: str, message: int) -> None:
        if function == "raise_key_error":
            message = w.lib("repr_of", message)
        elif function == "raise_stop_iteration":
            message = w.lib("value_text", message)
        w.lib("print_error", message)

    def _throw(self, w: Body, exception: int) -> None:
        """Makes an exception be under way; that this is done here is how the reader of the trace knows the line."""
        with w.c.at(Origin(comment=RAISE_TEXT)):
            w.move(exception, self.program.raised)

    def _hook_print_error(self, w: Body) -> None:
        """Prints a string as the message of the error that ends the run."""
        text = w.temporary()
        with w.c.at(Origin(comment=ERROR_TEXT)):
            several, top, end = Label(), Label(), Label()
            w.c.branch(Opcode.JGE, text, ZERO, several)
            code = w.temporary()
            w.emit(Opcode.SUB, w.constant(-1), text, code)
            w.emit(Opcode.OUTC, code)
            w.emit(Opcode.RET)
            w.c.place(several)
            i, length = w.copied(ZERO), w.load(text, -1)
            w.c.place(top)
            w.c.branch(Opcode.JGE, i, length, end)
            w.emit(Opcode.LOAD, text, i, code)
            w.emit(Opcode.OUTC, code)
            w.emit(Opcode.ADD, i, w.one, i)
            w.c.jump(top)
            w.c.place(end)

    def _hook_uncaught(self, w: Body) -> None:
        """Ends the run with the exception in slot 0: its message is printed, its class is that of the trap."""
        x = w.temporary()
        w.check_generators()
        w.move(ZERO, self.program.raised)
        number = w.load(w.payload(x), 0)
        self._exit(w, x, number)
        w.lib("print_error", w.lib("str_of", x))
        w.code.origin = Origin(comment=ERROR_TEXT)
        for cls in self._classes():
            if any(a.name == "BaseException" for a in cls.ancestors()):
                skip = Label()
                w.c.branch(Opcode.JNE, number, w.constant(cls.number), skip)
                w.c.halt(Trap(cls.name_in_messages, ""))
                w.c.place(skip)

    def _exit(self, w: Body, x: int, number: int) -> None:
        """Ends the run if the number of the class is that of SystemExit: with success, or with what is said of it."""
        for cls in self._classes():
            if cls.inherits("SystemExit"):
                skip, failed = Label(), Label()
                w.c.branch(Opcode.JNE, number, w.constant(cls.number), skip)
                text = w.lib("exit_message", w.load(w.payload(x), 1 + self.program.slots["args"]))
                w.c.branch(Opcode.JNE, text, w.text(""), failed)
                w.c.halt(None)
                w.c.place(failed)
                w.lib("print_error", text)
                w.c.halt(Trap("SystemExit", ""))
                w.c.place(skip)

    def _hook_instance_of(self, w: Body) -> None:
        """An exception, made if slot 0 is only its class."""
        x = w.temporary()
        fail, instance = Label(), Label()
        w.c.branch(Opcode.JNE, w.tag_of(x), w.constant(Tag.OBJECT), fail)
        number = w.load(w.payload(x), 0)
        w.c.branch(Opcode.JGE, number, w.constant(FIRST_CLASS), instance)
        w.move(w.call(self.invoke_label(), [x, w.new_items([]), ZERO]), x)
        w.c.place(instance)
        w.emit(Opcode.RET)
        w.c.place(fail)
        w.lib("raise_type_error", w.text("exceptions must derive from BaseException"))

    def _hook_thrown_of(self, w: Body) -> None:
        """The exception that `throw` is given as a class, or an instance, and perhaps a value."""
        x, value = w.temporary(), w.temporary()
        alone, arguments, call, fine = Label(), Label(), Label(), Label()
        w.c.branch(Opcode.JEQ, value, w.none, alone)
        tag = w.tag_of(value)
        items = w.payload(value)
        w.c.branch(Opcode.JEQ, tag, w.constant(Tag.TUPLE), call)
        w.c.branch(Opcode.JNE, tag, w.constant(Tag.OBJECT), arguments)
        exceptions = [cls for cls in self._classes() if cls.is_exception]
        with w.where_class_is(w.load(items, 0), exceptions):
            self._give_back(w, value)
        w.c.place(arguments)
        w.move(w.new_items([value]), items)
        w.c.place(call)
        w.move(w.call(self.invoke_label(), [x, items, ZERO]), w.c.own_slot(0))
        w.c.jump(fine)
        w.c.place(alone)
        w.lib("instance_of", x, into=w.c.own_slot(0))
        w.c.place(fine)

    def _hook_exception_of(self, w: Body) -> None:
        """The same, and then it is under way."""
        x = w.temporary()
        w.lib("instance_of", x, into=x)
        if self.program.catches:
            self._throw(w, x)

    def _hook_iterator_failed(self, w: Body) -> None:
        """An exception leaves an iterator of the library, whose object is in slot 0: a StopIteration is its end."""
        generator, done = w.temporary(), Label()
        exception = w.copied(self.program.raised)
        w.c.branch(Opcode.JEQ, exception, ZERO, done)
        self.jump_if_class(w, exception, [self.exception_class("StopIteration")], done, False)
        w.store(generator, HEADER - 1, w.load(w.payload(exception), 1 + self.program.slots["value"]))
        w.move(ZERO, self.program.raised)
        w.c.place(done)

    def _hook_generator_failed(self, w: Body) -> None:
        """An exception leaves a generator: one that would only say that it is at its end is an error."""
        done = Label()
        exception = w.copied(self.program.raised)
        self.jump_if_class(w, exception, [self.exception_class("StopIteration")], done, False)
        w.lib("raise_runtime_error", w.text("generator raised StopIteration"))
        w.c.place(done)


def failure(catches: bool, function: str, message: str) -> Trap | None:
    """What a routine that raises a constant message ends the run in; None if something in the program may catch it.

    Nothing catches what is outside the language: a program that goes on from there would be wrong.
    """
    if function not in RAISES or function == "raise_key_error" or catches and function != "raise_unsupported":
        return None
    return Trap(RAISES[function], message)

"""Built-in functions and exceptions that are ordinary Python. Only what a program uses is compiled into it."""


class BaseException:
    def __init__(self, *args):
        self.args = args

    def __str__(self):
        if len(self.args) == 0:
            return ""
        if len(self.args) == 1:
            return str(self.args[0])
        return str(self.args)

    def __repr__(self):
        if len(self.args) == 1:
            return type(self).__name__ + "(" + repr(self.args[0]) + ")"
        return type(self).__name__ + str(self.args)


class Exception(BaseException):
    pass


class SystemExit(BaseException):
    pass


class KeyboardInterrupt(BaseException):
    pass


class ArithmeticError(Exception):
    pass


class OverflowError(ArithmeticError):
    pass


class ZeroDivisionError(ArithmeticError):
    pass


class AssertionError(Exception):
    pass


class AttributeError(Exception):
    pass


class LookupError(Exception):
    pass


class IndexError(LookupError):
    pass


class KeyError(LookupError):
    def __str__(self):
        if len(self.args) == 1:
            return repr(self.args[0])
        return str(self.args) if self.args else ""


class NameError(Exception):
    pass


class UnboundLocalError(NameError):
    pass


class RuntimeError(Exception):
    pass


class NotImplementedError(RuntimeError):
    pass


class RecursionError(RuntimeError):
    pass


class StopIteration(Exception):
    def __init__(self, *args):
        self.args = args
        self.value = args[0] if args else None


class TypeError(Exception):
    pass


class ValueError(Exception):
    pass


class UnicodeError(ValueError):
    pass


class OSError(Exception):
    pass


class EOFError(Exception):
    pass


class MemoryError(Exception):
    pass


IOError = OSError


def enumerate(iterable, start=0):
    for item in iterable:
        yield start, item
        start += 1


def zip(*iterables, strict=False):
    if len(iterables) == 2:
        first, second = iter(iterables[0]), iter(iterables[1])
        end = []
        while True:
            x = next(first, end)
            if x is end:
                return
            y = next(second, end)
            if y is end:
                return
            yield x, y
    if not iterables:
        return
    iterators = [iter(iterable) for iterable in iterables]
    end = []
    while True:
        items = []
        for iterator in iterators:
            item = next(iterator, end)
            if item is end:
                return
            items.append(item)
        yield tuple(items)


def map(function, iterable, *more):
    if not more:
        for item in iterable:
            yield function(item)
    else:
        for items in zip(iterable, *more):
            yield function(*items)


def filter(function, iterable):
    for item in iterable:
        if function is None:
            if item:
                yield item
        elif function(item):
            yield item


def reversed(sequence):
    i = len(sequence) - 1
    while i >= 0:
        yield sequence[i]
        i -= 1


def exit(code=0):
    raise SystemExit(code)


def quit(code=0):
    raise SystemExit(code)

"""Random programs of the language as text: valid by construct, and they end.

    from hypothesis import given
    from interpreter.strategies.programs import programs

    @given(programs(max_statements=10))
    def test_mine(source):
        assert my_run(source) == interpret(source).output

A program begins with some variables, goes on with functions (some recursive, some with several results)
and ends with statements that use them and print. Loops have at most five rounds and integers some hundred
digits. Failing programs shrink to short ones that can be pasted into a file and run by Python.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import strategies as st

from compiler.language.kinds import BOOLEAN, INTEGER, STRING, Kind, ListOf
from interpreter.strategies.expressions import Expressions, integer_values
from interpreter.strategies.scope import ATOM, KINDS, LISTS, NESTED, NOT, Function, Scope

_PREFIXES: dict[Kind, str] = {
    INTEGER: "n",
    BOOLEAN: "b",
    STRING: "s",
    LISTS[0]: "a",
    LISTS[1]: "f",
    LISTS[2]: "t",
    NESTED: "m",
}


class _Writer(Expressions):
    def __init__(self, draw: st.DrawFn, budget: int, depth: int) -> None:
        super().__init__(draw)
        self.budget = budget
        """How many statements may still be written."""
        self.depth = depth
        self.fixed: set[str] = set()
        """Variables that only their loop may change."""

    def kind(self) -> Kind:
        return self.pick((INTEGER, INTEGER, INTEGER, *KINDS))

    def block(self, scope: Scope, in_loop: bool, least: int = 1) -> list[str]:
        lines: list[str] = []
        wanted = self.between(least, 4)
        while self.budget > 0 and wanted > 0:
            self.budget -= 1
            wanted -= 1
            lines += self.statement(scope, in_loop)
        return lines or ["pass"]

    def statement(self, scope: Scope, in_loop: bool) -> list[str]:
        options: list[Callable[[], list[str]]] = [
            lambda: self._print(scope),
            lambda: self._assign_new(scope),
            lambda: self._assign_old(scope),
            lambda: self._augmented(scope),
            lambda: self._tuple_assign(scope),
            lambda: self._update_list(scope),
        ]
        if self.budget > 1:
            options += [lambda: self._if(scope, in_loop)] * 2
            if scope.repeats <= 25:
                options += [lambda: self._for(scope), lambda: self._for(scope), lambda: self._while(scope)]
        if in_loop:
            options.append(lambda: self._jump(scope))
        if scope.risky and self.chance(10):
            options.append(lambda: self._assert(scope))
        return self.pick(options)()

    # ---------------------------------------------------------------------------------- simple statements

    def _print(self, scope: Scope) -> list[str]:
        pieces = [self.expression(self.kind(), scope, self.depth).text for _ in range(self.between(1, 3))]
        named = ""
        if self.chance(15):
            named += f", sep={self.pick(['', ', ', '-'])!r}"
        if self.chance(15):
            named += f", end={self.pick(['', '; ', '.' + chr(10)])!r}"
        return [f"print({', '.join(pieces)}{named})"]

    def _assign_new(self, scope: Scope) -> list[str]:
        kind = self.kind()
        text = self.stored(kind, scope, self.depth)
        name = self.fresh(_PREFIXES[kind])
        scope.variables[name] = kind
        if self.chance(10):
            other = self.fresh(_PREFIXES[kind])
            scope.variables[other] = kind
            return [f"{name} = {other} = {text}"]
        return [f"{name} = {text}"]

    def _assign_old(self, scope: Scope) -> list[str]:
        names = [name for name in scope.variables if name not in self.fixed]
        if not names:
            return self._assign_new(scope)
        name = self.pick(names)
        return [f"{name} = {self.stored(scope.variables[name], scope, self.depth)}"]

    def _augmented(self, scope: Scope) -> list[str]:
        names = [name for name in scope.named(INTEGER) if name not in self.fixed]
        if not names:
            return self._assign_new(scope)
        name = self.pick(names)
        operator = self.pick(["+", "-", "*", "//", "%", "&", "|", "^", ">>"])
        if operator in ("//", "%"):
            value = str(self.pick([2, -7, 10, 1000] + [0] * scope.risky))
        elif operator == ">>":
            value = str(self.between(0, 5))
        else:
            value = self.stored(INTEGER, scope, self.depth)
        lines = [f"{name} {operator}= {value}"]
        return lines if operator in ("//", "%", ">>") else [*lines, f"{name} %= 10 ** 30"]

    def _tuple_assign(self, scope: Scope) -> list[str]:
        several = [
            function for function in scope.functions if len(function.results) > 1 and self.may_call(function, scope)
        ]
        names = [name for name in scope.named(INTEGER) if name not in self.fixed]
        if several and self.chance(60):
            function = self.pick(several)
            value = self.call(function, scope, self.depth).text
            targets = [self.fresh(_PREFIXES[kind]) for kind in function.results]
            scope.variables.update(zip(targets, function.results, strict=True))
        elif len(names) > 1 and self.chance(50):
            targets = self.draw(st.permutations(names))[:2]
            value = f"{targets[1]}, {targets[0]}"
        elif self.chance(50):
            targets = [self.fresh("n"), self.fresh("n")]
            dividend = self.stored(INTEGER, scope, self.depth)
            value = f"divmod({dividend}, {self.pick([3, -4, 1000])})"
            scope.variables.update(dict.fromkeys(targets, INTEGER))
        else:
            kinds = [self.kind(), self.kind()]
            value = ", ".join(self.stored(kind, scope, self.depth) for kind in kinds)
            targets = [self.fresh(_PREFIXES[kind]) for kind in kinds]
            scope.variables.update(zip(targets, kinds, strict=True))
        return [f"{', '.join(targets)} = {value}"]

    def _update_list(self, scope: Scope) -> list[str]:
        lists = [(name, kind) for name, kind in scope.variables.items() if isinstance(kind, ListOf)]
        if not lists:
            return self._assign_new(scope)
        name, kind = self.pick(lists)
        action = self.pick(["set", "pop"] + ["append"] * 2 * (not scope.frozen))
        value = self.stored(kind.element, scope, self.depth)
        if action == "append":
            self.appended = True
            return [f"{name}.append({value})"]
        risk = scope.risky and self.chance(15)
        change = (
            f"{name}.pop({self.pick(['', '0', '-1'])})"
            if action == "pop"
            else (f"{name}[{self.pick([0, -1, 1] if risk else [0, -1])}] = {value}")
        )
        if risk:
            return [change]
        return [f"if {name}:", f"    {change}"] if self.chance(50) else [f"if len({name}) > 0: {change}"]

    def _assert(self, scope: Scope) -> list[str]:
        message = f", {self.expression(STRING, scope, 1).text}" if self.chance(50) else ""
        return [f"assert {self.truth(scope, self.depth).text}{message}"]

    def _jump(self, scope: Scope) -> list[str]:
        jump = self.pick(["break", "continue"])
        return [f"if {self.truth(scope, self.depth).text}: {jump}"]

    # -------------------------------------------------------------------------------- compound statements

    def _if(self, scope: Scope, in_loop: bool) -> list[str]:
        lines = [f"if {self.truth(scope, self.depth).text}:", *_indented(self.block(scope.inner(), in_loop))]
        for _ in range(self.between(0, 2)):
            test = self.truth(scope, self.depth).text
            lines += [f"elif {test}:", *_indented(self.block(scope.inner(), in_loop))]
        if self.chance(40):
            lines += ["else:", *_indented(self.block(scope.inner(), in_loop))]
        return lines

    def _else(self, scope: Scope) -> list[str]:
        return ["else:", *_indented(self.block(scope.inner(), False))] if self.chance(20) else []

    def _for(self, scope: Scope) -> list[str]:
        inner = scope.inner(repeats=5)
        way = self.pick(["range", "list", "variable", "rows", "string"])
        lists = [(name, kind) for name, kind in scope.variables.items() if isinstance(kind, ListOf)]
        if way == "variable" and lists:
            iterable, kind = self.pick(lists)
            inner = scope.inner(repeats=12, frozen=True)
            item = kind.element
        elif way == "list":
            kind = self.pick([*LISTS, NESTED])
            iterable, item = f"{self.expression(kind, scope, 1).inside(ATOM)}[:4]", kind.element
        elif way == "string":
            iterable, item = f"{self.string(scope, 1).inside(ATOM)}[:4]", STRING
        elif way == "rows":
            first, second = self.fresh("n"), self.fresh("n")
            rows = [[self.stored(INTEGER, scope, 1) for _ in range(2)] for _ in range(self.between(0, 3))]
            literal = ", ".join(f"[{', '.join(row)}]" for row in rows)
            if not rows:
                return self._print(scope)
            inner.variables.update({first: INTEGER, second: INTEGER})
            return [f"for {first}, {second} in [{literal}]:", *_indented(self.block(inner, True)), *self._else(scope)]
        else:
            iterable, item = self._range(), INTEGER
        target = self.fresh(_PREFIXES[item])
        inner.variables[target] = item
        return [f"for {target} in {iterable}:", *_indented(self.block(inner, True)), *self._else(scope)]

    def _range(self) -> str:
        shapes = st.one_of(
            st.builds("range({})".format, st.integers(0, 5)),
            st.builds(
                lambda start, trips: f"range({start}, {start + trips})", st.integers(-2, 10**6), st.integers(-1, 5)
            ),
            st.builds(
                lambda start, trips, step: f"range({start}, {start + trips * step}, {step})",
                st.integers(-3, 50),
                st.integers(0, 5),
                st.sampled_from([-3, -1, 2, 1000]),
            ),
        )
        return self.draw(shapes)

    def _while(self, scope: Scope) -> list[str]:
        counter, trips = self.fresh("i"), self.between(0, 5)
        scope.variables[counter] = INTEGER
        self.fixed.add(counter)
        inner = scope.inner(repeats=5)
        test = f"{counter} < {trips}"
        if self.chance(30):
            test += f" and {self.truth(inner, self.depth).inside(NOT)}"
        body = [f"{counter} += 1", *self.block(inner, True)]
        return [f"{counter} = 0", f"while {test}:", *_indented(body), *self._else(scope)]

    # ------------------------------------------------------------------------------------------ functions

    def function(self, scope: Scope) -> tuple[list[str], Function]:
        """A definition, and how to call it; `scope` has the module's variables and earlier functions."""
        name = self.fresh("g")
        kinds = tuple(self.kind() for _ in range(self.between(0, 3)))
        results = tuple(self.kind() for _ in range(self.pick([1, 1, 1, 2, 0])))
        recursive = self.chance(30) and len(results) == 1
        kinds = (INTEGER, *kinds) if recursive else kinds
        parameters = [self.fresh(_PREFIXES[kind]) for kind in kinds]
        written, defaults = list(parameters), 0
        if kinds and not recursive and self.chance(30):
            written[-1] += f"={self.literal(kinds[-1]).text}"
            defaults = 1
        calls = self.between(1, 2) if recursive else 0
        rounds = 64 if calls == 2 else 6 if calls else 1
        inner = scope.inner(repeats=rounds)
        shared = [n for n in scope.named(INTEGER) if n not in self.fixed]
        lines = []
        outside = set(self.fixed)
        self.fixed |= set(scope.variables)  # to assign them would make locals of them
        self.appended = False
        if shared and self.chance(30):
            changed = self.pick(shared)
            lines.append(f"global {changed}")
            self.fixed.discard(changed)
        inner.variables.update(zip(parameters, kinds, strict=True))
        me = Function(name, kinds, results, small=frozenset({0}) if recursive else frozenset())
        if recursive:
            self.fixed.add(parameters[0])
            lines += [f"if {parameters[0]} <= 0:", f"    return {self.stored(results[0], inner, 1)}"]
        lines += self.block(inner, False)
        lines += self._return(me, parameters, inner, calls)
        self.fixed = outside
        cost = rounds * max([1, *(function.cost for function in scope.functions)]) * (25 if scope.functions else 5)
        return [f"def {name}({', '.join(written)}):", *_indented(lines)], replace(
            me, cost=cost, appends=self.appended, defaults=defaults
        )

    def _return(self, me: Function, parameters: list[str], scope: Scope, calls: int) -> list[str]:
        if not me.results:
            return ["return"] if self.chance(20) else []
        if not calls:
            return [f"return {', '.join(self.stored(kind, scope, self.depth) for kind in me.results)}"]
        lines, results = [], []
        for _ in range(calls):
            rest = [self.stored(kind, scope, 1) for kind in me.parameters[1:]]
            result = self.fresh(_PREFIXES[me.results[0]])
            lines.append(f"{result} = {me.name}({', '.join([f'{parameters[0]} - 1', *rest])})")
            results.append(result)
        scope.variables.update(dict.fromkeys(results, me.results[0]))
        return [*lines, f"return {self.stored(me.results[0], scope, self.depth)}"]

    def program(self, scope: Scope, lines: list[str]) -> str:
        """A program that begins with these lines, which assign what is in `scope`."""
        for _ in range(self.between(0, 2)):
            lines = lines + self._assign_new(scope)
        for _ in range(self.between(0, 2)):
            definition, function = self.function(scope)
            lines = lines + definition
            scope.functions = [*scope.functions, function]
        for function in scope.functions:
            lines = lines + self._use(function, scope)
        while self.budget > 0:
            lines = lines + self.block(scope, False)
            if not self.chance(70):
                break
        return "\n".join([*lines, *self._print(scope), f"print({', '.join(scope.variables)})"]) + "\n"

    def _use(self, function: Function, scope: Scope) -> list[str]:
        if not self.may_call(function, scope):
            return []
        call = self.call(function, scope, self.depth).text
        if not function.results:
            return [call]
        targets = [self.fresh(_PREFIXES[kind]) for kind in function.results]
        scope.variables.update(zip(targets, function.results, strict=True))
        return [f"{', '.join(targets)} = {call}"]


def _indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


@st.composite
def programs(draw: st.DrawFn, max_statements: int = 12, depth: int = 2, risky: bool = True) -> str:
    """Text of a program.

    max_statements: how many statements it has besides the variables at its start; depth: how deep its
    expressions are nested; risky: whether it may end in IndexError, ZeroDivisionError, ValueError or
    AssertionError.
    """
    writer = _Writer(draw, max_statements, depth)
    return writer.program(Scope(risky=risky), [])


@st.composite
def programs_with_input(draw: st.DrawFn, max_statements: int = 12, depth: int = 2) -> tuple[str, str]:
    """Text of a program that begins by reading lines, and these lines; sometimes the last is missing."""
    writer = _Writer(draw, max_statements, depth)
    scope = Scope()
    reads, lines = [], []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from([INTEGER, LISTS[0], STRING]))
        name = writer.fresh(_PREFIXES[kind])
        scope.variables[name] = kind
        if kind == INTEGER:
            reads.append(f"{name} = int(input())")
            lines.append(str(draw(integer_values)))
        elif kind == STRING:
            reads.append(f"{name} = input()")
            lines.append(draw(st.text(st.sampled_from("ab 01-"), max_size=6)))
        else:
            reads.append(f"{name} = list(map(int, input().split()))")
            lines.append(" ".join(map(str, draw(st.lists(integer_values, max_size=4)))))
    given = lines[:-1] if writer.chance(5) else lines
    return writer.program(scope, reads), "".join(line + "\n" for line in given)

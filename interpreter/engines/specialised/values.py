"""Names of numbers in the code: polynomials, and the variables that can be computed from others."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from interpreter.engines.indexed.values import pattern
from interpreter.engines.specialised.fragment import Guard, Row
from interpreter.engines.specialised.knowledge import Variable
from interpreter.engines.specialised.polynomials import Polynomial

if TYPE_CHECKING:
    from interpreter.engines.specialised.region import Region

_MOST_WEIGHT = 2**20


def real(x: float) -> str:
    """A float64 as LLVM writes it."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016x}"


def weighed(often: int, seldom: int) -> str:
    """What is added to a jump that is taken so often, and its alternative."""
    scale = max(often, seldom, _MOST_WEIGHT) / _MOST_WEIGHT
    first, second = (max(int(n / scale), 1) for n in (often, seldom))
    return f', !prof !{{!"branch_weights", i32 {first}, i32 {second}}}'


SELDOM = weighed(1, 1000)


class FoundRows:
    """Rows that have been looked up on the way to one place of the code, and where they are.

    They stay where they are as long as the code runs: a table that must grow is left to the indexed engine.
    """

    def __init__(self) -> None:
        self._there: dict[object, str] = {}
        # With the row, which may be that of the values by default: until one that may be it is entered.
        self._by_default: dict[object, tuple[Row, str]] = {}

    def copy(self) -> FoundRows:
        """For a side way."""
        other = FoundRows()
        other._there, other._by_default = dict(self._there), dict(self._by_default)
        return other

    def there(self, row: Row) -> str | None:
        """The address of a row that is there for certain, if it is known."""
        return self._there.get(_name(row))

    def readable(self, row: Row) -> str | None:
        """The address of its values, or of those by default, if it is known."""
        found = self._by_default.get(_name(row))
        return self.there(row) or (found[1] if found else None)

    def is_there(self, row: Row, address: str) -> None:
        """It has been found, or made."""
        if self.there(row) is None:
            self._there[_name(row)] = address
            self._by_default = {n: f for n, f in self._by_default.items() if _differ(f[0], row)}

    def was_read(self, row: Row, address: str) -> None:
        """It has been found, or is not there."""
        self._by_default[_name(row)] = row, address


def _name(row: Row) -> object:
    return row.table, tuple(k.key for k in row.key)


def _differ(a: Row, b: Row) -> bool:
    """Whether they are two rows for certain."""
    if a.table != b.table:
        return True
    differences = [x - y for x, y in zip(a.key, b.key, strict=True)]
    return any(not d.terms and d.constant for d in differences)


class Values:
    """Names of numbers at one place of the code: what has been computed on the way there is not computed again."""

    def __init__(self, region: Region, defined: list[Variable], variables: dict[int, str]) -> None:
        self.region, self.defined, self.variables = region, defined, variables
        self.sums: dict[object, str] = {}
        # Of what is loaded, and of slots that may be NaN, those that have been found not to be on the way here.
        self.checked: set[int] = set()
        self.rows = FoundRows()

    def copy(self) -> Values:
        """For a side way: what is computed there is not known elsewhere."""
        other = Values(self.region, self.defined, dict(self.variables))
        other.sums, other.checked, other.rows = dict(self.sums), set(self.checked), self.rows.copy()
        return other

    def may_be_nan(self, p: Polynomial) -> bool:
        """Whether the polynomial may be: all that is computed is exact and small, so only where it was read from."""
        return any(self._may_be_nan(v) for v in p.variables())

    def _may_be_nan(self, v: int) -> bool:
        if v in self.checked:
            return False
        definition = self.defined[v].definition
        match definition[0]:
            case "load":
                return True
            case "slot":
                return v in self.region.state.uncertain
        return any(self.may_be_nan(part) for part in definition if isinstance(part, Polynomial))

    def variable(self, v: int) -> str:
        """The name of a variable."""
        if v not in self.variables:
            self.variables[v] = self._defined(v)
        return self.variables[v]

    def _defined(self, v: int) -> str:
        r, kind = self.region, self.defined[v].definition
        match kind:
            case ("position",):
                here = r.let("load i64, ptr %i")
                return r.let(f"sitofp i64 {r.let(f'add i64 {here}, %delta')} to double")
            case ("slot", w):
                return r.let(f"load double, ptr {r.at('%words', str(w))}")
            case ("seen", w):
                kept = r.let(f"load i64, ptr {r.at('%words', str(w))}")
                seen = r.let(f"icmp ne i64 {kept}, 0")
                return r.let(f"uitofp i1 {seen} to double")
            case ("column", int(j)):
                return r.let(f"load double, ptr {r.at(r.row(), str(j), 'double')}, !invariant.load !{{}}")
            case ("flag", Polynomial() as g):
                return r.let(f"uitofp i1 {self.compared(g.shifted(-1.0), 'oge')} to double")
            case ("named", Polynomial() as p):
                return self.number(p)
            case ("positive", Polynomial() as g):
                return r.let(f"select i1 {self.compared(g, 'ogt')}, double {self.number(g)}, double {real(0.0)}")
            case ("embed", Polynomial() as token, int(j)):
                whole = r.let(f"fptosi double {self.number(token)} to i64")
                place = r.let(f"add i64 {r.let(f'mul i64 {whole}, {r.width}')}, {j}")
                return r.let(f"load double, ptr {r.at('%embedding', place, 'double')}, !invariant.load !{{}}")
            case ("digit", Polynomial() as p, int(shift), int(mask)):
                whole = r.let(f"fptosi double {self.number(p)} to i64")
                digit = r.let(f"and i64 {r.let(f'lshr i64 {whole}, {shift}')}, {mask}")
                return r.let(f"sitofp i64 {digit} to double")
            case ("field", Polynomial() as p, int(first), int(bits), int(low)):
                tail = self._floor(self.number(p), first)
                if bits:
                    above = self._floor(self.number(p), first + bits)
                    tail = r.let(f"fsub double {tail}, {r.let(f'fmul double {above}, {real(2.0**bits)}')}")
                return r.let(f"fadd double {tail}, {real(float(low))}")
            case ("best", Polynomial() as linear, Polynomial() as square, int(low), int(high)):
                return self._best(self.number(linear), self.number(square), low, high)
        raise AssertionError(kind)

    def _floor(self, x: str, bits: int) -> str:
        r = self.region
        if bits == 0:
            return x
        return r.let(f"call double @llvm.floor.f64(double {r.let(f'fmul double {x}, {real(2.0**-bits)}')})")

    def _best(self, linear: str, square: str, low: int, high: int) -> str:
        """See `interpreter.engines.indexed.decision`; the square is below 0."""
        r = self.region
        width = r.let(f"fmul double {square}, {real(-2.0)}")
        top = r.let(f"call double @llvm.floor.f64(double {r.let(f'fdiv double {linear}, {width}')})")
        first = r.let(f"select i1 {r.let(f'fcmp ogt double {top}, {real(low)}')}, double {top}, double {real(low)}")
        below = r.let(f"fcmp olt double {first}, {real(high - 1.0)}")
        first = r.let(f"select i1 {below}, double {first}, double {real(high - 1.0)}")
        second = r.let(f"fadd double {first}, {real(1.0)}")
        logits = []
        for v in (first, second):
            slope = r.let(f"fadd double {linear}, {r.let(f'fmul double {v}, {square}')}")
            logits.append(r.let(f"fmul double {v}, {slope}"))
        larger = r.let(f"fcmp ogt double {logits[1]}, {logits[0]}")
        return r.let(f"select i1 {larger}, double {second}, double {first}")

    def terms(self, p: Polynomial) -> str:
        """The sum without its constant, which has terms."""
        r = self.region
        key = p.key[0]
        if key not in self.sums:
            total = None
            for m, c in sorted(p.terms.items(), key=lambda item: -item[1]):
                product = self.variable(m[0])
                for v in m[1:]:
                    product = r.let(f"fmul double {product}, {self.variable(v)}")
                if total is None:
                    total = product if c == 1 else r.let(f"fmul double {product}, {real(c)}")
                elif c == -1:
                    total = r.let(f"fsub double {total}, {product}")
                else:
                    product = product if c == 1 else r.let(f"fmul double {product}, {real(c)}")
                    total = r.let(f"fadd double {total}, {product}")
            assert total is not None
            self.sums[key] = total
        return self.sums[key]

    def number(self, p: Polynomial) -> str:
        """The name, or the literal, of a polynomial."""
        if not p.terms:
            return real(p.constant)
        if not p.constant:
            return self.terms(p)
        if p.key not in self.sums:
            self.sums[p.key] = self.region.let(f"fadd double {self.terms(p)}, {real(p.constant)}")
        return self.sums[p.key]

    def _is_loaded(self, v: int, value: float) -> str:
        """A bit: the variable that is loaded is the number; as integers, of which NaN is another one.

        So is -0, which is not 0 here: it is never written, and it would be right to leave it to the indexed engine.
        """
        bits = self.region.let(f"bitcast double {self.variable(v)} to i64")
        return self.region.let(f"icmp eq i64 {bits}, {pattern(value)}")

    def compared(self, p: Polynomial, how: str) -> str:
        """A bit: the polynomial compared with 0."""
        return self.region.let(f"fcmp {how} double {self.terms(p)}, {real(-p.constant)}")

    def holds(self, guard: Guard) -> str:
        """A bit, or the word for it."""
        p = guard.polynomial
        if not p.terms:
            return "true" if (p.constant == 0 if guard.is_zero else p.constant >= 0) else "false"
        if not guard.is_zero:
            return self.compared(p, "oge")
        if guard.equated >= 0 and self.defined[guard.equated].definition[0] == "load":
            return self._is_loaded(guard.equated, 0.0 - p.constant / p.terms[(guard.equated,)])
        # Of a number one jump is enough; NaN is told by a second one.
        return self.compared(p, "oeq" if self.may_be_nan(p) else "nnan oeq")

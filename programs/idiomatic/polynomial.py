from itertools import zip_longest
from numbers import Number


class Polynomial:
    """Polynomial with coefficients from the constant term on."""

    def __init__(self, *coefficients):
        coefficients = list(coefficients)
        while len(coefficients) > 1 and coefficients[-1] == 0:
            coefficients.pop()
        self.coefficients = tuple(coefficients) or (0,)

    @classmethod
    def from_roots(cls, *roots):
        result = cls(1)
        for root in roots:
            result *= cls(-root, 1)
        return result

    @property
    def degree(self):
        return len(self.coefficients) - 1

    def __call__(self, x):
        result = 0
        for c in reversed(self.coefficients):
            result = result * x + c
        return result

    def __add__(self, other):
        if isinstance(other, Number):
            other = Polynomial(other)
        return Polynomial(*(a + b for a, b in zip_longest(self.coefficients, other.coefficients, fillvalue=0)))

    __radd__ = __add__

    def __neg__(self):
        return Polynomial(*(-c for c in self.coefficients))

    def __sub__(self, other):
        return self + -other

    def __mul__(self, other):
        if isinstance(other, Number):
            return Polynomial(*(c * other for c in self.coefficients))
        out = [0] * (self.degree + other.degree + 1)
        for i, a in enumerate(self.coefficients):
            for j, b in enumerate(other.coefficients):
                out[i + j] += a * b
        return Polynomial(*out)

    __rmul__ = __mul__

    def __pow__(self, n):
        result = Polynomial(1)
        for _ in range(n):
            result = result * self
        return result

    def __divmod__(self, other):
        quotient, rest = Polynomial(0), self
        while rest.degree >= other.degree and rest != Polynomial(0):
            factor = rest.coefficients[-1] / other.coefficients[-1]
            term = Polynomial(*[0] * (rest.degree - other.degree), factor)
            quotient, rest = quotient + term, rest - term * other
        return quotient, rest

    def __eq__(self, other):
        return isinstance(other, Polynomial) and self.coefficients == other.coefficients

    def derivative(self):
        return Polynomial(*(i * c for i, c in enumerate(self.coefficients[1:], 1)))

    def __str__(self):
        terms = []
        for i, c in reversed(list(enumerate(self.coefficients))):
            if c == 0:
                continue
            size = "" if abs(c) == 1 and i else f"{abs(c):g}"
            power = "" if i == 0 else "x" if i == 1 else f"x^{i}"
            sign = "-" if c < 0 else "+"
            terms.append((sign, size + power))
        if not terms:
            return "0"
        (sign, first), *rest = terms
        return (sign if sign == "-" else "") + first + "".join(f" {s} {t}" for s, t in rest)

    def __repr__(self):
        return f"{type(self).__name__}{self.coefficients!r}"


p = Polynomial(-1, 0, 3)
q = Polynomial.from_roots(1, -2, 3)
print(f"p(x) = {p}, q(x) = {q}")
print("p + q =", p + q, "| p - q =", p - q, "| 2p + 1 =", 2 * p + 1)
print("p * q =", p * q)
print("(x + 1)^6 =", Polynomial(1, 1) ** 6)
quotient, rest = divmod(q, Polynomial(-1, 1))
print("q / (x - 1) =", quotient, "rest", rest)
print("q' =", q.derivative(), "  q'' =", q.derivative().derivative())
print([q(x) for x in range(-3, 5)], p(0.5), sum([p, q, Polynomial(5)]))
print(repr(p), p == Polynomial(-1, 0, 3, 0, 0), q.degree)

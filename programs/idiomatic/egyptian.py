from fractions import Fraction
from math import ceil


def egyptian(fraction):
    """Greedy expansion into distinct unit fractions."""
    whole, fraction = divmod(fraction, 1)
    parts = [Fraction(whole)] if whole else []
    while fraction:
        unit = Fraction(1, ceil(1 / fraction))
        parts.append(unit)
        fraction -= unit
    return parts


def continued_fraction(x):
    while True:
        whole = x.numerator // x.denominator
        yield whole
        x -= whole
        if x == 0:
            return
        x = 1 / x


def convergents(terms):
    h, k = (1, 0), (0, 1)
    for a in terms:
        h = a * h[0] + h[1], h[0]
        k = a * k[0] + k[1], k[0]
        yield Fraction(h[0], k[0])


def harmonic(n):
    return sum((Fraction(1, i) for i in range(1, n + 1)), Fraction(0))


def bernoulli(n):
    row = [Fraction(0)] * (n + 1)
    for m in range(n + 1):
        row[m] = Fraction(1, m + 1)
        for j in range(m, 0, -1):
            row[j - 1] = j * (row[j - 1] - row[j])
    return row[0]


for text in ["43/48", "5/121", "7/3", "0.375"]:
    f = Fraction(text)
    print(f"{text} = {' + '.join(str(p) for p in egyptian(f))}")

pi = Fraction(355, 113)
terms = list(continued_fraction(pi))
print(terms, [str(c) for c in convergents(terms)])
print("H(10) =", harmonic(10), "~", round(float(harmonic(10)), 6))
for n in (0, 1, 2, 4, 10):
    print(f"B({n}) = {bernoulli(n)}")
a, b = Fraction(3, 4), Fraction(-5, 6)
print(a + b, a * b, a / b, a - 1, abs(b), -b, a > b, max(a, b), a ** 2, a == 0.75)
print(repr(a), float(b), int(Fraction(17, 5)), round(Fraction(22, 7), 2))
print(Fraction(3.25), Fraction("1e-3"), Fraction(3.14159).limit_denominator(100))
print(sorted([Fraction(1, 3), Fraction(1, 2), 0.4, 0]))

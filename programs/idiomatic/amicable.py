"""Project Euler 21 and 23: amicable and abundant numbers."""

from functools import lru_cache
from math import isqrt


@lru_cache(maxsize=None)
def divisor_sum(n: int) -> int:
    """Sum of the proper divisors of n."""
    if n < 2:
        return 0
    total = 1
    for d in range(2, isqrt(n) + 1):
        if n % d == 0:
            total += d
            if d != n // d:
                total += n // d
    return total


def amicable_pairs(limit):
    for a in range(2, limit):
        b = divisor_sum(a)
        if a < b and divisor_sum(b) == a:
            yield a, b


def classify(n: int) -> str:
    s = divisor_sum(n)
    return "perfect" if s == n else "abundant" if s > n else "deficient"


def main() -> None:
    limit = 1500
    pairs = list(amicable_pairs(limit))
    for a, b in pairs:
        print(f"{a:>6,} <-> {b:>6,}")
    print("sum:", sum(a + b for a, b in pairs))

    counts = {"deficient": 0, "perfect": 0, "abundant": 0}
    for n in range(1, 500):
        counts[classify(n)] += 1
    for kind, count in counts.items():
        print(f"{kind:<10} {count:4d} {count / 499:7.2%}")

    abundant = [n for n in range(12, 200) if classify(n) == "abundant"]
    sums = {x + y for i, x in enumerate(abundant) for y in abundant[i:]}
    missing = [n for n in range(1, 200) if n not in sums]
    print(len(missing), missing[-5:])
    print("first odd abundant:", next((n for n in range(1, 1000, 2) if classify(n) == "abundant"), None))


if __name__ == "__main__":
    main()

# Prime numbers from a generator that never ends, and what can be made of it lazily.
# Input: how many primes to print.
from itertools import count, islice, takewhile


def primes():
    """All primes, by a sieve that grows: each composite knows the primes that lead to it."""
    factors = {}
    for n in count(2):
        if n in factors:
            for p in factors.pop(n):
                factors.setdefault(n + p, []).append(p)
        else:
            factors[n * n] = [n]
            yield n


def pairs(numbers):
    """Neighbours of a sequence."""
    before = next(numbers)
    for n in numbers:
        yield before, n
        before = n


wanted = int(input())
print(*islice(primes(), wanted))
twins = ((a, b) for a, b in pairs(primes()) if b - a == 2)
print("twins:", list(islice(twins, 5)))
print("sum of those below 50:", sum(takewhile(lambda p: p < 50, primes())))
print("gaps:", [b - a for a, b in islice(pairs(primes()), wanted - 1)])

import sys
from bisect import bisect_left, bisect_right
from itertools import takewhile


def primes_up_to(limit):
    sieve = [True] * (limit + 1)
    sieve[0] = sieve[1] = False
    for i in range(2, int(limit ** 0.5) + 1):
        if sieve[i]:
            sieve[i * i::i] = [False] * len(range(i * i, limit + 1, i))
    return [i for i, is_prime in enumerate(sieve) if is_prime]


def factorize(n, primes):
    factors = {}
    for p in takewhile(lambda p: p * p <= n, primes):
        while n % p == 0:
            factors[p] = factors.get(p, 0) + 1
            n //= p
    if n > 1:
        factors[n] = 1
    return factors


def pretty(factors):
    return " x ".join(f"{p}^{e}" if e > 1 else f"{p}" for p, e in factors.items())


def goldbach(n, primes, lookup):
    return next((p, n - p) for p in primes if n - p in lookup)


def main(argv):
    limit = int(argv[1]) if len(argv) > 1 else 2000
    primes = primes_up_to(limit)
    lookup = frozenset(primes)
    print(f"{len(primes)} primes up to {limit}, the last ones {primes[-3:]}")
    twins = [(p, p + 2) for p in primes if p + 2 in lookup]
    print("twin primes:", len(twins), twins[:4], "...", twins[-1])
    lo, hi = bisect_left(primes, 900), bisect_right(primes, 1000)
    print("between 900 and 1000:", *primes[lo:hi])
    gap, start = max((b - a, -a) for a, b in zip(primes, primes[1:]))
    print(f"largest gap {gap} after {-start}")
    for n in (60, 97, 1001, 1024, 99 * 101, 3599):
        print(f"{n:>6} = {pretty(factorize(n, primes))}")
    print([goldbach(n, primes, lookup) for n in range(90, 101, 2)])
    endings = {d: sum(p % 10 == d for p in primes) for d in (1, 3, 7, 9)}
    width = max(endings.values())
    for digit, count in sorted(endings.items(), key=lambda kv: -kv[1]):
        print(digit, "*" * round(count / width * 30), count)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

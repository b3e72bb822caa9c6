"""Big integers: factorials, Fibonacci, binomials, digits."""
from math import comb, factorial, gcd, log10, prod


def fib(n: int) -> int:
    """Fast doubling."""
    def pair(k):
        if k == 0:
            return 0, 1
        a, b = pair(k >> 1)
        c = a * (2 * b - a)
        d = a * a + b * b
        return (d, c + d) if k & 1 else (c, d)
    return pair(n)[0]


def digit_sum(n: int) -> int:
    return sum(int(d) for d in str(n))


def trailing_zeros(n: int) -> int:
    count = 0
    while n:
        n //= 5
        count += n
    return count


def power_mod(base: int, exponent: int, modulus: int) -> int:
    result = 1
    base %= modulus
    while exponent:
        if exponent & 1:
            result = result * base % modulus
        base = base * base % modulus
        exponent >>= 1
    return result


def extended_gcd(a, b):
    if b == 0:
        return a, 1, 0
    g, x, y = extended_gcd(b, a % b)
    return g, y, x - a // b * y


print(f"30! = {factorial(30):,}")
print("digit sum of 60!:", digit_sum(factorial(60)))
print("zeros of 100!:", trailing_zeros(100), len(str(factorial(100))) - len(str(factorial(100)).rstrip("0")))
print("F(300) =", fib(300))
first = next(n for n in range(1, 1000) if len(str(fib(n))) >= 50)
print(f"first with 50 digits: F({first})")
print("C(60, 30) =", comb(60, 30), "=", prod(range(31, 61)) // factorial(30))
print("last ten digits of 2**1000:", str(pow(2, 1000, 10**10)).zfill(10), power_mod(2, 1000, 10**10))
g, x, y = extended_gcd(2**61 - 1, 10**18 + 9)
print(g, x, y, x * (2**61 - 1) + y * (10**18 + 9) == g == gcd(2**61 - 1, 10**18 + 9))
print("inverse:", pow(3, -1, 10**9 + 7))
print(f"{2**100:e} {2**200:.6g} {log10(2**100):.4f} {(2**64 - 1):x} {10**20:_}")
powers = {a**b for a in range(2, 12) for b in range(2, 12)}
print(len(powers), max(powers), sorted(powers)[:10])
lychrel = 89
steps = 0
while str(lychrel) != str(lychrel)[::-1]:
    lychrel += int(str(lychrel)[::-1])
    steps += 1
print(f"89 becomes {lychrel} after {steps} steps")

"""`math`: what can be computed exactly, or rounded correctly, on integers."""

pi = 3.141592653589793
e = 2.718281828459045
tau = 6.283185307179586
inf = float("inf")
nan = float("nan")


def gcd(*numbers):
    result = 0
    for number in numbers:
        number = abs(number)
        while number:
            result, number = number, result % number
    return result


def lcm(*numbers):
    result = 1
    for number in numbers:
        if number == 0:
            return 0
        result = abs(result * number) // gcd(result, number)
    return result


def factorial(n):
    if n < 0:
        raise ValueError("factorial() not defined for negative values")
    result = 1
    for i in range(2, n + 1):
        result *= i
    return result


def isqrt(n):
    if n < 0:
        raise ValueError("isqrt() argument must be nonnegative")
    if n == 0:
        return 0
    x = 1 << (n.bit_length() + 1) // 2
    while True:
        y = (x + n // x) // 2
        if y >= x:
            return x
        x = y


def comb(n, k):
    if k > n:
        return 0
    result = 1
    for i in range(min(k, n - k)):
        result = result * (n - i) // (i + 1)
    return result


def perm(n, k=None):
    result = 1
    for i in range(n if k is None else k):
        result *= n - i
    return result


def prod(iterable, *, start=1):
    for item in iterable:
        start = start * item
    return start


def floor(x):
    return __float_floor__(x)


def ceil(x):
    return __float_ceil__(x)


def trunc(x):
    return int(x)


def sqrt(x):
    return __float_sqrt__(x)


def fabs(x):
    return abs(float(x))


def pow(x, y):
    return float(x) ** float(y)


def isnan(x):
    return x != x


def isinf(x):
    return x == inf or x == -inf


def isfinite(x):
    return x == x and not isinf(x)


def fmod(x, y):
    x, y = float(x), float(y)
    result = abs(x) % abs(y)
    return -result if x < 0 else result


def modf(x):
    whole = float(int(x))
    return x - whole, whole


def copysign(x, y):
    x = abs(float(x))
    return -x if y < 0 else x


def dist(p, q):
    return sqrt(sum((a - b) ** 2.0 for a, b in zip(p, q)))


def isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0):
    if a == b:
        return True
    if isinf(a) or isinf(b):
        return False
    return abs(a - b) <= max(rel_tol * max(abs(a), abs(b)), abs_tol)

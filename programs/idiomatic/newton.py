"""Root finding: bisection, secant, Newton."""
import math
from typing import Callable

Function = Callable[[float], float]


class NoConvergence(RuntimeError):
    def __init__(self, method: str, iterations: int):
        self.method, self.iterations = method, iterations

    def __str__(self):
        return f"{self.method} did not converge in {self.iterations} iterations"


def bisection(f: Function, a: float, b: float, eps: float = 1e-12) -> float:
    if f(a) * f(b) > 0:
        raise ValueError(f"no sign change on [{a}, {b}]")
    while b - a > eps:
        mid = (a + b) / 2
        if f(a) * f(mid) <= 0:
            b = mid
        else:
            a = mid
    return (a + b) / 2


def newton(f: Function, df: Function, x: float, *, eps=1e-13, limit=50, trace=None) -> float:
    for i in range(limit):
        step = f(x) / df(x)
        x -= step
        if trace is not None:
            trace.append(x)
        if abs(step) < eps:
            return x
    raise NoConvergence("Newton", limit)


def secant(f: Function, x0: float, x1: float, eps: float = 1e-12) -> float:
    while abs(x1 - x0) > eps:
        x0, x1 = x1, x1 - f(x1) * (x1 - x0) / (f(x1) - f(x0))
    return x1


def derivative(f: Function, h: float = 1e-6) -> Function:
    def df(x):
        return (f(x + h) - f(x - h)) / (2 * h)
    return df


def simpson(f, a, b, n=20):
    h = (b - a) / n
    return h / 3 * (f(a) + f(b) + sum((4 if i % 2 else 2) * f(a + i * h) for i in range(1, n)))


def sqrt(n: float) -> float:
    return newton(lambda x: x * x - n, lambda x: 2 * x, n)


trace = []
root = newton(lambda x: x**3 - 2 * x - 5, lambda x: 3 * x**2 - 2, 2.0, trace=trace)
for i, x in enumerate(trace, start=1):
    print(f"{i}: {x:.15f}")
print(f"sqrt(2) = {sqrt(2)} (error {abs(sqrt(2) - math.sqrt(2)):.1e})")
print(f"cos x = x at {bisection(lambda x: math.cos(x) - x, 0, 1):.10f}")
print(f"e^x = 3 at {secant(lambda x: math.exp(x) - 3, 0, 1):.10f}, log 3 = {math.log(3):.10f}")
print(f"numeric: {newton(math.sin, derivative(math.sin), 3):.8f} = {math.pi:.8f}")
print(f"integral: {simpson(lambda x: 4 / (1 + x * x), 0, 1):.8f}")
for attempt in (
    lambda: bisection(lambda x: x * x + 1, -1, 1),
    lambda: newton(lambda x: x * x + 1, lambda x: 2 * x, 0.5),
    lambda: newton(lambda x: x**2 - 2, lambda x: 2 * x, 0),
):
    try:
        print(attempt())
    except (ValueError, NoConvergence, ZeroDivisionError) as e:
        print(f"{e.__class__.__name__}: {e}")

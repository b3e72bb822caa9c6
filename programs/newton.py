# Newton's method: roots of functions, to the last bit of a float.
# Input: the number whose square and cube root are wanted.


class NoRoot(ArithmeticError):
    pass


def derivative(f, h=1e-6):
    return lambda x: (f(x + h) - f(x - h)) / (2 * h)


def newton(f, x, slope=None, rounds=60):
    """A root of f near x; raises NoRoot where the steps do not become small."""
    slope = slope or derivative(f)
    for number in range(rounds):
        try:
            step = f(x) / slope(x)
        except ZeroDivisionError:
            raise NoRoot(f"flat at {x:.3g}") from None
        x -= step
        if abs(step) <= 1e-15 * abs(x):
            return x, number + 1
    raise NoRoot(f"no root after {rounds} steps")


a = float(input())
problems = {
    "square root": (lambda x: x * x - a, lambda x: 2 * x, a),
    "cube root": (lambda x: x**3 - a, lambda x: 3 * x * x, a),
    "golden ratio": (lambda x: x * x - x - 1, None, 2.0),
    "nothing": (lambda x: x * x + 1, lambda x: 2 * x, 1.0),
}
for name, (f, slope, start) in problems.items():
    try:
        root, steps = newton(f, start, slope)
    except NoRoot as problem:
        print(f"{name}: {problem}")
    else:
        print(f"{name}: {root!r} after {steps} steps, off by {f(root):.1e}")

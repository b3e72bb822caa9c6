# The greatest common divisor by Euclid's algorithm, extended by Bezout's coefficients.
# Input: two integers on one line.


def extended_gcd(a, b):
    x, y, next_x, next_y = 1, 0, 0, 1
    while b != 0:
        quotient = a // b
        a, b = b, a - quotient * b
        x, next_x = next_x, x - quotient * next_x
        y, next_y = next_y, y - quotient * next_y
    return a, x, y


numbers = list(map(int, input().split()))
a = numbers[0]
b = numbers[1]
divisor, x, y = extended_gcd(a, b)
print(f"{divisor} = {x} * {a} + {y} * {b}")

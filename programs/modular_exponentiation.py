# base ** exponent % modulus by repeated squaring, on numbers of any size.
# Input: base, exponent and modulus on one line.


def power(base, exponent, modulus):
    result = 1 % modulus
    base %= modulus
    while exponent > 0:
        if exponent % 2 == 1:
            result = result * base % modulus
        base = base * base % modulus
        exponent //= 2
    return result


numbers = list(map(int, input().split()))
print(power(numbers[0], numbers[1], numbers[2]))

import string

DIGITS = string.digits + string.ascii_lowercase


def to_base(number: int, base: int) -> str:
    """Write a number in a base from 2 to 36."""
    if base < 2 or base > len(DIGITS):
        raise ValueError("base must be between 2 and 36")
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    number = abs(number)
    digits = []
    while number:
        number, digit = divmod(number, base)
        digits.append(DIGITS[digit])
    return sign + "".join(reversed(digits))


def fraction_to_binary(x: float, bits: int = 12) -> str:
    out = "0."
    while x > 0 and len(out) < bits + 2:
        x *= 2
        bit = int(x)
        out += str(bit)
        x -= bit
    return out


def gray(n):
    return n ^ (n >> 1)


def balanced_ternary(n):
    if n == 0:
        return "0"
    out = ""
    while n:
        n, r = divmod(n, 3)
        if r == 2:
            n += 1
        out = "01-"[r] + out
    return out


while True:
    line = input("number base> ")
    if line.lower() in ("quit", "exit", "q"):
        break
    try:
        number, base = line.split()
        value = int(number, 0)
        result = to_base(value, int(base))
        back = int(result, int(base))
    except ValueError as e:
        print("  !", e)
    else:
        print(f"  {value} = {result} ({base}); check: {back == value}")

print("dec | bin      | oct | hex | gray | balanced")
for n in range(0, 20, 3):
    print(f"{n:3} | {n:08b} | {n:3o} | {n:#x} | {gray(n):04b} | {balanced_ternary(n):>5}")
print(bin(-37), oct(64), hex(255), int("ff", 16), int("0b101", 2), int("-zz", 36))
print(fraction_to_binary(0.625), fraction_to_binary(0.1))
print((1000).bit_length(), bin(1000).count("1"), f"{1000:>#14b}", f"{-255:+X}")

import sys

NUMERALS = [
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"),
    (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
    (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
]
VALUES = {symbol: value for value, symbol in NUMERALS if len(symbol) == 1}


def to_roman(number: int) -> str:
    """
    >>> to_roman(1994)
    'MCMXCIV'
    """
    if not 0 < number < 4000:
        raise ValueError(f"{number} has no Roman numeral")
    result = []
    for value, symbol in NUMERALS:
        count, number = divmod(number, value)
        result.append(symbol * count)
    return "".join(result)


def from_roman(text: str) -> int:
    total = 0
    for current, following in zip(text, text[1:] + "\0"):
        value = VALUES[current]
        total += -value if value < VALUES.get(following, 0) else value
    if to_roman(total) != text:
        raise ValueError(f"{text!r} is not in canonical form, did you mean {to_roman(total)!r}?")
    return total


def convert(word: str) -> str:
    word = word.strip().upper()
    return to_roman(int(word)) if word.isdecimal() else str(from_roman(word))


for line in sys.stdin.read().splitlines():
    try:
        print(line.ljust(10), "=", convert(line))
    except KeyError as error:
        print(line.ljust(10), "? unknown symbol", error)
    except ValueError as error:
        print(line.ljust(10), "?", error)

assert all(from_roman(to_roman(n)) == n for n in range(1, 400, 7))
longest = max(range(1, 400), key=lambda n: len(to_roman(n)))
print(longest, to_roman(longest))

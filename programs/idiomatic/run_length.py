import re
from itertools import groupby, islice


def encode(s: str) -> str:
    return "".join(f"{n if n > 1 else ''}{ch}" for ch, n in ((k, len(list(g))) for k, g in groupby(s)))


def decode(s: str) -> str:
    return re.sub(r"(\d+)(\D)", lambda m: m.group(2) * int(m.group(1)), s)


def look_and_say(start="1"):
    while True:
        yield start
        start = "".join(str(len(list(group))) + digit for digit, group in groupby(start))


def packbits(data):
    """Splits into runs and literal stretches."""
    out = []
    i = 0
    while i < len(data):
        j = i
        while j < len(data) and data[j] == data[i]:
            j += 1
        if j - i >= 3:
            out.append((j - i, data[i]))
        elif out and isinstance(out[-1], list):
            out[-1].extend(data[i:j])
        else:
            out.append(list(data[i:j]))
        i = j
    return out


for text in ["WWWWWWWWWWWWBWWWWWWWWWWWWBBBWWWWWWWWWWWWWWWWWWWWWWWWBWWWWWWWWWWWWWW", "abc", "", "aabccc  d"]:
    coded = encode(text)
    ratio = len(coded) / len(text) if text else float("nan")
    print(f"{coded!r} ({ratio:.0%})", decode(coded) == text)
    print("  packbits:", packbits(text))

for i, term in enumerate(islice(look_and_say(), 9)):
    print(f"{i:2d}: {term}")

bitmap = """\
..####..
.#....#.
#.#..#.#
#......#
#.####.#
.#....#.
..####..
"""
rows = [[(k, sum(1 for _ in g)) for k, g in groupby(row)] for row in bitmap.splitlines()]
print(rows[0])
print("\n".join("".join(k * n for k, n in row) for row in rows) == bitmap.strip("\n"))
print(max((n, k) for row in rows for k, n in row))

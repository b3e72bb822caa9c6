import sys
from functools import lru_cache


def levenshtein(a: str, b: str) -> int:
    previous = list(range(len(b) + 1))
    for i, ca in enumerate(a, 1):
        current = [i]
        for j, cb in enumerate(b, 1):
            current.append(min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (ca != cb)))
        previous = current
    return previous[-1]


def lcs(xs, ys):
    """Longest common subsequence, as a table of lengths."""
    table = [[0] * (len(ys) + 1) for _ in range(len(xs) + 1)]
    for i in reversed(range(len(xs))):
        for j in reversed(range(len(ys))):
            if xs[i] == ys[j]:
                table[i][j] = table[i + 1][j + 1] + 1
            else:
                table[i][j] = max(table[i + 1][j], table[i][j + 1])
    return table


def diff(old, new):
    table = lcs(old, new)
    i = j = 0
    while i < len(old) or j < len(new):
        if i < len(old) and j < len(new) and old[i] == new[j]:
            yield " ", old[i]
            i, j = i + 1, j + 1
        elif j == len(new) or (i < len(old) and table[i + 1][j] >= table[i][j + 1]):
            yield "-", old[i]
            i += 1
        else:
            yield "+", new[j]
            j += 1


def closest(word, vocabulary):
    return sorted(vocabulary, key=lambda w: levenshtein(word, w))[:2]


def main():
    sys.setrecursionlimit(10000)
    first, _, second = sys.stdin.read().partition("\n----\n")
    old, new = first.splitlines(), second.splitlines()
    changes = {" ": 0, "-": 0, "+": 0}
    for sign, line in diff(old, new):
        changes[sign] += 1
        print(sign, line)
    print("%d same, %d removed, %d added" % (changes[" "], changes["-"], changes["+"]))
    for a, b in [("kitten", "sitting"), ("rosettacode", "raisethysword"), ("", "abc"), ("same", "same")]:
        print("%-12s %-14s %2d %5.1f%%" % (a, b, levenshtein(a, b), 100 * (1 - levenshtein(a, b) / max(len(a), len(b)))))
    vocabulary = "print input range return yield lambda import".split()
    for typo in ("pritn", "retrun", "lamda", "imprt"):
        print(f"{typo}: did you mean {' or '.join(map(repr, closest(typo, vocabulary)))}?")

    @lru_cache(maxsize=None)
    def longest(a, b):
        if not a or not b:
            return ""
        if a[0] == b[0]:
            return a[0] + longest(a[1:], b[1:])
        return max(longest(a[1:], b), longest(a, b[1:]), key=len)

    print(longest("AGGTAB", "GXTXAYB"), longest("thisisatest", "testing123testing"))


if __name__ == "__main__":
    main()

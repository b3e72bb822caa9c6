import sys
from itertools import permutations


def solve(n, row=0, columns=(), diag1=frozenset(), diag2=frozenset()):
    """Yields all placements as tuples of columns."""
    if row == n:
        yield columns
        return
    for c in range(n):
        if c not in columns and row + c not in diag1 and row - c not in diag2:
            yield from solve(n, row + 1, columns + (c,), diag1 | {row + c}, diag2 | {row - c})


def bits(n):
    full = (1 << n) - 1

    def place(cols, left, right):
        if cols == full:
            return 1
        free = full & ~(cols | left | right)
        count = 0
        while free:
            bit = free & -free
            free ^= bit
            count += place(cols | bit, (left | bit) << 1, (right | bit) >> 1)
        return count

    return place(0, 0, 0)


def by_permutations(n):
    return sum(
        len({p[i] + i for i in range(n)}) == n == len({p[i] - i for i in range(n)})
        for p in permutations(range(n))
    )


def symmetries(solution):
    n = len(solution)
    current = solution
    for _ in range(4):
        yield current
        yield tuple(reversed(current))
        rotated = [0] * n
        for r, c in enumerate(current):
            rotated[c] = n - 1 - r
        current = tuple(rotated)


def board(solution):
    n = len(solution)
    return "\n".join(" ".join("Q" if c == q else "." for c in range(n)) for q in solution)


n = int(sys.stdin.readline() or 6)
solutions = list(solve(n))
print(f"{n} queens: {len(solutions)} solutions, {bits(n)} with bits, {by_permutations(n)} with permutations")
print(board(solutions[0]), end="\n\n")
fundamental = {min(symmetries(s)) for s in solutions}
print("fundamental:", sorted(fundamental))
print(*map(bits, range(1, 7)))

# Sudoku by constraint propagation and search, after Norvig: a digit that is settled leaves the other
# squares of its units; a digit with one square left in a unit goes there; then guess where fewest are left.
# Input: the 81 squares, row by row, on one line, 0 or . where empty. Output: the solution likewise.


def all_units():
    units = []
    for i in range(9):
        units.append([9 * i + j for j in range(9)])
        units.append([9 * j + i for j in range(9)])
        units.append([27 * (i // 3) + 3 * (i % 3) + 9 * (j // 3) + j % 3 for j in range(9)])
    return units


def candidates(possible, square):
    return [digit for digit in range(1, 10) if possible[square][digit]]


def assign(possible, square, digit):
    # Settles a square; False if that leads to a contradiction.
    for other in range(1, 10):
        if other != digit and not eliminate(possible, square, other):
            return False
    return True


def eliminate(possible, square, digit):
    # Rules out a digit for a square, with all that follows; False if that leads to a contradiction.
    if not possible[square][digit]:
        return True
    possible[square][digit] = False
    left = candidates(possible, square)
    if len(left) == 0:
        return False
    for unit in units_of[square]:
        if len(left) == 1:
            for peer in unit:
                if peer != square and not eliminate(possible, peer, left[0]):
                    return False
        places = [place for place in unit if possible[place][digit]]
        if len(places) == 0 or len(places) == 1 and not assign(possible, places[0], digit):
            return False
    return True


def search(possible):
    # Solves the puzzle, writing the answer to `solution`; False if there is none.
    best = -1
    fewest = 10
    for square in range(81):
        count = len(candidates(possible, square))
        if 1 < count and count < fewest:
            best, fewest = square, count
    if best < 0:
        for square in range(81):
            solution.append(candidates(possible, square)[0])
        return True
    for digit in candidates(possible, best):
        attempt = [row[:] for row in possible]
        if assign(attempt, best, digit) and search(attempt):
            return True
    return False


def solve(line):
    possible = [[True] * 10 for _ in range(81)]
    for square in range(81):
        if line[square] != "0" and line[square] != ".":
            if not assign(possible, square, ord(line[square]) - ord("0")):
                return False
    return search(possible)


units_of = [[unit for unit in all_units() if square in unit] for square in range(81)]
solution = []
if solve(input()):
    for digit in solution:
        print(digit, end="")
    print()
else:
    print("no solution")

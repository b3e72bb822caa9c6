# Sudoku by constraint propagation and search, after Norvig: a digit that is settled leaves the other
# squares of its units; a digit with one square left in a unit goes there; then guess where fewest are left.
# Input: the squares, row by row, on one line, 0 or . where empty; 81 of them, or 16 for boxes of 2 by 2.
# Output: the solution likewise.


def all_units():
    # The squares of each row, column and box.
    units = []
    for i in range(side):
        corner = i // box * box * side + i % box * box
        units.append([side * i + j for j in range(side)])
        units.append([side * j + i for j in range(side)])
        units.append([corner + j // box * side + j % box for j in range(side)])
    return units


def candidates(possible, square):
    return [digit for digit in range(1, side + 1) if possible[square][digit]]


def assign(possible, square, digit):
    # Settles a square; False if that leads to a contradiction.
    for other in range(1, side + 1):
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
    fewest = side + 1
    for square in range(side * side):
        count = len(candidates(possible, square))
        if 1 < count < fewest:
            best, fewest = square, count
    if best < 0:
        for square in range(side * side):
            solution.append(candidates(possible, square)[0])
        return True
    for digit in candidates(possible, best):
        attempt = [row[:] for row in possible]
        if assign(attempt, best, digit) and search(attempt):
            return True
    return False


def solve():
    possible = [[True] * (side + 1) for _ in range(side * side)]
    for square in range(side * side):
        if line[square] != "0" and line[square] != ".":
            if not assign(possible, square, ord(line[square]) - ord("0")):
                return False
    return search(possible)


line = input()
box = 1
while box**4 < len(line):
    box += 1
side = box * box
units = all_units()
units_of = [[unit for unit in units if square in unit] for square in range(side * side)]
solution = []
if solve():
    for digit in solution:
        print(digit, end="")
    print()
else:
    print("no solution")

# An elementary cellular automaton (Wolfram's numbering) on a ring; rule 110 is universal (Cook 2004).
# Input: the rule and the number of generations on one line, then the first row of . and #.
numbers = list(map(int, input().split()))
rule = [numbers[0] // 2**i % 2 for i in range(8)]
row = [1 if letter == "#" else 0 for letter in input()]
n = len(row)
for _ in range(numbers[1] + 1):
    for cell in row:
        print("#" if cell == 1 else ".", end="")
    print()
    row = [rule[4 * row[i - 1] + 2 * row[i] + row[(i + 1) % n]] for i in range(n)]

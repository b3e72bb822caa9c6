# The n queens problem: how many ways to place n queens on an n x n board, none attacking another.
# Input: n. Output: the first solution as a board, and the number of solutions.


def show(columns):
    for column in columns:
        for square in range(len(columns)):
            print("Q" if square == column else ".", end="")
        print()


def place(columns):
    global solutions
    row = len(columns)
    if row == n:
        solutions += 1
        if solutions == 1:
            show(columns)
        return
    for column in range(n):
        if not (column_taken[column] or sum_taken[row + column] or difference_taken[row - column + n]):
            column_taken[column] = sum_taken[row + column] = difference_taken[row - column + n] = True
            columns.append(column)
            place(columns)
            columns.pop()
            column_taken[column] = sum_taken[row + column] = difference_taken[row - column + n] = False


n = int(input())
column_taken = [False] * n
sum_taken = [False] * (2 * n)
difference_taken = [False] * (2 * n + 1)
solutions = 0
place([])
print("solutions:", solutions)

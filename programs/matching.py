# A perfect matching of least cost in a complete bipartite graph: the Hungarian algorithm, in the form
# with potentials and one shortest augmenting path a row, O(n^3).
# Input: the n x n cost matrix, row by row, on one line. Output: the column of each row, and the cost.


def match(cost, n):
    # Row and column 0 are a sentinel: row_of[0] is the row that looks for a partner.
    row_potential = [0] * (n + 1)
    column_potential = [0] * (n + 1)
    row_of = [0] * (n + 1)
    for row in range(1, n + 1):
        row_of[0] = row
        column = 0
        slack = [-1] * (n + 1)
        came_from = [0] * (n + 1)
        done = [False] * (n + 1)
        while row_of[column] != 0:
            done[column] = True
            current = row_of[column]
            nearest = 0
            for j in range(1, n + 1):
                if not done[j]:
                    reduced = cost[(current - 1) * n + j - 1] - row_potential[current] - column_potential[j]
                    if slack[j] < 0 or reduced < slack[j]:
                        slack[j] = reduced
                        came_from[j] = column
                    if nearest == 0 or slack[j] < slack[nearest]:
                        nearest = j
            delta = slack[nearest]
            for j in range(n + 1):
                if done[j]:
                    row_potential[row_of[j]] += delta
                    column_potential[j] -= delta
                else:
                    slack[j] -= delta
            column = nearest
        while column != 0:
            row_of[column] = row_of[came_from[column]]
            column = came_from[column]
    return row_of


costs = list(map(int, input().split()))
size = 0
while size * size < len(costs):
    size += 1
rows = match(costs, size)
columns = [0] * size
total = 0
for column in range(1, size + 1):
    columns[rows[column] - 1] = column - 1
    total += costs[(rows[column] - 1) * size + column - 1]
print("columns:", columns)
print("cost:", total)

# The product of two matrices.
# Input: the number of rows of the left and of the right matrix, then their rows, one a line.


def read_matrix(rows):
    return [list(map(int, input().split())) for _ in range(rows)]


def product(left, right):
    result = []
    for row in left:
        line = [0] * len(right[0])
        for k in range(len(right)):
            for j in range(len(line)):
                line[j] += row[k] * right[k][j]
        result.append(line)
    return result


sizes = list(map(int, input().split()))
left_matrix = read_matrix(sizes[0])
right_matrix = read_matrix(sizes[1])
for row in product(left_matrix, right_matrix):
    print(row)

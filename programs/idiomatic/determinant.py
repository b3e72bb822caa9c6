import math


class SingularMatrixError(ArithmeticError):
    pass


def read_matrix():
    n = int(input())
    return [[float(x) for x in input().split()] for _ in range(n)]


def show(matrix, title=""):
    if title:
        print(title)
    for row in matrix:
        print("[" + " ".join(f"{x:9.4f}" for x in row) + "]")


def multiply(a, b):
    return [[sum(x * y for x, y in zip(row, col)) for col in zip(*b)] for row in a]


def identity(n):
    return [[1.0 if i == j else 0.0 for j in range(n)] for i in range(n)]


def determinant(matrix):
    """Gaussian elimination with partial pivoting."""
    m = [row[:] for row in matrix]
    n = len(m)
    det = 1.0
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(m[i][k]))
        if abs(m[pivot][k]) < 1e-12:
            return 0.0
        if pivot != k:
            m[k], m[pivot] = m[pivot], m[k]
            det = -det
        det *= m[k][k]
        for i in range(k + 1, n):
            factor = m[i][k] / m[k][k]
            for j in range(k, n):
                m[i][j] -= factor * m[k][j]
    return det


def laplace(matrix):
    if len(matrix) == 1:
        return matrix[0][0]
    return sum(
        (-1) ** j * matrix[0][j] * laplace([row[:j] + row[j + 1:] for row in matrix[1:]])
        for j in range(len(matrix))
    )


def inverse(matrix):
    n = len(matrix)
    m = [row + unit for row, unit in zip(matrix, identity(n))]
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(m[i][k]))
        if math.isclose(m[pivot][k], 0, abs_tol=1e-12):
            raise SingularMatrixError(f"no pivot in column {k}")
        m[k], m[pivot] = m[pivot], m[k]
        p = m[k][k]
        m[k] = [x / p for x in m[k]]
        for i in range(n):
            if i != k:
                f = m[i][k]
                m[i] = [x - f * y for x, y in zip(m[i], m[k])]
    return [row[n:] for row in m]


if __name__ == "__main__":
    for _ in range(int(input())):
        a = read_matrix()
        show(a, "A =")
        print("det =", determinant(a), "laplace =", laplace(a))
        print("trace =", sum(a[i][i] for i in range(len(a))), "transpose =", list(map(list, zip(*a))))
        try:
            b = inverse(a)
        except SingularMatrixError as error:
            print("singular:", error)
            continue
        show(b, "A^-1 =")
        product = multiply(a, b)
        error = max(abs(product[i][j] - identity(len(a))[i][j]) for i in range(len(a)) for j in range(len(a)))
        print("good" if error < 1e-9 else "bad")

# A class of matrices with the operators of Python, and Fibonacci numbers as powers of one.
# Input: the number of the Fibonacci number.


class Matrix:
    def __init__(self, rows):
        self.rows = [list(row) for row in rows]
        if len({len(row) for row in self.rows}) != 1:
            raise ValueError("the rows differ in length")

    @classmethod
    def identity(cls, n):
        return cls([int(i == j) for j in range(n)] for i in range(n))

    @property
    def shape(self):
        return len(self.rows), len(self.rows[0])

    def __getitem__(self, place):
        i, j = place
        return self.rows[i][j]

    def __add__(self, other):
        return Matrix([a + b for a, b in zip(r, s)] for r, s in zip(self.rows, other.rows))

    def __mul__(self, other):
        if self.shape[1] != other.shape[0]:
            raise ValueError(f"{self.shape} and {other.shape} do not fit")
        columns = list(zip(*other.rows))
        return Matrix([sum(a * b for a, b in zip(row, column)) for column in columns] for row in self.rows)

    def __pow__(self, n):
        result, square = Matrix.identity(len(self.rows)), self
        while n:
            if n % 2:
                result = result * square
            square, n = square * square, n // 2
        return result

    def __eq__(self, other):
        return isinstance(other, Matrix) and self.rows == other.rows

    def __str__(self):
        return "\n".join(" ".join(f"{x:>4}" for x in row) for row in self.rows)


a = Matrix([[1, 2], [3, 4]])
print(a + a)
print(a * Matrix.identity(2) == a, (a**3)[1, 0])
try:
    print(a * Matrix([[1, 2, 3]]))
except ValueError as problem:
    print("error:", problem)
print((Matrix([[1, 1], [1, 0]]) ** int(input()))[0, 1])

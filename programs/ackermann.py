# The Ackermann-Peter function: total and computable, but not primitive recursive.
# Input: m and n on one line.


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


arguments = list(map(int, input().split()))
print(ackermann(arguments[0], arguments[1]))

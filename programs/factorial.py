# n! by recursion; it has more digits than a machine word from 21! on.
# Input: n.


def factorial(n):
    if n == 0:
        return 1
    return n * factorial(n - 1)


print(factorial(int(input())))

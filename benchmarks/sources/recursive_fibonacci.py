# The n-th Fibonacci number by two calls each, as in the definition.
# Input: n.


def fibonacci(k):
    if k < 2:
        return k
    return fibonacci(k - 1) + fibonacci(k - 2)


n = int(input())
print(fibonacci(n))

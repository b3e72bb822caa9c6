# The n-th Fibonacci number, F(0) = 0 and F(1) = 1.
# Input: n.
n = int(input())
a, b = 0, 1
for _ in range(n):
    a, b = b, a + b
print(a)

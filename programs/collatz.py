# The Collatz sequence: halve an even number, take an odd n to 3n + 1, until 1 is reached.
# Input: the first number. Output: the sequence, one number a line.
n = int(input())
while n != 1:
    print(n)
    if n % 2 == 0:
        n = n // 2
    else:
        n = 3 * n + 1
print(n)

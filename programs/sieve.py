# The primes up to n, by the sieve of Eratosthenes.
# Input: n. Output: the primes, one a line.
n = int(input())
composite = [False] * (n + 1)
for p in range(2, n + 1):
    if not composite[p]:
        print(p)
        for multiple in range(p * p, n + 1, p):
            composite[multiple] = True

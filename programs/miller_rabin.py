# Primality by the test of Miller and Rabin; with the first 12 primes as bases it is exact below 3.1 * 10 ** 23.
# Input: the numbers on one line.


def is_witness(base, n):
    # Does the base prove that the odd number n is composite?
    odd = n - 1
    twos = 0
    while odd % 2 == 0:
        odd //= 2
        twos += 1
    power = pow(base, odd, n)
    if power == 1:
        return False
    for _ in range(twos):
        if power == n - 1:
            return False
        power = power * power % n
    return True


def is_prime(n):
    if n < 2:
        return False
    for base in [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]:
        if n % base == 0:
            return n == base
        if is_witness(base, n):
            return False
    return True


for number in list(map(int, input().split())):
    print(number, "is prime" if is_prime(number) else "is composite")

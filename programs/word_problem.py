# The word problem of a permutation group; for S5 it is complete for NC1 (Barrington 1989).
# Input: the number of permutations, then the permutations of 0 .. n-1, one a line.
# Output: their product, the first one applied first, and whether it is the identity.
count = int(input())
product = list(map(int, input().split()))
for _ in range(count - 1):
    factor = list(map(int, input().split()))
    product = [factor[image] for image in product]
print(product)
print(product == [i for i in range(len(product))])

# Bubble sort; stops at the first pass that swaps nothing.
# Input: the numbers on one line. Output: the sorted list and the number of swaps.
items = list(map(int, input().split()))
swaps = 0
for last in range(len(items) - 1, 0, -1):
    sorted_already = True
    for i in range(last):
        if items[i] > items[i + 1]:
            items[i], items[i + 1] = items[i + 1], items[i]
            swaps += 1
            sorted_already = False
    if sorted_already:
        break
print(items)
print("swaps:", swaps)

# Binary search in a sorted list.
# Input: the list on one line, the numbers to look for on the next.
# Output: for each number, an index at which it stands, or that it is missing.


def search(items, wanted):
    low = 0
    high = len(items)
    while low < high:
        middle = (low + high) // 2
        if items[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < len(items) and items[low] == wanted else -1


table = list(map(int, input().split()))
for number in list(map(int, input().split())):
    index = search(table, number)
    if index >= 0:
        print(number, "at", index)
    else:
        print(number, "is missing")

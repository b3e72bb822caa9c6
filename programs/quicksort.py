# Quicksort in place, with Hoare's partition around the middle element.
# Input: the numbers on one line. Output: the sorted list.


def quicksort(items, low, high):
    if low >= high:
        return
    pivot = items[(low + high) // 2]
    i = low
    j = high
    while i <= j:
        while items[i] < pivot:
            i += 1
        while items[j] > pivot:
            j -= 1
        if i <= j:
            items[i], items[j] = items[j], items[i]
            i += 1
            j -= 1
    quicksort(items, low, j)
    quicksort(items, i, high)


numbers = list(map(int, input().split()))
quicksort(numbers, 0, len(numbers) - 1)
print(numbers)

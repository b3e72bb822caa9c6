# A histogram of numbers as text, with their mean, median and standard deviation.
# Input: numbers on one line, then the number of bins.
import math


def mean(numbers):
    return sum(numbers) / len(numbers)


def median(numbers):
    numbers, middle = sorted(numbers), len(numbers) // 2
    return numbers[middle] if len(numbers) % 2 else mean(numbers[middle - 1 : middle + 1])


def deviation(numbers):
    average = mean(numbers)
    return math.sqrt(mean([(x - average) ** 2 for x in numbers]))


def histogram(numbers, bins):
    """The bins from low to high: where each begins, and how many numbers it has."""
    low, high = min(numbers), max(numbers)
    size = (high - low) / bins or 1.0
    counts = [0] * bins
    for x in numbers:
        counts[min(int((x - low) / size), bins - 1)] += 1
    return [(low + i * size, count) for i, count in enumerate(counts)]


numbers = [float(word) for word in input().split()]
for start, count in histogram(numbers, int(input())):
    print(f"{start:8.2f} | {'#' * count:<10} {count / len(numbers):6.1%}")
for name, measure in {"mean": mean, "median": median, "deviation": deviation}.items():
    print(f"{name:<10}{measure(numbers):>10.4f}")

from dataclasses import dataclass
from functools import cache
from itertools import combinations


@dataclass(frozen=True)
class Item:
    name: str
    weight: int
    value: int

    @property
    def density(self) -> float:
        return self.value / self.weight


ITEMS = [
    Item("map", 9, 150), Item("compass", 13, 35), Item("water", 153, 200),
    Item("sandwich", 50, 160), Item("glucose", 15, 60), Item("tin", 68, 45),
    Item("banana", 27, 60), Item("apple", 39, 40), Item("cheese", 23, 30),
    Item("beer", 52, 10), Item("suntan cream", 11, 70), Item("camera", 32, 30),
]


def greedy(items, capacity):
    chosen = []
    for item in sorted(items, key=lambda it: it.density, reverse=True):
        if item.weight <= capacity:
            chosen.append(item)
            capacity -= item.weight
    return chosen


def table(items, capacity):
    best = [[0] * (capacity + 1) for _ in range(len(items) + 1)]
    for i, item in enumerate(items, 1):
        for w in range(capacity + 1):
            best[i][w] = best[i - 1][w]
            if item.weight <= w:
                best[i][w] = max(best[i][w], best[i - 1][w - item.weight] + item.value)
    chosen, w = [], capacity
    for i in range(len(items), 0, -1):
        if best[i][w] != best[i - 1][w]:
            chosen.append(items[i - 1])
            w -= items[i - 1].weight
    return chosen[::-1]


def memoised(items, capacity):
    @cache
    def solve(i, room):
        if i == len(items):
            return 0
        skip = solve(i + 1, room)
        if items[i].weight > room:
            return skip
        return max(skip, items[i].value + solve(i + 1, room - items[i].weight))

    return solve(0, capacity)


def brute_force(items, capacity):
    every = (c for r in range(len(items) + 1) for c in combinations(items, r))
    return max((c for c in every if sum(i.weight for i in c) <= capacity), key=lambda c: sum(i.value for i in c))


def report(title, chosen):
    weight = sum(item.weight for item in chosen)
    value = sum(item.value for item in chosen)
    print(f"{title}: {weight=}, {value=}")
    for item in sorted(chosen, key=lambda item: item.name):
        print(f"  {item.name:.<16}{item.weight:.>5}{item.value:.>5} ({item.density:.2f})")


CAPACITY = 100
report("Greedy", greedy(ITEMS, CAPACITY))
report("Dynamic programming", table(ITEMS, CAPACITY))
report("Brute force", brute_force(ITEMS[:8], CAPACITY))
print("Recursion:", memoised(tuple(ITEMS), CAPACITY))
print(ITEMS[0], hash(ITEMS[0]) == hash(Item("map", 9, 150)))
try:
    ITEMS[0].weight = 3
except AttributeError as e:
    print(type(e).__name__, e)

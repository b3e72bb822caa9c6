# A cache that forgets what was used least recently, as a decorator with statistics.
# Input: numbers on one line, for which a slow function is called.
from collections import OrderedDict


class Cache:
    def __init__(self, size):
        self.size = size
        self.entries = OrderedDict()
        self.hits = self.misses = 0

    def __len__(self):
        return len(self.entries)

    def __contains__(self, key):
        return key in self.entries

    def get(self, key, make):
        if key in self:
            self.hits += 1
            self.entries.move_to_end(key)
        else:
            self.misses += 1
            self.entries[key] = make()
            if len(self) > self.size:
                forgotten, _ = self.entries.popitem(last=False)
                print("forgets", forgotten)
        return self.entries[key]

    def __str__(self):
        return f"{self.hits} hits, {self.misses} misses, holds {list(self.entries)}"


def cached(size):
    def decorate(function):
        cache = Cache(size)

        def call(*arguments):
            return cache.get(arguments, lambda: function(*arguments))

        return call, cache

    return decorate


def steps(n):
    """Of the Collatz sequence."""
    return 0 if n == 1 else 1 + steps(n // 2 if n % 2 == 0 else 3 * n + 1)


fast_steps, cache = cached(3)(steps)
for n in map(int, input().split()):
    print(n, "takes", fast_steps(n), "steps")
print(cache)

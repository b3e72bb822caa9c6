"""`functools`."""


def reduce(function, iterable, *start):
    iterator = iter(iterable)
    if start:
        total = start[0]
    else:
        end = []
        total = next(iterator, end)
        if total is end:
            raise TypeError("reduce() of empty iterable with no initial value")
    for item in iterator:
        total = function(total, item)
    return total


def cache(function):
    known = {}

    def cached(*arguments):
        if arguments in known:
            return known[arguments]
        result = function(*arguments)
        known[arguments] = result
        return result

    return cached


def lru_cache(maxsize=128, typed=False):
    if callable(maxsize):
        return cache(maxsize)
    return cache


def partial(function, *first, **options):
    def called(*arguments, **more):
        named = dict(options)
        named.update(more)
        return function(*first, *arguments, **named)

    return called


def wraps(function):
    def same(inner):
        return inner

    return same


class _Key:
    def __init__(self, compare, item):
        self.compare = compare
        self.item = item

    def __lt__(self, other):
        return self.compare(self.item, other.item) < 0

    def __gt__(self, other):
        return self.compare(self.item, other.item) > 0

    def __eq__(self, other):
        return self.compare(self.item, other.item) == 0


def cmp_to_key(compare):
    def key(item):
        return _Key(compare, item)

    return key

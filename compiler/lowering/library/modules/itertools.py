"""`itertools`."""


def count(start=0, step=1):
    while True:
        yield start
        start += step


def cycle(iterable):
    items = list(iterable)
    while items:
        for item in items:
            yield item


def repeat(item, times=None):
    if times is None:
        while True:
            yield item
    for _ in range(times):
        yield item


def accumulate(iterable, function=None, *, initial=None):
    iterator = iter(iterable)
    end = []
    total = initial
    if initial is None:
        total = next(iterator, end)
        if total is end:
            return
    yield total
    for item in iterator:
        total = total + item if function is None else function(total, item)
        yield total


class chain:
    def __init__(self, *iterables):
        self._iterables = iterables

    def __iter__(self):
        for iterable in self._iterables:
            for item in iterable:
                yield item

    @staticmethod
    def from_iterable(iterables):
        for iterable in iterables:
            for item in iterable:
                yield item


def islice(iterable, *bounds):
    start, stop, step = 0, None, 1
    if len(bounds) == 1:
        stop = bounds[0]
    else:
        start = bounds[0] or 0
        stop = bounds[1]
        if len(bounds) == 3:
            step = bounds[2] or 1
    if stop is not None and stop <= 0:
        return
    i = 0
    for item in iterable:
        if i >= start and (i - start) % step == 0:
            yield item
        i += 1
        if stop is not None and i >= stop:
            return


def takewhile(predicate, iterable):
    for item in iterable:
        if not predicate(item):
            return
        yield item


def dropwhile(predicate, iterable):
    dropping = True
    for item in iterable:
        if dropping and predicate(item):
            continue
        dropping = False
        yield item


def filterfalse(predicate, iterable):
    for item in iterable:
        if not predicate(item):
            yield item


def starmap(function, iterable):
    for arguments in iterable:
        yield function(*arguments)


def pairwise(iterable):
    first = True
    before = None
    for item in iterable:
        if not first:
            yield before, item
        first = False
        before = item


def zip_longest(*iterables, fillvalue=None):
    iterators = [iter(iterable) for iterable in iterables]
    end = []
    while True:
        items = [next(iterator, end) for iterator in iterators]
        if all(item is end for item in items):
            return
        yield tuple(fillvalue if item is end else item for item in items)


def groupby(iterable, key=None):
    group = []
    before = None
    for item in iterable:
        now = item if key is None else key(item)
        if group and now != before:
            yield before, iter(group)
            group = []
        group.append(item)
        before = now
    if group:
        yield before, iter(group)


def product(*iterables, repeat=1):
    pools = [tuple(iterable) for iterable in iterables] * repeat
    results = [()]
    for pool in pools:
        results = [done + (item,) for done in results for item in pool]
    for result in results:
        yield result


def permutations(iterable, r=None):
    pool = tuple(iterable)
    n = len(pool)
    r = n if r is None else r
    if r > n:
        return
    indices = list(range(n))
    cycles = list(range(n, n - r, -1))
    yield tuple(pool[i] for i in indices[:r])
    while n:
        found = False
        for i in range(r - 1, -1, -1):
            cycles[i] -= 1
            if cycles[i] == 0:
                indices[i:] = indices[i + 1:] + indices[i:i + 1]
                cycles[i] = n - i
            else:
                j = cycles[i]
                indices[i], indices[-j] = indices[-j], indices[i]
                yield tuple(pool[k] for k in indices[:r])
                found = True
                break
        if not found:
            return


def combinations(iterable, r):
    pool = tuple(iterable)
    n = len(pool)
    if r > n:
        return
    indices = list(range(r))
    yield tuple(pool[i] for i in indices)
    while True:
        i = r - 1
        while i >= 0 and indices[i] == i + n - r:
            i -= 1
        if i < 0:
            return
        indices[i] += 1
        for j in range(i + 1, r):
            indices[j] = indices[j - 1] + 1
        yield tuple(pool[k] for k in indices)


def combinations_with_replacement(iterable, r):
    pool = tuple(iterable)
    n = len(pool)
    if not n and r:
        return
    indices = [0] * r
    yield tuple(pool[i] for i in indices)
    while True:
        i = r - 1
        while i >= 0 and indices[i] == n - 1:
            i -= 1
        if i < 0:
            return
        indices[i:] = [indices[i] + 1] * (r - i)
        yield tuple(pool[k] for k in indices)

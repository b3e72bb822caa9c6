"""`heapq`, with the moves of CPython, so that the lists are the same."""


def heappush(heap, item):
    heap.append(item)
    _up(heap, 0, len(heap) - 1)


def heappop(heap):
    last = heap.pop()
    if heap:
        result = heap[0]
        heap[0] = last
        _down(heap, 0)
        return result
    return last


def heapreplace(heap, item):
    result = heap[0]
    heap[0] = item
    _down(heap, 0)
    return result


def heappushpop(heap, item):
    if heap and heap[0] < item:
        item, heap[0] = heap[0], item
        _down(heap, 0)
    return item


def heapify(x):
    for i in range(len(x) // 2 - 1, -1, -1):
        _down(x, i)


def _up(heap, start, place):
    item = heap[place]
    while place > start:
        parent = (place - 1) // 2
        if item < heap[parent]:
            heap[place] = heap[parent]
            place = parent
        else:
            break
    heap[place] = item


def _down(heap, place):
    end = len(heap)
    start = place
    item = heap[place]
    child = 2 * place + 1
    while child < end:
        right = child + 1
        if right < end and not heap[child] < heap[right]:
            child = right
        heap[place] = heap[child]
        place = child
        child = 2 * place + 1
    heap[place] = item
    _up(heap, start, place)


def nlargest(n, iterable, key=None):
    return sorted(iterable, key=key, reverse=True)[:n] if key is not None else sorted(iterable, reverse=True)[:n]


def nsmallest(n, iterable, key=None):
    return sorted(iterable, key=key)[:n] if key is not None else sorted(iterable)[:n]


def merge(*iterables):
    items = []
    for iterable in iterables:
        items.extend(iterable)
    items.sort()
    for item in items:
        yield item

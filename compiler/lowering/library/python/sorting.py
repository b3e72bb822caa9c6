# Sorting: stable, by insertion up to eight items, runs of which are merged. `less` compares items.
# With keys, `sort_pairs` sorts the list of keys and moves the items along. In reverse, as in CPython, the
# items are turned round before and after, so that equal ones keep their order.


def sort_items(items, length):
    start = 0
    while start < length:
        insertion_sort(items + start, min(8, length - start))
        start = start + 8
    if length <= 8:
        return
    buffer = new_list(length)
    width = 8
    while width < length:
        start = 0
        while start + width < length:
            middle = items + start + width
            if less(load(middle, 0), load(middle, -1)):
                merge_runs(items + start, width, middle, items + min(start + width + width, length), buffer)
            start = start + width + width
        width = width + width


def sort_items_reverse(items, length):
    reverse_items(items, length)
    sort_items(items, length)
    reverse_items(items, length)


def insertion_sort(items, length):
    end = items + length
    place = items + 1
    while place < end:
        item = load(place, 0)
        hole = place
        while hole > items and less(item, load(hole, -1)):
            store(hole, 0, load(hole, -1))
            hole = hole - 1
        if hole < place:
            store(hole, 0, item)
        place = place + 1


def merge_runs(target, width, right, end, buffer):
    # The left run goes to the buffer; what is left of the right one stays where it is.
    copy(target, buffer, width)
    left_end = buffer + width
    item = load(buffer, 0)
    other = load(right, 0)
    while True:
        if less(other, item):
            store(target, 0, other)
            target = target + 1
            right = right + 1
            if right == end:
                break
            other = load(right, 0)
        else:
            store(target, 0, item)
            target = target + 1
            buffer = buffer + 1
            if buffer == left_end:
                return
            item = load(buffer, 0)
    copy(buffer, target, left_end - buffer)


def sort_pairs(keys, items, length):
    start = 0
    while start < length:
        insertion_sort_pairs(keys + start, items + start, min(8, length - start))
        start = start + 8
    if length <= 8:
        return
    key_buffer = new_list(length)
    buffer = new_list(length)
    width = 8
    while width < length:
        start = 0
        while start + width < length:
            middle = start + width
            if less(load(keys, middle), load(keys, middle - 1)):
                copy(keys + start, key_buffer, width)
                copy(items + start, buffer, width)
                merge_pairs(keys, items, start, width, min(middle + width, length), key_buffer, buffer)
            start = middle + width
        width = width + width


def sort_pairs_reverse(keys, items, length):
    reverse_items(keys, length)
    reverse_items(items, length)
    sort_pairs(keys, items, length)
    reverse_items(items, length)


def insertion_sort_pairs(keys, items, length):
    i = 1
    while i < length:
        key = load(keys, i)
        j = i
        while j > 0 and less(key, load(keys, j - 1)):
            j = j - 1
        if j < i:
            item = load(items, i)
            place = i
            while place > j:
                store(keys, place, load(keys, place - 1))
                store(items, place, load(items, place - 1))
                place = place - 1
            store(keys, j, key)
            store(items, j, item)
        i = i + 1


def merge_pairs(keys, items, target, width, end, key_buffer, buffer):
    # As `merge_runs`; the left runs are in the buffers already.
    right = target + width
    left = 0
    while left < width and right < end:
        if less(load(keys, right), load(key_buffer, left)):
            store(keys, target, load(keys, right))
            store(items, target, load(items, right))
            right = right + 1
        else:
            store(keys, target, load(key_buffer, left))
            store(items, target, load(buffer, left))
            left = left + 1
        target = target + 1
    copy(key_buffer + left, keys + target, width - left)
    copy(buffer + left, items + target, width - left)


# The first of the least items and the first of the greatest; with keys, the item that belongs to that key.


def least(items, length):
    if length == 0:
        return raise_value_error(literal("min() arg is an empty sequence"))
    return load(items, least_index(items, length))


def greatest(items, length):
    if length == 0:
        return raise_value_error(literal("max() arg is an empty sequence"))
    return load(items, greatest_index(items, length))


def least_index(items, length):
    best = 0
    found = load(items, 0)
    i = 1
    while i < length:
        if less(load(items, i), found):
            best = i
            found = load(items, i)
        i = i + 1
    return best


def greatest_index(items, length):
    best = 0
    found = load(items, 0)
    i = 1
    while i < length:
        if less(found, load(items, i)):
            best = i
            found = load(items, i)
        i = i + 1
    return best


def any_item(items, length):
    # For items whose truth is that of an integer.
    end = items + length
    while items < end:
        if load(items, 0) != 0:
            return True
        items = items + 1
    return False


def all_items(items, length):
    end = items + length
    while items < end:
        if load(items, 0) == 0:
            return False
        items = items + 1
    return True

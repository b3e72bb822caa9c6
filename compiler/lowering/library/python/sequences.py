# Methods of lists, and slices that are assigned or deleted. `same` and `less` compare items.


def reserve(header, total):
    # Room for so many items in all.
    global free
    if total > load(header, 1):
        length = load(header, -1)
        total = max(total, length + length)
        items = free
        free = items + total
        if free > HEAP:
            fail_memory()
        copy(load(header, 0), items, length)
        store(header, 0, items)
        store(header, 1, total)


def list_copy(items, length):
    header = new_growable(length, length)
    copy(items, header + 2, length)
    return header


def list_extend(header, items, length):
    old = load(header, -1)
    reserve(header, old + length)
    copy(items, load(header, 0) + old, length)
    store(header, -1, old + length)


def list_insert(header, index, item):
    length = load(header, -1)
    index = clamp(index, length)
    append(header, item)
    place = load(header, 0) + length
    first = place - length + index
    while place > first:
        store(place, 0, load(place, -1))
        place = place - 1
    store(first, 0, item)


def list_remove(header, item):
    length = load(header, -1)
    index = find_item(load(header, 0), length, item)
    if index < 0:
        raise_value_error(literal("list.remove(x): x not in list"))
    close_gap(header, index, index + 1)


def close_gap(header, start, end):
    # Takes out the items from `start` on and before `end`.
    length = load(header, -1)
    items = load(header, 0)
    copy(items + end, items + start, length - end)
    store(header, -1, length - (end - start))


def find_item(items, length, item):
    i = 0
    while i < length:
        if same(load(items, i), item):
            return i
        i = i + 1
    return -1


def list_index(items, length, item, start=0, end=HEAP):
    start = clamp(start, length)
    end = clamp(end, length)
    while start < end:
        if same(load(items, start), item):
            return start
        start = start + 1
    return raise_not_in_list(item)


def list_count(items, length, item):
    count = 0
    end = items + length
    while items < end:
        if same(load(items, 0), item):
            count = count + 1
        items = items + 1
    return count


def list_reverse(header):
    items = load(header, 0)
    reverse_items(items, load(header, -1))


def reverse_items(items, length):
    last = items + length - 1
    while items < last:
        item = load(items, 0)
        store(items, 0, load(last, 0))
        store(last, 0, item)
        items = items + 1
        last = last - 1


def list_clear(header):
    store(header, -1, 0)


def list_repeat(header, times):
    # `*=`
    length = load(header, -1)
    if times <= 0:
        store(header, -1, 0)
    elif times > 1:
        reserve(header, length * times)
        items = load(header, 0)
        repeat(items, length, times - 1, items + length)
        store(header, -1, length * times)


def list_delete(header, index):
    length = load(header, -1)
    if index < 0:
        index = index + length
    if not 0 <= index < length:
        raise_index_error(literal("list assignment index out of range"))
    close_gap(header, index, index + 1)


# Slices. `first` and `end` come from `clamp`, or from `slice_first` where there is a step, `count` from `slice_count`.


def list_delete_slice(header, first, end):
    if first < end:
        close_gap(header, first, end)


def list_delete_steps(header, first, step, count):
    if count == 0:
        return
    if step < 0:
        first = first + (count - 1) * step
        step = -step
    length = load(header, -1)
    items = load(header, 0)
    target = items + first
    source = target
    end = items + length
    left = count
    skipped = source
    while source < end:
        if source == skipped and left > 0:
            skipped = skipped + step
            left = left - 1
        else:
            store(target, 0, load(source, 0))
            target = target + 1
        source = source + 1
    store(header, -1, length - count)


def list_assign_slice(header, first, end, items, length):
    # `a[first:end] = items`; where the items are those of the list itself, they are copied first.
    old = load(header, -1)
    end = max(first, end)
    if items == load(header, 0):
        kept = new_list(length)
        copy(items, kept, length)
        items = kept
    moved = old - end
    total = first + length + moved
    reserve(header, total)
    target = load(header, 0)
    if length > end - first:
        i = moved - 1
        while i >= 0:
            store(target + first + length, i, load(target + end, i))
            i = i - 1
    elif length < end - first:
        copy(target + end, target + first + length, moved)
    copy(items, target + first, length)
    store(header, -1, total)


def list_assign_steps(header, first, step, count, items, length):
    if count != length:
        begin = begin_text()
        add_string(literal("attempt to assign sequence of size "))
        add_integer(length)
        add_string(literal(" to extended slice of size "))
        add_integer(count)
        raise_value_error(end_text(begin))
    target = load(header, 0)
    if items == target:
        items = new_list(length)
        copy(target, items, length)
    target = target + first
    i = 0
    while i < length:
        store(target, 0, load(items, i))
        target = target + step
        i = i + 1


# Comparisons of lists and of tuples.


def items_equal(items, length, other, other_length):
    if length != other_length:
        return False
    i = 0
    while i < length:
        if not same(load(items, i), load(other, i)):
            return False
        i = i + 1
    return True


def items_less(items, length, other, other_length):
    count = min(length, other_length)
    i = 0
    while i < count:
        if not same(load(items, i), load(other, i)):
            return less(load(items, i), load(other, i))
        i = i + 1
    return length < other_length

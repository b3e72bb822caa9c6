# Searching in strings: where a part begins, how often it occurs, what stands at the ends.


def str_find(string, part, start=0, end=HEAP):
    string = text_of(string)
    end = clamp(end, load(string, -1))
    start = clamp_start(start, load(string, -1))
    if part < 0:
        return find_code(string, -1 - part, start, end)
    return find_text(string, part, start, end)


def str_rfind(string, part, start=0, end=HEAP):
    string = text_of(string)
    end = clamp(end, load(string, -1))
    start = clamp_start(start, load(string, -1))
    part = text_of(part)
    length = load(part, -1)
    position = end - length
    while position >= start:
        i = 0
        while i < length and load(string + position, i) == load(part, i):
            i = i + 1
        if i == length:
            return position
        position = position - 1
    return -1


def clamp_start(index, length):
    # Where a search begins; a start beyond the end finds nothing, not even the empty string.
    if index < 0:
        return max(0, index + length)
    return index


def find_code(string, code, start, end):
    # The index of a character from `start` on and before `end`, or -1.
    while start < end:
        if load(string, start) == code:
            return start
        start = start + 1
    return -1


def find_text(string, part, start, end):
    # The same for a string that is not a single character.
    length = load(part, -1)
    if length == 0:
        return start if start <= end else -1
    first = load(part, 0)
    last = end - length + 1
    while start < last:
        if load(string, start) == first:
            here = string + start
            i = 1
            while i < length and load(here, i) == load(part, i):
                i = i + 1
            if i == length:
                return start
        start = start + 1
    return -1


def str_index(string, part, start=0, end=HEAP):
    position = str_find(string, part, start, end)
    if position < 0:
        return raise_value_error(literal("substring not found"))
    return position


def str_rindex(string, part, start=0, end=HEAP):
    position = str_rfind(string, part, start, end)
    if position < 0:
        return raise_value_error(literal("substring not found"))
    return position


def str_count(string, part, start=0, end=HEAP):
    string = text_of(string)
    end = clamp(end, load(string, -1))
    start = clamp_start(start, load(string, -1))
    count = 0
    if part < 0:
        part = -1 - part
        while start < end:
            if load(string, start) == part:
                count = count + 1
            start = start + 1
        return count
    length = load(part, -1)
    if length == 0:
        return max(0, end - start + 1)
    while True:
        start = find_text(string, part, start, end)
        if start < 0:
            return count
        count = count + 1
        start = start + length


def str_startswith(string, part, start=0, end=HEAP):
    string = text_of(string)
    end = clamp(end, load(string, -1))
    start = clamp_start(start, load(string, -1))
    if part < 0:
        return start < end and load(string, start) == -1 - part
    length = load(part, -1)
    return start + length <= end and equal_codes(string + start, part, length)


def str_endswith(string, part, start=0, end=HEAP):
    string = text_of(string)
    end = clamp(end, load(string, -1))
    start = clamp_start(start, load(string, -1))
    if part < 0:
        return start < end and load(string, end - 1) == -1 - part
    length = load(part, -1)
    return start + length <= end and equal_codes(string + end - length, part, length)


def str_startswith_any(string, items, length, start=0, end=HEAP):
    # For a tuple of strings.
    i = 0
    while i < length:
        if str_startswith(string, load(items, i), start, end):
            return True
        i = i + 1
    return False


def str_endswith_any(string, items, length, start=0, end=HEAP):
    i = 0
    while i < length:
        if str_endswith(string, load(items, i), start, end):
            return True
        i = i + 1
    return False


def equal_codes(codes, other, count):
    i = 0
    while i < count:
        if load(codes, i) != load(other, i):
            return False
        i = i + 1
    return True


def str_less(string, other):
    # `<` of strings: by codes, and a beginning is less than what it begins.
    if string < 0 and other < 0:
        return string > other
    string = text_of(string)
    other = text_of(other)
    length = load(string, -1)
    other_length = load(other, -1)
    count = min(length, other_length)
    i = 0
    while i < count:
        if load(string, i) != load(other, i):
            return load(string, i) < load(other, i)
        i = i + 1
    return length < other_length


def str_hash(string):
    # Of a string as a key. Nothing shows its value: CPython's differs from run to run.
    if string < 0:
        return -1 - string
    low = 0
    total = 0
    end = string + load(string, -1)
    while string < end:
        code = load(string, 0)
        low = shift_up(0, times_low(low, 33) + code)
        total = total + code
        string = string + 1
    return shift_up(total, low)

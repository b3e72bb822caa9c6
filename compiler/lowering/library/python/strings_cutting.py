# Cutting strings: at separators, at line breaks, at the ends. A list of strings comes out as a growable list.


def str_split(string, separator, maxsplit=-1):
    if separator == EMPTY:
        return raise_value_error(literal("empty separator"))
    string = text_of(string)
    length = load(string, -1)
    width = 1 if separator < 0 else load(separator, -1)
    pieces = new_growable(0, 4)
    start = 0
    while maxsplit != 0:
        if separator < 0:
            end = find_code(string, -1 - separator, start, length)
        else:
            end = find_text(string, separator, start, length)
        if end < 0:
            break
        append(pieces, substring(string + start, end - start))
        start = end + width
        maxsplit = maxsplit - 1
    append(pieces, substring(string + start, length - start))
    return pieces


def str_split_white(string, maxsplit=-1):
    # At runs of white space; none at the ends.
    string = text_of(string)
    end = string + load(string, -1)
    pieces = new_growable(0, 4)
    while True:
        while string < end and is_white(load(string, 0)):
            string = string + 1
        if string == end:
            return pieces
        start = string
        if maxsplit == 0:
            string = end
            while is_white(load(string, -1)):
                string = string - 1
            append(pieces, substring(start, string - start))
            return pieces
        while string < end and not is_white(load(string, 0)):
            string = string + 1
        append(pieces, substring(start, string - start))
        maxsplit = maxsplit - 1


def str_rsplit(string, separator, maxsplit=-1):
    if separator == EMPTY:
        return raise_value_error(literal("empty separator"))
    string = text_of(string)
    width = 1 if separator < 0 else load(separator, -1)
    pieces = new_growable(0, 4)
    end = load(string, -1)
    while maxsplit != 0:
        start = rfind_part(string, separator, end)
        if start < 0:
            break
        append(pieces, substring(string + start + width, end - start - width))
        end = start
        maxsplit = maxsplit - 1
    append(pieces, substring(string, end))
    list_reverse(pieces)
    return pieces


def rfind_part(text, part, end):
    # The last place before `end` where a part is.
    part = text_of(part)
    length = load(part, -1)
    position = end - length
    while position >= 0:
        if equal_codes(text + position, part, length):
            return position
        position = position - 1
    return -1


def str_rsplit_white(string, maxsplit=-1):
    string = text_of(string)
    end = string + load(string, -1)
    pieces = new_growable(0, 4)
    while True:
        while string < end and is_white(load(end, -1)):
            end = end - 1
        if string == end:
            break
        stop = end
        if maxsplit == 0:
            while is_white(load(string, 0)):
                string = string + 1
            append(pieces, substring(string, stop - string))
            break
        while string < end and not is_white(load(end, -1)):
            end = end - 1
        append(pieces, substring(end, stop - end))
        maxsplit = maxsplit - 1
    list_reverse(pieces)
    return pieces


def str_splitlines(string, keep_ends=0):
    string = text_of(string)
    end = string + load(string, -1)
    lines = new_growable(0, 4)
    while string < end:
        start = string
        while string < end and not is_line_break(load(string, 0)):
            string = string + 1
        stop = string
        if string < end:
            string = string + 1
            if load(string, -1) == 13 and string < end and load(string, 0) == 10:
                string = string + 1
        if keep_ends:
            stop = string
        append(lines, substring(start, stop - start))
    return lines


# A partition is three strings side by side.


def str_partition(string, separator):
    if separator == EMPTY:
        return raise_value_error(literal("empty separator")), 0, 0
    start = str_find(string, separator)
    if start < 0:
        return string, EMPTY, EMPTY
    text = text_of(string)
    end = start + (1 if separator < 0 else load(separator, -1))
    return substring(text, start), separator, substring(text + end, load(text, -1) - end)


def str_rpartition(string, separator):
    if separator == EMPTY:
        return raise_value_error(literal("empty separator")), 0, 0
    start = str_rfind(string, separator)
    if start < 0:
        return EMPTY, EMPTY, string
    text = text_of(string)
    end = start + (1 if separator < 0 else load(separator, -1))
    return substring(text, start), separator, substring(text + end, load(text, -1) - end)


def str_removeprefix(string, prefix):
    if prefix == EMPTY or not str_startswith(string, prefix):
        return string
    text = text_of(string)
    width = 1 if prefix < 0 else load(prefix, -1)
    return substring(text + width, load(text, -1) - width)


def str_removesuffix(string, suffix):
    if suffix == EMPTY or not str_endswith(string, suffix):
        return string
    text = text_of(string)
    return substring(text, load(text, -1) - (1 if suffix < 0 else load(suffix, -1)))


# Stripping: of white space, or of the characters of a string.


def str_strip(string):
    if string < 0:
        return EMPTY if is_white(-1 - string) else string
    end = string + load(string, -1)
    start = string
    while start < end and is_white(load(start, 0)):
        start = start + 1
    return str_between(string, start, white_end(start, end))


def str_lstrip(string):
    if string < 0:
        return EMPTY if is_white(-1 - string) else string
    end = string + load(string, -1)
    start = string
    while start < end and is_white(load(start, 0)):
        start = start + 1
    return str_between(string, start, end)


def str_rstrip(string):
    if string < 0:
        return EMPTY if is_white(-1 - string) else string
    return str_between(string, string, white_end(string, string + load(string, -1)))


def white_end(start, end):
    # Where the white space before `end` begins.
    while start < end and is_white(load(end, -1)):
        end = end - 1
    return end


def str_strip_of(string, characters):
    text = text_of(string)
    characters = text_of(characters)
    end = text + load(text, -1)
    start = strip_start(text, end, characters)
    return str_between(string, start, strip_end(start, end, characters))


def str_lstrip_of(string, characters):
    text = text_of(string)
    end = text + load(text, -1)
    return str_between(string, strip_start(text, end, text_of(characters)), end)


def str_rstrip_of(string, characters):
    text = text_of(string)
    return str_between(string, text, strip_end(text, text + load(text, -1), text_of(characters)))


def strip_start(start, end, characters):
    length = load(characters, -1)
    while start < end and contains(characters, length, load(start, 0)):
        start = start + 1
    return start


def strip_end(start, end, characters):
    length = load(characters, -1)
    while start < end and contains(characters, length, load(end, -1)):
        end = end - 1
    return end


def str_between(string, start, end):
    # What of a string lies between two addresses; the string itself if that is all of it.
    if string >= 0 and end - start == load(string, -1):
        return string
    return substring(start, end - start)

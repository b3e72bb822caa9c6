# Strings made of strings: joining, replacing, padding, changing case, translating; and questions about all characters.


def str_join(separator, items, length):
    if length == 0:
        return EMPTY
    if length == 1:
        return load(items, 0)
    start = begin_text()
    add_string(load(items, 0))
    i = 1
    while i < length:
        if separator != EMPTY:
            add_string(separator)
        add_string(load(items, i))
        i = i + 1
    return end_text(start)


def str_replace(string, old, new, count=-1):
    if old == EMPTY:
        return replace_empty(string, new, count)
    if string < 0:
        return new if string == old and count != 0 else string
    if old < 0 and new < 0 and count < 0:
        return replace_code(string, -1 - old, -1 - new)
    length = load(string, -1)
    old = text_of(old)
    width = load(old, -1)
    position = find_text(string, old, 0, length)
    if position < 0 or count == 0:
        return string
    begin = begin_text()
    start = 0
    while position >= 0 and count != 0:
        add_codes(string + start, position - start)
        add_string(new)
        start = position + width
        count = count - 1
        position = find_text(string, old, start, length)
    add_codes(string + start, length - start)
    return end_text(begin)


def replace_empty(string, new, count):
    # Before every character, and at the end.
    text = text_of(string)
    length = load(text, -1)
    begin = begin_text()
    i = 0
    while i < length:
        if count != 0:
            add_string(new)
            count = count - 1
        add_character(load(text, i))
        i = i + 1
    if count != 0:
        add_string(new)
    return end_text(begin)


def replace_code(string, old, new):
    end = string + load(string, -1)
    begin = begin_text()
    while string < end:
        code = load(string, 0)
        add_character(new if code == old else code)
        string = string + 1
    return end_text(begin)


def add_codes(codes, count):
    # Adds a piece of a string to the open text.
    global free
    target = free
    free = target + count
    if free > HEAP:
        fail_memory()
    copy(codes, target, count)


def add_repeated(code, count):
    while count > 0:
        add_character(code)
        count = count - 1


def fill_code(fill):
    if fill >= 0:
        raise_type_error(literal("The fill character must be exactly one character long"))
    return -1 - fill


def padded(string, left, fill, right):
    # A string with characters on both sides.
    if left <= 0 and right <= 0:
        return string
    begin = begin_text()
    add_repeated(fill, left)
    add_string(string)
    add_repeated(fill, right)
    return end_text(begin)


def str_length(string):
    return 1 if string < 0 else load(string, -1)


def str_ljust(string, width, fill=-33):
    return padded(string, 0, fill_code(fill), width - str_length(string))


def str_rjust(string, width, fill=-33):
    return padded(string, width - str_length(string), fill_code(fill), 0)


def str_center(string, width, fill=-33):
    # CPython puts the odd one to the left where the width is odd.
    fill = fill_code(fill)
    missing = width - str_length(string)
    if missing <= 0:
        return string
    left = missing // 2
    if missing % 2 == 1 and width % 2 == 1:
        left = left + 1
    return padded(string, left, fill, missing - left)


def str_zfill(string, width):
    missing = width - str_length(string)
    if missing <= 0:
        return string
    text = text_of(string)
    length = load(text, -1)
    begin = begin_text()
    if length > 0 and (load(text, 0) == 45 or load(text, 0) == 43):
        add_character(load(text, 0))
        text = text + 1
        length = length - 1
    add_repeated(48, missing)
    add_codes(text, length)
    return end_text(begin)


def str_expandtabs(string, size=8):
    text = text_of(string)
    end = text + load(text, -1)
    column = 0
    begin = begin_text()
    while text < end:
        code = load(text, 0)
        if code == 9:
            if size > 0:
                missing = size - column % size
                add_repeated(32, missing)
                column = column + missing
        else:
            add_character(code)
            column = 0 if code == 10 or code == 13 else column + 1
        text = text + 1
    return end_text(begin)


# Case.


def str_upper(string):
    text = text_of(string)
    end = text + load(text, -1)
    begin = begin_text()
    while text < end:
        code = load(text, 0)
        if code < 128:
            add_character(code - 32 if 0 <= code - 97 < 26 else code)
        else:
            add_upper(code)
        text = text + 1
    return end_text(begin)


def str_lower(string):
    text = text_of(string)
    end = text + load(text, -1)
    begin = begin_text()
    while text < end:
        code = load(text, 0)
        if code < 128:
            add_character(code + 32 if 0 <= code - 65 < 26 else code)
        else:
            add_character(lower_code(code))
        text = text + 1
    return end_text(begin)


def str_casefold(string):
    text = text_of(string)
    end = text + load(text, -1)
    begin = begin_text()
    while text < end:
        add_folded(load(text, 0))
        text = text + 1
    return end_text(begin)


def str_swapcase(string):
    text = text_of(string)
    end = text + load(text, -1)
    begin = begin_text()
    while text < end:
        code = load(text, 0)
        if letter_case(code) == 2:
            add_character(lower_code(code))
        else:
            add_upper(code)
        text = text + 1
    return end_text(begin)


def str_capitalize(string):
    text = text_of(string)
    end = text + load(text, -1)
    begin = begin_text()
    if text < end:
        add_title(load(text, 0))
        text = text + 1
    while text < end:
        add_character(lower_code(load(text, 0)))
        text = text + 1
    return end_text(begin)


def str_title(string):
    text = text_of(string)
    end = text + load(text, -1)
    inside = False
    begin = begin_text()
    while text < end:
        code = load(text, 0)
        if inside:
            add_character(lower_code(code))
        else:
            add_title(code)
        case = letter_case(code)
        inside = case == 1 or case == 2
        text = text + 1
    return end_text(begin)


# Translating. The map is a dict from codes to codes, strings or None, which the lowering asks by `translated`.


def str_translate(string, table):
    text = text_of(string)
    end = text + load(text, -1)
    begin = begin_text()
    while text < end:
        code = load(text, 0)
        entry = dict_find(table, code)
        if entry == 0:
            add_character(code)
        else:
            add_translated(load(entry, 1))
        text = text + 1
    return end_text(begin)


def maketrans(source, target, deleted=1):
    # A dict from codes to codes; a code that is deleted has None, here `NONE_CODE`.
    source = text_of(source)
    target = text_of(target)
    deleted = text_of(deleted)
    length = load(source, -1)
    if length != load(target, -1):
        return raise_value_error(literal("the first two maketrans arguments must have equal length"))
    table = new_dict()
    i = 0
    while i < length:
        dict_set(table, load(source, i), load(target, i))
        i = i + 1
    i = 0
    while i < load(deleted, -1):
        dict_set(table, load(deleted, i), none_value())
        i = i + 1
    return table


# Questions. An empty string says no to all but `isascii` and `isprintable`.


def str_isalpha(string):
    if string < 0:
        return letter_case(-1 - string) != 0
    end = string + load(string, -1)
    if string == end:
        return False
    while string < end:
        if letter_case(load(string, 0)) == 0:
            return False
        string = string + 1
    return True


def str_isalnum(string):
    if string < 0:
        return is_alphanumeric_code(-1 - string)
    end = string + load(string, -1)
    if string == end:
        return False
    while string < end:
        if not is_alphanumeric_code(load(string, 0)):
            return False
        string = string + 1
    return True


def str_isdecimal(string):
    if string < 0:
        return is_decimal_code(-1 - string)
    end = string + load(string, -1)
    if string == end:
        return False
    while string < end:
        if not is_decimal_code(load(string, 0)):
            return False
        string = string + 1
    return True


def str_isdigit(string):
    if string < 0:
        return is_digit_code(-1 - string)
    end = string + load(string, -1)
    if string == end:
        return False
    while string < end:
        if not is_digit_code(load(string, 0)):
            return False
        string = string + 1
    return True


def str_isnumeric(string):
    if string < 0:
        return is_numeric_code(-1 - string)
    end = string + load(string, -1)
    if string == end:
        return False
    while string < end:
        if not is_numeric_code(load(string, 0)):
            return False
        string = string + 1
    return True


def str_isspace(string):
    if string < 0:
        return is_white(-1 - string)
    end = string + load(string, -1)
    if string == end:
        return False
    while string < end:
        if not is_white(load(string, 0)):
            return False
        string = string + 1
    return True


def str_isascii(string):
    if string < 0:
        return string >= -128
    end = string + load(string, -1)
    while string < end:
        if load(string, 0) >= 128:
            return False
        string = string + 1
    return True


def str_isprintable(string):
    if string < 0:
        return is_printable_code(-1 - string)
    end = string + load(string, -1)
    while string < end:
        if not is_printable_code(load(string, 0)):
            return False
        string = string + 1
    return True


def str_isidentifier(string):
    if string < 0:
        return is_identifier_code(-1 - string, True)
    end = string + load(string, -1)
    if string == end:
        return False
    first = True
    while string < end:
        if not is_identifier_code(load(string, 0), first):
            return False
        first = False
        string = string + 1
    return True


def str_islower(string):
    return has_case_only(string, 1)


def str_isupper(string):
    return has_case_only(string, 2)


def has_case_only(string, wanted):
    # Letters of this case, at least one, and none of the other.
    if string < 0:
        return letter_case(-1 - string) == wanted
    end = string + load(string, -1)
    found = False
    while string < end:
        case = letter_case(load(string, 0))
        if case == wanted:
            found = True
        elif case == 3 - wanted:
            return False
        string = string + 1
    return found


def str_istitle(string):
    text = text_of(string)
    end = text + load(text, -1)
    inside = False
    found = False
    while text < end:
        case = letter_case(load(text, 0))
        if case == 2:
            if inside:
                return False
            inside = True
            found = True
        elif case == 1:
            if not inside:
                return False
        else:
            inside = False
        text = text + 1
    return found

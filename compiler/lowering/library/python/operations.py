# What the lowering puts in the place of a call. The bodies only say what kind of value comes out.


def literal(text):
    # The cell of a constant string.
    return len(text)


# Exceptions with a message, which is the cell of a string. None of these returns.


def raise_value_error(message):
    return message + 0


def raise_type_error(message):
    return message + 0


def raise_index_error(message):
    return message + 0


def raise_overflow_error(message):
    return message + 0


def raise_zero_division_error(message):
    return message + 0


def raise_key_error(key):
    return key + 0


def raise_empty_set():
    # KeyError: 'pop from an empty set'
    return 0


def raise_empty_dict():
    # KeyError: 'popitem(): dictionary is empty'
    return 0


def raise_unsupported(message):
    # NotImplementedError: outside the language.
    return message + 0


# Operations on items of a type that the routine is specialised to.


def same(item, other):
    return item == other


def less(item, other):
    return item < other


def hash_of(item):
    return item + 0


def raise_not_in_list(item):
    # ValueError: 5 is not in list
    return item + 0


def add_translated(value):
    # Adds what `str.translate` finds for a character: a code, a string, or None, which is nothing.
    return value + 0


def none_value():
    # None as a value of a table for `str.translate`.
    return 0

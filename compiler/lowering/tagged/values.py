"""How values of tagged programs are represented: `payload * base + tag`. See `library/tagged/values.txt`."""

from __future__ import annotations

from enum import IntEnum


class Tag(IntEnum):
    """The low group of a value."""

    INT = 0
    BOOL = 1
    SINGLE = 2
    STR = 3
    FLOAT = 4
    LIST = 5
    TUPLE = 6
    DICT = 7
    SET = 8
    OBJECT = 9


class Built(IntEnum):
    """Class numbers of the objects that the runtime makes itself: what cell 0 of the object holds."""

    FUNCTION = 1
    GENERATOR = 2
    RANGE = 3
    ITERATOR = 4
    BOUND = 5
    CLASS = 6
    FROZENSET = 7
    VIEW = 8
    VIEW_ITERATOR = 10


FIRST_CLASS = 20
"""The number of the first class that is written in Python."""

NONE, FALSE = int(Tag.SINGLE), int(Tag.BOOL)
END = -1
"""What an iterator gives at its end; the tag of no value. `dict_find` gives it for a key that is missing."""

UNSET = 3
"""Payload of the single value that attributes and variables hold before they are assigned."""

TYPES = {
    "int": Tag.INT,
    "bool": Tag.BOOL,
    "none": Tag.SINGLE,
    "str": Tag.STR,
    "float": Tag.FLOAT,
    "list": Tag.LIST,
    "tuple": Tag.TUPLE,
    "dict": Tag.DICT,
    "set": Tag.SET,
}
"""Types that an expression may be known to have; all others are "any"."""

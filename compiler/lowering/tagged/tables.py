"""Methods and functions of Python's own types, as calls of routines of the library.

An entry is `routine parameter … -> result`. A parameter is a type, whose payload is passed, `bound`, an integer where
a slice begins or ends, `text`, whose tagged value is passed, which is that of a string or None, `any`, whose tagged
value is passed, or one of these: `name:type` may be given by keyword, `type=text` has a default (a number, None,
HEAP). A result `strings` is a list of strings (payloads), `none` is None.
`*each>last` and `**named` are the parts of `Routine`.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from io import TextIOWrapper
from types import FunctionType, GeneratorType, MethodType

from compiler.lowering.tagged.built_in_values import SIGNATURES


@dataclass(frozen=True)
class Parameter:
    """A parameter of a built-in function: name, what it surely is, and its default as source text."""

    name: str
    type: str
    default: str | None

    @property
    def is_constant(self) -> bool:
        """Whether no argument is given for it: it tells apart what one routine does for several names."""
        return self.type in ("which", "base", "prefix")


@dataclass(frozen=True)
class Routine:
    """A routine of the library and what it takes and gives.

    each: where there may be any number of arguments, the routine for those after the first, which changes what the
    first call gave, or, without a result, the receiver; last: what puts that into the receiver; named: the routine
    that is called with each keyword and its value; method: the name of the method that it is.
    """

    name: str
    parameters: tuple[Parameter, ...]
    result: str
    each: str = ""
    last: str = ""
    named: str = ""
    method: str = ""


def _routine(text: str, method: str = "") -> Routine:
    before, result = text.split(" -> ")
    name, *words = before.split()
    parameters = []
    each = last = named = ""
    for word in words:
        if word.startswith("**"):
            named = word[2:]
            continue
        if word.startswith("*"):
            each, _, last = word[1:].partition(">")
            continue
        left, _, default = word.partition("=")
        keyword, _, kind = left.rpartition(":")
        parameters.append(Parameter(keyword, kind, default or None))
    return Routine(name, tuple(parameters), result, each, last, named, method)


_METHODS = """
str.find find_in_text str any=None any=None -> int
str.rfind rfind_in_text str any=None any=None -> int
str.index index_in_text str any=None any=None -> int
str.rindex rindex_in_text str any=None any=None -> int
str.count count_in_text str any=None any=None -> int
str.split split_text sep:text=None maxsplit:int=-1 -> list
str.rsplit rsplit_text sep:text=None maxsplit:int=-1 -> list
str.splitlines splitlines_text keepends:int=0 -> list
str.strip strip_text text=None -> str
str.lstrip lstrip_text text=None -> str
str.rstrip rstrip_text text=None -> str
str.join join_text any -> str
str.startswith startswith_text any any=None any=None -> bool
str.endswith endswith_text any any=None any=None -> bool
str.replace str_replace str str int=-1 -> str
str.upper str_upper -> str
str.lower str_lower -> str
str.casefold str_casefold -> str
str.swapcase str_swapcase -> str
str.capitalize str_capitalize -> str
str.title str_title -> str
str.isalpha str_isalpha -> bool
str.isalnum str_isalnum -> bool
str.isdigit str_isdigit -> bool
str.isdecimal str_isdecimal -> bool
str.isnumeric str_isnumeric -> bool
str.isspace str_isspace -> bool
str.isascii str_isascii -> bool
str.isprintable str_isprintable -> bool
str.isidentifier str_isidentifier -> bool
str.islower str_islower -> bool
str.isupper str_isupper -> bool
str.istitle str_istitle -> bool
str.ljust ljust_text int str=space -> str
str.rjust rjust_text int str=space -> str
str.center center_text int str=space -> str
str.zfill str_zfill int -> str
str.expandtabs str_expandtabs tabsize:int=8 -> str
str.partition partition_text str -> tuple
str.rpartition rpartition_text str -> tuple
str.removeprefix str_removeprefix str -> str
str.removesuffix str_removesuffix str -> str
str.translate translate_text any -> str
str.format_map format_by_mapping any -> str
str.maketrans char_table_of any any=None any=None -> any
list.append append any -> none
list.extend extend_list any -> none
list.insert list_insert_item int any -> none
list.pop list_pop int=-1 -> any
list.remove list_remove_item any -> none
list.index list_index_of any bound=0 bound=HEAP -> int
list.count list_count_of any -> int
list.clear list_clear_items -> none
list.reverse list_reverse_items -> none
list.copy list_copy_of -> list
tuple.index tuple_index_of any bound=0 bound=HEAP -> int
tuple.count tuple_count_of any -> int
dict.get dict_get_or any any=None -> any
dict.pop dict_pop_key any any=missing -> any
dict.setdefault dict_set_default any any=None -> any
dict.clear dict_clear_items -> none
dict.copy dict_copy -> dict
dict.update dict_take any=EMPTY_TUPLE **dict_set -> none
dict.popitem dict_pop_item -> tuple
dict.keys new_view which=0 -> any
dict.values new_view which=1 -> any
dict.items new_view which=2 -> any
set.add set_add_item any -> none
set.discard set_discard_item any -> none
set.remove set_remove_item any -> none
set.pop set_pop_item -> any
set.clear set_clear_items -> none
set.copy set_copy -> set
set.union set_union_of *set_extend -> set
set.intersection set_intersection_of *set_keep_all -> set
set.difference set_difference_of *set_subtract_all -> set
set.symmetric_difference set_symmetric_difference_of any -> set
set.issubset set_is_subset_of any -> bool
set.issuperset set_is_superset_of any -> bool
set.isdisjoint set_is_disjoint any -> bool
set.difference_update set_subtract_all *set_subtract_all -> none
set.intersection_update set_intersection_of *set_keep_all>set_take_over -> none
set.symmetric_difference_update set_flip_all any -> none
set.update set_extend *set_extend -> none
float.is_integer float_is_integer -> bool
int.bit_length int_bit_length -> int
int.conjugate same_int -> int
"""

METHODS: dict[str, dict[str, Routine]] = {}
"""For the name of a method the types that have it."""
for _line in _METHODS.strip().split("\n"):
    _key, _text = _line.split(" ", 1)
    _type, _name = _key.split(".")
    METHODS.setdefault(_name, {})[_type] = _routine(_text, _name)

_FUNCTIONS = """
abs any_absolute any -> any
ord code_of any -> int
chr character_of int -> str
len length_of any -> int
hash hash_of any -> int
repr repr_of any -> str
ascii ascii_of any -> str
bin based_text int base=2 prefix=0b -> str
oct based_text int base=8 prefix=0o -> str
hex based_text int base=16 prefix=0x -> str
iter iter_of any -> any
__ordered_view__ ordered_view any -> any
__unsupported__ raise_unsupported str -> any
__copied__ copy_object any -> any
__cloned__ clone_object any -> any
__parts__ parts_of any -> list
__fill__ fill_parts any any -> none
__type_error__ raise_type_error str -> any
__float_floor__ any_floor any -> int
__float_ceil__ any_ceil any -> int
__float_sqrt__ any_sqrt any -> float
__float_negative__ any_is_negative any -> bool
__float_exp__ any_exp any -> float
__float_log__ any_log any -> float
__float_log2__ any_log2 any -> float
__float_sin__ any_sin any -> float
__float_cos__ any_cos any -> float
__float_tan__ any_tan any -> float
__float_norm__ norm_of any -> float
__float_sum__ sum_exactly any -> float
__float_magnitude__ any_magnitude any -> int
"""

FUNCTIONS = {line.split(" ", 1)[0]: _routine(line.split(" ", 1)[1]) for line in _FUNCTIONS.strip().split("\n")}
"""Built-in functions that are a routine."""

BINARY = {
    "Add": "any_add",
    "Sub": "any_subtract",
    "Mult": "any_multiply",
    "Div": "any_divide",
    "FloorDiv": "any_floor_divide",
    "Mod": "any_modulo",
    "Pow": "any_power",
    "LShift": "any_shift_left",
    "RShift": "any_shift_right",
    "BitAnd": "any_and",
    "BitOr": "any_or",
    "BitXor": "any_xor",
    "MatMult": "any_matrix_multiply",
}
"""The routine of an operator, by the name of its class in `ast`."""

SPECIAL_OF = {
    "Add": "add",
    "Sub": "sub",
    "Mult": "mul",
    "Div": "truediv",
    "FloorDiv": "floordiv",
    "Mod": "mod",
    "Pow": "pow",
    "LShift": "lshift",
    "RShift": "rshift",
    "BitAnd": "and",
    "BitOr": "or",
    "BitXor": "xor",
    "MatMult": "matmul",
}
"""Its method, without the underscores; in the order of the numbers that `object_binary` is called with."""

UNARY = ("__neg__", "__pos__", "__invert__", "__abs__")
"""The methods of operators with one operand, by the number that `object_unary` is called with."""

NATIVE = frozenset(
    name
    for kind in (str, bytes, list, tuple, dict, set, frozenset, int, float, range, slice, type, OSError, property)
    + (FunctionType, MethodType, GeneratorType, type(iter(())))
    for name in dir(kind)
)
"""The names of the attributes of Python's own types, those included that are not in the language."""

STREAM = frozenset(dir(TextIOWrapper)) - frozenset(dir(object))
"""The names of the attributes of `sys.stdin` and the like."""

HIDDEN_ATTRIBUTES = frozenset(
    {"__dict__", "__code__", "__doc__", "__bases__", "__mro__", "__module__", "__qualname__", "__members__"}
)
"""Those that `getattr` and the like would not find."""

SPECIAL_CALLS = {
    ("__len__", 0): ("length_of", "int"),
    ("__iter__", 0): ("iter_of", "any"),
    ("__getitem__", 1): ("any_index", "any"),
    ("__contains__", 1): ("any_contains", "bool"),
    ("__str__", 0): ("str_of", "str"),
    ("__repr__", 0): ("repr_of", "str"),
}
"""Special methods that may be called on values of Python's own types: routine and result, by name and arguments."""

RANGE_PARTS = {"start": 1, "stop": 2, "step": 3}
"""The attributes of ranges, and where they lie in the object."""

CONVERSIONS = {
    "int": "__int__",
    "float": "__float__",
    "round": "__round__",
    "__float_floor__": "__floor__",
    "__float_ceil__": "__ceil__",
}
"""Built-in functions that ask an object for a method."""

READ = frozenset(RANGE_PARTS) | frozenset(
    {"__name__", "__class__", "__cause__", "__next__", "send", "close", "sort", "format", "fromkeys", "throw"}
    | {"numerator", "denominator"}
    | {name for name, _ in SPECIAL_CALLS}
)
"""Those that are in the language without being in a table."""

TYPE_NAMES = frozenset(name for name in SIGNATURES if isinstance(getattr(builtins, name, type), type))
"""Built-in functions that are types."""

COMPARING = {
    "==": ("__eq__", "__eq__"),
    "!=": ("__ne__", "__ne__"),
    "<": ("__lt__", "__gt__"),
    ">": ("__gt__", "__lt__"),
    "<=": ("__le__", "__ge__"),
    ">=": ("__ge__", "__le__"),
}
"""The methods for a comparison: of the left operand, and of the right one."""

ROUTINES = {
    "==": "any_equal",
    "<": "any_less",
    ">": "any_greater",
    "<=": "any_less_equal",
    ">=": "any_greater_equal",
}
"""The routine that compares any two values."""

CALLED_ONLY = {"setattr": 3, "delattr": 2, "id": 1}
"""Built-in functions that are no values here, and how many arguments they take."""

# Nested dictionaries and lists as JSON, indented or on one line.
# Input: a text that is put into the data.

ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def quoted(text):
    return '"' + "".join(ESCAPED.get(letter, letter) for letter in text) + '"'


def to_json(value, indent=None, level=0):
    """JSON of None, booleans, numbers, strings, lists, tuples and dictionaries; raises TypeError for all else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        items = [f"{quoted(str(key))}: {to_json(item, indent, level + 1)}" for key, item in value.items()]
        return wrapped("{", items, "}", indent, level)
    if isinstance(value, (list, tuple)):
        return wrapped("[", [to_json(item, indent, level + 1) for item in value], "]", indent, level)
    raise TypeError(f"{type(value).__name__} is not JSON")


def wrapped(left, items, right, indent, level):
    if indent is None or not items:
        return left + ", ".join(items) + right
    inner, outer = "\n" + " " * indent * (level + 1), "\n" + " " * indent * level
    return left + inner + ("," + inner).join(items) + outer + right


data = {
    "name": input(),
    "primes": [2, 3, 5],
    "nothing": None,
    "nested": {"empty": {}, "list": [], "truth": [True, False], "half": 0.5},
    7: (1e100, -0.1),
}
print(to_json(data))
print(to_json(data, indent=2))
try:
    to_json({"set": {1}})
except TypeError as problem:
    print("error:", problem)

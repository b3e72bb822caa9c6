"""`copy`, for the values of the language."""


def copy(x):
    if isinstance(x, (list, dict, set)):
        return x.copy()
    return x


def deepcopy(x):
    if isinstance(x, list):
        return [deepcopy(item) for item in x]
    if isinstance(x, tuple):
        return tuple(deepcopy(item) for item in x)
    if isinstance(x, dict):
        return {key: deepcopy(x[key]) for key in x}
    if isinstance(x, set):
        return x.copy()
    if x is None or isinstance(x, (int, str, float)):
        return x
    raise NotImplementedError("a deep copy of an object")

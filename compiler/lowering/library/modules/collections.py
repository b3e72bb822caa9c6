"""`collections`, as classes that hold a dictionary or a list."""


class _Dictionary:
    """What the classes below have in common with a dictionary."""

    def __getitem__(self, key):
        if key in self._items:
            return self._items[key]
        return self.__missing__(key)

    def __missing__(self, key):
        raise KeyError(key)

    def __setitem__(self, key, value):
        self._items[key] = value

    def __delitem__(self, key):
        del self._items[key]

    def __contains__(self, key):
        return key in self._items

    def __len__(self):
        return len(self._items)

    def __iter__(self):
        return iter(self._items)

    def keys(self):
        return self._items.keys()

    def values(self):
        return self._items.values()

    def items(self):
        return self._items.items()

    def get(self, key, default=None):
        return self._items.get(key, default)

    def pop(self, key, *default):
        if default and key not in self._items:
            return default[0]
        return self._items.pop(key)

    def setdefault(self, key, default=None):
        return self._items.setdefault(key, default)

    def clear(self):
        self._items.clear()

    def popitem(self):
        return self._items.popitem()

    def __eq__(self, other):
        if isinstance(other, _Dictionary):
            return self._items == other._items
        return self._items == other

    def update(self, other=(), **named):
        for key, value in _pairs(other):
            self._items[key] = value
        for key in named:
            self._items[key] = named[key]


def _pairs(x):
    if isinstance(x, dict) or isinstance(x, _Dictionary):
        return x.items()
    return x


class defaultdict(_Dictionary):
    def __init__(self, default_factory=None, items=(), **named):
        self.default_factory = default_factory
        self._items = {}
        self.update(items, **named)

    def __missing__(self, key):
        if self.default_factory is None:
            raise KeyError(key)
        value = self.default_factory()
        self._items[key] = value
        return value

    def copy(self):
        return defaultdict(self.default_factory, self._items)

    def __repr__(self):
        return "defaultdict(" + _factory_name(self.default_factory) + ", " + repr(self._items) + ")"


def _factory_name(factory):
    if factory is None:
        return "None"
    if factory == int:
        return "<class 'int'>"
    if factory == list:
        return "<class 'list'>"
    if factory == str:
        return "<class 'str'>"
    if factory == set:
        return "<class 'set'>"
    if factory == dict:
        return "<class 'dict'>"
    raise NotImplementedError("the representation of a function")


class OrderedDict(_Dictionary):
    def __init__(self, items=(), **named):
        self._items = {}
        self.update(items, **named)

    def copy(self):
        return OrderedDict(self._items)

    def popitem(self, last=True):
        if last or not self._items:
            return self._items.popitem()
        key = next(iter(self._items))
        return key, self._items.pop(key)

    def move_to_end(self, key, last=True):
        value = self._items.pop(key)
        if last:
            self._items[key] = value
        else:
            items = list(self._items.items())
            self._items.clear()
            self._items[key] = value
            for other, x in items:
                self._items[other] = x

    def __repr__(self):
        if not self._items:
            return "OrderedDict()"
        return "OrderedDict(" + repr(list(self._items.items())) + ")"


class Counter(_Dictionary):
    def __init__(self, iterable=(), **named):
        self._items = {}
        self.update(iterable, **named)

    def __missing__(self, key):
        return 0

    def __delitem__(self, key):
        if key in self._items:
            del self._items[key]

    def update(self, iterable=(), **named):
        if isinstance(iterable, dict) or isinstance(iterable, _Dictionary):
            for key, count in iterable.items():
                self._items[key] = self._items.get(key, 0) + count
        else:
            for item in iterable:
                self._items[item] = self._items.get(item, 0) + 1
        for key in named:
            self._items[key] = self._items.get(key, 0) + named[key]

    def subtract(self, iterable=()):
        if isinstance(iterable, dict) or isinstance(iterable, _Dictionary):
            for key, count in iterable.items():
                self._items[key] = self._items.get(key, 0) - count
        else:
            for item in iterable:
                self._items[item] = self._items.get(item, 0) - 1

    def most_common(self, n=None):
        pairs = sorted(self._items.items(), key=lambda pair: pair[1], reverse=True)
        return pairs if n is None else pairs[:n]

    def elements(self):
        for key, count in self._items.items():
            for _ in range(count):
                yield key

    def total(self):
        return sum(self._items.values())

    def copy(self):
        return Counter(self._items)

    def __add__(self, other):
        result = Counter()
        for key, count in self._items.items():
            if count + other[key] > 0:
                result[key] = count + other[key]
        for key, count in other.items():
            if key not in self._items and count > 0:
                result[key] = count
        return result

    def __sub__(self, other):
        result = Counter()
        for key, count in self._items.items():
            if count - other[key] > 0:
                result[key] = count - other[key]
        for key, count in other.items():
            if key not in self._items and count < 0:
                result[key] = -count
        return result

    def __and__(self, other):
        result = Counter()
        for key, count in self._items.items():
            if min(count, other[key]) > 0:
                result[key] = min(count, other[key])
        return result

    def __or__(self, other):
        result = Counter()
        for key, count in self._items.items():
            if max(count, other[key]) > 0:
                result[key] = max(count, other[key])
        for key, count in other.items():
            if key not in self._items and count > 0:
                result[key] = count
        return result

    def __repr__(self):
        if not self._items:
            return "Counter()"
        return "Counter(" + repr(dict(self.most_common())) + ")"


class deque:
    def __init__(self, iterable=(), maxlen=None):
        self._left = []
        self._right = []
        self.maxlen = maxlen
        for item in iterable:
            self.append(item)

    def append(self, item):
        self._right.append(item)
        if self.maxlen is not None and len(self) > self.maxlen:
            self.popleft()

    def appendleft(self, item):
        self._left.append(item)
        if self.maxlen is not None and len(self) > self.maxlen:
            self.pop()

    def pop(self):
        if not self._right:
            half = (len(self._left) + 1) // 2
            self._right = self._left[:half][::-1]
            self._left = self._left[half:]
        if not self._right:
            raise IndexError("pop from an empty deque")
        return self._right.pop()

    def popleft(self):
        if not self._left:
            half = (len(self._right) + 1) // 2
            self._left = self._right[:half][::-1]
            self._right = self._right[half:]
        if not self._left:
            raise IndexError("pop from an empty deque")
        return self._left.pop()

    def extend(self, iterable):
        for item in iterable:
            self.append(item)

    def extendleft(self, iterable):
        for item in iterable:
            self.appendleft(item)

    def clear(self):
        self._left = []
        self._right = []

    def rotate(self, n=1):
        items = self._list()
        if items:
            n = n % len(items)
            self._left = []
            self._right = items[len(items) - n:] + items[:len(items) - n]

    def reverse(self):
        self._left, self._right = self._right, self._left

    def count(self, item):
        return self._list().count(item)

    def remove(self, item):
        items = self._list()
        if item not in items:
            raise ValueError("deque.remove(x): x not in deque")
        items.remove(item)
        self._left = []
        self._right = items

    def copy(self):
        return deque(self._list(), self.maxlen)

    def _list(self):
        return self._left[::-1] + self._right

    def __len__(self):
        return len(self._left) + len(self._right)

    def __iter__(self):
        return iter(self._list())

    def __getitem__(self, i):
        length = len(self)
        if i < 0:
            i += length
        if i < 0 or i >= length:
            raise IndexError("deque index out of range")
        left = len(self._left)
        return self._left[left - 1 - i] if i < left else self._right[i - left]

    def __setitem__(self, i, value):
        length = len(self)
        if i < 0:
            i += length
        if i < 0 or i >= length:
            raise IndexError("deque index out of range")
        left = len(self._left)
        if i < left:
            self._left[left - 1 - i] = value
        else:
            self._right[i - left] = value

    def __contains__(self, item):
        return item in self._right or item in self._left

    def __eq__(self, other):
        return isinstance(other, deque) and self._list() == other._list()

    def __repr__(self):
        if self.maxlen is not None:
            return "deque(" + repr(self._list()) + ", maxlen=" + repr(self.maxlen) + ")"
        return "deque(" + repr(self._list()) + ")"

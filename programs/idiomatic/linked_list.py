class LinkedList:
    class _Node:
        def __init__(self, value, next=None):
            self.value = value
            self.next = next

    def __init__(self, iterable=None):
        self._head = None
        self._length = 0
        if iterable is not None:
            for value in iterable:
                self.append(value)

    def append(self, value):
        node = self._Node(value)
        if self._head is None:
            self._head = node
        else:
            current = self._head
            while current.next:
                current = current.next
            current.next = node
        self._length += 1

    def prepend(self, value):
        self._head = self._Node(value, self._head)
        self._length += 1

    def reverse(self):
        previous, current = None, self._head
        while current is not None:
            current.next, previous, current = previous, current, current.next
        self._head = previous

    def __iter__(self):
        current = self._head
        while current:
            yield current.value
            current = current.next

    def __len__(self):
        return self._length

    def __getitem__(self, index):
        if isinstance(index, slice):
            return LinkedList(list(self)[index])
        if index < 0:
            index += len(self)
        for i, value in enumerate(self):
            if i == index:
                return value
        raise IndexError("linked list index out of range")

    def __delitem__(self, index):
        if not 0 <= index < len(self):
            raise IndexError("linked list deletion index out of range")
        if index == 0:
            self._head = self._head.next
        else:
            current = self._head
            for _ in range(index - 1):
                current = current.next
            current.next = current.next.next
        self._length -= 1

    def __add__(self, other):
        return LinkedList([*self, *other])

    def __bool__(self):
        return self._head is not None

    def __eq__(self, other):
        if not isinstance(other, LinkedList):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other))

    def __repr__(self):
        return f"LinkedList([{', '.join(map(repr, self))}])"

    def __str__(self):
        return " -> ".join([str(v) for v in self] + ["None"])


def merge_sorted(a, b):
    result = LinkedList()
    a, b = iter(a), iter(b)
    x, y = next(a, None), next(b, None)
    while x is not None or y is not None:
        if y is None or (x is not None and x <= y):
            result.append(x)
            x = next(a, None)
        else:
            result.append(y)
            y = next(b, None)
    return result


numbers = LinkedList([3, 1, 4, 1, 5])
numbers.prepend(0)
print(numbers, len(numbers))
numbers.reverse()
print(repr(numbers), numbers[0], numbers[-1], numbers[1:4])
del numbers[2]
del numbers[0]
print(numbers + ["x", 2.5], 4 in numbers, bool(LinkedList()), numbers == LinkedList([1, 1, 3, 0]))
print(merge_sorted(LinkedList([1, 4, 9]), LinkedList(range(2, 11, 3))))
first, *middle, last = numbers
print(first, middle, last, sorted(numbers), max(numbers), list(enumerate(numbers, 1)))
print(numbers != [1, 1, 3, 0], LinkedList("abc"))
for bad in (10, -7):
    try:
        print(numbers[bad])
    except IndexError as e:
        print(f"numbers[{bad}]:", e)
del numbers[4]

"""Two ways to write an LRU cache, checked against each other."""
from collections import OrderedDict


class Node:
    __slots__ = ("key", "value", "prev", "next")

    def __init__(self, key=None, value=None):
        self.key = key
        self.value = value
        self.prev = self.next = None


class LinkedLRU:
    """LeetCode 146: hash map plus doubly linked list."""

    def __init__(self, capacity: int):
        self.capacity = capacity
        self.nodes = {}
        self.head, self.tail = Node(), Node()
        self.head.next = self.tail
        self.tail.prev = self.head

    def _remove(self, node: Node) -> None:
        node.prev.next, node.next.prev = node.next, node.prev

    def _append(self, node: Node) -> None:
        last = self.tail.prev
        last.next = self.tail.prev = node
        node.prev, node.next = last, self.tail

    def get(self, key: int) -> int:
        if key not in self.nodes:
            return -1
        node = self.nodes[key]
        self._remove(node)
        self._append(node)
        return node.value

    def put(self, key: int, value: int) -> None:
        if key in self.nodes:
            self._remove(self.nodes[key])
        node = self.nodes[key] = Node(key, value)
        self._append(node)
        if len(self.nodes) > self.capacity:
            oldest = self.head.next
            self._remove(oldest)
            del self.nodes[oldest.key]

    def items(self):
        node = self.head.next
        while node is not self.tail:
            yield node.key, node.value
            node = node.next


class OrderedLRU(OrderedDict):
    def __init__(self, capacity):
        super().__init__()
        self.capacity = capacity

    def get(self, key):
        if key not in self:
            return -1
        self.move_to_end(key)
        return self[key]

    def put(self, key, value):
        self[key] = value
        self.move_to_end(key)
        if len(self) > self.capacity:
            self.popitem(last=False)


def main():
    a, b = LinkedLRU(4), OrderedLRU(4)
    seed, hits = 12345, 0
    for step in range(120):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        key = (seed >> 16) % 9
        if seed % 3:
            x, y = a.get(key), b.get(key)
            assert x == y, (x, y)
            hits += x != -1
        else:
            a.put(key, step)
            b.put(key, step)
        if step % 20 == 19:
            print(step + 1, list(a.items()), list(a.items()) == list(b.items()))
    print(f"hits: {hits}")
    print(b)


if __name__ == "__main__":
    main()

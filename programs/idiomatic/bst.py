from __future__ import annotations

from typing import Any, Iterator, Optional


class Node:
    def __init__(self, key: Any, left: Optional[Node] = None, right: Optional[Node] = None) -> None:
        self.key = key
        self.left = left
        self.right = right


class BinarySearchTree:
    def __init__(self, keys=()) -> None:
        self.root: Optional[Node] = None
        self._size = 0
        for key in keys:
            self.add(key)

    def add(self, key) -> None:
        if self.root is None:
            self.root = Node(key)
        else:
            node = self.root
            while True:
                if key == node.key:
                    return
                side = "left" if key < node.key else "right"
                child = getattr(node, side)
                if child is None:
                    setattr(node, side, Node(key))
                    break
                node = child
        self._size += 1

    def remove(self, key) -> None:
        def _remove(node, key):
            if node is None:
                raise KeyError(key)
            if key < node.key:
                node.left = _remove(node.left, key)
            elif key > node.key:
                node.right = _remove(node.right, key)
            elif node.left is None:
                return node.right
            elif node.right is None:
                return node.left
            else:
                successor = node.right
                while successor.left:
                    successor = successor.left
                node.key = successor.key
                node.right = _remove(node.right, successor.key)
            return node

        self.root = _remove(self.root, key)
        self._size -= 1

    def __iter__(self) -> Iterator:
        stack, node = [], self.root
        while stack or node:
            while node:
                stack.append(node)
                node = node.left
            node = stack.pop()
            yield node.key
            node = node.right

    def __len__(self) -> int:
        return self._size

    def __contains__(self, key) -> bool:
        node = self.root
        while node and node.key != key:
            node = node.left if key < node.key else node.right
        return node is not None

    def height(self) -> int:
        def depth(node):
            return 0 if node is None else 1 + max(depth(node.left), depth(node.right))
        return depth(self.root)

    def levels(self):
        level = [self.root] if self.root else []
        while level:
            yield [node.key for node in level]
            level = [child for node in level for child in (node.left, node.right) if child]

    def pretty(self, node=None, indent="", last=True):
        if node is None:
            node = self.root
        print(indent + ("`-- " if last else "|-- ") + str(node.key))
        indent += "    " if last else "|   "
        children = [c for c in (node.left, node.right) if c]
        for i, child in enumerate(children):
            self.pretty(child, indent, i == len(children) - 1)


def main():
    tree = BinarySearchTree(map(int, input().split()))
    print(f"{len(tree)} keys, height {tree.height()}: {list(tree)}")
    tree.pretty()
    for key in map(int, input().split()):
        try:
            tree.remove(key)
            print(f"removed {key}:", *tree)
        except KeyError as e:
            print("no such key:", e)
    print(list(tree.levels()))
    print(50 in tree, 60 in tree, sum(tree), max(tree), [a for a, b in zip(tree, range(3))])
    words = BinarySearchTree("the quick brown fox jumps over the lazy dog".split())
    print(", ".join(words), words.height())


if __name__ == "__main__":
    main()

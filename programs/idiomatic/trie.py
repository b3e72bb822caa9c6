class TrieNode:
    def __init__(self):
        self.children = {}
        self.count = 0


class Trie:
    def __init__(self, words=()):
        self.root = TrieNode()
        self.size = 0
        for word in words:
            self.insert(word)

    def insert(self, word: str) -> None:
        node = self.root
        for ch in word:
            node = node.children.setdefault(ch, TrieNode())
        if node.count == 0:
            self.size += 1
        node.count += 1

    def _find(self, prefix: str):
        node = self.root
        for ch in prefix:
            node = node.children.get(ch)
            if node is None:
                return None
        return node

    def __contains__(self, word: str) -> bool:
        node = self._find(word)
        return node is not None and node.count > 0

    def __len__(self):
        return self.size

    def __iter__(self):
        yield from self._walk(self.root, "")

    def _walk(self, node, prefix):
        if node.count:
            yield prefix
        for ch in sorted(node.children):
            yield from self._walk(node.children[ch], prefix + ch)

    def complete(self, prefix, limit=3):
        node = self._find(prefix)
        if node is None:
            return []
        found = [(self._find(w).count, w) for w in self._walk(node, prefix)]
        found.sort(key=lambda pair: (-pair[0], pair[1]))
        return [w for _, w in found[:limit]]

    def longest_prefix_of(self, text):
        node, best = self.root, ""
        for i, ch in enumerate(text):
            if ch not in node.children:
                break
            node = node.children[ch]
            if node.count:
                best = text[: i + 1]
        return best


text = """the quick brown fox jumps over the lazy dog then the other thing
that they thought through was there all the time in theory"""
trie = Trie(text.split())
print(len(trie), list(trie)[:6])
for query in ("th", "the", "o", "x", ""):
    print(f"{query!r:6} -> {', '.join(trie.complete(query)) or '(nothing)'}")
print("the" in trie, "thro" in trie, trie.longest_prefix_of("thereabouts"), repr(trie.longest_prefix_of("zebra")))
n = int(input())
for _ in range(n):
    command, *args = input().split()
    if command == "add":
        for arg in args:
            trie.insert(arg)
        print("added", len(args), "total", len(trie))
    elif command == "find":
        print(*["yes" if arg in trie else "no" for arg in args])
    elif command == "complete":
        print(trie.complete(args[0], limit=int(args[1]) if len(args) > 1 else 5))

import sys


class UnionFind:
    """Disjoint sets with path compression and union by rank."""

    def __init__(self, items):
        self.parent = {item: item for item in items}
        self.rank = dict.fromkeys(self.parent, 0)

    def find(self, item):
        if self.parent[item] != item:
            self.parent[item] = self.find(self.parent[item])
        return self.parent[item]

    def union(self, a, b) -> bool:
        a, b = self.find(a), self.find(b)
        if a == b:
            return False
        if self.rank[a] < self.rank[b]:
            a, b = b, a
        self.parent[b] = a
        if self.rank[a] == self.rank[b]:
            self.rank[a] += 1
        return True

    def groups(self):
        result = {}
        for item in self.parent:
            result.setdefault(self.find(item), []).append(item)
        return sorted(result.values(), key=lambda g: (-len(g), g))


def read_edges(stream):
    edges = []
    for line in stream:
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        a, b, weight = line.replace("-", " ").split()
        edges.append((float(weight), a, b))
    return edges


def kruskal(edges):
    nodes = sorted({n for _, a, b in edges for n in (a, b)})
    sets = UnionFind(nodes)
    tree = [(a, b, w) for w, a, b in sorted(edges) if sets.union(a, b)]
    return tree, sets.groups()


edges = read_edges(sys.stdin)
tree, groups = kruskal(edges)
print(f"{'edge':<12}|{'weight':>8}")
print("-" * 12 + "+" + "-" * 8)
for a, b, weight in tree:
    print(f"{a + ' - ' + b:<12}|{weight:>8.2f}")
total = sum(w for *_, w in tree)
print(f"{'total':<12}|{total:>8.2f}")
for i, group in enumerate(groups, start=1):
    print(f"component {i}: {', '.join(group)}")

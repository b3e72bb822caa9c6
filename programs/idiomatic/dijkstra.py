import heapq
from collections import defaultdict
from math import inf


class Graph:
    def __init__(self, directed=False):
        self.edges = defaultdict(dict)
        self.directed = directed

    def add_edge(self, u, v, weight=1):
        if weight < 0:
            raise ValueError("negative weight")
        self.edges[u][v] = weight
        if not self.directed:
            self.edges[v][u] = weight
        else:
            self.edges[v]  # make sure that v exists

    def dijkstra(self, source):
        dist = {node: inf for node in self.edges}
        dist[source] = 0
        previous = {}
        heap = [(0, source)]
        while heap:
            d, u = heapq.heappop(heap)
            if d > dist[u]:
                continue
            for v, w in self.edges[u].items():
                if (new := d + w) < dist[v]:
                    dist[v] = new
                    previous[v] = u
                    heapq.heappush(heap, (new, v))
        return dist, previous


def path_to(target, previous):
    path = [target]
    while path[-1] in previous:
        path.append(previous[path[-1]])
    return path[::-1]


def main():
    nodes, edges = map(int, input().split())
    graph = Graph(directed=True)
    for _ in range(edges):
        u, v, w = input().split()
        graph.add_edge(u, v, float(w) if "." in w else int(w))
    print(nodes == len(graph.edges), "nodes")
    source = input().strip()
    dist, previous = graph.dijkstra(source)
    for node, d in sorted(dist.items(), key=lambda kv: (kv[1], kv[0])):
        if d == inf:
            print(f"{node}: unreachable")
        else:
            print(f"{node}: {d:<5} via {' -> '.join(path_to(node, previous))}")
    reachable = [d for d in dist.values() if d < inf]
    print(f"eccentricity {max(reachable)}, mean {sum(reachable) / len(reachable):.3f}, dist = {dist}")
    try:
        graph.add_edge("a", "b", -1)
    except ValueError as exc:
        print("rejected:", exc)


if __name__ == "__main__":
    main()

# Reachability in a directed graph, complete for NL, by breadth-first search.
# Input: the number of vertices; then for each vertex, one a line, the vertices to which its edges go.
# Output: the distance of each vertex from vertex 0, -1 where it cannot be reached.
n = int(input())
edges = [list(map(int, input().split())) for _ in range(n)]
distance = [-1] * n
distance[0] = 0
queue = [0]
for vertex in queue:
    for neighbour in edges[vertex]:
        if distance[neighbour] < 0:
            distance[neighbour] = distance[vertex] + 1
            queue.append(neighbour)
print(distance)

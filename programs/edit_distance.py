# The Levenshtein distance of two words: insertions, deletions and substitutions.
# Input: the words, one a line.
source = input()
target = input()
distance = [j for j in range(len(target) + 1)]
for i in range(len(source)):
    diagonal = distance[0]
    distance[0] = i + 1
    for j in range(len(target)):
        substitution = diagonal if source[i] == target[j] else diagonal + 1
        diagonal = distance[j + 1]
        distance[j + 1] = min(substitution, diagonal + 1, distance[j] + 1)
print(distance[len(target)])

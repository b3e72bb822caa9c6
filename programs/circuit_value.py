# The circuit value problem, complete for P (Ladner 1975), for circuits of NAND gates.
# Input: the values of the inputs, wires 0 to n-1, on one line; the number of gates; then for each gate the two
# wires that it reads, one gate a line; gate k is wire n + k. Output: the value of each gate.
wires = list(map(int, input().split()))
for _ in range(int(input())):
    gate = list(map(int, input().split()))
    value = 1 - wires[gate[0]] * wires[gate[1]]
    wires.append(value)
    print(value, end="")
print()

# The towers of Hanoi: the shortest way to move n disks from peg A to peg C.
# Input: n. Output: the moves, one a line.


def move(disks, source, target, spare):
    if disks == 0:
        return
    move(disks - 1, source, spare, target)
    print(f"disk {disks}: {source} -> {target}")
    move(disks - 1, spare, target, source)


move(int(input()), "A", "C", "B")

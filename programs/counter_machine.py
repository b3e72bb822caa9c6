# A counter machine (Minsky 1967); two counters suffice for universality.
# Input: the counters on one line, the number of instructions, then the instructions, one a line:
#   `c j`    add 1 to counter c and go to instruction j
#   `c j k`  if counter c is 0 go to instruction k, else subtract 1 from it and go to instruction j
# Going to an instruction that does not exist halts. Output: the steps taken and the counters.
counters = list(map(int, input().split()))
instructions = [list(map(int, input().split())) for _ in range(int(input()))]
position = 0
steps = 0
while 0 <= position < len(instructions):
    instruction = instructions[position]
    counter = instruction[0]
    if len(instruction) == 2:
        counters[counter] += 1
        position = instruction[1]
    elif counters[counter] == 0:
        position = instruction[2]
    else:
        counters[counter] -= 1
        position = instruction[1]
    steps += 1
print("steps:", steps)
print("counters:", counters)

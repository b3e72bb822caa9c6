# Satisfiability, complete for NP, by the DPLL procedure: unit propagation and case distinction.
# Input: the number of variables and of clauses on one line; then the clauses, one a line, as literals:
# k for variable k (from 1), -k for its negation. Output: a satisfying assignment, or that there is none.


def value_of(assignment, literal):
    # 1 if the literal is true, -1 if it is false, 0 if it is open.
    return assignment[literal] if literal > 0 else -assignment[-literal]


def unit_literal(assignment):
    # A literal that a clause forces, 0 if there is none; `conflict` says that a clause is false.
    global conflict
    conflict = False
    forced = 0
    for clause in clauses:
        open_literals = [literal for literal in clause if value_of(assignment, literal) == 0]
        if len(open_literals) < 2:
            if 1 not in [value_of(assignment, literal) for literal in clause]:
                if len(open_literals) == 0:
                    conflict = True
                    return 0
                forced = open_literals[0]
    return forced


def assign(assignment, literal):
    assignment[abs(literal)] = 1 if literal > 0 else -1


def satisfy(assignment):
    # Completes the assignment to a satisfying one; False if that is impossible.
    literal = unit_literal(assignment)
    while literal != 0:
        assign(assignment, literal)
        literal = unit_literal(assignment)
    if conflict:
        return False
    for variable in range(1, len(assignment)):
        if assignment[variable] == 0:
            for guess in [variable, -variable]:
                attempt = assignment[:]
                assign(attempt, guess)
                if satisfy(attempt):
                    for i in range(len(attempt)):
                        assignment[i] = attempt[i]
                    return True
            return False
    return True


sizes = list(map(int, input().split()))
clauses = [list(map(int, input().split())) for _ in range(sizes[1])]
conflict = False
values = [0] * (sizes[0] + 1)
if satisfy(values):
    print([i * values[i] for i in range(1, len(values))])
else:
    print("unsatisfiable")

from functools import lru_cache

LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


def winner(board):
    for a, b, c in LINES:
        if board[a] != " " and board[a] == board[b] == board[c]:
            return board[a]
    return None


def moves(board):
    return [i for i, cell in enumerate(board) if cell == " "]


def place(board, i, player):
    return board[:i] + player + board[i + 1:]


@lru_cache(maxsize=None)
def minimax(board, player):
    """Returns (score for X, best move)."""
    won = winner(board)
    if won:
        return (1 if won == "X" else -1), None
    free = moves(board)
    if not free:
        return 0, None
    other = "O" if player == "X" else "X"
    results = [(minimax(place(board, i, player), other)[0], i) for i in free]
    if player == "X":
        return max(results, key=lambda r: (r[0], -r[1]))
    return min(results)


def draw(board):
    rows = [" | ".join(board[r:r + 3]) for r in range(0, 9, 3)]
    print(("\n" + "--+---+--" + "\n").join(rows))
    print()


def ask(board):
    while True:
        answer = input("Your move (1-9)? ")
        try:
            i = int(answer) - 1
            if i not in range(9):
                raise ValueError(f"{answer} is not on the board")
            if board[i] != " ":
                raise ValueError(f"{answer} is taken")
        except ValueError as e:
            print("Try again:", e)
        else:
            return i


def play():
    board = "X" + " " * 8  # the computer opens in the corner
    player = "O"
    draw(board)
    while winner(board) is None and moves(board):
        if player == "O":
            i = ask(board)
        else:
            score, i = minimax(board, player)
            print(f"Computer takes {i + 1} (expects {score:+d})")
        board = place(board, i, player)
        draw(board)
        player = "X" if player == "O" else "O"
    result = winner(board)
    print("Draw!" if result is None else f"{result} wins!")


if __name__ == "__main__":
    play()

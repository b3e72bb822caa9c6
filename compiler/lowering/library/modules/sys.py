"""`sys`."""

maxsize = 9223372036854775807


def setrecursionlimit(limit):
    pass


def exit(code=0):
    raise SystemExit(code)

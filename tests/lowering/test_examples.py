"""Every construct of the language, one small program each, against CPython."""

from __future__ import annotations

import pytest

from tests.lowering.running import assert_like_python

PROGRAMS = {
    "print": "print(1, True, 'a', 'abc', [1, 2], [True], ['a', \"b'c\"], [[1], [2, 3]], [])",
    "separators": "print('%', end='')\nprint('a', 'b', sep='-')\nprint()\nprint(1, 2, sep='', end='!\\n')",
    "computed separator": (
        "def f(s):\n    print('called')\n    return s\nprint(f('x'), f('yz'), f('0'), sep=f(', '), end=f('.'))"
    ),
    "arguments before output": "def f():\n    print('first')\n    return 1\nprint('a', f(), 'b' if f() == 1 else 'c')",
    "choice": "for i in range(4):\n    print('Q' if i == 2 else '.', end='')\nprint('even' if i % 2 == 0 else 'odd', i)",
    "unicode": "print(chr(955), 'λ', ord('λ'), 'é' + 'ü', ['é', '\\n', '\\t\"', \"it's\", '\\\\', '\\x07', '\"\\''])",
    "f-string": "x = 3\nprint(f'{x} and {x + 1}', f'[{x}]')\ns = f'v={x}'\nprint(s, len(s), f'{[x]}{True}{s}')",
    "frozen field": "def f(a):\n    a.append(1)\n    return 2\na = [0]\nprint(f'{a} {f(a)}', a)\na = [0]\nprint(a, f(a))",
    "str": "print(str(12345) + str(-7) + str(True) + str(0) + str(10 ** 20) + str('x'))",
    "while": (
        "i = 0\nwhile True:\n    i += 1\n    if i == 3:\n        continue\n    if i > 6:\n        break\n    print(i)\n"
        "else:\n    print('no')\nwhile i < 10:\n    i += 1\nelse:\n    print('else', i)\nwhile False:\n    print('never')"
    ),
    "for range": (
        "for i in range(3):\n    print(i)\nelse:\n    print('e', i)\nfor i in range(5, 0, -2):\n    print(i)\nprint(i)\n"
        "for i in range(3):\n    i = i * 10\n    print(i)\nprint(i)\nfor i in range(0):\n    pass\nprint(i)\n"
        "for i in range(2, 2):\n    pass\nprint(i)"
    ),
    "range is evaluated once": "n = 3\nfor i in range(n):\n    n += 1\n    print(i, n)\nfor n in range(n):\n    print(n)",
    "range with a variable step": "for s in [2, -2, 3]:\n    for i in range(1, 6 * s, s):\n        print(i, end=' ')\nprint(i)",
    "loop variable inside a loop over it": "for i in range(3):\n    for i in range(2):\n        pass\n    print(i)",
    "nested loops": (
        "n = 0\nfor i in range(3):\n    for j in range(i, 3):\n        if j == 2:\n            break\n        n += i * j\n"
        "    else:\n        n += 100\nprint(n)"
    ),
    "growing while iterated": "a = [5]\nfor x in a:\n    if len(a) < 5:\n        a.append(x + 1)\nprint(a)",
    "shrinking while iterated": "a = [1, 2, 3, 4]\nfor x in a:\n    print(x, a.pop())\nprint(a)",
    "strings": (
        "s = 'hello world'\nprint(s[0], s[-1], s[1:4], s[::-1], len(s), 'o' in s, 'wor' in s, 'x' in s, s + '!', s * 2)\n"
        "print(s == 'hello world', s != 'a', s[0] == s[1], s[2] == s[3], 'h' == s[0], s[4] != 'o')\n"
        "for c in s:\n    print(c, end='-')\nprint()"
    ),
    "short strings": (
        "s = 'a'\nprint(s[0], s[-1], len(s), s == 'a', s + s, s * 3, s[0:1], s[1:] == '', s in 'abc')\nt = ''\n"
        "print(t, len(t), t == '', t + s, bool(t), bool(s), t * 5, t in s, t in t)\nfor c in s:\n    print(c)\n"
        "for c in t:\n    print(c)\nprint([t, s], [s] == [t], s[::-1], s[::2], t[::-1])"
    ),
    "lists of strings": "a = ['#', 'ab', '']\nprint(a[0] == '#', a[0] != '#', a[1] == a[0], a[2] == '', a[1][0] == 'a')",
    "items": (
        "a = [3, 1, 2]\na[0], a[2] = a[2], a[0]\nprint(a, a[-1], a[-3], len(a))\na[-1] = 7\nprint(a)\na[1] += 5\na[-2] *= 3\n"
        "print(a)\ni = -1\na[i] -= 1\nprint(a[i], a, i)"
    ),
    "append and pop": (
        "a = []\nfor i in range(20):\n    a.append(i * i)\nprint(a, len(a), a.pop(), a.pop(0), a.pop(-2), a)\n"
        "b = [1, 2, 3]\nprint(b.pop(), b, b.pop(0), b)"
    ),
    "comprehensions": (
        "print([i * i for i in range(5)], [i for i in range(10) if i % 2], [c for c in 'hello'])\n"
        "print([[j for j in range(i)] for i in range(4)], [i for i in range(9, 0, -4)], [i for i in range(3, 1)])\n"
        "i = 7\nprint([i for i in [i, 8]], i)\nprint([x for x in [1, 2, 3, 4] if x > 1 if x < 4])"
    ),
    "repeated lists": "a = [0] * 5\nb = [1] * 3\nc = [[0] * 2 for _ in range(2)]\nc[0][1] = 5\nd = [[0]] * 2\n"
    "d[0][0] = 4\nprint(a, b, c, d, [1, 2] * 3, 2 * [7], [5] * -1, [1, 2] * -1, [False] * 2)",
    "slices": (
        "a = [1, 2, 3, 4, 5, 6]\nprint(a[1:3], a[:], a[:2], a[2:], a[-2:], a[:-1], a[::2], a[::-1], a[4:1:-1], a[10:])\n"
        "print(a[-100:2], a[5:2], a[1:1])\nfor n in [-2, 2]:\n    print(a[::n], a[4::n], a[:1:n])\n"
        "b = a[:]\nb.append(7)\nb[0] = 0\nprint(a, b)"
    ),
    "equality": (
        "print([1, 2] == [1, 2], [1] == [2], [[1], [2]] == [[1], [2]], ['a', 'bc'] == ['a', 'bc'], ['a'] != ['b'])\n"
        "print(3 in [1, 2, 3], 'b' in ['a', 'b'], [1] in [[1], [2]], 5 not in [1, 2], True in [1], 'ab' in ['a', 'ab'])\n"
        "a = [1]\na.append(2)\nprint(a == [1, 2], [1, 2] == a, a != [1], 2 in a)"
    ),
    "comparisons": (
        "print(1 < 2 < 3, 1 < 2 > 3, 0 <= 5 < 10, 0 <= 10 < 10, 0 <= -1 < 5, 1 == True)\nx = 5\n"
        "print(1 if x > 3 else 2, x > 3 and x < 4, x and 0, 0 or x, not x, not (x > 3 or x < 2), 1 < x <= 5 != 4)\n"
        "if 0 <= x < 3:\n    print('in')\nelse:\n    print('out')"
    ),
    "chain evaluates once": "def f(x):\n    print(x)\n    return x\nprint(f(1) < f(2) < f(3), f(3) < f(2) < f(1), f(1) < f(1) == f(0))",
    "short circuit": "def f(x):\n    print(x)\n    return x\nprint(f(0) and f(1), f(1) or f(2), f(0) or f(2), f(1) and f(0))",
    "functions": (
        "def f(a, b=3, c='x'):\n    return a + b, c\nx, y = f(1)\nprint(x, y)\nx, y = f(1, 2, 'zz')\nprint(x, y)\n"
        "def g(n):\n    if n < 2:\n        return n\n    return g(n - 1) + g(n - 2)\nprint(g(12))\ndef h():\n    pass\nh()\n"
        "def k(a, b, c):\n    return a * 100 + b * 10 + c\nprint(k(k(1, 2, 3), k(4, 5, 6), k(7, 8, 9)))"
    ),
    "early return": "def f(n):\n    for i in range(n):\n        while True:\n            if i == 3:\n                return i\n"
    "            break\n    return -1\nprint(f(10), f(2))",
    "mutual recursion": "def even(n):\n    return True if n == 0 else odd(n - 1)\ndef odd(n):\n    return False if n == 0 else even(n - 1)\n"
    "print(even(10), odd(10))",
    "defaults are evaluated once": "x = 5\ndef f(a=x * 2, b=[1]):\n    b.append(a)\n    return len(b)\nx = 100\nprint(f(), f(1), f())",
    "globals": (
        "x = 1\ndef g():\n    global x\n    x = x + 10\n    return x\nprint(x + g(), g() + x, x)\ny = x + g() * x\nprint(y)\n"
        "print([x, g(), x], x < g() < x, -x + g())\na = [0, 0, 0, 0]\na[x - 51] = g() - x\nprint(a, x)"
    ),
    "results of calls do not clobber each other": (
        "def f(x):\n    return x + 1\nprint(f(1) + f(2), f(f(1)) * f(f(2)), (f(1) + f(2)) + ((f(3) + f(4)) < f(9)), f(2) - f(1) * f(3))"
    ),
    "tuples": (
        "def t(n):\n    return n, n + 1\na, b = t(5)\nprint(a, b)\nx = [0, 0]\nx[0], x[1] = t(7)\nprint(x)\na, b = b, a\nprint(a, b)\n"
        "a, b, c = 1, 2, 3\na, b, c = c, a, b\nprint(a, b, c)\ni = 0\ni, x[i] = 1, 5\nprint(i, x)\nx[0], x[1] = x[1], x[0]\nprint(x)\n"
        "a, a = 1, 2\nprint(a)\na = b = c = 4\nprint(a, b, c)\ni = x[i] = 0\nprint(i, x)\ndef u(a, b):\n    return b, a\nprint(1)\n"
        "a, b = u(1, 2)\nprint(a, b)\nq, r = divmod(-17, 5)\nprint(q, r)"
    ),
    "unpacking": "a, b, c = [1, 2, 3]\nprint(a, b, c)\nfor p, q in [[1, 2], [3, 4]]:\n    print(p, q)",
    "augmented": "x = 10\nx //= 3\nprint(x)\nx %= 2\nx <<= 4\nx |= 3\nx ^= 1\nx &= 18\nx **= 2\nprint(x)\ns = 'a'\ns += 'b'\ns *= 2\n"
    "print(s)\na = [1, 2]\na[0] += len(a)\na[-1] -= a.pop()\nprint(a)",
    "augmented item and a call": "a = [1, 2]\ndef f():\n    a.append(5)\n    a[0] = 100\n    return 1\na[0] += f()\na[-1] += f()\nprint(a)",
    "built-ins": "print(min(3, 1, 2), max(3, 1, 2), min([4, 2, 8]), max([4, 2, 8]), sum([1, 2, 3]), sum([True, True]), abs(-5))\n"
    "print(ord('a'), chr(98), ord('abc'[1]), len('abc'), len([]), int(True), bool(3), bool([]), bool([0]), int('12'))\n"
    "x = 2\nx = max(x, 5)\nx = min(9, x)\nx = max(1, 2, x)\nprint(x, pow(2, 10), pow(3, 200, 1000007), pow(-3, 5, -7), pow(2, 0, 1))",
    "booleans": "print(True + True, True & False, True | False, True ^ True, ~True, -True, True * 5, True == 1)\nb = True\nb ^= True\nprint(b)",
    "integers of text": "print(int('  -12 '), int('1_000'), int('+7'), int('0'), int('-0'), int('123456789012345678901234567890'))",
    "assert": "assert 1 == 1\nassert [0]\nprint('x')",
    "deep expressions": "a = 3\nprint(((a + 1) * (a + 2) - (a - 1) * (a - 2)) * (((a + 5) // (a - 1)) + (a % 2) * (a + (a + (a + (a + 1))))))",
}


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_construct(source: str) -> None:
    assert_like_python(source)


@pytest.mark.parametrize(
    "text",
    ["5\n1 -2  3\nhello there\n", "5\n1\nx", "5\n\n\n", " 5 \n  7\t8 \nab\ncd\n", "-1_0\n+3 1_2\nz\n"],
)
def test_input(text: str) -> None:
    assert_like_python(
        "n = int(input())\na = list(map(int, input().split()))\ns = input('more? ')\na.append(n)\nprint(n, a, s, len(s), s == 'x')", text
    )


@pytest.mark.parametrize("text", ["", "a\n", "\n\n", "one\ntwo", "one\ntwo\n"])
def test_lines(text: str) -> None:
    assert_like_python("while True:\n    print([input()])", text)

"""A tiny Forth."""
import operator
import sys


class ForthError(Exception):
    pass


class Forth:
    BINARY = {
        "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.floordiv,
        "mod": operator.mod, "=": operator.eq, "<": operator.lt, ">": operator.gt,
        "and": operator.and_, "or": operator.or_,
    }

    def __init__(self, out=sys.stdout):
        self.stack: list[int] = []
        self.words = {}
        self.out = out
        self.builtins = {
            "dup": lambda: self.push(self.stack[-1]),
            "drop": self.pop,
            "swap": self.swap,
            "over": lambda: self.push(self.stack[-2]),
            "rot": lambda: self.push(self.stack.pop(-3)),
            ".": lambda: self.write(f"{self.pop()} "),
            "cr": lambda: self.write("\n"),
            "emit": lambda: self.write(chr(self.pop())),
            ".s": lambda: self.write(f"<{len(self.stack)}> {' '.join(map(str, self.stack))}\n"),
        }

    def write(self, text):
        self.out.write(text)

    def push(self, value):
        self.stack.append(int(value))

    def pop(self):
        if not self.stack:
            raise ForthError("stack underflow")
        return self.stack.pop()

    def swap(self):
        b, a = self.pop(), self.pop()
        self.stack += [b, a]

    def run(self, tokens):
        tokens = iter(tokens)
        for token in tokens:
            word = token.lower()
            if word == ":":
                name = next(tokens).lower()
                body = []
                for part in tokens:
                    if part == ";":
                        break
                    body.append(part)
                self.words[name] = body
            elif word == "if":
                yes, no = self.branches(tokens)
                self.run(yes if self.pop() else no)
            elif word == "times":
                count, body = self.pop(), [next(tokens)]
                for _ in range(count):
                    self.run(body)
            elif word in self.words:
                self.run(self.words[word])
            elif word in self.BINARY:
                b, a = self.pop(), self.pop()
                self.push(self.BINARY[word](a, b))
            elif word in self.builtins:
                self.builtins[word]()
            else:
                try:
                    self.push(int(word))
                except ValueError:
                    raise ForthError(f"unknown word {token!r}") from None

    @staticmethod
    def branches(tokens):
        yes, no, depth = [], [], 0
        current = yes
        for t in tokens:
            if t == "if":
                depth += 1
            elif t == "then":
                if depth == 0:
                    return yes, no
                depth -= 1
            elif t == "else" and depth == 0:
                current = no
                continue
            current.append(t)
        raise ForthError("if without then")


forth = Forth()
for number, line in enumerate(sys.stdin, 1):
    code = line.split("\\")[0]
    try:
        forth.run(code.split())
    except ForthError as e:
        print(f"line {number}: {e}")
        forth.stack.clear()
    except ZeroDivisionError:
        print(f"line {number}: division by zero")
    except IndexError:
        print(f"line {number}: stack too small")
print("ok", forth.stack, sorted(forth.words))

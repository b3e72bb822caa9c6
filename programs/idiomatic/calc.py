"""A calculator: tokenizer, recursive-descent parser, evaluator."""
import math
import re
from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    NUMBER = auto()
    NAME = auto()
    OP = auto()
    END = auto()


class Token(NamedTuple):
    kind: Kind
    text: str
    position: int


class CalcError(Exception):
    pass


TOKEN_RE = re.compile(r"\s*(?:(?P<NUMBER>\d+\.?\d*)|(?P<NAME>[A-Za-z_]\w*)|(?P<OP>\*\*|[-+*/%(),=^]))")


def tokenize(text):
    pos = 0
    text = text.rstrip()
    while pos < len(text):
        m = TOKEN_RE.match(text, pos)
        if m is None:
            raise CalcError(f"unexpected character {text[pos]!r} at {pos}")
        yield Token(Kind[m.lastgroup], m.group(m.lastgroup), m.start(m.lastgroup))
        pos = m.end()
    yield Token(Kind.END, "", pos)


class Calculator:
    functions = {"sqrt": math.sqrt, "abs": abs, "max": max, "min": min, "fact": math.factorial}

    def __init__(self):
        self.variables = {"pi": math.pi}

    def evaluate(self, text):
        self.tokens = list(tokenize(text))
        self.index = 0
        if len(self.tokens) > 2 and self.tokens[0].kind is Kind.NAME and self.tokens[1].text == "=":
            name = self.tokens[0].text
            self.index = 2
            value = self.variables[name] = self.expression()
        else:
            value = self.expression()
        if self.peek().kind is not Kind.END:
            raise CalcError(f"unexpected {self.peek().text!r} at {self.peek().position}")
        return value

    def peek(self):
        return self.tokens[self.index]

    def accept(self, *texts):
        token = self.peek()
        if token.text in texts and token.kind is Kind.OP:
            self.index += 1
            return token.text
        return None

    def expect(self, text):
        if not self.accept(text):
            raise CalcError(f"expected {text!r}, got {self.peek().text or 'end of line'!r}")

    def expression(self):
        value = self.term()
        while op := self.accept("+", "-"):
            value = value + self.term() if op == "+" else value - self.term()
        return value

    def term(self):
        value = self.unary()
        while op := self.accept("*", "/", "%"):
            right = self.unary()
            if op == "*":
                value *= right
            elif op == "/":
                value /= right
            else:
                value %= right
        return value

    def unary(self):
        if self.accept("-"):
            return -self.unary()
        base = self.primary()
        if self.accept("^", "**"):
            return base ** self.unary()
        return base

    def primary(self):
        token = self.peek()
        self.index += 1
        if token.kind is Kind.NUMBER:
            return float(token.text) if "." in token.text else int(token.text)
        if token.kind is Kind.NAME:
            if self.accept("("):
                args = [self.expression()]
                while self.accept(","):
                    args.append(self.expression())
                self.expect(")")
                return self.functions[token.text](*args)
            if token.text not in self.variables:
                raise CalcError(f"undefined variable {token.text}")
            return self.variables[token.text]
        if token.text == "(":
            value = self.expression()
            self.expect(")")
            return value
        raise CalcError(f"unexpected {token.text!r}")


if __name__ == "__main__":
    calculator = Calculator()
    while True:
        try:
            line = input("> ")
        except EOFError:
            print("bye")
            break
        if not line.strip():
            continue
        try:
            print(calculator.evaluate(line))
        except CalcError as e:
            print("error:", e)
        except ZeroDivisionError as e:
            print("math error:", e)
        except (KeyError, TypeError, ValueError) as e:
            print(f"{type(e).__name__}: {e}")

# A calculator: arithmetic read by recursive descent; what is wrong is an exception.
# Input: lines such as "2 * (3 - 1) / 4"; an empty line ends them.


class CalculatorError(Exception):
    """The message names the token at which the line is wrong."""


def tokens(text):
    """Yields numbers and operators, and at last an empty one."""
    for operator in "+-*/()":
        text = text.replace(operator, f" {operator} ")
    yield from text.split()
    yield ""


class Calculator:
    def __init__(self, text):
        self.tokens = tokens(text)
        self.token = next(self.tokens)

    def step(self):
        token, self.token = self.token, next(self.tokens, "")
        return token

    def chain(self, operand, operators):
        """Operands with operators of one precedence, from left to right."""
        value = operand()
        while self.token in operators:
            value = operators[self.step()](value, operand())
        return value

    def product(self):
        return self.chain(self.atom, {"*": lambda a, b: a * b, "/": lambda a, b: a / b})

    def sum(self, end):
        value = self.chain(self.product, {"+": lambda a, b: a + b, "-": lambda a, b: a - b})
        if self.step() != end:
            raise CalculatorError(f"{end or 'the end'} expected")
        return value

    def atom(self):
        token = self.step()
        if token == "-":
            return -self.atom()
        if token == "(":
            return self.sum(")")
        try:
            return float(token) if "." in token else int(token)
        except ValueError:
            raise CalculatorError(f"{token!r} is no number") from None


while line := input():
    try:
        print(line, "=", Calculator(line).sum(""))
    except (CalculatorError, ZeroDivisionError) as problem:
        print(line, "is wrong:", problem)

"""A vending machine as a state machine."""
from enum import Enum


class State(Enum):
    IDLE = "idle"
    HAS_MONEY = "has money"
    DISPENSING = "dispensing"
    OUT_OF_ORDER = "out of order"

    def __str__(self):
        return self.value.upper()


class VendingMachine:
    COINS = (200, 100, 50, 20, 10, 5)

    def __init__(self, stock):
        self.stock = {name: list(entry) for name, entry in stock.items()}
        self.state = State.IDLE
        self.credit = 0
        self.log = []
        self.handlers = {
            State.IDLE: {"coin": self.insert, "service": self.service},
            State.HAS_MONEY: {"coin": self.insert, "select": self.select, "cancel": self.cancel},
            State.OUT_OF_ORDER: {"service": self.service},
        }

    def handle(self, command, *args):
        handler = self.handlers.get(self.state, {}).get(command)
        before = self.state
        if handler is None:
            message = f"cannot {command} while {self.state}"
        else:
            message = handler(*args)
        self.log.append((before.name, command, self.state.name))
        print(f"{command + ' ' + ' '.join(args):<14} {message}  [{before} => {self.state}, {self.credit / 100:.2f} EUR]")

    def insert(self, coin):
        value = int(coin)
        if value not in self.COINS:
            return f"coin rejected: {value}"
        self.credit += value
        self.state = State.HAS_MONEY
        return "thank you"

    def select(self, product):
        try:
            price, count = self.stock[product]
        except KeyError:
            return f"no such product: {product}"
        if count == 0:
            return f"{product} is sold out"
        if self.credit < price:
            return f"{product} costs {price / 100:.2f}"
        self.state = State.DISPENSING
        self.stock[product][1] -= 1
        self.credit -= price
        message = f"here is your {product}, change: {self.give_change()}"
        self.state = State.IDLE if any(n for _, n in self.stock.values()) else State.OUT_OF_ORDER
        return message

    def give_change(self):
        coins = {}
        for coin in self.COINS:
            n, self.credit = divmod(self.credit, coin)
            if n:
                coins[coin] = n
        return " + ".join(f"{n}x{c}c" for c, n in coins.items()) or "none"

    def cancel(self):
        back = self.give_change()
        self.state = State.IDLE
        return f"returned {back}"

    def service(self):
        for entry in self.stock.values():
            entry[1] += 1
        self.state = State.IDLE
        return "refilled"


machine = VendingMachine({"cola": (150, 1), "chips": (120, 1), "gum": (35, 0)})
while (line := input()) != "off":
    machine.handle(*line.split())
print(State("idle"), State["IDLE"] is State.IDLE, [s.name for s in State], State.HAS_MONEY)
print(len(machine.log), "events;", sorted({(a, b) for a, _, b in machine.log if a != b}))
print({state.value: sum(1 for a, *_ in machine.log if a == state.name) for state in State})

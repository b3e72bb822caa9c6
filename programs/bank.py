# Bank accounts: transfers that are carried out as a whole or not at all.
# Input: orders such as "open ann 50", "pay ann 20", "transfer ann bob 30"; an empty line ends them.


class BankError(Exception):
    pass


class InsufficientFunds(BankError):
    def __init__(self, account, amount):
        super().__init__(f"{account.owner} has {account.balance}, not {amount}")
        self.missing = amount - account.balance


class Account:
    opened = 0

    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance
        Account.opened += 1

    def pay(self, amount):
        if amount <= 0:
            raise BankError(f"{amount} is no amount")
        self.balance += amount

    def draw(self, amount):
        if amount > self.balance:
            raise InsufficientFunds(self, amount)
        self.balance -= amount


def carry_out(accounts, order, owner, *arguments):
    if order == "open":
        if owner in accounts:
            raise BankError(f"{owner} has an account")
        accounts[owner] = Account(owner, *map(int, arguments))
    elif order == "pay":
        accounts[owner].pay(int(arguments[0]))
    elif order == "transfer":
        target, amount = accounts[arguments[0]], int(arguments[1])
        accounts[owner].draw(amount)
        target.pay(amount)
    else:
        raise BankError(f"what is {order!r}?")


accounts = {}
while line := input():
    try:
        carry_out(accounts, *line.split())
    except InsufficientFunds as problem:
        print(f"refused: {problem}; {problem.missing} are missing")
    except (BankError, ValueError) as problem:
        print("refused:", problem)
    except KeyError as problem:
        print("refused: there is no account", problem)
print({owner: account.balance for owner, account in accounts.items()}, Account.opened)

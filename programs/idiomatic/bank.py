from __future__ import annotations
from dataclasses import dataclass, field
from typing import List


class BankError(Exception):
    """Base class of everything that can go wrong in the bank."""


class InsufficientFunds(BankError):
    def __init__(self, account: Account, amount: float) -> None:
        super().__init__(f"{account.owner} has {account.balance:.2f}, but needs {amount:.2f}")
        self.missing = amount - account.balance


class AccountNotFound(BankError, KeyError):
    pass


@dataclass
class Transaction:
    kind: str
    amount: float
    note: str = ""


@dataclass
class Account:
    owner: str
    balance: float = 0.0
    history: List[Transaction] = field(default_factory=list, repr=False)

    def deposit(self, amount: float, note: str = "") -> None:
        if amount <= 0:
            raise ValueError("Deposit must be positive")
        self.balance += amount
        self.history.append(Transaction("deposit", amount, note))

    def withdraw(self, amount: float, note: str = "") -> None:
        if amount > self.balance:
            raise InsufficientFunds(self, amount)
        self.balance -= amount
        self.history.append(Transaction("withdraw", amount, note))


class SavingsAccount(Account):
    rate = 0.025

    def add_interest(self) -> None:
        self.deposit(round(self.balance * self.rate, 2), note=f"interest {self.rate:.1%}")


class Bank:
    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}

    def open(self, owner: str, balance: float = 0, savings: bool = False) -> Account:
        cls = SavingsAccount if savings else Account
        account = self._accounts[owner] = cls(owner, balance)
        return account

    def __getitem__(self, owner: str) -> Account:
        try:
            return self._accounts[owner]
        except KeyError:
            raise AccountNotFound(f"no account for {owner}") from None

    def transfer(self, source: str, target: str, amount: float) -> None:
        self[source].withdraw(amount, f"to {target}")
        self[target].deposit(amount, f"from {source}")

    def __len__(self):
        return len(self._accounts)


bank = Bank()
alice = bank.open("Alice", 100)
bob = bank.open("Bob", savings=True)
for source, target, amount in [("Alice", "Bob", 30), ("Bob", "Alice", 45.5), ("Alice", "Carol", 1), ("Alice", "Bob", -5)]:
    try:
        bank.transfer(source, target, amount)
    except InsufficientFunds as error:
        print("Insufficient funds:", error, f"(missing {error.missing})")
    except BankError as error:
        print(type(error).__name__, error.args)
    except ValueError as error:
        print("Invalid:", error)
    else:
        print(f"{source} -> {target}: {amount:8.2f}")
    finally:
        print("   balances:", {a.owner: a.balance for a in (alice, bob)})
bob.add_interest()
print(alice, bob, len(bank))
for t in alice.history + bob.history:
    print(f"{t.kind:<10}{t.amount:>10.2f}  {t.note}")
bank["Dave"]

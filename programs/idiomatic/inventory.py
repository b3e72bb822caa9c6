from dataclasses import dataclass, field, asdict
from typing import ClassVar
import json
import sys


@dataclass
class Product:
    sku: str
    name: str
    price: float
    quantity: int = 0
    tags: list[str] = field(default_factory=list)
    currency: ClassVar[str] = "EUR"

    def __post_init__(self):
        if self.price < 0:
            raise ValueError(f"negative price for {self.sku}")
        self.tags = sorted(self.tags)

    @property
    def total(self):
        return self.price * self.quantity

    @classmethod
    def from_row(cls, row):
        sku, name, price, quantity, *tags = row
        return cls(sku, name, float(price), int(quantity), tags)


class Inventory:
    def __init__(self):
        self.products = {}

    def __iadd__(self, product):
        if product.sku in self.products:
            self.products[product.sku].quantity += product.quantity
        else:
            self.products[product.sku] = product
        return self

    def __iter__(self):
        return iter(sorted(self.products.values(), key=lambda p: p.name.lower()))

    def find(self, *, tag=None, max_price=float("inf")):
        return [p for p in self if p.price <= max_price and (tag is None or tag in p.tags)]

    def report(self):
        line = "=" * 44
        print(line)
        print(f"{'Product':<20}{'Qty':>6}{'Price':>8}{'Total':>10}")
        print(line)
        for p in self:
            print(f"{p.name[:19]:<20}{p.quantity:>6}{p.price:>8.2f}{p.total:>10.2f}")
        print(f"{'Sum (' + Product.currency + ')':<34}{sum(p.total for p in self):>10.2f}")


def main():
    inventory = Inventory()
    for n, line in enumerate(sys.stdin, 1):
        row = [cell.strip() for cell in line.rstrip("\n").split(";")]
        try:
            inventory += Product.from_row(row)
        except ValueError as e:
            print(f"row {n}: {e}")
    inventory.report()
    print([p.sku for p in inventory.find(tag="kitchen")], [p.sku for p in inventory.find(max_price=5)])
    first = next(iter(inventory))
    print(first)
    print(json.dumps(asdict(first), indent=2))
    print(json.dumps({p.sku: p.tags for p in inventory}, sort_keys=True))
    print(json.loads('{"a": [1, 2.5, null, true], "b": "x\\ny"}'))


if __name__ == "__main__":
    main()

from datetime import date, timedelta
from decimal import Decimal, ROUND_HALF_UP
import textwrap

INVOICES = [
    ("Miller & Sons", date(2024, 1, 31), Decimal("1200.00")),
    ("Ölberg GmbH", date(2024, 2, 12), Decimal("89.95")),
    ("ACME", date(2023, 12, 24), Decimal("455.505")),
]
CENT = Decimal("0.01")


def due(day, days=30):
    return day + timedelta(days=days)


def vat(amount, rate=Decimal("0.19")):
    return (amount * rate).quantize(CENT, rounding=ROUND_HALF_UP)


def main():
    today = date(2024, 3, 1)
    total = Decimal(0)
    for customer, issued, net in sorted(INVOICES, key=lambda invoice: invoice[1]):
        gross = net + vat(net)
        total += gross
        late = (today - due(issued)).days
        status = f"overdue by {late} days" if late > 0 else "open"
        print(f"{customer:<15} {issued.isoformat()} {issued:%a %d %b} {gross:>10.2f} {status}")
    print(f"Total: {total}")
    letter = """\
        Dear customer,

        please pay what is overdue. It would be a pity if we had to
        send you another one of these letters.
    """
    print(textwrap.fill(textwrap.dedent(letter), width=30))
    print(textwrap.indent("Yours,\nBookkeeping", "    "))


if __name__ == "__main__":
    main()

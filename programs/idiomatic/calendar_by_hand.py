MONTHS = ["January", "February", "March", "April", "May", "June", "July",
          "August", "September", "October", "November", "December"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in(month, year):
    return [31, 29 if is_leap(year) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]


class Date:
    def __init__(self, year, month, day):
        if not 1 <= month <= 12:
            raise ValueError("month must be in 1..12")
        if not 1 <= day <= days_in(month, year):
            raise ValueError(f"day must be in 1..{days_in(month, year)} for {MONTHS[month - 1]} {year}")
        self.year, self.month, self.day = year, month, day

    @classmethod
    def parse(cls, text):
        return cls(*map(int, text.split("-")))

    def ordinal(self):
        y = self.year - 1
        days = y * 365 + y // 4 - y // 100 + y // 400
        return days + sum(days_in(m, self.year) for m in range(1, self.month)) + self.day

    @classmethod
    def from_ordinal(cls, n):
        year = n * 400 // 146097 + 1
        while cls(year, 1, 1).ordinal() > n:
            year -= 1
        month = 12
        while (first := cls(year, month, 1).ordinal()) > n:
            month -= 1
        return cls(year, month, n - first + 1)

    def weekday(self):
        return DAYS[(self.ordinal() - 1) % 7]

    def __sub__(self, other):
        if isinstance(other, Date):
            return self.ordinal() - other.ordinal()
        return Date.from_ordinal(self.ordinal() - other)

    def __add__(self, days):
        return Date.from_ordinal(self.ordinal() + days)

    def __lt__(self, other):
        return (self.year, self.month, self.day) < (other.year, other.month, other.day)

    def __str__(self):
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"

    def __format__(self, spec):
        if spec == "long":
            return f"{self.weekday()}, {self.day} {MONTHS[self.month - 1]} {self.year}"
        return format(str(self), spec)


def easter(year):
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    l = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * l) // 433
    month = (h + l - 7 * m + 90) // 25
    return Date(year, month, (h + l - 7 * m + 33 * month + 19) % 32)


def print_month(year, month):
    print(f"{MONTHS[month - 1]} {year}".center(20))
    print(" ".join(day[:2] for day in DAYS))
    start = DAYS.index(Date(year, month, 1).weekday())
    cells = ["  "] * start + [f"{d:2}" for d in range(1, days_in(month, year) + 1)]
    for i in range(0, len(cells), 7):
        print(" ".join(cells[i:i + 7]))


birthday = Date.parse(input("Birthday (YYYY-MM-DD): "))
today = Date.parse(input("Today: "))
print(f"\nYou were born on {birthday:long} and are {today - birthday:,} days old.")
print(f"[{birthday:>12}] [{birthday:^14}]", birthday + 10000, today - 400, birthday < today)
print_month(2024, 2)
print([str(easter(y)) for y in (1999, 2000, 2024, 2038)])
print("Friday the 13th:", sum(Date(2026, m, 13).weekday() == "Friday" for m in range(1, 13)))
for text in ["2023-02-29", "2023-13-01", "2023-1", "x-y-z"]:
    try:
        print(Date.parse(text))
    except (ValueError, TypeError) as e:
        print(f"{text}: {e}")

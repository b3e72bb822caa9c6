import re
import sys

RULES = {
    "byr": lambda v: 1920 <= int(v) <= 2002,
    "iyr": lambda v: 2010 <= int(v) <= 2020,
    "eyr": lambda v: 2020 <= int(v) <= 2030,
    "hgt": lambda v: valid_height(v),
    "hcl": lambda v: re.fullmatch(r"#[0-9a-f]{6}", v) is not None,
    "ecl": lambda v: v in {"amb", "blu", "brn", "gry", "grn", "hzl", "oth"},
    "pid": lambda v: len(v) == 9 and v.isdigit(),
}


def valid_height(value: str) -> bool:
    match = re.match(r"^(\d+)(cm|in)$", value)
    if not match:
        return False
    number, unit = int(match.group(1)), match.group(2)
    low, high = (150, 193) if unit == "cm" else (59, 76)
    return low <= number <= high


def parse(block: str) -> dict:
    return dict(field.split(":") for field in block.split())


def problems(passport: dict) -> list:
    found = []
    for key, rule in RULES.items():
        if key not in passport:
            found.append(f"{key} missing")
            continue
        try:
            if not rule(passport[key]):
                found.append(f"{key} invalid ({passport[key]!r})")
        except ValueError as e:
            found.append(f"{key}: {e}")
    return found


def main():
    passports = [parse(block) for block in sys.stdin.read().split("\n\n")]
    complete = sum(RULES.keys() <= p.keys() for p in passports)
    valid = 0
    for i, passport in enumerate(passports, 1):
        wrong = problems(passport)
        if not wrong:
            valid += 1
            print(f"#{i}: ok, extras: {sorted(passport.keys() - RULES.keys())}")
        else:
            print(f"#{i}: {'; '.join(wrong)}")
    print(f"{complete=} {valid=} of {len(passports)}")


if __name__ == "__main__":
    main()

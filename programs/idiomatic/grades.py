import statistics
import sys
from collections import defaultdict, namedtuple

Student = namedtuple("Student", ["name", "course", "marks"])


def parse(line):
    name, course, *marks = (part.strip() for part in line.split(","))
    return Student(name.title(), course, [float(m) for m in marks if m])


def letter(average):
    for limit, grade in [(90, "A"), (80, "B"), (70, "C"), (60, "D")]:
        if average >= limit:
            return grade
    return "F"


def histogram(values, bins=5):
    low, high = min(values), max(values)
    width = (high - low) / bins
    counts = [0] * bins
    for v in values:
        counts[min(int((v - low) / width), bins - 1)] += 1
    for i, count in enumerate(counts):
        print(f"{low + i * width:6.1f} - {low + (i + 1) * width:6.1f} | {'#' * count}")


def main():
    students = []
    for lineno, line in enumerate(sys.stdin, 1):
        if lineno == 1:
            header = line.strip().upper()
            continue
        if line.strip():
            try:
                students.append(parse(line))
            except ValueError as e:
                print(f"Line {lineno}: {e}")
    print(header)
    by_course = defaultdict(list)
    for s in students:
        mean = statistics.mean(s.marks)
        by_course[s.course].append(mean)
        print(f"{s.name:<12} {s.course:<8} {mean:6.2f} {letter(mean)} (best {max(s.marks):g}, worst {min(s.marks):g})")
    print()
    for course, means in sorted(by_course.items()):
        spread = statistics.stdev(means) if len(means) > 1 else 0
        print(f"{course}: n={len(means)} mean={statistics.fmean(means):.2f} median={statistics.median(means):.2f} sd={spread:.3f}")
    everything = [m for s in students for m in s.marks]
    histogram(everything)
    print("mode:", statistics.mode(everything), "pvariance:", round(statistics.pvariance(everything), 3))
    best = max(students, key=lambda s: statistics.mean(s.marks))
    print("best:", best)
    print(best._replace(name="?"), best._asdict()["course"])


if __name__ == "__main__":
    main()

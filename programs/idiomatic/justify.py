"""Wraps and aligns the paragraphs of standard input."""
import sys


def wrap(text, width):
    lines, current = [], []
    length = 0
    for word in text.split():
        while len(word) > width:  # hyphenate what does not fit at all
            if current:
                lines.append(current)
                current, length = [], 0
            lines.append([word[:width - 1] + "-"])
            word = word[width - 1:]
        if length + len(word) + len(current) > width:
            lines.append(current)
            current, length = [], 0
        current.append(word)
        length += len(word)
    if current:
        lines.append(current)
    return lines


def justify(words, width):
    if len(words) == 1:
        return words[0]
    gaps = len(words) - 1
    spaces = width - sum(map(len, words))
    each, extra = divmod(spaces, gaps)
    out = ""
    for i, word in enumerate(words[:-1]):
        out += word + " " * (each + (i < extra))
    return out + words[-1]


ALIGN = {
    "left": lambda words, width: " ".join(words),
    "right": lambda words, width: " ".join(words).rjust(width),
    "center": lambda words, width: " ".join(words).center(width).rstrip(),
    "justify": justify,
}


def main():
    header = sys.stdin.readline()
    width, *modes = header.split()
    width = int(width)
    paragraphs = [" ".join(p.split()) for p in sys.stdin.read().split("\n\n") if p.strip()]
    for mode in modes:
        align = ALIGN.get(mode)
        if align is None:
            sys.exit(f"unknown alignment: {mode} (choose from {', '.join(sorted(ALIGN))})")
        print("+" + mode.center(width + 2, "-") + "+")
        for n, paragraph in enumerate(paragraphs):
            if n:
                print("|" + " " * (width + 2) + "|")
            *body, last = wrap(paragraph, width)
            for words in body:
                print(f"| {align(words, width):<{width}} |")
            final = " ".join(last) if mode == "justify" else align(last, width)
            print(f"| {final:<{width}} |")
        print("+" + "-" * (width + 2) + "+")


if __name__ == "__main__":
    main()

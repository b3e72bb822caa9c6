"""What came of a campaign, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from interpreter.campaign.batches import Done
from interpreter.campaign.subjects import SUBJECTS


def report(done: Iterable[Done], seed: int, wanted: int) -> str:
    """The report of a campaign in Markdown: totals, a row for each subject, the failures.
    wanted: how many cases were asked for.
    """
    entries = [*done]
    compared, failed = sum(d.compared for d in entries), sum(d.failed for d in entries)
    seconds, tokens = sum(d.seconds for d in entries), sum(d.tokens for d in entries)
    lines = [
        "# Random programs", "",
        f"`punchtape campaign --programs {wanted} --seed {seed}`: **{compared:,} cases of {wanted:,}** compared, "
        f"{tokens:,} tokens decoded, {failed:,} failed. Work of all workers together: {seconds:,.0f} s"
        + (f", {1000 * seconds / compared:.1f} ms a case." if compared else "."), "",
        "| subject | compared with | cases | failed | left out | tokens | ms a case |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for name, subject in SUBJECTS.items():
        own = [d for d in entries if d.batch.subject == name]
        cases = sum(d.compared for d in own)
        rate = f"{1000 * sum(d.seconds for d in own) / cases:.1f}" if cases else ""
        counts = (cases, sum(d.failed for d in own), sum(d.left_out for d in own), sum(d.tokens for d in own))
        lines.append(f"| {name} | {subject.oracle} | {' | '.join(f'{n:,}' for n in counts)} | {rate} |")
    lines += ["", "*Left out*: the case needed more than the randomness that one is given. What the cases reached:", ""]
    for name in SUBJECTS:
        features: Counter[str] = Counter()
        for d in entries:
            if d.batch.subject == name:
                features.update(d.features)
        if features:
            lines.append(f"- {name}: " + ", ".join(f"{what} {n:,}" for what, n in features.most_common()))
    failures = [(d.batch, f) for d in entries for f in d.failures]
    if failures:
        lines += ["", "## Failures", ""]
        lines += [f"- {batch.subject} {f.case}: {f.message}" for batch, f in failures]
    return "\n".join(lines) + "\n"

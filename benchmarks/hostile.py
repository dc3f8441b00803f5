"""Hostile and odd files, one after the other: what becomes of each, and who can read the result.

    python -m benchmarks.hostile [--group=fonts] [--quiet]

Every file goes the way that all files go, in child processes with the product's own limits. It
must come out clean (no engine finds the number in any letter), or be refused with the page named,
or be refused whole. Exits 1 when one does anything else, or takes longer than the limits allow.

Options: --group=NAME (one group)  --quiet (only the totals and what failed)
"""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import work_folder
from digitalpost.pdf.pool import Workers
from tests.inputs.hostile import GROUPS
from tests.inputs.hostile.kit import Expected
from tests.inputs.hostile.trial import Outcome, try_case

# A file may use up the limit of one page at each of a few steps, on a machine with other work.
LONGEST = 300  # seconds


def main(arguments: Sequence[str]) -> None:
    """Tries every case and prints a row for it; exits 1 on any failure."""
    wanted = [word.partition("=")[2] for word in arguments if word.startswith("--group=")]
    if unknown := [name for name in wanted if name not in GROUPS]:
        sys.exit(f"No such group: {', '.join(unknown)}. There are: {', '.join(GROUPS)}.")
    quiet = "--quiet" in arguments
    logging.disable(logging.CRITICAL)  # pypdf has much to say about files like these
    totals: dict[str, Counter[str]] = {}
    failed = 0
    print(f"\n{'group':<22} {'case':<46} {'outcome':<34} {'engines':>7} {'seconds':>7}")
    for group, cases in GROUPS.items():
        if wanted and group not in wanted:
            continue
        totals[group] = Counter()
        with work_folder() as folder, Workers(1) as workers:
            for name, case in cases.items():
                outcome = try_case(case, Path(folder), workers)
                if outcome.seconds > LONGEST:
                    outcome.failures.append(f"took {outcome.seconds:.0f} seconds")
                failed += bool(outcome.failures)
                totals[group][outcome.result] += 1
                if outcome.failures or not quiet:
                    _print_row(group, name, outcome)
    _print_totals(totals, failed)
    if failed:
        sys.exit(f"{failed} files were not held.")


def _print_row(group: str, name: str, outcome: Outcome) -> None:
    read = str(outcome.engines) if outcome.engines else "-"
    row = f"{group:<22} {name:<46} {_words(outcome):<34.34} {read:>7} {outcome.seconds:>7.1f}"
    print(row, *(f"\n    FAILED: {failure}" for failure in outcome.failures), flush=True)


def _words(outcome: Outcome) -> str:
    codes = ", ".join(sorted(code for code in outcome.codes if code))
    if outcome.result is Expected.CLEAN:
        return "clean"
    if outcome.result is Expected.FILE:
        return f"refused file: {codes}"
    return f"refused, page {min(outcome.pages, default='?')}: {codes}"


def _print_totals(totals: dict[str, Counter[str]], failed: int) -> None:
    print(f"\n{'group':<22} {'files':>6} {'clean':>6} {'page':>6} {'file':>6}")
    for group, counts in [*totals.items(), ("all", sum(totals.values(), Counter()))]:
        cells = [sum(counts.values()), *(counts[one] for one in ("clean", "page", "file"))]
        print(f"{group:<22}", *(f"{cell:>6}" for cell in cells))
    print(f"\nfailed: {failed}")


if __name__ == "__main__":
    main(sys.argv[1:])

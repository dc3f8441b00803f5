"""Faults planted into merge letters of several layouts: which are found, and which go out green.

    python -m benchmarks.planted_faults --letters=300

Prints faults by layout: planted, and how many of them are red or yellow. A letter is
green-but-wrong when it is green and is not exactly one right letter; there must be none. Of the
right letters, without those that a fault beside them makes doubtful, at least 97 % must be green.

Each merge is judged twice: with everybody in the register of recipients, and with nobody. What
nothing on the pages can tell, and only a register could, does not count in the second.

Options: --letters=1000  --each=0 (of every fault; 0: one in 150 letters)  --seed=1
         --only="Word-like" (that layout alone; may be given several times)
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.measure import number, work_folder
from digitalpost.pdf.pool import Workers, read_pages
from digitalpost.pdf.read import PageReading
from digitalpost.pdf.splits import split_letters
from digitalpost.verdict import Verdict
from tests.inputs.faults import FAULTS, ONLY_BY_REGISTER, FaultyMerge, Layout, plant_faults
from tests.inputs.office import write_office_merge
from tests.inputs.reportlab_merge import write_reportlab_merge
from tests.inputs.table_merge import write_table_merge
from tests.inputs.word import write_word_merge

LAYOUTS: dict[str, Layout] = {
    "Word-like": write_word_merge,
    "LibreOffice": write_office_merge,
    "reportlab": write_reportlab_merge,
    "tables": write_table_merge,
    "number on every page": partial(write_word_merge, number_on="every"),
    "three pages": partial(write_reportlab_merge, pages_each=3),
}
GREEN_GOAL = 0.97


@dataclass
class Score:
    """What became of one merge."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    green_but_wrong: list[tuple[int, ...]] = field(default_factory=list)
    right: int = 0
    right_and_green: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    escaped: Counter[str] = field(default_factory=Counter)
    unseen: list[tuple[int, ...]] = field(default_factory=list)

    @property
    def green_share(self) -> float:
        """The share of the right letters that are green."""
        return self.right_and_green / max(1, self.right)


def score(merge: FaultyMerge, *, processes: int = 2, with_names: bool = True) -> Score:
    """Read and divide a faulty merge as the product does, and compare with the truth."""
    with Workers(processes) as workers:
        readings = read_pages(merge.path, merge.pages, workers=workers)
    return judge(merge, readings, with_names=with_names)


def judge(merge: FaultyMerge, readings: Sequence[PageReading], *, with_names: bool) -> Score:
    """What becomes of a faulty merge that was read. ``with_names``: the register knows everybody;
    else it is empty, as on a school's first day.
    """
    plan = split_letters(readings, names=merge.names if with_names else {})
    result = Score()
    doubted: set[int] = set()
    wrong: set[int] = set()
    right = 0
    for letter in plan.letters:
        found = (letter.number, letter.pages)
        is_right, is_touched = found in merge.right, found in merge.touched
        if letter.verdict is not Verdict.GREEN:
            doubted.update(letter.pages)
            if is_right and not is_touched:
                result.codes.update(reason.code for reason in letter.reasons)
        elif is_right:
            right += not is_touched
        else:
            result.green_but_wrong.append(letter.pages)
            wrong.update(letter.pages)
    doubted.update(page for page, _ in plan.left_out)
    unseen: set[int] = set()
    for fault in merge.planted:
        result.planted[fault.kind] += 1
        escaped = wrong & set(fault.pages)
        result.found[fault.kind] += bool(doubted & set(fault.pages)) and not escaped
        result.escaped[fault.kind] += bool(escaped)
        if not with_names and fault.kind in ONLY_BY_REGISTER:
            unseen |= escaped
    result.unseen = [pages for pages in result.green_but_wrong if unseen.issuperset(pages)]
    result.green_but_wrong = [one for one in result.green_but_wrong if one not in result.unseen]
    result.right, result.right_and_green = len(merge.right - merge.touched), right
    return result


def main(arguments: Sequence[str]) -> None:
    """Plants, measures and prints; exits 1 when a goal is missed."""
    letters, seed = number(arguments, "--letters", 1000), number(arguments, "--seed", 1)
    each = number(arguments, "--each", 0) or max(1, letters // 150)
    wanted = [name for name in LAYOUTS if f"--only={name}" in arguments] or list(LAYOUTS)
    known: dict[str, Score] = {}
    unknown: dict[str, Score] = {}
    for name in wanted:
        with work_folder() as folder, Workers() as workers:
            path = Path(folder) / "merge.pdf"
            merge = plant_faults(path, LAYOUTS[name], letters=letters, each=each, seed=seed)
            readings = read_pages(path, merge.pages, workers=workers)
        known[name] = judge(merge, readings, with_names=True)
        unknown[name] = judge(merge, readings, with_names=False)
        print(f"{name}: {merge.pages} pages read and judged", flush=True)
    _print(known, f"{letters} letters in each layout, everybody in the register")
    _print(unknown, f"{letters} letters in each layout, nobody in the register")
    scores = [*known.values(), *unknown.values()]
    if any(one.green_but_wrong or one.green_share < GREEN_GOAL for one in scores):
        sys.exit("A goal was missed.")


def _print(scores: dict[str, Score], what: str) -> None:
    wide = max(map(len, (*FAULTS, "right letters that are green")))
    print(f"\nFaults found of those planted: {what}\n")
    print(" " * wide, *(f"{name:>21}" for name in scores))
    for kind in FAULTS:
        cells = [f"{one.found[kind]} of {one.planted[kind]}" for one in scores.values()]
        print(f"{kind:<{wide}}", *(f"{cell:>21}" for cell in cells))
    wrong = [str(len(one.green_but_wrong)) for one in scores.values()]
    print(f"{'green but wrong (goal 0)':<{wide}}", *(f"{cell:>21}" for cell in wrong))
    if any(one.unseen for one in scores.values()):
        unseen = [str(len(one.unseen)) for one in scores.values()]
        print(f"{'only a register could tell':<{wide}}", *(f"{cell:>21}" for cell in unseen))
    shares = [f"{one.green_share:.1%} of {one.right}" for one in scores.values()]
    print(f"{'right letters that are green':<{wide}}", *(f"{cell:>21}" for cell in shares))
    for name, one in scores.items():
        if one.green_but_wrong:
            escaped = ", ".join(f"{kind} {n}" for kind, n in one.escaped.items() if n)
            print(f"{name}: green but wrong: {escaped}")
        if one.codes:
            print(f"{name}: right letters doubted for: {dict(one.codes.most_common(5))}")


if __name__ == "__main__":
    main(sys.argv[1:])

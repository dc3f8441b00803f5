"""Prepares one merge letter in a process of its own, so that its time and memory can be looked at.

    python -m benchmarks.prepare_once SOURCE FOLDER PROCESSES

Prints one line of JSON: seconds of each step (start of the children included, imports not), and
how many letters of how many bytes were made. The letters stay in FOLDER.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from digitalpost.pdf.orders import letter_orders
from digitalpost.pdf.owners import plan_letters
from digitalpost.pdf.pool import Workers, inspect_pdf, prepare_letters, read_pages
from tests.inputs.people import SENDER_CVR


@dataclass(frozen=True)
class Keep:
    """Writes each finished letter into a folder, under its hash."""

    folder: Path

    def __call__(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        (self.folder / f"{name}.pdf").write_bytes(data)
        return name


def prepare(source: Path, folder: Path, processes: int) -> dict[str, float]:
    """All steps of the pipeline, each letter proved. Raises `RuntimeError` if one isn't fit."""
    clock = [time.perf_counter()]
    with Workers(processes) as workers:
        facts = inspect_pdf(source, max_pages=100_000, workers=workers)
        readings = read_pages(source, facts.pages, workers=workers)
        clock.append(time.perf_counter())
        plan = plan_letters(readings, own_cvr=frozenset({SENDER_CVR}))
        orders = letter_orders(plan, readings, title="Orientering")
        clock.append(time.perf_counter())
        letters = list(prepare_letters(source, orders, workers=workers, sink=Keep(folder)))
        clock.append(time.perf_counter())
    if plan.errors or any(letter.problem for letter in letters):
        raise RuntimeError("The merge letter wasn't prepared without reservations.")
    read, planned, made = (end - start for start, end in itertools.pairwise(clock))
    return {
        "seconds": clock[-1] - clock[0],
        "read": read,
        "plan": planned,
        "make": made,
        "letters": len(letters),
        "bytes": sum(letter.size for letter in letters),
    }


if __name__ == "__main__":
    print(json.dumps(prepare(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))))

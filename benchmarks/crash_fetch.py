"""Mail that survives: fetchers killed -9 at random, hundreds of times, while mail keeps coming.

    python -m benchmarks.crash_fetch --kills=500 --database=postgresql

Two processes fetch from the sandbox over mutual TLS and file what they fetch; one of them is killed
about once a second. When the kills are over everything is left alone until nothing waits. Then
both sides are counted: no message may be lost, none may have become two letters, and none may have
been acknowledged before it was stored.

Options: --kills=500  --database=sqlite (or postgresql)  --seed=1  --drain=600 (longest wait at the
         end). Ends with 1 when anything is wrong.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.crash_run import Options, run_with, show
from tests.fetch_crashing import FetchCount, FetchSite

_DEFAULTS = {"kills": "500", "database": "sqlite", "seed": "1", "drain": "600"}


def main(arguments: Sequence[str] = ()) -> int:
    """Run with the options above and print the table."""
    return run_with(arguments, _DEFAULTS, _run, usage=str(__doc__))


def _run(home: Path, database_url: str, options: Options) -> int:
    site = FetchSite(home, database_url)
    begun = time.monotonic()
    try:
        site.kill_for(int(options["kills"]), random.Random(int(options["seed"])))
        killed_for = time.monotonic() - begun
        site.drain(within=float(options["drain"]))
        count = site.result()
    finally:
        site.close()
    rows = _rows(count, options["database"], killed_for, time.monotonic() - begun)
    return show(rows, is_right=count.is_right)


def _rows(
    count: FetchCount, database: str, killed_for: float, whole: float
) -> list[tuple[str, str]]:
    return [
        ("database", database),
        ("kills", f"{count.kills} in {killed_for:.0f} s"),
        ("messages", str(count.messages)),
        ("seconds until all was done", f"{whole:.0f}"),
        ("lost", str(len(count.lost))),
        ("doubled", str(len(count.doubled))),
        ("acknowledged before stored", str(len(count.acknowledged_before_stored))),
        ("not done", ", ".join(f"{name} {n}" for name, n in count.unfinished.items()) or "0"),
        ("damaged documents", str(count.damaged)),
        ("breaks in the log", str(count.broken_log)),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

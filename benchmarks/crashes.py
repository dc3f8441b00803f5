"""Letters that survive: a whole site killed -9 at random, hundreds of times, while it sends.

    python -m benchmarks.crashes --kills=1000 --database=postgresql

Starts `app.py run` in a folder of its own, approves mailings over every channel through the web
(e-Boks, Digital Post, the print provider, our own printer) and kills workers, their jobs, web,
clock, queue server and sandbox all the while; each is started again by the supervisor. When the
kills are over everything is left alone until nothing is on its way. Then both sides are counted:
nothing may be lost, nothing may have come twice, the books must balance and the log must verify.

Options: --kills=1000  --database=sqlite (or postgresql)  --seed=1  --letters=12 (of each mailing)
         --channels="eboks sf1601 remote_print local_print" (the usual order else)
         --every=0.7 (seconds between kills)  --drain=1800 (longest wait at the end)
Ends with 1 when anything is wrong.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.crash_run import Options, run_with, show
from tests.crash_count import Count
from tests.crashing import CrashSite

_DEFAULTS = {
    "kills": "1000",
    "database": "sqlite",
    "seed": "1",
    "letters": "12",
    "channels": "",
    "every": "0.7",
    "drain": "1800",
}


def main(arguments: Sequence[str] = ()) -> int:
    """Run with the options above and print the table."""
    return run_with(arguments, _DEFAULTS, _run, usage=str(__doc__))


def _run(home: Path, database_url: str, options: Options) -> int:
    site = CrashSite(home, database_url, channels=options["channels"])
    begun = time.monotonic()
    try:
        site.start()
        site.kill_for(
            int(options["kills"]),
            random.Random(int(options["seed"])),
            every=float(options["every"]),
            letters=int(options["letters"]),
        )
        killed_for = time.monotonic() - begun
        site.drain(within=float(options["drain"]), hurry=False)
        count = site.count()
    finally:
        site.close()
    whole = time.monotonic() - begun
    rows = _rows(count, options["database"], len(site.mailings), killed_for, whole)
    return show(rows, is_right=count.is_right)


def _rows(
    count: Count, database: str, mailings: int, killed_for: float, whole: float
) -> list[tuple[str, str]]:
    return [
        ("database", database),
        ("kills", f"{sum(count.kills.values())} in {killed_for:.0f} s"),
        *((f"  {part}", str(times)) for part, times in sorted(count.kills.items())),
        ("mailings", str(mailings)),
        ("letters", str(count.letters)),
        *((f"  {channel}", str(times)) for channel, times in sorted(count.by_channel.items())),
        ("seconds until all had ended", f"{whole:.0f}"),
        ("lost", str(len(count.lost))),
        ("doubled", str(len(count.doubled))),
        ("at the far side only", str(len(count.strange))),
        ("still on their way", str(count.open)),
        ("mailings whose books are wrong", str(len(count.unbalanced))),
        ("damaged documents", str(count.damaged)),
        ("breaks in the log", str(count.broken_log)),
        ("ended as", ", ".join(f"{name} {n}" for name, n in sorted(count.statuses.items()))),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

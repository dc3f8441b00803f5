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
from tempfile import TemporaryDirectory

from tests.conftest import make_tables
from tests.fetch_crashing import FetchCount, FetchSite
from tests.services import TOOLS, PostgresServer


def main(arguments: Sequence[str] = ()) -> int:
    """Run with the options above and print the table."""
    options = {"kills": "500", "database": "sqlite", "seed": "1", "drain": "600"}
    for argument in arguments:
        name, _, value = argument.removeprefix("--").partition("=")
        if name not in options:
            print(__doc__)
            return 2
        options[name] = value
    with TemporaryDirectory(prefix="crash-fetch-") as folder:
        home = Path(folder) / "home"
        if options["database"] != "postgresql":
            return _run(home, f"sqlite:///{home / 'digitalpost.db'}", options)
        found = TOOLS["postgresql"].find()
        if found is None:
            print("PostgreSQL is not installed here.")
            return 2
        server = PostgresServer(Path(found).parent)
        server.start()
        try:
            return _run(home, server.new_database(), options)
        finally:
            server.stop()


def _run(home: Path, database_url: str, options: dict[str, str]) -> int:
    make_tables(database_url)
    site = FetchSite(home, database_url)
    begun = time.monotonic()
    try:
        site.kill_for(int(options["kills"]), random.Random(int(options["seed"])))
        killed_for = time.monotonic() - begun
        site.drain(within=float(options["drain"]))
        count = site.result()
    finally:
        site.close()
    _show(count, options["database"], killed_for, time.monotonic() - begun)
    return 0 if count.is_right else 1


def _show(count: FetchCount, database: str, killed_for: float, whole: float) -> None:
    rows = [
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
    for name, value in rows:
        print(f"{name:<34}{value}")
    print("OK" if count.is_right else "WRONG")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

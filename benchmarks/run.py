"""`make bench`: every benchmark, each printed as ratios against a named peer in the same run.

python -m benchmarks.run [NAME ...] [options of that benchmark]
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

# Modules of this package with ``main(arguments)``, in the order in which they run.
BENCHMARKS = (
    "prepare",
    "planted_faults",
    "letters_list",
    "inbox",
    "dispatch",
    "incoming",
    "routing",
)


def main(arguments: Sequence[str]) -> None:
    """Runs the named benchmarks, or all; what begins with a dash is handed on to them."""
    options = [word for word in arguments if word.startswith("-")]
    named = [word for word in arguments if not word.startswith("-")]
    if unknown := [name for name in named if name not in BENCHMARKS]:
        sys.exit(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.")
    for name in named or BENCHMARKS:
        importlib.import_module(f"benchmarks.{name}").main(options)


if __name__ == "__main__":
    main(sys.argv[1:])

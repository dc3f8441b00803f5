"""Stand-in tasks for the tests of queue and worker: they leave a trace in a folder."""

from __future__ import annotations

import os
import time
from pathlib import Path

TASKS = {"note": 60, "hang": 60, "fail": 60}


def note(subject: int | str) -> None:
    """Leave a line with the pid that did it."""
    _write("note", subject)


def hang(subject: int | str) -> None:
    """Say that it has begun, and stay long enough to be killed. Done at once the second time."""
    begun = _trace() / f"hang-{subject}"
    again = begun.exists()
    _write("hang", subject)
    if not again:
        time.sleep(300)


def fail(subject: int | str) -> None:
    """End with a text that no log and no queue server may keep."""
    _write("fail", subject)
    raise ValueError("Modtager 010190-1234 kunne ikke læses")


def _trace() -> Path:
    return Path(os.environ["ERRANDS"])


def _write(name: str, subject: int | str) -> None:
    with (_trace() / f"{name}-{subject}").open("a") as file:
        file.write(f"{os.getpid()}\n")

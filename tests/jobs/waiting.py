"""Waits for something that another process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(found: Callable[[], T], *, within: float = 60.0) -> T:
    """The first true answer of ``found``; fails when there was none ``within`` s. Not a timing:
    the limit is only there so that a broken test ends."""
    deadline = time.monotonic() + within
    while True:
        answer = found()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError("it never happened")
        time.sleep(0.05)

"""Lets a child process end with the one that started it, even when that one was killed outright."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with_parent(parent: int, death_signal: int = signal.SIGKILL) -> None:
    """Ask the kernel to send ``death_signal`` to this process when ``parent`` ends.

    Call it first thing in the child; ``parent`` is the pid of the process that forked it. Linux
    only: elsewhere nothing happens, and a parent that is killed outright leaves its children to
    notice by themselves. The wish does not survive another fork, so every child says it itself.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(death_signal))
    # The parent may have ended between fork and prctl: then no signal will ever come.
    if os.getppid() != parent:
        os.kill(os.getpid(), death_signal)

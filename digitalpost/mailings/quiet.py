"""A place for people's files in clear while a process works on them, gone when it is gone."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_QUIET = "digitalpost-quiet-"
_LOCKED_WITHIN = 10.0  # seconds from making a folder to locking it, at the very most


@contextmanager
def quiet_folder() -> Iterator[Path]:
    """A folder for source files in clear: in memory where the machine allows it, ours only.

    Its lock lives as long as we do, so whoever comes next sees whose folder was left by a run
    that was killed, and removes it, whatever mailing that was.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a RAM disk; the folder itself is 0700 and ours
    base = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    _remove_abandoned(base)
    folder = Path(tempfile.mkdtemp(prefix=_QUIET, dir=base))
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _remove_abandoned(base: Path) -> None:
    for folder in base.glob(f"{_QUIET}*"):
        try:
            is_young = time.time() - folder.stat().st_mtime < _LOCKED_WITHIN
            handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue  # removed by its owner just now, or another user's
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not is_young or any(folder.iterdir()):
                shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue  # in use
        finally:
            os.close(handle)

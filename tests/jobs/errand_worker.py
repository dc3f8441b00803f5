"""A real worker process whose only tasks are the errands."""

from __future__ import annotations

import sys

from digitalpost.settings import Settings
from jobs import worker
from jobs.queue import SafeJob
from tests.jobs import errands


class ErrandJob(SafeJob):
    """A job that can only be one of the errands."""

    allowed = frozenset(f"{errands.__name__}.{name}" for name in errands.TASKS)


if __name__ == "__main__":
    # Imported by name, so that the forked job finds the same class.
    from tests.jobs.errand_worker import ErrandJob as Ours

    sys.exit(worker.run(Settings.from_env(), job_class=Ours, burst="--burst" in sys.argv))

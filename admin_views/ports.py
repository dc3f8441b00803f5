"""The console's way to get work done soon: it wakes whoever does it, and never has to succeed."""

from __future__ import annotations

from flask import current_app


def wake(task: str, subject: int | str) -> None:
    """Ask for a task after the commit. Without a queue the sweep finds the work from the rows."""
    outbox = current_app.extensions.get("outbox")
    if outbox is not None:
        outbox.wake(task, subject)

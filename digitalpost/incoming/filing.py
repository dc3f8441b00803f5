"""Placeholder until branch ``filing`` is merged, whose module takes the place of this one."""

from __future__ import annotations

from digitalpost.institution import Institution


def file_message(institution: Institution, message_id: int) -> int | None:
    """Files nothing."""
    return None

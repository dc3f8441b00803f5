"""Hands a new letter to whom it concerns, by the rules of its unit (the routing branch's own)."""

from __future__ import annotations

from digitalpost.db import Session
from digitalpost.models import IncomingLetter, Letter


def route(_session: Session, _letter: Letter, _incoming: IncomingLetter) -> bool:
    """Whether a rule handed the letter on. Here none does."""
    return False

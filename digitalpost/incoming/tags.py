"""Tags (mærker) on incoming letters: short words of the house's own to find them by."""

from __future__ import annotations

from sqlalchemy import select

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.models import IncomingLetter, Letter
from digitalpost.wording import holds_cpr

MOST, LENGTH = 10, 30


def set_tags(session: Session, actor: Actor, letter: Letter, text: str) -> list[str]:
    """Give a letter the tags in ``text``, parted by commas, instead of those it has.

    Raises `Refused` for too many, too long ones, or a CPR number.
    """
    require(actor, "incoming.assign", letter)
    tags = list(dict.fromkeys(tidy for one in text.split(",") if (tidy := _tidy(one))))
    if len(tags) > MOST or any(len(tag) > LENGTH for tag in tags):
        raise Refused(
            "Et brev kan have %(most)s mærker på højst %(length)s tegn.", most=MOST, length=LENGTH
        )
    if holds_cpr(text):
        raise Refused("Et mærke må ikke indeholde et CPR-nummer.")
    about = session.scalars(
        select(IncomingLetter).where(IncomingLetter.letter_id == letter.id)
    ).one()
    if tags != about.tags:
        about.tags = tags
        personal = {"tags": tags} if letter.case_id is not None else None
        events.record(session, actor, EventKind.LETTER_TAGGED, letter, personal=personal)
    return tags


def _tidy(text: str) -> str:
    return " ".join(text.split()).lower()

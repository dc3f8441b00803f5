"""Answering a letter from where it is read: a short message or a file becomes a mailing of one.

From there on it goes the way of every letter: prepared, reviewed, approved, held and sent
(`mailings/`). What approval means for the letter that is answered is in `answered`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from digitalpost.access import Actor, require
from digitalpost.channels.base import WayOut
from digitalpost.channels.registry import ways_out
from digitalpost.channels.sequence import Wish, choose
from digitalpost.danish_time import today
from digitalpost.db import Session
from digitalpost.errors import Damaged, Refused, Sentence
from digitalpost.incoming.letterhead import ShortLetter, write_letter
from digitalpost.institution import Institution
from digitalpost.mailings.files import UploadedFile
from digitalpost.mailings.intake import Question, take_in
from digitalpost.mailings.options import Options
from digitalpost.models import INCOMING_STATUSES, Letter, Mailbox, MailingChannel
from digitalpost.registers.recipients import number_of
from digitalpost.wording import TITLE_LENGTH, clean_title, holds_cpr

LONGEST = 20_000  # characters of a typed answer: six pages
_FILE_NAME = "svar.pdf"


@dataclass(frozen=True)
class _Asker:
    """Who is answered."""

    case_type_id: int
    number: str = field(repr=False)
    name: str = field(repr=False)
    address: Sequence[str] = field(repr=False)


def title_of_answer(letter: Letter) -> str:
    """A first suggestion for the answer's title."""
    title = letter.title if letter.title.lower().startswith("svar:") else f"Svar: {letter.title}"
    return title[:TITLE_LENGTH].strip()


def why_not_digital(
    session: Session, actor: Actor, letter: Letter, ways: Sequence[WayOut]
) -> Sentence | None:
    """Why a letter can't be answered digitally, with what to do instead; None when it can."""
    require(actor, "incoming.read", letter)
    recipient = letter.recipient
    if recipient is None:
        return Sentence("Afsenderen kendes ikke. Brevet kan ikke besvares herfra.")
    known = session.get(Mailbox, recipient.id)
    wish = Wish(kind=recipient.kind, mailbox=known.status if known is not None else None)
    chosen = choose([way for way in ways if not way.can.is_paper], wish)
    if not isinstance(chosen, Sentence):
        return None
    return Sentence(
        "%(why)s Ring til afsenderen, eller send svaret på papir fra «Send brev».", {"why": chosen}
    )


def answer(
    institution: Institution,
    actor: Actor,
    letter_id: int,
    *,
    title: str,
    text: str = "",
    file: UploadedFile | None = None,
    can_reply: bool = True,
    finishes: bool = True,
) -> int:
    """Make a mailing that answers a letter; its id. It is then prepared like any other.

    ``text`` is made into a letter with our name on it, or ``file`` is sent. ``finishes``: the
    letter is done once the answer is approved. Raises `Refused` with every reason.
    """
    problems: list[Sentence] = []
    with institution.reading(actor.scope) as session:
        letter = session.get(Letter, letter_id)
        if letter is None or letter.status not in INCOMING_STATUSES:
            raise Refused("Brevet findes ikke, eller det er ikke et brev, der er kommet ind.")
        require(actor, "incoming.assign", letter)
        require(actor, "mailing.prepare", letter)
        why_not = why_not_digital(session, actor, letter, ways_out(institution.settings))
        if why_not is not None:
            raise Refused([why_not])
        asker = _asker(session, letter)
    title = _checked_title(title, problems)
    problems += _wrong_in(text, file)
    if problems:
        raise Refused(problems)
    with TemporaryDirectory(prefix="digitalpost-") as folder:
        if file is None:
            file = UploadedFile(_FILE_NAME, Path(folder) / _FILE_NAME)
            write_letter(
                ShortLetter(
                    sender=institution.settings.institution_name,
                    sender_address=institution.settings.institution_address,
                    clerk=actor.name,
                    to=asker.name,
                    to_address=asker.address,
                    day=today(),
                    title=title,
                    text=text,
                ),
                file.path,
            )
        return take_in(
            institution,
            actor,
            [file],
            case_type_id=asker.case_type_id,
            came_by=MailingChannel.UPLOAD,
            title=title,
            to=[asker.number],
            options=Options(can_reply=can_reply),
            answers=Question(letter_id, finishes),
        )


def _asker(session: Session, letter: Letter) -> _Asker:
    assert letter.recipient is not None
    assert letter.case is not None
    try:
        number = number_of(session.vault, letter.recipient).number
    except Damaged as damaged:
        raise Refused(
            "Afsenderens nummer kan ikke læses. Sig det til administratoren."
        ) from damaged
    return _Asker(
        letter.case.case_type_id,
        number,
        letter.recipient_name or letter.recipient.display_name,
        letter.recipient.address.splitlines(),
    )


def _checked_title(title: str, problems: list[Sentence]) -> str:
    try:
        return clean_title(title)
    except Refused as refused:
        problems += [Sentence(one.text, one.values, code="title") for one in refused.sentences]
        return ""


def _wrong_in(text: str, file: UploadedFile | None) -> list[Sentence]:
    if text.strip() and file is not None:
        both = "Du har både skrevet et svar og valgt en fil. Behold en af delene."
        return [Sentence(both, code="text")]
    if file is not None:
        return []
    if not text.strip():
        return [Sentence("Skriv et svar, eller vælg en fil.", code="text")]
    if len(text) > LONGEST:
        long = "Svaret er for langt. Skriv det i et dokument, og vælg det som fil."
        return [Sentence(long, code="text")]
    if holds_cpr(text):
        return [Sentence("Svaret må ikke indeholde et CPR-nummer.", code="text")]
    return []

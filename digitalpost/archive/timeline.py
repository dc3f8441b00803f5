"""The log as people read it: what happened to a letter, a case or a mailing, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from digitalpost.db import Session
from digitalpost.errors import Sentence
from digitalpost.events import EventKind
from digitalpost.models import Case, ChannelName, Event, Letter, LetterWay, Mailing
from digitalpost.models.event_kind import CHOICES, MENDS
from digitalpost.signing.verdicts import SignatureKind

MOST = 60  # lines on a page; the rest is in the log itself


@dataclass(frozen=True)
class Line:
    """One thing that happened: when, who, and the sentence to show."""

    at: datetime
    who: str
    what: Sentence
    letter_id: int | None


def of_mailing(session: Session, mailing: Mailing, *, most: int = MOST) -> list[Line]:
    """What happened to the mailing itself, and which letters were taken out or mended."""
    itself = (Event.subject == "mailing") & (Event.subject_id == mailing.id)
    approved = session.scalar(
        select(func.min(Event.id)).where(itself, Event.kind == EventKind.MAILING_APPROVED.value)
    )
    # Letters are taken out and mended before approval: the thousands of lines after are not walked.
    removed: ColumnElement[bool] = (Event.mailing_id == mailing.id) & Event.kind.in_(
        [EventKind.LETTER_REMOVED, *MENDS, *CHOICES]
    )
    if approved is not None:
        removed = removed & (Event.id < approved)
    found = [*_newest(session, itself, most), *_newest(session, removed, most)]
    return [_line(event) for event in sorted(found, key=lambda one: -one.id)[:most]]


def of_letter(session: Session, letter: Letter, *, most: int = MOST) -> list[Line]:
    """What happened to the letter, and to the mailing that it is part of."""
    which: ColumnElement[bool] = Event.letter_id == letter.id
    found = list(_newest(session, which, most))
    if letter.mailing_id is not None:
        of_its_mailing = (Event.subject == "mailing") & (Event.subject_id == letter.mailing_id)
        seen = {event.id for event in found}
        found += [
            event
            for event in _newest(session, of_its_mailing, most)
            if event.id not in seen and event.letter_id in (None, letter.id)
        ]
    return [_line(event) for event in sorted(found, key=lambda one: -one.id)[:most]]


def of_case(session: Session, case: Case, *, most: int = MOST) -> list[Line]:
    """What happened to the case and to the letters in it."""
    return [_line(event) for event in _newest(session, Event.case_id == case.id, most)]


def _newest(session: Session, which: Any, most: int) -> Sequence[Event]:
    return session.scalars(
        select(Event).where(or_(which)).order_by(Event.id.desc()).limit(most)
    ).all()


def _line(event: Event) -> Line:
    return Line(event.at, event.actor_name, sentence_for(event), event.letter_id)


def sentence_for(event: Event) -> Sentence:
    """What a line of the log says."""
    kind, data = EventKind(event.kind), event.data
    make = _SENTENCES.get(kind)
    return make(data) if make is not None else Sentence(kind.label)


def _created(data: dict[str, Any]) -> Sentence:
    if data.get("files") == 1:
        return Sentence("Forsendelsen blev oprettet ud fra 1 fil")
    return Sentence("Forsendelsen blev oprettet ud fra %(files)s filer", data)


def _prepared(data: dict[str, Any]) -> Sentence:
    if data.get("letters") == 1:
        return Sentence("Klargjort: 1 brev (sider: %(pages)s)", data)
    return Sentence("Klargjort: %(letters)s breve (sider: %(pages)s)", data)


def _approved(data: dict[str, Any]) -> Sentence:
    if data.get("held_back"):
        return Sentence(
            "Godkendt (breve: %(letters)s). Holdt tilbage, fordi de kræver handling: %(held_back)s",
            data,
        )
    if data.get("letters") == 1:
        return Sentence("Godkendt: 1 brev")
    return Sentence("Godkendt: %(letters)s breve", data)


def _cancelled(data: dict[str, Any]) -> Sentence:
    if data.get("already_left"):
        return Sentence("Stoppet: %(stopped)s. Allerede sendt: %(already_left)s", data)
    if data.get("stopped") == 1:
        return Sentence("Annulleret. 1 brev blev stoppet")
    return Sentence("Annulleret. %(stopped)s breve blev stoppet", data)


def _changed(data: dict[str, Any]) -> Sentence:
    match data.get("what"):
        case "title":
            return Sentence("Titlen blev ændret")
        case "keep_numbers" if data.get("keep"):
            return Sentence("Valgt: CPR-numre bliver stående i brevene")
        case "keep_numbers":
            return Sentence("Valgt: CPR-numre fjernes fra brevene")
        case "split":
            return Sentence("Valgt: filen deles på en anden måde")
        case "put_back" if "letters" in data:
            return Sentence("Lagt tilbage i forsendelsen: %(letters)s", data)
        case "put_back":
            return Sentence("Et brev blev lagt tilbage i forsendelsen")
        case "taken_out":
            return Sentence("Taget ud, fordi de ikke kan få digital post: %(letters)s", data)
        case "way":
            return Sentence(
                "Forsendelsesmåde for %(letters)s breve: %(way)s",
                {**data, "way": _way(data)},
            )
        case "options":
            return Sentence("Valgene om svar, underskrift og tidspunkt blev ændret")
        case "copy_added":
            return Sentence("Kopi af %(copies)s breve tilføjet", data)
        case "copy_removed":
            return Sentence("Kopi af %(copies)s breve fjernet", data)
        case "attachment_title":
            return Sentence("Et bilag fik en anden titel")
        case "attachment_order":
            return Sentence("Bilagenes rækkefølge blev ændret")
        case "attachment_match" if data.get("letter"):
            return Sentence("Et bilag blev lagt til brev %(letter)s", data)
        case "attachment_match":
            return Sentence("Et valgt brev til et bilag blev taget tilbage")
    return Sentence(EventKind.MAILING_CHANGED.label)


def _way(data: dict[str, Any]) -> str:
    return {way.value: way.label for way in LetterWay}.get(str(data.get("way")), "")


def _attempted(data: dict[str, Any]) -> Sentence:
    return Sentence("Forsøg nr. %(attempt)s lykkedes ikke. Der prøves igen", data)


def _by_channel(text: str) -> Any:
    def make(data: dict[str, Any]) -> Sentence:
        names = {channel.value: channel.label for channel in ChannelName}
        return Sentence(text, {"channel": names.get(str(data.get("channel")), "kanalen")})

    return make


def _accepted(data: dict[str, Any]) -> Sentence:
    if data.get("channel") == ChannelName.LOCAL_PRINT:
        return Sentence("Klar til at blive printet")
    made: Sentence = _by_channel("%(channel)s har modtaget brevet")(data)
    return made


def _sent_again(data: dict[str, Any]) -> Sentence:
    if data.get("same_id"):
        made: Sentence = _by_channel("Prøves igen gennem %(channel)s med samme besked-id")(data)
    else:
        made = _by_channel("Sat til at blive sendt igen gennem %(channel)s")(data)
    return made


def _assigned(data: dict[str, Any]) -> Sentence:
    if data.get("to"):
        return Sentence("Fordelt til %(to)s", data)
    if "owner_id" in data:
        return Sentence("Lagt tilbage blandt breve uden ejer")
    return Sentence("Fristen blev ændret")


def _downloaded(data: dict[str, Any]) -> Sentence:
    if data.get("what") == "receipt":
        return Sentence("Kvitteringen blev hentet som fil")
    if data.get("what") == "evidence":
        return Sentence("Beviset for brevet blev hentet")
    if data.get("what") == "signed":
        return Sentence("Det underskrevne brev blev hentet som fil")
    if data.get("what") == "file":
        return Sentence("Fil %(file)s i brevet blev hentet", data)
    return Sentence("Brevet blev hentet som fil")


def _signature_refused(data: dict[str, Any]) -> Sentence:
    kinds = {kind.value: kind.sentence for kind in SignatureKind}
    why = kinds.get(str(data.get("kind")), SignatureKind.BROKEN.sentence)
    return Sentence("Underskriften blev ikke godkendt. %(why)s", {"why": why})


def _case_changed(data: dict[str, Any]) -> Sentence:
    if data.get("status") == "open":
        return Sentence("Sagen blev åbnet igen")
    return Sentence("Sagens titel blev ændret")


def _pages(one: str, several: str) -> Any:
    def make(data: dict[str, Any]) -> Sentence:
        pages = [str(page) for page in data.get("pages", [])]
        return Sentence(one if len(pages) == 1 else several, {"pages": ", ".join(pages)})

    return make


def _files(one: str, several: str) -> Any:
    return lambda data: Sentence(one if data.get("files") == 1 else several, data)


def _plain(text: str) -> Any:
    return lambda _data: Sentence(text)


_SENTENCES: dict[EventKind, Any] = {
    EventKind.MAILING_CREATED: _created,
    EventKind.MAILING_PREPARED: _prepared,
    EventKind.MAILING_APPROVED: _approved,
    EventKind.MAILING_CANCELLED: _cancelled,
    EventKind.MAILING_CHANGED: _changed,
    EventKind.MAILING_ATTACHED: _files("1 bilag blev lagt til", "%(files)s bilag blev lagt til"),
    EventKind.MAILING_DETACHED: _files("1 bilag blev fjernet", "%(files)s bilag blev fjernet"),
    EventKind.MAILING_FAILED: _plain("Klargøringen stoppede"),
    EventKind.MAILING_DISPATCHING: _plain("Fortrydelsestiden udløb, og afsendelsen begyndte"),
    EventKind.MAILING_SENT: _plain("Alle breve er afsendt"),
    EventKind.LETTER_REMOVED: _plain("Et brev blev taget ud af forsendelsen"),
    EventKind.LETTER_RECIPIENT_CHOSEN: _plain("Modtageren af et brev blev valgt"),
    EventKind.LETTER_CONFIRMED: _plain("Et brev blev set igennem og fundet rigtigt"),
    EventKind.LETTER_SPLIT: lambda data: Sentence("Et brev blev delt før side %(before)s", data),
    EventKind.LETTER_JOINED: _pages(
        "To breve blev lagt sammen (side %(pages)s)", "To breve blev lagt sammen (side %(pages)s)"
    ),
    EventKind.LETTER_PAGES_MOVED: _pages(
        "Side %(pages)s blev flyttet til et andet brev",
        "Siderne %(pages)s blev flyttet til et andet brev",
    ),
    EventKind.LETTER_PAGES_ORDERED: _pages(
        "Side %(pages)s blev flyttet op i brevet", "Siderne %(pages)s blev flyttet op i brevet"
    ),
    EventKind.LETTER_PAGES_LEFT_OUT: _pages(
        "Side %(pages)s blev udeladt", "Siderne %(pages)s blev udeladt"
    ),
    EventKind.LETTER_PAGE_TAKEN_BACK: _pages(
        "Side %(pages)s blev lagt tilbage", "Siderne %(pages)s blev lagt tilbage"
    ),
    EventKind.LETTER_WAY_CHOSEN: lambda data: Sentence(
        "Forsendelsesmåde for et brev: %(way)s", {"way": _way(data)}
    ),
    EventKind.LETTER_COPY_ADDED: _plain("En kopi af et brev blev tilføjet"),
    EventKind.LETTER_COPY_REMOVED: _plain("En kopi af et brev blev fjernet"),
    EventKind.LETTER_FILED: _plain("Brevet blev lagt på sagen"),
    EventKind.LETTER_CANCELLED: _plain("Brevet blev annulleret"),
    EventKind.LETTER_ATTEMPTED: _attempted,
    EventKind.LETTER_ACCEPTED: _accepted,
    EventKind.LETTER_PRINTED: _plain("Printet og lagt i posten"),
    EventKind.LETTER_SENT_AGAIN: _sent_again,
    EventKind.LETTER_ASSIGNED: _assigned,
    EventKind.MAILING_SENT_AGAIN: lambda data: Sentence(
        "Breve, der blev sat til at blive sendt igen: %(letters)s", data
    ),
    EventKind.MAILING_LISTED: _plain("Opfølgningslisten blev hentet som fil"),
    EventKind.LETTER_SIGNING_OPENED: _plain("Modtageren gik til underskrift"),
    EventKind.LETTER_SIGNED: _plain("Brevet blev underskrevet, og underskriften er gyldig"),
    EventKind.LETTER_SIGNING_DECLINED: _plain("Modtageren ville ikke underskrive"),
    EventKind.LETTER_SIGNATURE_REFUSED: _signature_refused,
    EventKind.LETTER_SIGNATURE_MISSING: _plain("Underskriften mangler stadig"),
    EventKind.LETTER_SIGNING_LATE: _plain("Fristen for at underskrive blev overskredet"),
    EventKind.LETTER_SIGNING_CLOSED: _plain("Der ventes ikke længere på underskriften"),
    EventKind.MAILING_REHEARSED: _plain("Prøvekørsel gennemført. Intet blev sendt"),
    EventKind.LETTER_DELIVERED: _by_channel("Leveret gennem %(channel)s"),
    EventKind.LETTER_PAPER: _plain("Sendt på papir"),
    EventKind.LETTER_ACTION: _plain("Brevet kunne ikke sendes og kræver handling"),
    EventKind.LETTER_OPENED: _plain("Brevet blev læst"),
    EventKind.LETTER_DOWNLOADED: _downloaded,
    EventKind.CASE_OPENED: _plain("Sagen blev oprettet"),
    EventKind.CASE_READ: _plain("Sagen blev læst"),
    EventKind.CASE_CHANGED: _case_changed,
    EventKind.CASE_CLOSED: _plain("Sagen blev lukket"),
}

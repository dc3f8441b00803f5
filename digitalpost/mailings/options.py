"""What a mailing asks of its recipients, and when it goes out: reply, sign, postpone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.channels.registry import ways_out
from digitalpost.danish_time import from_clock, local
from digitalpost.db import Session, now
from digitalpost.errors import Refused, Sentence, word
from digitalpost.events import EventKind
from digitalpost.mailings.change import require_review
from digitalpost.models import Mailing
from digitalpost.settings import Settings

LONGEST = timedelta(days=366)  # a later date is a slip of the keys


@dataclass(frozen=True)
class Options:
    """What was chosen. Days and ``send_at`` are as a Danish clock shows them, without a zone."""

    can_reply: bool = False
    reply_by: date | None = None  # the last day to answer
    must_sign: bool = False
    sign_by: date | None = None
    send_at: datetime | None = None  # None: as soon as the hold is over
    arrive_by: date | None = None  # the last day to be with the recipients


@dataclass(frozen=True)
class Abilities:
    """What some channel can do besides delivering a letter."""

    reply: bool
    sign: bool


def can_do(settings: Settings) -> Abilities:
    """What at least one of the channels that are set up can do."""
    ways = ways_out(settings)
    return Abilities(any(way.can.can_reply for way in ways), any(way.can.can_sign for way in ways))


def set_options(
    session: Session,
    actor: Actor,
    mailing: Mailing,
    *,
    can_reply: bool,
    reply_by: date | None,
    must_sign: bool,
    sign_by: date | None,
    send_at: datetime | None,
    arrive_by: date | None = None,
) -> None:
    """Choose what recipients are asked for and when the letters go out; all of it at once.

    ``send_at`` is what a Danish clock shows then, without a zone. Raises `Refused` with a sentence
    for each choice that can't be; its ``code`` names the choice.
    """
    require(actor, "mailing.change", mailing)
    require_review(session, mailing)
    options = Options(can_reply, reply_by, must_sign, sign_by, send_at, arrive_by)
    problems = wrong_in(options, now())
    if problems:
        raise Refused(problems)
    if options == options_of(mailing):
        return
    apply_options(mailing, options)
    events.record(
        session,
        actor,
        EventKind.MAILING_CHANGED,
        mailing,
        data={
            "what": "options",
            "can_reply": can_reply,
            "reply_by": reply_by.isoformat() if reply_by else None,
            "must_sign": must_sign,
            "sign_by": sign_by.isoformat() if sign_by else None,
            "send_at": mailing.send_at.isoformat() if mailing.send_at else None,
            "arrive_by": arrive_by.isoformat() if arrive_by else None,
        },
    )


def apply_options(mailing: Mailing, options: Options) -> None:
    """Write down choices that `wrong_in` found nothing in."""
    mailing.can_reply, mailing.reply_by = options.can_reply, options.reply_by
    mailing.must_sign, mailing.sign_by = options.must_sign, options.sign_by
    mailing.arrive_by = options.arrive_by
    mailing.send_at = from_clock(options.send_at) if options.send_at else None


def options_of(mailing: Mailing) -> Options:
    """What was chosen for the mailing."""
    send_at = local(mailing.send_at).replace(tzinfo=None) if mailing.send_at else None
    return Options(
        bool(mailing.can_reply),
        mailing.reply_by,
        bool(mailing.must_sign),
        mailing.sign_by,
        send_at,
        mailing.arrive_by,
    )


def wrong_in(options: Options, at: datetime) -> list[Sentence]:
    """What is wrong with the choices at this time; each sentence's ``code`` names the choice.

    Asked when they are made and again before approval: a mailing may lie for days.
    """
    problems = _wrong_time(options.send_at, at)
    send_day = options.send_at.date() if options.send_at else local(at).date()
    for code, asked, last, not_asked, too_early in (
        (
            "reply_by",
            options.can_reply,
            options.reply_by,
            word("Du har valgt en sidste dag for svar. Sæt kryds i «Kan besvares», eller fjern "
                 "dagen."),
            word("Den sidste dag for svar ligger før den dag, brevene bliver sendt. Vælg en senere "
                 "dag."),
        ),
        (
            "sign_by",
            options.must_sign,
            options.sign_by,
            word("Du har valgt en sidste dag for underskrift. Sæt kryds i «Skal signeres», eller "
                 "fjern dagen."),
            word("Den sidste dag for underskrift ligger før den dag, brevene bliver sendt. Vælg en "
                 "senere dag."),
        ),
    ):  # fmt: skip
        if last is None:
            continue
        if not asked:
            problems.append(Sentence(not_asked, code=code))
        elif last < send_day:
            problems.append(Sentence(too_early, code=code))
        elif last > send_day + LONGEST:
            problems.append(
                Sentence("Den sidste dag ligger mere end et år frem. Tjek årstallet.", code=code)
            )
    problems += _wrong_arrival(options.arrive_by, send_day)
    return problems


def _wrong_arrival(arrive_by: date | None, send_day: date) -> list[Sentence]:
    if arrive_by is None:
        return []
    if arrive_by < send_day:
        text = word(
            "Den dag, brevene skal være fremme, ligger før den dag, de bliver sendt. Vælg en "
            "senere dag, eller fjern den."
        )
    elif arrive_by > send_day + LONGEST:
        text = word("Den sidste dag ligger mere end et år frem. Tjek årstallet.")
    else:
        return []
    return [Sentence(text, code="arrive_by")]


def _wrong_time(wall: datetime | None, at: datetime) -> list[Sentence]:
    if wall is None:
        return []
    moment = from_clock(wall)
    if moment is None:
        text = word(
            "Det klokkeslæt findes ikke den nat, fordi uret stilles frem. Vælg et andet klokkeslæt."
        )
    elif moment <= at:
        text = word("Tidspunktet for afsendelse er passeret. Vælg et senere, eller fjern det.")
    elif moment > at + LONGEST:
        text = word("Afsendelse kan højst udskydes et år. Tjek årstallet.")
    else:
        return []
    return [Sentence(text, code="send_at")]

"""Approving a mailing: letters are filed, deliveries get their message ids, the hold begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.archive.filing import file_letters
from digitalpost.channels.base import WayOut
from digitalpost.channels.sequence import Choice, nobody_can
from digitalpost.db import Session, change_rows, now
from digitalpost.deliveries.add import add_delivery
from digitalpost.deliveries.on_the_day import recheck_due_at
from digitalpost.deliveries.plan import Addressee, plan_letters, to_plan
from digitalpost.deliveries.standing import ACTION_DAYS
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.incoming.answered import case_of_answer, note_answered
from digitalpost.mailings.attachments import unsettled
from digitalpost.mailings.books import sendable
from digitalpost.mailings.compare import DOUBTFUL_PERCENT, doubtful
from digitalpost.mailings.options import options_of, wrong_in
from digitalpost.models import (
    Delivery,
    Letter,
    LetterStatus,
    LetterWay,
    Mailbox,
    Mailing,
    MailingStatus,
    Verdict,
)
from digitalpost.registers.decide_copies import count_undecided


def approve(
    session: Session,
    actor: Actor,
    mailing: Mailing,
    *,
    confirm_count: int,
    ways: Sequence[WayOut],
    hold_seconds: int,
    give_up_hours: int,
    doubtful_percent: int = DOUBTFUL_PERCENT,
) -> None:
    """Approve every letter that can be sent; ``confirm_count`` is the number the clerk typed.

    Each gets a delivery for each of its addressees, by the first of ``ways`` that will do
    (`deliveries/plan.py`), and a signing task beside it when the letters must be signed. The hold
    of ``hold_seconds`` begins; it lasts until the mailing's
    ``send_at`` when that is later. Letters that can't be sent get *Kræver handling* with the
    reason. Safe against a second click and a second clerk: the change of status is one conditional
    update, and the one who comes late gets a `Refused` that says who approved. Refused while mended
    letters are being made again or copies to guardians are undecided, and without
    `mailing.approve_doubtful` when very many letters can't be sent (`compare.doubtful`). Nothing is
    sent here, and nobody is asked: `recheck.recheck` goes before.
    """
    require(actor, "mailing.approve", mailing)
    approved_at = now()
    _become_approved(session, actor, mailing)
    _refuse_what_is_unsettled(session, actor, mailing, ways, doubtful_percent)
    letters, held = _divide(session, mailing, ways)
    _check(letters, confirm_count)

    hold_until = approved_at + timedelta(seconds=hold_seconds)
    if mailing.send_at is not None:
        hold_until = max(hold_until, mailing.send_at)
    give_up_at = hold_until + timedelta(hours=give_up_hours)
    going = [letter for letter, _ in letters]
    file_letters(session, actor, going, mailing.case_type, into=case_of_answer(session, mailing))
    note_answered(session, actor, mailing, going)
    channels = _add_deliveries(
        session,
        mailing,
        letters,
        ways,
        approved_at=approved_at,
        hold_until=hold_until,
        give_up_at=give_up_at,
    )
    held_back = _set_aside_the_rest(session, mailing, held)
    mailing.approved_at = approved_at
    mailing.approved_by_id = actor.user_id
    mailing.hold_until = hold_until
    mailing.recheck_due_at = recheck_due_at(
        mailing.send_at, approved_at, timedelta(seconds=hold_seconds)
    )
    if mailing.recheck_due_at is not None:
        _remember_mailboxes(session, mailing)
    events.record(
        session,
        actor,
        EventKind.MAILING_APPROVED,
        mailing,
        data={
            "letters": len(letters),
            "held_back": held_back,
            "hold_seconds": hold_seconds,
            "deliveries": dict(channels),
        },
    )


def _remember_mailboxes(session: Session, mailing: Mailing) -> None:
    """What was known when it was approved: only what changes until it goes is news."""
    session.flush()
    known = select(Mailbox.status).where(Mailbox.recipient_id == Delivery.recipient_id)
    change_rows(
        session,
        update(Delivery)
        .where(Delivery.mailing_id == mailing.id)
        .values(mailbox=known.scalar_subquery()),
    )


def _add_deliveries(
    session: Session,
    mailing: Mailing,
    letters: Sequence[tuple[Letter, tuple[Addressee, ...]]],
    ways: Sequence[WayOut],
    *,
    approved_at: datetime,
    hold_until: datetime,
    give_up_at: datetime,
) -> Counter[str]:
    """One for each addressee of these letters, which wait from now on; how many by channel."""
    channels: Counter[str] = Counter()
    by_name = {way.name: way for way in ways}
    for letter, addressees in letters:
        letter.status = LetterStatus.WAITING
        letter.due_at = hold_until
        for addressee in addressees:
            assert isinstance(addressee.choice, Choice)
            delivery = _delivery(letter, addressee, addressee.choice, approved_at, give_up_at)
            channels[delivery.channel.value] += 1
            add_delivery(session, delivery, mailing, by_name[delivery.channel])
    return channels


def _delivery(
    letter: Letter,
    addressee: Addressee,
    choice: Choice,
    approved_at: datetime,
    give_up_at: datetime,
) -> Delivery:
    """One way to one addressee; its message id is made once, for all attempts."""
    return Delivery(
        letter_id=letter.id,
        mailing_id=letter.mailing_id,
        unit_id=letter.unit_id,
        recipient_id=addressee.recipient_id,
        document_id=letter.document_id,
        purpose=addressee.purpose,
        attention=addressee.attention,
        channel=choice.channel,
        on_paper=choice.on_paper,
        due_at=letter.due_at,
        give_up_at=give_up_at,
        created_at=approved_at,
    )


def _refuse_what_is_unsettled(
    session: Session,
    actor: Actor,
    mailing: Mailing,
    ways: Sequence[WayOut],
    doubtful_percent: int,
) -> None:
    """What must be in order before anything is approved; every reason at once."""
    if mailing.mended_at is not None:
        raise Refused("Rettede breve bliver lavet igen lige nu. Vent et øjeblik, og prøv så igen.")
    problems = nobody_can(ways, reply=mailing.can_reply, sign=mailing.must_sign)
    problems += wrong_in(options_of(mailing), now())  # it may have lain here for days
    problems += unsettled(session, mailing)
    waiting = count_undecided(session, mailing.id)
    if waiting:
        problems.append(
            Sentence(
                "Ved %(letters)s breve er der ikke taget stilling til kopi til forældrene. "
                "Godkend kopierne, eller vælg dem fra.",
                {"letters": waiting},
            )
        )
    doubt = doubtful(session, mailing, percent=doubtful_percent)
    if doubt is not None and not actor.may("mailing.approve_doubtful"):
        problems.append(doubt)
    if problems:
        raise Refused(problems)


def _divide(
    session: Session, mailing: Mailing, ways: Sequence[WayOut]
) -> tuple[list[tuple[Letter, tuple[Addressee, ...]]], dict[int, Sentence]]:
    """The letters that will be sent with their addressees, and why the others (by id) are not."""
    letters = session.scalars(
        sendable(mailing.id)
        .order_by(Letter.position)
        .options(selectinload(Letter.recipient), selectinload(Letter.document))
    ).all()
    wanted = [one for one in map(to_plan, letters) if one is not None]
    plans = plan_letters(session, mailing, wanted, ways)
    going: list[tuple[Letter, tuple[Addressee, ...]]] = []
    held: dict[int, Sentence] = {}
    for letter in letters:
        plan = plans[letter.id]
        if plan.held is None:
            going.append((letter, plan.addressees))
        else:
            held[letter.id] = plan.held
    return going, held


def _become_approved(session: Session, actor: Actor, mailing: Mailing) -> None:
    """The one step that only one of several can win."""
    won = change_rows(
        session,
        update(Mailing)
        .where(Mailing.id == mailing.id, Mailing.status == MailingStatus.REVIEW)
        .values(status=MailingStatus.HOLDING),
    )
    session.refresh(mailing)
    if won:
        return
    if mailing.approved_at is not None:
        who = mailing.approved_by.name if mailing.approved_by else "en operatør"
        raise Refused("Forsendelsen er allerede godkendt af %(who)s.", who=who)
    raise Refused(
        "Forsendelsen kan ikke godkendes nu. Den står som «%(status)s».",
        status=mailing.status.label,
    )


def _check(letters: Sequence[object], confirm_count: int) -> None:
    if not letters:
        raise Refused("Der er ingen breve, der kan sendes. Se på dem, der kræver handling.")
    if len(letters) != confirm_count:
        raise Refused(
            "Der er %(letters)s breve at sende, men du skrev %(typed)s. Ingen breve er godkendt.",
            letters=len(letters),
            typed=confirm_count,
        )


def _set_aside_the_rest(session: Session, mailing: Mailing, held: Mapping[int, Sentence]) -> int:
    """Drafts that can't be sent become tasks for the owner: nothing waits without a name."""
    rest = session.scalars(
        select(Letter).where(Letter.mailing_id == mailing.id, Letter.status == LetterStatus.DRAFT)
    ).all()
    for letter in rest:
        letter.status = LetterStatus.ACTION
        is_held = letter.way is LetterWay.HOLD and letter.verdict is not Verdict.RED
        letter.status_reason = (
            held[letter.id].as_json()
            if letter.id in held
            else Sentence("Brevet blev holdt tilbage, da forsendelsen blev godkendt.").as_json()
            if is_held
            else next(iter(letter.reasons), None)
        ) or Sentence("Brevet kunne ikke sendes sammen med resten.").as_json()
        letter.due_at = now() + timedelta(days=ACTION_DAYS)
    return len(rest)

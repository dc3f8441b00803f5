"""How letters go out when digital post can't reach somebody: print, hold back, or take out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select, update

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session, change_rows, now
from digitalpost.errors import Refused, Sentence, word
from digitalpost.events import EventKind
from digitalpost.mailings.change import TAKEN_OUT, require_review
from digitalpost.mailings.drafts import REVIEW_DAYS
from digitalpost.models import (
    CopyDecision,
    GuardianSuggestion,
    Letter,
    LetterStatus,
    LetterWay,
    Mailbox,
    MailboxStatus,
    Mailing,
)
from digitalpost.registers.rounds import ask_registers_again

# Digital post does not reach these: somebody says what happens to their letters instead.
UNREACHABLE = (
    MailboxStatus.DEAD,
    MailboxStatus.EXEMPT,
    MailboxStatus.UNKNOWN,
    MailboxStatus.UNDER_15,
)


@dataclass
class MailboxGroup:
    """The letters of a mailing whose recipients got the same answer; None: not asked about yet."""

    status: MailboxStatus | None
    to_choose: int = 0  # drafts that would go digitally all the same
    guardians_only: int = 0  # drafts that go to guardians instead of the recipient
    ways: dict[LetterWay, int] = field(default_factory=dict)  # drafts with another way
    taken_out: int = 0
    oldest: datetime | None = None  # when they were asked about
    newest: datetime | None = None

    @property
    def drafts(self) -> int:
        """Letters that are in the mailing."""
        return self.to_choose + self.guardians_only + sum(self.ways.values())

    @property
    def is_reachable(self) -> bool:
        """Whether digital post reaches them."""
        return self.status is MailboxStatus.REACHABLE

    @property
    def needs_choice(self) -> bool:
        """Whether digital post would fail for some of them."""
        return self.status in UNREACHABLE and self.to_choose > 0


def mailbox_groups(session: Session, mailing: Mailing) -> list[MailboxGroup]:
    """The letters by what the contact register said, those to be careful with first. One query."""
    letters = (
        select(
            Mailbox.status,
            Mailbox.asked_at,
            Letter.way,
            (Letter.status == LetterStatus.CANCELLED).label("is_out"),
            _for_guardians().label("for_guardians"),
        )
        .select_from(Letter)
        .outerjoin(Mailbox, Mailbox.recipient_id == Letter.recipient_id)
        .outerjoin(GuardianSuggestion, GuardianSuggestion.letter_id == Letter.id)
        .where(Letter.mailing_id == mailing.id, Letter.recipient_id.is_not(None))
        .subquery()
        .c
    )
    kinds = (letters.status, letters.way, letters.is_out, letters.for_guardians)
    rows = session.execute(
        select(
            *kinds, func.count(), func.min(letters.asked_at), func.max(letters.asked_at)
        ).group_by(*kinds)
    )
    groups: dict[MailboxStatus | None, MailboxGroup] = {}
    for status, way, is_out, guardians, count, oldest, newest in rows:
        group = groups.setdefault(status, MailboxGroup(status))
        if is_out:
            group.taken_out += count
            continue
        if way is not LetterWay.DIGITAL:
            group.ways[way] = group.ways.get(way, 0) + count
        elif guardians and status in UNREACHABLE:
            group.guardians_only += count
        else:
            group.to_choose += count
        group.oldest = min(filter(None, (group.oldest, oldest)), default=None)
        group.newest = max(filter(None, (group.newest, newest)), default=None)
    order = [*UNREACHABLE, None, MailboxStatus.REACHABLE]
    return [groups[status] for status in order if status in groups]


def choose_way(
    session: Session,
    actor: Actor,
    mailing: Mailing,
    way: LetterWay,
    *,
    letter_ids: Collection[int] | None = None,
    mailbox: MailboxStatus | None = None,
) -> int:
    """Choose how drafts go out: those with these ids, or those of a mailbox group. How many it was.

    In a group only letters that nobody has chosen for are changed, so that a choice for a single
    letter stands; `LetterWay.DIGITAL` undoes every choice in it. Raises `Refused`.
    """
    require(actor, "mailing.change", mailing)
    require_review(session, mailing)
    if letter_ids is not None:
        return _choose_for_letters(session, actor, mailing, way, letter_ids)
    if mailbox is None:
        raise ValueError("neither letters nor a mailbox group")
    is_undo = way is LetterWay.DIGITAL
    wanted = _chosen_in(mailing, mailbox) if is_undo else _to_choose_in(mailing, mailbox)
    changed = change_rows(session, update(Letter).where(Letter.id.in_(wanted)).values(way=way))
    session.expire_all()
    if changed:
        data = {"what": "way", "way": way.value, "mailbox": mailbox.value, "letters": changed}
        events.record(session, actor, EventKind.MAILING_CHANGED, mailing, data=data)
    return changed


def take_out_group(session: Session, actor: Actor, mailing: Mailing, mailbox: MailboxStatus) -> int:
    """Leave out those of a mailbox group that nobody has chosen a way for. How many it was."""
    require(actor, "mailing.change", mailing)
    require_review(session, mailing)
    why = Sentence(TAKEN_OUT, {"why": word("kan ikke få digital post")})
    taken = change_rows(
        session,
        update(Letter)
        .where(Letter.id.in_(_to_choose_in(mailing, mailbox)))
        .values(status=LetterStatus.CANCELLED, status_reason=why.as_json(), due_at=None),
    )
    session.expire_all()
    if taken:
        data = {"what": "taken_out", "mailbox": mailbox.value, "letters": taken}
        events.record(session, actor, EventKind.MAILING_CHANGED, mailing, data=data)
    return taken


def put_back_group(session: Session, actor: Actor, mailing: Mailing, mailbox: MailboxStatus) -> int:
    """Take every letter of a mailbox group that was left out in again. How many it was."""
    require(actor, "mailing.change", mailing)
    require_review(session, mailing)
    put_back = change_rows(
        session,
        update(Letter)
        .where(Letter.id.in_(_of_group(mailing, mailbox, LetterStatus.CANCELLED)))
        .values(
            status=LetterStatus.DRAFT,
            status_reason=None,
            title=mailing.title,
            search_text=mailing.title + " " + Letter.recipient_name,
            due_at=now() + timedelta(days=REVIEW_DAYS),
        ),
    )
    session.expire_all()
    if put_back:
        ask_registers_again(session, mailing.id)
        data = {"what": "put_back", "mailbox": mailbox.value, "letters": put_back}
        events.record(session, actor, EventKind.MAILING_CHANGED, mailing, data=data)
    return put_back


def _choose_for_letters(
    session: Session, actor: Actor, mailing: Mailing, way: LetterWay, letter_ids: Collection[int]
) -> int:
    letters = session.scalars(
        select(Letter)
        .where(Letter.mailing_id == mailing.id, Letter.id.in_(letter_ids))
        .order_by(Letter.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    out = [letter.position for letter in letters if letter.status is not LetterStatus.DRAFT]
    if out:
        raise Refused("Brev %(letter)s er taget ud. Læg det tilbage først.", letter=out[0])
    changed = [letter for letter in letters if letter.way is not way]
    for letter in changed:
        letter.way = way
        data = {"way": way.value}
        events.record(session, actor, EventKind.LETTER_WAY_CHOSEN, letter, data=data)
    return len(changed)


def _of_group(mailing: Mailing, mailbox: MailboxStatus, status: LetterStatus) -> Select[int]:
    return (
        select(Letter.id)
        .join(Mailbox, Mailbox.recipient_id == Letter.recipient_id)
        .outerjoin(GuardianSuggestion, GuardianSuggestion.letter_id == Letter.id)
        .where(Letter.mailing_id == mailing.id, Letter.status == status, Mailbox.status == mailbox)
    )


def _to_choose_in(mailing: Mailing, mailbox: MailboxStatus) -> Select[int]:
    drafts = _of_group(mailing, mailbox, LetterStatus.DRAFT)
    return drafts.where(Letter.way == LetterWay.DIGITAL, ~_for_guardians())


def _chosen_in(mailing: Mailing, mailbox: MailboxStatus) -> Select[int]:
    drafts = _of_group(mailing, mailbox, LetterStatus.DRAFT)
    return drafts.where(Letter.way != LetterWay.DIGITAL)


def _for_guardians() -> ColumnElement[bool]:
    """Whether a letter, outer joined to its suggestion, goes to guardians and not the recipient."""
    goes = (
        (GuardianSuggestion.recipient_id == Letter.recipient_id)
        & (GuardianSuggestion.decision == CopyDecision.ACCEPTED)
        & GuardianSuggestion.main_to_child.is_(False)
    )
    return func.coalesce(goes, False)

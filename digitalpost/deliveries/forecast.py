"""What approval would do with a mailing, counted: letters, channels, copies, and what is held.

Letters to one addressee are counted in groups that the database makes, however many there are;
only those with copies, or to somebody who may be a child, are planned one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, not_, or_, select
from sqlalchemy.orm import aliased

from digitalpost.channels.base import WayOut
from digitalpost.channels.sequence import Choice, Wish, choose, nobody_can
from digitalpost.danish_time import today
from digitalpost.db import Session
from digitalpost.deliveries.plan import ToPlan, may_be_child, plan_letters
from digitalpost.errors import Sentence
from digitalpost.identifiers import IdentifierKind
from digitalpost.mailings.books import sendable
from digitalpost.models import (
    Attention,
    ChannelName,
    DeliveryPurpose,
    Document,
    GuardianSuggestion,
    Letter,
    LetterCopy,
    Mailbox,
    MailboxStatus,
    Mailing,
    Recipient,
)

_YEARS = [f"{year:02d}" for year in range(100)]


@dataclass
class Forecast:
    """What would happen. Every sendable letter is in ``letters`` or in ``held``."""

    letters: int = 0  # will be sent: the number that the clerk types
    deliveries: Counter[ChannelName] = field(default_factory=Counter)
    purposes: Counter[DeliveryPurpose] = field(default_factory=Counter)
    without_address: int = 0  # of those that go on paper
    held: Counter[str] = field(default_factory=Counter)  # see `reasons`
    sentences: dict[str, Sentence] = field(default_factory=dict)
    refusals: list[Sentence] = field(default_factory=list)  # why nothing at all can be approved

    @property
    def held_letters(self) -> int:
        """How many letters would be held back."""
        return self.held.total()

    @property
    def reasons(self) -> list[tuple[Sentence, int]]:
        """Why letters would be held back, and how many for each reason, most first."""
        return [(self.sentences[text], count) for text, count in self.held.most_common()]

    @property
    def by_channel(self) -> list[tuple[ChannelName, int]]:
        """Deliveries of each channel that is used, in the order of the channels."""
        return [(one, self.deliveries[one]) for one in ChannelName if self.deliveries[one]]

    def hold(self, why: Sentence, letters: int) -> None:
        """Count letters that go to nobody."""
        self.held[str(why)] += letters
        self.sentences[str(why)] = why


def forecast(session: Session, mailing: Mailing, ways: Sequence[WayOut]) -> Forecast:
    """Count what `approve` would do now with the same ``ways``. Reads only."""
    found = Forecast(refusals=nobody_can(ways, reply=mailing.can_reply, sign=mailing.must_sign))
    on = today()
    _count_groups(session, mailing, ways, found, on)
    paper = {way.name for way in ways if way.can.is_paper}
    singly = session.execute(
        _with_size(sendable(mailing.id))
        .where(not_(_is_plain(on)))
        .with_only_columns(
            Letter.id, Letter.recipient_id, Letter.recipient_name, Letter.way, Document.size
        )
    ).all()
    letters = [
        ToPlan(one, recipient_id, name, way, size)
        for one, recipient_id, name, way, size in singly
        if recipient_id is not None
    ]
    for plan in plan_letters(session, mailing, letters, ways).values():
        if plan.held is not None:
            found.hold(plan.held, 1)
            continue
        found.letters += 1
        for one in plan.addressees:
            assert isinstance(one.choice, Choice)
            found.deliveries[one.choice.channel] += 1
            found.purposes[one.purpose] += 1
            found.without_address += one.choice.channel in paper and not one.has_address
    return found


def _count_groups(
    session: Session, mailing: Mailing, ways: Sequence[WayOut], found: Forecast, on: date
) -> None:
    limits = sorted({way.can.max_bytes for way in ways if way.can.max_bytes is not None})
    paper = {way.name for way in ways if way.can.is_paper}
    has_address = Recipient.address != ""
    has_attention = Attention.recipient_id.is_not(None) & (
        (Attention.p_number != "") | (Attention.email != "")
    )
    # Grouped outside: PostgreSQL takes an expression with values in it for another each time.
    each = (
        _with_size(sendable(mailing.id))
        .join(Recipient, Recipient.id == Letter.recipient_id)
        .outerjoin(Mailbox, Mailbox.recipient_id == Letter.recipient_id)
        .outerjoin(Attention, Attention.recipient_id == Letter.recipient_id)
        .where(_is_plain(on))
        .with_only_columns(
            Letter.way.label("way"),
            Recipient.kind.label("kind"),
            func.substr(Recipient.number_masked, 1, 1).in_(list("6789")).label("is_raised"),
            Mailbox.status.label("mailbox"),
            has_address.label("has_address"),
            func.coalesce(has_attention, False).label("has_attention"),
            (func.coalesce(Mailbox.status, "") == MailboxStatus.UNDER_15).label("is_child"),
            _over(limits).label("exceeded"),
        )
        .subquery()
    )
    rows = session.execute(select(*each.c, func.count().label("letters")).group_by(*each.c))
    for row in rows:
        wish = Wish(
            way=row.way,
            kind=row.kind,
            is_replacement=row.kind is IdentifierKind.CPR and bool(row.is_raised),
            is_child=bool(row.is_child),
            mailbox=row.mailbox,
            has_address=bool(row.has_address),
            size=limits[row.exceeded - 1] + 1 if row.exceeded else 0,
            reply=mailing.can_reply,
            sign=mailing.must_sign,
            attention=bool(row.has_attention),
        )
        choice = choose(ways, wish)
        if isinstance(choice, Sentence):
            found.hold(choice, row.letters)
            continue
        found.letters += row.letters
        found.deliveries[choice.channel] += row.letters
        found.purposes[DeliveryPurpose.MAIN] += row.letters
        if choice.channel in paper and not row.has_address:
            found.without_address += row.letters


def _over(limits: Sequence[int]) -> ColumnElement[int]:
    """How many of the channels' size limits a letter is over."""
    over: ColumnElement[int] = literal(0)
    for limit in limits:
        over = over + case((Document.size > limit, 1), else_=0)
    return over


def _with_size(statement: Select[Letter]) -> Select[Letter]:
    return statement.join(Document, Document.id == Letter.document_id)


def _is_plain(on: date) -> ColumnElement[bool]:
    """Whether a letter has one addressee, known to be a child or not without the number itself."""
    young = [year for year in _YEARS if may_be_child(f"0101{year}", on)]
    # Tables of their own: the statement around may have joined the same.
    person, answer = aliased(Recipient), aliased(Mailbox)
    under_15 = (
        select(answer.recipient_id)
        .where(answer.recipient_id == Letter.recipient_id, answer.status == MailboxStatus.UNDER_15)
        .exists()
    )
    perhaps_young = (
        select(person.id)
        .where(
            person.id == Letter.recipient_id,
            person.kind == IdentifierKind.CPR,
            func.substr(person.number_masked, 5, 2).in_(young),
        )
        .exists()
    )
    suggestion = (
        select(GuardianSuggestion.id)
        .where(
            GuardianSuggestion.letter_id == Letter.id,
            GuardianSuggestion.recipient_id == Letter.recipient_id,
        )
        .exists()
    )
    copy = select(LetterCopy.id).where(LetterCopy.letter_id == Letter.id).exists()
    return not_(or_(and_(perhaps_young, not_(under_15)), suggestion, copy))

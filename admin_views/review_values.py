"""What the review shows of its choices: options, mailboxes, ways and copies; from rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from admin_views.options_form import form_of
from digitalpost.db import Session, now
from digitalpost.deadlines import too_late
from digitalpost.deliveries.forecast import Forecast
from digitalpost.mailings.copies import copied_to, copies_each, copies_of
from digitalpost.mailings.options import can_do, options_of, wrong_in
from digitalpost.mailings.ways import MailboxGroup, mailbox_groups
from digitalpost.models import ChannelName, Letter, LetterWay, Mailing, RegisterName
from digitalpost.post_days import Calendar
from digitalpost.registers.mailboxes import mailboxes_of
from digitalpost.registers.state import RegisterStanding, standings
from digitalpost.settings import Settings

PAPER = (ChannelName.REMOTE_PRINT, ChannelName.LOCAL_PRINT)


@dataclass(frozen=True)
class MailboxCard:
    """Who can get the letters digitally, as far as the registers have said."""

    groups: Sequence[MailboxGroup]
    contacts: RegisterStanding
    silent: Sequence[RegisterStanding]  # other registers that do not answer
    is_asking: bool  # answers are still to come

    @property
    def to_choose(self) -> int:
        """Letters that digital post would not get through to, and nobody has chosen for."""
        return sum(group.to_choose for group in self.groups if group.needs_choice)

    @property
    def unreached(self) -> int:
        """Letters whose recipients have no mailbox."""
        return sum(group.drafts for group in self.groups if group.status and not group.is_reachable)

    @property
    def unasked(self) -> int:
        """Letters whose recipients nobody has asked about."""
        return sum(group.drafts for group in self.groups if group.status is None)

    @property
    def drafts(self) -> int:
        """All letters whose recipients are known."""
        return sum(group.drafts for group in self.groups)

    @property
    def oldest(self) -> datetime | None:
        """When the oldest of the answers was given."""
        return min((group.oldest for group in self.groups if group.oldest), default=None)


def mailbox_card(session: Session, settings: Settings, mailing: Mailing) -> MailboxCard:
    """Everything on the card "Hvem kan få brevet digitalt?"."""
    groups = mailbox_groups(session, mailing)
    every = standings(session, settings.registers)
    contacts = next(one for one in every if one.register is RegisterName.CONTACTS)
    wanted = mailing.answers_from
    is_waiting = any(
        (group.status is None and group.drafts)
        or (wanted is not None and group.oldest is not None and group.oldest < wanted)
        for group in groups
    )
    return MailboxCard(
        groups,
        contacts,
        [one for one in every if one.is_set_up and one.sentence and one is not contacts],
        is_waiting and contacts.is_set_up and contacts.sentence is None,
    )


def late_values(mailing: Mailing, expected: Forecast, calendar: Calendar) -> dict[str, Any]:
    """What would come after the day by which the letters should be there."""
    by_channel = dict(expected.by_channel)
    paper = sum(by_channel.get(channel, 0) for channel in PAPER)
    digital = sum(by_channel.values()) - paper
    return {"late": too_late(mailing, calendar, now(), digital=digital, paper=paper)}


def review_values(
    session: Session, settings: Settings, mailing: Mailing, letters: Sequence[Letter]
) -> dict[str, Any]:
    """For the whole page: bounded by the ``letters`` on it, whatever the size of the mailing."""
    options = options_of(mailing)
    return {
        "options_form": form_of(options),
        "options_wrong": wrong_in(options, now()),
        "abilities": can_do(settings),
        "mailboxes": mailbox_card(session, settings, mailing),
        "answers": mailboxes_of(session, {one.recipient_id for one in letters if one.recipient_id}),
        "copies": copies_each(session, [one.id for one in letters]),
        "copied_to": copied_to(session, mailing),
    }


def letter_values(session: Session, letter: Letter | None) -> dict[str, Any]:
    """For the panel of one letter."""
    if letter is None:
        return {}
    answers = mailboxes_of(session, [letter.recipient_id] if letter.recipient_id else [])
    return {
        "letter_copies": copies_of(session, letter),
        "letter_answer": answers.get(letter.recipient_id or 0),
        "ways": list(LetterWay),
    }

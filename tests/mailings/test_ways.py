"""Ways around digital post: chosen for a letter or a group, counted, undone, and logged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR, Actor, Scope
from digitalpost.db import now
from digitalpost.errors import Forbidden, Refused
from digitalpost.institution import Institution
from digitalpost.mailings.books import sendable
from digitalpost.mailings.change import keep_numbers, take_out_letter
from digitalpost.mailings.mend import choose_recipient
from digitalpost.mailings.review import letters_by_risk, review_counts
from digitalpost.mailings.ways import (
    MailboxGroup,
    choose_way,
    mailbox_groups,
    put_back_group,
    take_out_group,
)
from digitalpost.models import (
    AgeRule,
    CopyDecision,
    Event,
    GuardianSuggestion,
    Letter,
    LetterStatus,
    LetterWay,
    Mailbox,
    MailboxSource,
    MailboxStatus,
    Mailing,
    Role,
)
from tests.make_mailings import ANNA, BO, CARL, DORTE, approve_mailing, make_mailing

FIVE = (ANNA, BO, CARL, DORTE, "0506071234")
E, D, R = MailboxStatus.EXEMPT, MailboxStatus.DEAD, MailboxStatus.REACHABLE


def answered(institution: Institution, *statuses: MailboxStatus | None) -> int:
    """A mailing whose recipients, in order, got these answers; None: not asked about. Its id."""
    mailing_id = make_mailing(institution, FIVE[: len(statuses)])
    with institution.transaction() as session:
        for letter, status in zip(letters_of(session, mailing_id), statuses, strict=True):
            if status is not None:
                session.add(
                    Mailbox(
                        recipient_id=letter.recipient_id,
                        status=status,
                        asked_at=now(),
                        source=MailboxSource.CONTACTS,
                    )
                )
    return mailing_id


def letters_of(session: sa.orm.Session, mailing_id: int) -> list[Letter]:
    query = sa.select(Letter).where(Letter.mailing_id == mailing_id).order_by(Letter.position)
    return list(session.scalars(query))


def ways_of(institution: Institution, mailing_id: int) -> list[LetterWay]:
    with institution.reading() as session:
        return [letter.way for letter in letters_of(session, mailing_id)]


def groups_of(
    institution: Institution, mailing_id: int
) -> Mapping[MailboxStatus | None, MailboxGroup]:
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        return {group.status: group for group in mailbox_groups(session, mailing)}


def choose(
    institution: Institution,
    mailing_id: int,
    way: LetterWay,
    *,
    actor: Actor = OPERATOR,
    letters: list[int] | None = None,
    mailbox: MailboxStatus | None = None,
) -> int:
    """``letters`` are positions, from 1."""
    with institution.transaction(actor.scope) as session:
        mailing = session.get_one(Mailing, mailing_id)
        ids = [one.id for one in letters_of(session, mailing_id) if one.position in (letters or [])]
        return choose_way(
            session, actor, mailing, way, letter_ids=ids if letters else None, mailbox=mailbox
        )


def test_a_group_goes_another_way_and_a_choice_for_one_letter_stands(
    institution: Institution,
) -> None:
    mailing_id = answered(institution, R, E, E, D)
    assert choose(institution, mailing_id, LetterWay.LOCAL_PRINT, letters=[2]) == 1
    assert choose(institution, mailing_id, LetterWay.REMOTE_PRINT, mailbox=E) == 1
    digital, local, remote = LetterWay.DIGITAL, LetterWay.LOCAL_PRINT, LetterWay.REMOTE_PRINT
    assert ways_of(institution, mailing_id) == [digital, local, remote, digital]
    groups = groups_of(institution, mailing_id)
    assert list(groups) == [D, E, R]  # those to be careful with first
    assert groups[E].ways == {local: 1, remote: 1}
    assert not groups[E].needs_choice
    assert groups[D].needs_choice
    assert not groups[R].needs_choice
    assert choose(institution, mailing_id, LetterWay.DIGITAL, mailbox=E) == 2
    assert ways_of(institution, mailing_id) == [digital] * 4


def test_letters_held_back_are_not_sent_and_become_tasks_that_say_why(
    institution: Institution,
) -> None:
    mailing_id = answered(institution, R, E, E)
    choose(institution, mailing_id, LetterWay.HOLD, mailbox=E)
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        counts = review_counts(session, mailing)
        assert (counts.sendable, counts.held, counts.found) == (1, 2, 3)
        assert len(session.scalars(sendable(mailing.id)).all()) == 1
        held = letters_by_risk(session, mailing, show="way-hold").items
        assert [letter.position for letter in held] == [2, 3]
    approve_mailing(institution, mailing_id, confirm=1)
    with institution.reading() as session:
        rest = letters_of(session, mailing_id)[1:]
        assert {letter.status for letter in rest} == {LetterStatus.ACTION}
        assert "holdt tilbage" in (rest[0].status_reason or {})["text"]


def test_print_is_counted_among_what_would_be_sent(institution: Institution) -> None:
    mailing_id = answered(institution, R, E, D, None)
    choose(institution, mailing_id, LetterWay.REMOTE_PRINT, letters=[2])
    choose(institution, mailing_id, LetterWay.LOCAL_PRINT, letters=[3, 4])
    with institution.reading() as session:
        counts = review_counts(session, session.get_one(Mailing, mailing_id))
    assert (counts.sendable, counts.remote_print, counts.local_print) == (4, 1, 2)


def test_a_group_is_taken_out_and_put_back_and_the_log_says_how_many(
    institution: Institution,
) -> None:
    mailing_id = answered(institution, R, D, D)
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert take_out_group(session, OPERATOR, mailing, D) == 2
    group = groups_of(institution, mailing_id)[D]
    assert (group.taken_out, group.drafts) == (2, 0)
    with institution.reading() as session:
        out = letters_of(session, mailing_id)[1]
        assert out.status is LetterStatus.CANCELLED
        assert out.due_at is None
        assert "digital post" in (out.status_reason or {})["values"]["why"]
        mailing = session.get_one(Mailing, mailing_id)
        out_of_it = letters_by_risk(session, mailing, show="mailbox-dead").items
        assert len(out_of_it) == 2
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        mailing.registers_due_at = now() + timedelta(hours=1)
        session.flush()
        assert put_back_group(session, OPERATOR, mailing, D) == 2
    with institution.reading() as session:
        assert session.get_one(Mailing, mailing_id).registers_due_at is None
        assert {one.status for one in letters_of(session, mailing_id)} == {LetterStatus.DRAFT}
        logged = session.query(Event).filter_by(kind="mailing:changed").order_by(Event.id)
        assert [(one.data["what"], one.data["letters"]) for one in logged] == [
            ("taken_out", 2),
            ("put_back", 2),
        ]


def test_a_letter_that_goes_to_guardians_instead_needs_no_choice(
    institution: Institution,
) -> None:
    under_15 = MailboxStatus.UNDER_15
    mailing_id = answered(institution, under_15, under_15)
    with institution.transaction() as session:
        letter = letters_of(session, mailing_id)[0]
        session.add(
            GuardianSuggestion(
                unit_id=letter.unit_id,
                letter_id=letter.id,
                mailing_id=mailing_id,
                recipient_id=letter.recipient_id,
                rule=AgeRule.UNDER_15,
                basis={},
                main_to_child=False,
                valid_on=date(2026, 6, 9),
                fetched_at=now(),
                decision=CopyDecision.ACCEPTED,
            )
        )
    group = groups_of(institution, mailing_id)[under_15]
    assert (group.to_choose, group.guardians_only) == (1, 1)
    assert choose(institution, mailing_id, LetterWay.LOCAL_PRINT, mailbox=under_15) == 1
    assert ways_of(institution, mailing_id) == [LetterWay.DIGITAL, LetterWay.LOCAL_PRINT]


def test_numbers_cannot_be_chosen_anew_while_ways_would_be_lost(institution: Institution) -> None:
    mailing_id = answered(institution, R, E)
    choose(institution, mailing_id, LetterWay.HOLD, letters=[2])
    with institution.transaction() as session, pytest.raises(Refused, match="ville gå tabt"):
        keep_numbers(session, OPERATOR, session.get_one(Mailing, mailing_id), True)
    choose(institution, mailing_id, LetterWay.DIGITAL, letters=[2])
    with institution.transaction() as session:
        keep_numbers(session, OPERATOR, session.get_one(Mailing, mailing_id), True)


def test_a_way_around_digital_post_falls_when_the_letter_gets_another_recipient(
    institution: Institution,
) -> None:
    mailing_id = answered(institution, E, E)
    choose(institution, mailing_id, LetterWay.REMOTE_PRINT, letters=[1])
    choose(institution, mailing_id, LetterWay.HOLD, letters=[2])
    for position in (0, 1):
        with institution.transaction() as session:
            letter = letters_of(session, mailing_id)[position]
            choose_recipient(session, OPERATOR, letter, DORTE)
    assert ways_of(institution, mailing_id) == [LetterWay.DIGITAL, LetterWay.HOLD]


def test_a_letter_that_is_out_and_a_mailing_of_others_are_left_alone(
    institution: Institution,
) -> None:
    mailing_id = answered(institution, E, E)
    with institution.transaction() as session:
        take_out_letter(session, OPERATOR, letters_of(session, mailing_id)[0])
        unit_id = session.get_one(Mailing, mailing_id).unit_id
    with pytest.raises(Refused, match="Brev 1 er taget ud"):
        choose(institution, mailing_id, LetterWay.HOLD, letters=[1, 2])
    assert choose(institution, mailing_id, LetterWay.HOLD, mailbox=E) == 1
    stranger = Actor(None, "Bo Ibsen", Role.STAFF, Scope(frozenset({unit_id + 1000})))
    with institution.transaction() as session, pytest.raises(Forbidden):
        mailing = session.get_one(Mailing, mailing_id)
        choose_way(session, stranger, mailing, LetterWay.HOLD, mailbox=E)

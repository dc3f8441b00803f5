"""What is shown before sending is what approval does, to the letter, however people mix."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from digitalpost.access import SYSTEM
from digitalpost.channels.registry import ways_out
from digitalpost.danish_time import today
from digitalpost.db import now
from digitalpost.deliveries.forecast import forecast
from digitalpost.deliveries.plan import plans_of_page
from digitalpost.errors import Refused
from digitalpost.identifiers import parse
from digitalpost.institution import Institution
from digitalpost.models import (
    AgeRule,
    CopyDecision,
    Delivery,
    GuardianCopy,
    GuardianSuggestion,
    Letter,
    LetterWay,
    MailboxStatus,
    Mailing,
)
from digitalpost.registers.decide_copies import accept_copies, decline_copies, undecided
from digitalpost.registers.recipients import seal_number
from tests.make_addressees import add_copy, deliveries_of, set_address, set_mailbox
from tests.make_mailings import (
    ANNA,
    BO,
    CARL,
    approve_mailing,
    letter_statuses,
    make_mailing,
)

CHILD = f"0101{(today().year - 10) % 100:02d}4321"  # ten years old, or nine
MOTHER, FATHER = "0405804321", "0607814321"
SEEDS = [1, 2, 3]


def suggest(
    institution: Institution, mailing_id: int, *, position: int = 1,
    rule: AgeRule = AgeRule.UNDER_15, with_number: bool = True,
) -> None:  # fmt: skip
    """A suggestion as the register's answer leaves it: mother and father, the father nameless."""
    with institution.transaction() as session:
        letter = session.scalars(
            sa.select(Letter).where(Letter.mailing_id == mailing_id, Letter.position == position)
        ).one()
        suggestion = GuardianSuggestion(
            letter_id=letter.id, mailing_id=mailing_id, unit_id=letter.unit_id,
            recipient_id=letter.recipient_id, rule=rule, basis={"text": "CPR", "values": {}},
            main_to_child=rule is not AgeRule.UNDER_15, valid_on=today(), fetched_at=now(),
            decision=CopyDecision.PROPOSED,
        )  # fmt: skip
        for place, number in enumerate((MOTHER, FATHER if with_number else None), start=1):
            copy = GuardianCopy(position=place, relation="mor", unit_id=letter.unit_id,
                                name=f"Forælder {place}")  # fmt: skip
            if number is not None:
                sealed, index = seal_number(session.vault, parse(number))
                copy.number_sealed, copy.number_index = sealed, index
                copy.number_masked = parse(number).masked
            suggestion.copies.append(copy)
        session.add(suggestion)


def decide(institution: Institution, mailing_id: int, *, accept: bool) -> None:
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        if accept:
            accept_copies(session, SYSTEM, mailing)
        else:
            waiting = [one.letter_id for one in undecided(session, mailing_id)]
            decline_copies(session, SYSTEM, mailing, letter_ids=waiting)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_forecast_is_what_approval_does(institution: Institution, seed: int) -> None:
    chance = random.Random(seed)
    numbers = [f"01{month:02d}{year:02d}1{n:03d}" for n, (month, year) in enumerate(
        (chance.randrange(1, 13), chance.randrange(40, 99)) for _ in range(12))]  # fmt: skip
    numbers += [CHILD, "99000015", "6102031234"]
    mailing_id = make_mailing(institution, numbers, red=[2])
    for number in numbers:
        if chance.random() < 0.6:
            set_mailbox(institution, number, chance.choice(list(MailboxStatus)))
        if chance.random() < 0.5:
            set_address(institution, number, "Havnegade 4", "5000 Odense C")
    for position in (1, 3, 5):
        add_copy(institution, mailing_id, chance.choice([ANNA, BO, CARL]), position=position)
    suggest(institution, mailing_id, position=6, with_number=False)
    decide(institution, mailing_id, accept=chance.random() < 0.7)
    with institution.transaction() as session:
        for letter in session.scalars(sa.select(Letter)):
            letter.way = chance.choice([LetterWay.DIGITAL] * 4 + list(LetterWay))
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        ways = ways_out(institution.settings)
        expected = forecast(session, mailing, ways)
        chosen = sa.select(Letter).where(Letter.verdict != "red")
        letters = session.scalars(chosen.where(Letter.way != LetterWay.HOLD)).all()
        held_back = len(session.scalars(chosen).all()) - len(letters)
        plans = plans_of_page(session, mailing, letters, ways)
        assert sum(plan.held is None for plan in plans.values()) == expected.letters
        assert expected.letters + expected.held_letters == len(letters)
    approve_mailing(institution, mailing_id, confirm=expected.letters)
    statuses = Counter(letter_statuses(institution, mailing_id))
    assert statuses == {
        "waiting": expected.letters,
        "action": expected.held_letters + held_back + 1,
    }
    made = deliveries_of(institution, mailing_id)
    assert Counter(one[1] for one in made) == {
        channel.value: count for channel, count in expected.by_channel
    }
    assert Counter(one[0] for one in made) == {
        purpose.value: count for purpose, count in expected.purposes.items()
    }
    with institution.reading() as session:
        for letter in session.scalars(sa.select(Letter).where(Letter.status == "waiting")):
            plan = plans[letter.id]
            query = sa.select(Delivery).where(Delivery.letter_id == letter.id)
            found = session.scalars(query.order_by(Delivery.id)).all()
            assert [(one.recipient_id, one.channel) for one in found] == [
                (one.recipient_id, one.choice.channel) for one in plan.addressees
            ]


def test_many_letters_take_no_more_queries_than_few(institution: Institution) -> None:
    def queries(numbers: list[str]) -> int:
        mailing_id = make_mailing(institution, numbers)
        sent: list[str] = []
        with institution.reading() as session:
            mailing = session.get_one(Mailing, mailing_id)
            note = lambda *a: sent.append(a[2])  # noqa: E731
            sa.event.listen(institution.engine, "before_cursor_execute", note)
            forecast(session, mailing, ways_out(institution.settings))
            sa.event.remove(institution.engine, "before_cursor_execute", note)
        return len(sent)

    few = queries([ANNA])
    assert queries([f"0102501{n:03d}" for n in range(60)]) == few <= 3


def test_a_letter_about_a_child_goes_to_the_guardians_who_were_accepted_and_not_to_the_child(
    institution: Institution,
) -> None:
    mailing_id = make_mailing(institution, [CHILD])
    suggest(institution, mailing_id, with_number=False)
    with pytest.raises(Refused, match="forældrene"):
        approve_mailing(institution, mailing_id, confirm=1)
    decide(institution, mailing_id, accept=True)
    approve_mailing(institution, mailing_id, confirm=1)
    assert deliveries_of(institution, mailing_id) == [
        ("guardian", "eboks", "waiting"), ("guardian", "local_print", "waiting"),
    ]  # fmt: skip
    with institution.reading() as session:
        nameless = session.scalars(sa.select(Delivery).where(Delivery.channel == "local_print"))
        assert nameless.one().attention == {"name": "Forælder 2", "relation": "mor"}


@pytest.mark.parametrize("declined", [True, False])
def test_a_child_is_not_written_to_in_silence(institution: Institution, declined: bool) -> None:
    """Copies chosen away, or no register that says who has custody: the letter is held."""
    mailing_id = make_mailing(institution, [CHILD, ANNA])
    if declined:
        suggest(institution, mailing_id)
        decide(institution, mailing_id, accept=False)
    approve_mailing(institution, mailing_id, confirm=1)
    assert letter_statuses(institution, mailing_id) == ["action", "waiting"]
    with institution.reading() as session:
        letter = session.scalars(sa.select(Letter).where(Letter.position == 1)).one()
        why = "holdt tilbage" if declined else "15 år"
        assert letter.status_reason is not None and why in letter.status_reason["text"]


def test_a_sixteen_year_old_gets_the_letter_and_the_guardians_copies(
    institution: Institution,
) -> None:
    mailing_id = make_mailing(institution, [ANNA])
    suggest(institution, mailing_id, rule=AgeRule.FROM_15_TO_17)
    decide(institution, mailing_id, accept=True)
    approve_mailing(institution, mailing_id, confirm=1)
    assert [one[0] for one in deliveries_of(institution, mailing_id)] == [
        "main", "guardian", "guardian",
    ]  # fmt: skip


def test_a_postponed_mailing_waits_for_its_time(institution: Institution) -> None:
    later = now() + timedelta(days=3)
    mailing_id = make_mailing(institution, [ANNA])
    with institution.transaction() as session:
        session.get_one(Mailing, mailing_id).send_at = later
    approve_mailing(institution, mailing_id, hold_seconds=600)
    with institution.reading() as session:
        assert session.get_one(Mailing, mailing_id).hold_until == later
        assert session.scalars(sa.select(Delivery.due_at)).one() == later

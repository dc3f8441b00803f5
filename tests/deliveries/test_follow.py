"""Following up: each letter that did not arrive by mailbox is in a heap, with why and what now."""

from __future__ import annotations

import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.danish_time import today
from digitalpost.deliveries.follow import (
    Entry,
    count_to_follow,
    deadline_of,
    follow_page,
    heap_counts,
    ids_with_reason,
)
from digitalpost.deliveries.heaps import reasons
from digitalpost.deliveries.replan import Again
from digitalpost.institution import Institution
from digitalpost.mailings.cancel import cancel_letter
from digitalpost.models import Letter, LetterWay, Mailing
from digitalpost.post_days import Calendar
from tests.deliveries.sending_again import again
from tests.make_addressees import add_copy
from tests.make_mailings import (
    ANNA,
    BO,
    CARL,
    DEAD,
    DORTE,
    EXEMPT,
    approve_mailing,
    ask_all,
    let_time_pass,
    make_mailing,
    send_all,
)
from tests.sandbox_server import RunningSandbox

CALENDAR = Calendar()


def make_sent(institution: Institution) -> int:
    """Delivered, on paper, dead, to print, held, a copy to a dead, stopped: in this order."""
    numbers = [ANNA, EXEMPT, DEAD, BO, CARL, DORTE, ANNA]
    mailing_id = make_mailing(institution, numbers)
    add_copy(institution, mailing_id, DEAD, position=6)
    ways = {4: LetterWay.LOCAL_PRINT, 5: LetterWay.HOLD}
    with institution.transaction() as session:
        for position, way in ways.items():
            session.execute(sa.update(Letter).where(Letter.position == position).values(way=way))
    approve_mailing(institution, mailing_id)
    with institution.transaction() as session:
        letter = session.scalars(sa.select(Letter).where(Letter.position == 7)).one()
        cancel_letter(session, OPERATOR, letter)
    for _ in range(2):
        let_time_pass(institution)
        send_all(institution)
        let_time_pass(institution)
        ask_all(institution)
    return mailing_id


def listed(institution: Institution, mailing_id: int, **narrow: str) -> list[Entry]:
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        found: list[Entry] = []
        after = None
        while True:  # two at a time: the pages fit together
            page = follow_page(session, mailing, CALENDAR, after=after, size=2, **narrow)
            found += page.items
            after = page.older
            if after is None:
                session.expunge_all()
                return found


def positions(institution: Institution, mailing_id: int, **narrow: str) -> list[int]:
    return [entry.letter.position for entry in listed(institution, mailing_id, **narrow)]


def test_every_letter_that_did_not_arrive_by_mailbox_is_in_a_heap(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_sent(institution)
    assert positions(institution, mailing_id) == [2, 3, 4, 5, 6, 7]
    heaps = {"paper": [2], "failed": [3, 5, 6], "print": [4], "cancelled": [7]}
    for heap, found in heaps.items():
        assert positions(institution, mailing_id, heap=heap) == found, heap
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        counts = heap_counts(session, mailing, CALENDAR)
        assert counts == {heap: len(found) for heap, found in heaps.items()}
        assert count_to_follow(session, mailing, CALENDAR) == 6


def test_each_line_says_who_why_and_what_now(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    by_place = {one.letter.position: one for one in listed(institution, make_sent(institution))}
    advice = {place: [str(line.advice) for line in one.lines] for place, one in by_place.items()}
    assert "Er fremme senest" in advice[2][0]
    assert advice[3] == ["Skriv ikke til modtageren. Luk brevet."]
    assert advice[4] == ["Print brevet, og læg det i posten."]
    assert advice[5] == ["Vælg brevet her, og hvordan det skal sendes."]
    assert advice[6] == ["Skriv ikke til modtageren. Luk brevet."]  # the copy; the main arrived
    assert advice[7] == ["Vælg brevet her, hvis det alligevel skal sendes."]
    can = [place for place, one in by_place.items() if one.can_go_again]
    assert can == [3, 5, 6, 7]


def test_reasons_are_counted_in_letters_and_name_nobody(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_sent(institution)
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        found = reasons(session, mailing)
        assert [(str(one.why)[:35], one.letters) for one in found] == [
            ("Modtageren er registreret som død. ", 2),
            ("Brevet blev holdt tilbage, da forse", 1),
        ]
        key = found[0].key
        ids = ids_with_reason(session, mailing, CALENDAR, key, most=10)
        assert len(ids) == 2
        assert ids_with_reason(session, mailing, CALENDAR, "x", most=10) == []
        assert len(ids_with_reason(session, mailing, CALENDAR, key, most=1)) == 1
    assert positions(institution, mailing_id, reason=key) == [3, 6]


def test_what_was_sent_again_leaves_the_heap_of_what_failed(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_sent(institution)
    with institution.reading() as session:
        query = sa.select(Letter.id).where(Letter.position == 3)
        ids = list(session.scalars(query))
    again(institution, mailing_id, Again.LOCAL_PRINT, ids=ids)
    send_all(institution)
    assert positions(institution, mailing_id, heap="failed") == [5, 6]
    assert positions(institution, mailing_id, heap="print") == [3, 4]


def test_near_the_day_letters_on_their_way_are_listed_too(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_mailing(institution, [ANNA, BO])
    with institution.transaction() as session:
        session.get_one(Mailing, mailing_id).arrive_by = today()
    approve_mailing(institution, mailing_id, hold_seconds=600)
    assert positions(institution, mailing_id) == [1, 2]
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        found = deadline_of(session, mailing, CALENDAR)
        assert found is not None and found.missing == 2
        mailing.arrive_by = None
        assert deadline_of(session, mailing, CALENDAR) is None
    assert positions(institution, mailing_id) == []

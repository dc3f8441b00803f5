"""Suggestions as a page reads them: doubt in a heap of its own, and what one yes may cover."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digitalpost.access import Scope
from digitalpost.db import now
from digitalpost.errors import Refused
from digitalpost.institution import Institution
from digitalpost.models import CopyDecision, Letter, LetterStatus, LetterWay, Mailing
from digitalpost.registers.copies import suggest_guardians
from digitalpost.registers.decide_copies import (
    accept_copies,
    accepted_copies,
    count_undecided,
    decline_copies,
    undecided,
)
from digitalpost.registers.guardians import danish_date
from digitalpost.registers.suggestions import (
    Heap,
    count_heaps,
    count_unanswered,
    suggestions_in,
)
from tests.registers.making import ADULT, COMPANY, REPLACEMENT, actor_in, add_mailing, unit_of
from tests.registers.test_copies import letters_of, make_child, suggestion_of
from tests.sandbox_server import RunningSandbox


def make_young(institution: Institution, sandbox: RunningSandbox) -> int:
    """A mailing to a child, a pupil, a child whom nobody has custody of, and a pupil who died."""
    child, pupil, alone, dead = (make_child(sandbox, years) for years in (10, 16, 9, 17))
    sandbox.set_person(alone, custody=[])
    sandbox.set_person(dead, status=90)
    mailing_id = add_mailing(institution, [child, pupil, alone, dead, ADULT])
    suggest_guardians(institution, mailing_id)
    return mailing_id


def decide(institution: Institution, mailing_id: int, use_case, **options: object) -> int:  # type: ignore[no-untyped-def]
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        return int(use_case(session, actor_in(mailing.unit_id), mailing, **options))


def test_each_suggestion_is_in_one_heap_with_doubt_in_its_own(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_young(institution, sandbox)
    first, second, third, fourth, _ = letters_of(institution, mailing_id)
    with institution.reading() as session:
        heaps = {
            heap: [one.letter_id for one in suggestions_in(session, mailing_id, heap).items]
            for heap in Heap
        }
        assert heaps == {
            Heap.UNSURE: [third, fourth],
            Heap.UNDER_15: [first],
            Heap.FROM_15_TO_17: [second],
            Heap.DECIDED: [],
        }
        counted = count_heaps(session, mailing_id)
        assert counted.counts == {heap: len(letters) for heap, letters in heaps.items()}
        assert (counted.plain, counted.waiting) == (2, 4)
        assert count_undecided(session, mailing_id) == len(undecided(session, mailing_id)) == 4


def test_a_yes_to_all_leaves_the_doubtful_to_the_clerk(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_young(institution, sandbox)
    assert decide(institution, mailing_id, accept_copies) == 2
    with institution.reading() as session:
        assert count_heaps(session, mailing_id).counts[Heap.UNSURE] == count_undecided(
            session, mailing_id
        )
        assert count_heaps(session, mailing_id).counts[Heap.DECIDED] == 2


def test_a_yes_to_what_nobody_saw_is_no_yes(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    child = make_child(sandbox, 10)
    mailing_id = add_mailing(institution, [child])
    suggest_guardians(institution, mailing_id)
    (letter_id,) = letters_of(institution, mailing_id)
    with institution.reading() as session:
        seen = count_heaps(session, mailing_id)
    make_child(sandbox, 10, 3)
    suggest_guardians(institution, mailing_id, max_age=timedelta(0))
    for options in (
        {"seen": seen.newest_plain, "count": seen.plain},
        {"seen": seen.newest_plain, "letter_ids": [letter_id]},
    ):
        with pytest.raises(Refused, match="hentet igen"):
            decide(institution, mailing_id, accept_copies, **options)
    with institution.reading() as session:
        seen = count_heaps(session, mailing_id)
    with pytest.raises(Refused, match="hentet igen"):
        decide(institution, mailing_id, accept_copies, seen=seen.newest_plain, count=2)
    assert decide(institution, mailing_id, accept_copies, seen=seen.newest_plain, count=1) == 1


def test_a_child_without_parents_in_cpr_is_held_back_or_goes_on_paper_and_never_digitally(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_young(institution, sandbox)
    _, _, alone, _, _ = letters_of(institution, mailing_id)
    with pytest.raises(Refused, match="ingen at sende"):
        decide(institution, mailing_id, accept_copies, letter_ids=[alone])
    with pytest.raises(Refused, match="ingen digital postkasse"):
        decide(
            institution,
            mailing_id,
            decline_copies,
            letter_ids=[alone],
            way=LetterWay.DIGITAL,
        )
    assert decide(institution, mailing_id, decline_copies, letter_ids=[alone]) == 1
    assert way_of(institution, alone) is LetterWay.HOLD
    way = LetterWay.LOCAL_PRINT
    assert decide(institution, mailing_id, decline_copies, letter_ids=[alone], way=way) == 1
    assert way_of(institution, alone) is LetterWay.LOCAL_PRINT


def test_a_child_whose_letter_was_held_back_goes_to_the_parents_after_all(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = add_mailing(institution, [make_child(sandbox, 10)])
    suggest_guardians(institution, mailing_id)
    (letter_id,) = letters_of(institution, mailing_id)
    decide(institution, mailing_id, decline_copies, letter_ids=[letter_id])
    decide(institution, mailing_id, accept_copies, letter_ids=[letter_id])
    assert way_of(institution, letter_id) is LetterWay.DIGITAL
    assert suggestion_of(institution, letter_id).decision is CopyDecision.ACCEPTED
    with institution.reading() as session:
        assert len(accepted_copies(session, [letter_id])[letter_id]) == 2


def test_what_is_taken_out_or_of_another_unit_is_in_no_heap(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_young(institution, sandbox)
    first, *_ = letters_of(institution, mailing_id)
    with institution.transaction() as session:
        session.get_one(Letter, first).status = LetterStatus.CANCELLED
    with institution.reading() as session:
        assert count_heaps(session, mailing_id).counts[Heap.UNDER_15] == 0
        assert count_undecided(session, mailing_id) == 3
    stranger = Scope(frozenset({unit_of(institution, mailing_id) + 1}))
    with institution.reading(stranger) as session:
        assert sum(count_heaps(session, mailing_id).counts.values()) == 0
        assert suggestions_in(session, mailing_id, Heap.UNSURE).items == []


def test_a_heap_is_walked_a_page_at_a_time_in_the_order_of_the_letters(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = add_mailing(institution, [make_child(sandbox, years) for years in (5, 6, 7, 8, 9)])
    suggest_guardians(institution, mailing_id)
    walked, after = [], None
    with institution.reading() as session:
        for _ in range(3):
            found = suggestions_in(session, mailing_id, Heap.UNDER_15, after=after, size=2)
            walked += [one.letter_id for one in found.items]
            after = found.older
    assert after is None
    assert walked == letters_of(institution, mailing_id)


def test_the_young_of_whom_nobody_was_asked_are_counted(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    today = danish_date(now())
    numbers = [make_child(sandbox, 10), make_child(sandbox, 16), ADULT, COMPANY, REPLACEMENT]
    mailing_id = add_mailing(institution, numbers)
    with institution.reading() as session:
        assert count_unanswered(session, mailing_id, today) == 2
    suggest_guardians(institution, mailing_id)
    with institution.reading() as session:
        assert count_unanswered(session, mailing_id, today) == 0


def way_of(institution: Institution, letter_id: int) -> LetterWay:
    with institution.reading() as session:
        return session.get_one(Letter, letter_id).way

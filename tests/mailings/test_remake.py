"""Mended letters are made again: in any order, while others mend, and after kill -9."""

from __future__ import annotations

import random
import secrets
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.errors import Refused
from digitalpost.institution import Institution
from digitalpost.mailings import mend, remake
from digitalpost.mailings.cancel import cancel
from digitalpost.mailings.remake import finish_letters
from digitalpost.models import (
    Event,
    LeftOutPage,
    Letter,
    Mailing,
    Verdict,
)
from digitalpost.models.event_kind import MENDS
from digitalpost.sweep import due_work
from tests.inputs.people import make_people
from tests.mailings.mending import assert_balanced, do, letters_of, make_review, text_of
from tests.mailings.test_prepare_killed import assert_nothing_over
from tests.make_mailings import let_time_pass
from tests.processes import run_killed

STEPS = (3, 8, 13, 17, 21, 26, 31, 37, 44)  # of the way of one run, and some beyond its end


def test_any_order_of_mends_leaves_every_page_accounted_for_and_nothing_over(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = make_review(institution, tmp_path / "a.pdf")
    chance = random.Random("mends")
    done = 0
    for round_ in range(60):
        try:
            mend_at_random(institution, mailing_id, chance)
            done += 1
        except Refused:
            continue
        finally:
            assert_balanced(institution, mailing_id)
        if round_ % 25 == 24:
            finish_letters(institution, mailing_id)
    assert done > 30
    finish_letters(institution, mailing_id)
    assert_balanced(institution, mailing_id)
    assert_nothing_over(institution)
    with institution.reading() as session:
        assert session.scalar(sa.select(Letter).where(Letter.mended_at.is_not(None))) is None
        logged = sa.select(sa.func.count(Event.id)).where(Event.kind.in_(MENDS))
        assert session.scalar(logged) == done


def mend_at_random(institution: Institution, mailing_id: int, chance: random.Random) -> None:
    letters = letters_of(institution, mailing_id)
    one, other = chance.choice(letters), chance.choice(letters)
    pages = chance.sample(one.pages, chance.randint(1, len(one.pages)))
    with institution.reading() as session:
        out = list(session.scalars(sa.select(LeftOutPage)))
        session.expunge_all()
    match chance.randint(0, 6):
        case 0:
            do(institution, mend.split_letter, one, chance.choice(one.pages))
        case 1:
            do(institution, mend.join_letters, one, other)
        case 2:
            do(institution, mend.move_pages, one, pages, to=chance.choice([other, None]))
        case 3 if len(letters) > 1:
            do(institution, mend.leave_out_pages, one, pages, "Ikke med")
        case 4 if out:
            do(institution, mend.take_back_page, chance.choice(out), to=chance.choice([one, None]))
        case 5 if one.page_count > 1:
            do(institution, mend.move_page_up, one, chance.choice(one.pages))
        case _:
            do(institution, mend.choose_recipient, one, make_people(1)[0].cpr)


def test_a_letter_that_is_mended_while_it_is_made_is_made_once_more(
    institution: Institution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing_id = make_review(institution, tmp_path / "a.pdf")
    first = letters_of(institution, mailing_id)[0]
    do(institution, mend.confirm_letter, first)
    real, times = remake.prepare_letters, []

    def meanwhile(*arguments: Any, **options: Any) -> Any:
        if not times:
            do(institution, mend.leave_out_pages, first, [2], "Ikke med")
        times.append(1)
        return real(*arguments, **options)

    monkeypatch.setattr(remake, "prepare_letters", meanwhile)
    assert finish_letters(institution, mailing_id)
    assert len(times) == 2
    first = letters_of(institution, mailing_id)[0]
    assert (first.pages, first.mended_at) == ([1], None)
    assert "side 2" not in text_of(institution, first)
    assert_nothing_over(institution)


def test_a_mailing_that_is_cancelled_while_letters_are_made_gets_none_of_them(
    institution: Institution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing_id = make_review(institution, tmp_path / "a.pdf")
    do(institution, mend.confirm_letter, letters_of(institution, mailing_id)[0])
    real = remake.read_some

    def meanwhile(*arguments: Any, **options: Any) -> Any:
        with institution.transaction() as session:
            cancel(session, OPERATOR, session.get_one(Mailing, mailing_id))
        return real(*arguments, **options)

    monkeypatch.setattr(remake, "read_some", meanwhile)
    assert not finish_letters(institution, mailing_id)
    assert letters_of(institution, mailing_id)[0].document_id is None
    assert_nothing_over(institution)
    assert due_work(institution) == []


def test_killed_at_steps_all_along_it_is_made_right_by_the_next(
    institution: Institution, tmp_path: Path
) -> None:
    people = make_people(4, seed=secrets.randbits(60))
    mailing_id = make_review(institution, tmp_path / "a.pdf", people)
    first, second, third, _ = letters_of(institution, mailing_id)
    killed = 0
    for step in STEPS:
        do(institution, mend.confirm_letter, first)
        do(institution, mend.move_pages, second, [4], to=third)
        killed += run_killed(finish_it, institution.settings, mailing_id, step=step)
        let_time_pass(institution)
        finish_letters(institution, mailing_id)
        assert_balanced(institution, mailing_id)
        assert_nothing_over(institution)
        assert letters_of(institution, mailing_id)[0].verdict is Verdict.GREEN
        do(institution, mend.move_pages, third, [4], to=second)
    assert killed > len(STEPS) // 2


def finish_it(institution: Institution, mailing_id: int) -> bool:
    return finish_letters(institution, mailing_id)

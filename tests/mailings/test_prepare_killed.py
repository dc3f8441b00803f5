"""kill -9 of whoever prepares, at any step: started again it ends right and leaves nothing over."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.db import now
from digitalpost.documents import find_damaged
from digitalpost.institution import Institution, open_institution
from digitalpost.mailings import prepare as preparing
from digitalpost.mailings.books import balance, pages_unaccounted
from digitalpost.mailings.cancel import cancel
from digitalpost.mailings.change import keep_numbers
from digitalpost.mailings.lease import Lease, LeaseLost
from digitalpost.mailings.prepare import prepare
from digitalpost.mailings.work import read_work, sweep_leftovers
from digitalpost.models import Document, Letter, Mailing
from digitalpost.settings import Settings
from digitalpost.sweep import due_work
from tests.inputs.letters import write_letter, write_merge
from tests.inputs.people import make_people
from tests.mailings.test_intake import objects, take
from tests.make_mailings import (
    ANNA,
    BO,
    let_time_pass,
    letter_statuses,
    mailing_status,
    make_case_type,
)
from tests.processes import run_at_once, run_killed

PEOPLE = 5


@pytest.fixture
def merge(tmp_path: Path) -> Iterator[Path]:
    """A merge letter that is like no other; nothing of it may be left in memory at the end."""
    people = make_people(PEOPLE, seed=secrets.randbits(60))
    path = write_merge(tmp_path / "flet.pdf", people, pages_each=2)
    yield path
    content = path.read_bytes()
    for left in Path("/dev/shm").glob("digitalpost-*/*.pdf"):
        with suppress(FileNotFoundError):  # another run removes its own just now
            assert left.read_bytes() != content


def prepare_it(institution: Institution, mailing_id: int) -> bool:
    return prepare(institution, mailing_id)


def assert_ready(institution: Institution, mailing_id: int, letters: int = PEOPLE) -> None:
    assert mailing_status(institution, mailing_id) == "review"
    assert letter_statuses(institution, mailing_id) == ["draft"] * letters
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert pages_unaccounted(session, mailing) == []
        assert balance(session, mailing).created == letters == mailing.letters_total
        assert list(find_damaged(session)) == []
        found = session.scalars(sa.select(Letter).order_by(Letter.position)).all()
        assert [letter.position for letter in found] == list(range(1, letters + 1))
        assert len({letter.recipient_id for letter in found}) == letters
        assert all(letter.due_at is not None for letter in found)
    assert_nothing_over(institution)


def assert_nothing_over(institution: Institution) -> None:
    """Every object has its row and every row its object."""
    with institution.reading() as session:
        known = sorted(session.scalars(sa.select(Document.path)))
    base = institution.settings.home / "documents"
    assert sorted(str(one.relative_to(base)) for one in objects(institution)) == known


def test_killed_at_steps_all_along_it_ends_right(institution: Institution, merge: Path) -> None:
    case_type_id = make_case_type(institution)
    for step in (5, 14, 24, 34):
        mailing_id = take(institution, merge, case_type_id=case_type_id)
        assert run_killed(prepare_it, institution.settings, mailing_id, step=step)
        let_time_pass(institution)
        if mailing_status(institution, mailing_id) == "preparing":
            assert ("prepare_mailing", mailing_id) in due_work(institution)
            assert prepare(institution, mailing_id)
        with institution.transaction() as session:
            total = session.scalar(sa.select(sa.func.count(Letter.id)))
            assert total == PEOPLE
        assert_ready(institution, mailing_id)
        _remove(institution, mailing_id)


def _remove(institution: Institution, mailing_id: int) -> None:
    """Its letters away, so that the next mailing can be counted by itself."""
    with institution.transaction() as session:
        lost = session.scalars(sa.select(Letter).where(Letter.mailing_id == mailing_id)).all()
        documents = [letter.document for letter in lost]
        for letter in lost:
            session.delete(letter)
        session.flush()
        for document in documents:
            assert document is not None
            institution.store.delete([document.path])
            session.delete(document)


def test_a_file_that_kills_its_worker_every_time_is_given_up(
    institution: Institution, merge: Path
) -> None:
    mailing_id = take(institution, merge)
    for _ in range(preparing.ATTEMPTS):
        run_killed(prepare_it, institution.settings, mailing_id, step=12)
        let_time_pass(institution)
    assert prepare(institution, mailing_id)
    assert mailing_status(institution, mailing_id) == "failed"
    assert letter_statuses(institution, mailing_id) == []
    assert_nothing_over(institution)
    assert due_work(institution) == []


def _prepare_from_a_process(settings: Settings, mailing_id: int) -> None:
    institution = open_institution(settings)
    done = prepare(institution, mailing_id)
    institution.close()
    raise SystemExit(0 if done else 3)


def test_of_two_who_prepare_at_once_one_does_it(institution: Institution, merge: Path) -> None:
    mailing_id = take(institution, merge)
    codes = run_at_once(
        _prepare_from_a_process, [(institution.settings, mailing_id)] * 2, well=False
    )
    assert sorted(codes) == [0, 3]
    assert_ready(institution, mailing_id)


def test_one_whose_lease_was_taken_over_writes_and_sweeps_nothing_more(
    institution: Institution, merge: Path
) -> None:
    mailing_id = take(institution, merge)
    slow = Lease(institution, mailing_id, "slow")
    assert slow.take()
    work = read_work(institution, mailing_id)
    let_time_pass(institution)
    assert prepare(institution, mailing_id)
    with pytest.raises(LeaseLost):
        sweep_leftovers(institution, slow, work)
    with pytest.raises(LeaseLost), institution.transaction() as session:
        slow.hold(session)
    assert_ready(institution, mailing_id)


@pytest.mark.parametrize("after", [1, 2])
def test_cancelled_while_it_is_prepared_nothing_stays_open(
    institution: Institution, merge: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Cancelled when the first letters are finished, before or after they have rows."""
    mailing_id = take(institution, merge)
    calls = 0
    original = preparing._Preparation._write

    def write(self: object, *args: object) -> None:
        nonlocal calls
        calls += 1
        if calls == after:
            with institution.transaction() as session:
                cancel(session, OPERATOR, session.get_one(Mailing, mailing_id))
        original(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(preparing._Preparation, "_write", write)
    monkeypatch.setattr(preparing, "ROWS_AT_A_TIME", 2)
    assert not prepare(institution, mailing_id)
    assert mailing_status(institution, mailing_id) == "cancelled"
    assert set(letter_statuses(institution, mailing_id)) <= {"cancelled"}
    assert due_work(institution) == []
    assert_nothing_over(institution)


def test_numbers_kept_and_taken_out_again_make_the_letters_anew(
    institution: Institution, merge: Path
) -> None:
    mailing_id = take(institution, merge)
    assert prepare(institution, mailing_id)
    for keep in (True, False):
        with institution.transaction() as session:
            keep_numbers(session, OPERATOR, session.get_one(Mailing, mailing_id), keep)
        assert ("prepare_mailing", mailing_id) in due_work(institution)
        assert prepare(institution, mailing_id)
        assert_ready(institution, mailing_id)
        with institution.reading() as session:
            removed = session.scalars(sa.select(Letter.removed_numbers)).all()
        assert all(number == 0 for number in removed) if keep else all(removed)


def test_a_whole_file_to_each_typed_recipient_is_one_letter_each(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = take(
        institution, write_letter(tmp_path / "a.pdf", make_people(1)[0]), to=[ANNA, BO, ANNA]
    )
    assert prepare(institution, mailing_id)
    assert_ready(institution, mailing_id, 2)
    with institution.reading() as session:
        assert session.get_one(Mailing, mailing_id).prepared_at <= now()

"""Pages and counts: every row once, whatever the order, whatever happens meanwhile."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digitalpost.access import EVERYTHING
from digitalpost.db import Session
from digitalpost.institution import Institution
from digitalpost.models import Letter, LetterStatus, Unit
from digitalpost.paging import LAST, Order, Page, capped_count, page
from tests.rows import NOON, make_institution, make_letter, make_unit, scope_of

NEWEST = [(Letter.created_at, True), (Letter.id, True)]
ORDERS: list[Order] = [
    [(Letter.id, True)],
    [(Letter.id, False)],
    NEWEST,
    [(Letter.title, False), (Letter.id, False)],
    [(Letter.status, True), (Letter.id, True)],
    [(Letter.status, False), (Letter.created_at, True), (Letter.id, True)],
    [(Letter.title, True), (Letter.status, True), (Letter.id, False)],
]
# Few values, so that there are many ties.
LETTERS = st.lists(
    st.tuples(
        st.sampled_from(["", "Brev", "brev", "Ærø", "Årsbrev", "it's", "æ" * 200]),
        st.sampled_from([LetterStatus.DRAFT, LetterStatus.DELIVERED, LetterStatus.WAITING]),
        st.integers(0, 3),
    ),
    max_size=30,
)
many_examples = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def institution(database_url: str, tmp_path: Path) -> Iterator[Institution]:
    with make_institution(database_url, tmp_path) as institution:
        yield institution


@pytest.fixture
def session(institution: Institution) -> Iterator[Session]:
    with institution.session(EVERYTHING) as session:
        yield session


@pytest.fixture
def unit(session: Session) -> Unit:
    unit = make_unit(session)
    session.commit()
    return unit


def fill(session: Session, unit: Unit, letters: Sequence[tuple[str, LetterStatus, int]]) -> None:
    for title, status, minutes in letters:
        created_at = NOON + timedelta(minutes=minutes)
        make_letter(session, unit, title=title, status=status, created_at=created_at)


def forward(session: Session, order: Order, size: int) -> list[Page[Letter]]:
    pages = [page(session, sa.select(Letter), order=order, size=size)]
    while pages[-1].older:
        after = pages[-1].older
        pages.append(page(session, sa.select(Letter), order=order, size=size, after=after))
    return pages


def backward(session: Session, order: Order, size: int) -> list[Page[Letter]]:
    pages = [page(session, sa.select(Letter), order=order, size=size, before=LAST)]
    while pages[-1].newer:
        before = pages[-1].newer
        pages.append(page(session, sa.select(Letter), order=order, size=size, before=before))
    return pages


def in_order(session: Session, order: Order) -> list[int]:
    columns = [column.desc() if descending else column.asc() for column, descending in order]
    return list(session.scalars(sa.select(Letter.id).order_by(*columns)))


@many_examples
@given(letters=LETTERS, order=st.sampled_from(ORDERS), size=st.integers(1, 12))
def test_walking_either_way_sees_every_row_once_in_order(
    session: Session, unit: Unit, letters: list[tuple[str, LetterStatus, int]], order: Order,
    size: int,
) -> None:  # fmt: skip
    session.rollback()
    fill(session, unit, letters)
    expected = in_order(session, order)
    there = forward(session, order, size)
    assert [row.id for shown in there for row in shown.items] == expected
    assert there[0].is_first
    assert not any(shown.is_first for shown in there[1:])
    back = backward(session, order, size)
    assert [row.id for shown in reversed(back) for row in shown.items] == expected
    assert back[0].is_last
    assert not any(shown.is_last for shown in back[1:])
    session.rollback()


@many_examples
@given(
    letters=LETTERS,
    arrivals=st.lists(LETTERS.map(lambda some: some[:3]), min_size=1, max_size=4),
    order=st.sampled_from(ORDERS),
    size=st.integers(1, 7),
    backwards=st.booleans(),
)
def test_letters_that_arrive_during_the_walk_push_no_row_out_and_repeat_none(
    session: Session, unit: Unit, letters: list[tuple[str, LetterStatus, int]],
    arrivals: list[list[tuple[str, LetterStatus, int]]], order: Order, size: int, backwards: bool,
) -> None:  # fmt: skip
    session.rollback()
    fill(session, unit, letters)
    there_from_the_start = in_order(session, order)
    seen: list[int] = []
    token: str | None = LAST if backwards else None
    waiting = list(arrivals)
    while True:
        after, before = (None, token) if backwards else (token, None)
        shown = page(session, sa.select(Letter), order=order, after=after, before=before, size=size)
        ids = [row.id for row in shown.items]
        seen = ids + seen if backwards else seen + ids
        token = shown.newer if backwards else shown.older
        if token is None:
            break
        if waiting:
            fill(session, unit, waiting.pop())
    assert len(seen) == len(set(seen))
    assert [row for row in seen if row in set(there_from_the_start)] == there_from_the_start
    assert seen == [row for row in in_order(session, order) if row in set(seen)]
    session.rollback()


@many_examples
@given(token=st.one_of(st.text(max_size=80), st.binary(max_size=80).map(
    lambda raw: base64.urlsafe_b64encode(raw).decode()
)))  # fmt: skip
def test_a_token_that_is_not_ours_shows_the_first_page(
    session: Session, unit: Unit, token: str
) -> None:
    session.rollback()
    fill(session, unit, [("Brev", LetterStatus.DRAFT, i) for i in range(3)])
    first = page(session, sa.select(Letter), order=NEWEST, size=2)
    shown = [page(session, sa.select(Letter), order=NEWEST, size=2, after=token)]
    if token != LAST:
        shown.append(page(session, sa.select(Letter), order=NEWEST, size=2, before=token))
    assert [(some.items, some.is_first) for some in shown] == [(first.items, True)] * len(shown)
    session.rollback()


def test_a_changed_token_or_one_for_another_order_shows_the_first_page(
    session: Session, unit: Unit
) -> None:
    fill(session, unit, [("Brev", LetterStatus.DRAFT, i) for i in range(5)])
    first = page(session, sa.select(Letter), order=NEWEST, size=2)
    assert first.older
    changed = ("B" if first.older[0] == "A" else "A") + first.older[1:]
    for token in (changed, first.older[:-4], first.older * 500):
        assert page(session, sa.select(Letter), order=NEWEST, size=2, after=token).is_first
    other = [(Letter.created_at, False), (Letter.id, False)]
    assert page(session, sa.select(Letter), order=other, size=2, after=first.older).is_first


def test_a_token_says_nothing_about_the_row_it_stands_for(session: Session, unit: Unit) -> None:
    by_name = [(Letter.recipient_name, False), (Letter.id, False)]
    fill(session, unit, [("Brev", LetterStatus.DRAFT, i) for i in range(3)])
    token = page(session, sa.select(Letter), order=by_name, size=1).older
    assert token
    raw = base64.urlsafe_b64decode(token + "==")
    assert b"Anna" not in raw and b"Anna" not in token.encode()


def test_when_everything_newer_is_gone_the_way_back_leads_to_the_first_page(
    session: Session, unit: Unit
) -> None:
    fill(session, unit, [("Brev", LetterStatus.DRAFT, i) for i in range(4)])
    first = page(session, sa.select(Letter), order=NEWEST, size=2)
    second = page(session, sa.select(Letter), order=NEWEST, size=2, after=first.older)
    kept = [row.id for row in second.items]
    for row in first.items:
        session.delete(row)
    session.flush()
    shown = page(session, sa.select(Letter), order=NEWEST, size=2, before=second.newer)
    assert [row.id for row in shown.items] == kept


def test_when_everything_older_is_gone_an_empty_page_leads_back(
    session: Session, unit: Unit
) -> None:
    fill(session, unit, [("Brev", LetterStatus.DRAFT, i) for i in range(4)])
    first = page(session, sa.select(Letter), order=NEWEST, size=2)
    for row in page(session, sa.select(Letter), order=NEWEST, size=2, after=first.older).items:
        session.delete(row)
    session.flush()
    shown = page(session, sa.select(Letter), order=NEWEST, size=2, after=first.older)
    assert (shown.items, shown.older) == ([], None)
    back = page(session, sa.select(Letter), order=NEWEST, size=2, before=shown.newer)
    assert [row.id for row in back.items] == [row.id for row in first.items]


def test_an_order_that_could_lose_rows_is_refused(session: Session) -> None:
    for order in (
        [],
        [(Letter.created_at, True)],
        [(Letter.due_at, True), (Letter.id, True)],
        [(sa.func.lower(Letter.title), True), (Letter.id, True)],
    ):
        with pytest.raises(ValueError):
            page(session, sa.select(Letter), order=order)


def test_several_columns_come_as_rows(session: Session, unit: Unit) -> None:
    fill(session, unit, [("Brev", LetterStatus.DRAFT, 0)])
    stmt = sa.select(Letter.title, Letter.status)
    assert page(session, stmt, order=NEWEST).items == [("Brev", LetterStatus.DRAFT)]


@pytest.mark.parametrize(
    ("rows", "value", "capped"), [(0, 0, False), (4, 4, False), (5, 5, False), (6, 5, True)]
)
def test_a_count_goes_no_further_than_its_cap(
    session: Session, unit: Unit, rows: int, value: int, capped: bool
) -> None:
    fill(session, unit, [("Brev", LetterStatus.DRAFT, 0)] * rows)
    count = capped_count(session, sa.select(Letter).order_by(Letter.id), cap=5)
    assert (count.value, count.capped) == (value, capped)


def test_a_count_keeps_conditions_and_row_scope(
    institution: Institution, session: Session, unit: Unit
) -> None:
    fill(session, unit, [("Brev", LetterStatus.DRAFT, 0), ("Brev", LetterStatus.WAITING, 0)])
    fill(session, make_unit(session), [("Brev", LetterStatus.DRAFT, 0)])
    session.commit()
    with institution.session(scope_of(unit)) as narrow:
        assert capped_count(narrow, sa.select(Letter)).value == 2
        drafts = sa.select(Letter).where(Letter.status == LetterStatus.DRAFT)
        assert capped_count(narrow, drafts).value == 1
        assert len(page(narrow, sa.select(Letter), order=NEWEST).items) == 2


def test_a_session_without_a_scope_can_neither_page_nor_count(institution: Institution) -> None:
    with institution.session(None) as blind:
        with pytest.raises(RuntimeError):
            page(blind, sa.select(Letter), order=NEWEST)
        with pytest.raises(RuntimeError):
            capped_count(blind, sa.select(Letter))

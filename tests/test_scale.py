"""Lists of any length: as many queries as for a short one, and every query led by an index."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from digitalpost.access import EVERYTHING, Actor, Scope
from digitalpost.archive.search import match_letters
from digitalpost.db import Session
from digitalpost.incoming.inbox import Asked, Queue, count_of, counts, letters_page, neighbours
from digitalpost.institution import Institution
from digitalpost.models import (
    Case,
    Event,
    Letter,
    LetterStatus,
    Mailing,
    MailingStatus,
    Recipient,
    Role,
    Unit,
)
from digitalpost.paging import LAST, Order, capped_count, page
from tests.rows import (
    make_case,
    make_institution,
    make_lines,
    make_many_letters,
    make_recipient,
    make_unit,
)

FEW, MANY = 100, 10_000
NEWEST: Order = [(Letter.id, True)]
# Every order and condition that a list of the console offers.
ORDERS: dict[str, tuple[type[Any], Order]] = {
    "letters, newest": (Letter, NEWEST),
    "letters, oldest": (Letter, [(Letter.id, False)]),
    "letters by time": (Letter, [(Letter.created_at, True), (Letter.id, True)]),
    "letters by title": (Letter, [(Letter.title, False), (Letter.id, False)]),
    "letters by recipient": (Letter, [(Letter.recipient_name, False), (Letter.id, False)]),
    "letters by status": (Letter, [(Letter.status, False), (Letter.id, False)]),
    "cases by time": (Case, [(Case.opened_at, True), (Case.id, True)]),
    "mailings by time": (Mailing, [(Mailing.created_at, True), (Mailing.id, True)]),
    "recipients by name": (Recipient, [(Recipient.name, False), (Recipient.id, False)]),
    "events, newest": (Event, [(Event.id, True)]),
}
CONDITIONS: dict[str, tuple[type[Any], Order, Callable[[], Any]]] = {
    "letters of a status": (Letter, NEWEST, lambda: Letter.status == LetterStatus.ACTION),
    "letters of a unit": (Letter, NEWEST, lambda: Letter.unit_id == 1),
    "letters of a case": (Letter, NEWEST, lambda: Letter.case_id == 1),
    "letters of a recipient": (Letter, NEWEST, lambda: Letter.recipient_id == 1),
    "open mailings": (
        Mailing,
        [(Mailing.id, True)],
        lambda: Mailing.status == MailingStatus.REVIEW,
    ),
    "cases of a recipient": (Case, [(Case.id, True)], lambda: Case.recipient_id == 1),
    "log of a letter": (Event, [(Event.id, True)], lambda: Event.letter_id == 1),
    "log of a case": (Event, [(Event.id, True)], lambda: Event.case_id == 1),
    "log of a mailing": (Event, [(Event.id, True)], lambda: Event.mailing_id == 1),
}


@pytest.fixture
def institution(database_url: str, tmp_path: Path) -> Iterator[Institution]:
    with make_institution(database_url, tmp_path) as institution:
        with institution.session(EVERYTHING) as session:
            unit = make_unit(session)
            make_many_letters(session, unit, FEW)
            for i in range(20):
                anna = make_recipient(session, unit, number=f"01010812{i:02d}")
                make_case(session, unit, anna, number=f"2026-{i:06d}")
            make_lines(session, 20)
            session.commit()
        yield institution


@contextmanager
def statements(institution: Institution) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that is sent meanwhile, with its values."""
    sent: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            sent.append((statement, values))

    sa.event.listen(institution.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(institution.engine, "before_cursor_execute", note)


def add_rows(institution: Institution, number: int) -> None:
    with institution.session(EVERYTHING) as session:
        make_many_letters(session, make_unit(session), number)
        session.commit()
    with institution.engine.begin() as connection:
        connection.execute(sa.text("ANALYZE"))


def plan_of(institution: Institution, statement: str, values: Any) -> str:
    """How the database would carry a statement out."""
    on_sqlite = institution.engine.dialect.name == "sqlite"
    with institution.engine.connect() as connection:
        if not on_sqlite:  # few rows: would rather read them all
            connection.exec_driver_sql("SET enable_seqscan = off")
            connection.exec_driver_sql("SET enable_bitmapscan = off")
        explain = "EXPLAIN QUERY PLAN " if on_sqlite else "EXPLAIN "
        return "\n".join(
            str(row[-1]) for row in connection.exec_driver_sql(explain + statement, values)
        )


def assert_led_by_an_index(plan: str) -> None:
    for step in plan.splitlines():
        # SQLite walks the primary key in its table: that is a SCAN, but in order and with a LIMIT.
        assert "TEMP B-TREE" not in step, plan
        assert "Sort" not in step, plan
        assert "Seq Scan" not in step, plan


def all_pages(session: Session, model: type[Any], order: Order, stmt: Any) -> Any:
    """The first, a deeper and the last page."""
    first = page(session, stmt, order=order, size=5)
    page(session, stmt, order=order, size=5, after=first.older)
    return page(session, stmt, order=order, size=5, before=LAST)


def list_of_letters(session: Session, query: str = "", **where: Any) -> Sequence[Letter]:
    """What one page of the list asks."""
    stmt = sa.select(Letter).options(selectinload(Letter.case), selectinload(Letter.unit))
    stmt = match_letters(stmt, session, query)
    capped_count(session, stmt)
    return page(session, stmt, order=NEWEST, **where).items


@pytest.mark.parametrize("query", ["", "brev", "karakter", "findesikke", "010108-1201"])
def test_a_list_takes_no_more_queries_with_many_rows_than_with_few(
    institution: Institution, query: str
) -> None:
    def most() -> int:
        counts = []
        for where in ({}, {"before": LAST}):
            with statements(institution) as sent, institution.reading() as session:
                list_of_letters(session, query, **where)
            counts.append(len(sent))
        return max(counts)

    with_few = most()
    add_rows(institution, MANY)
    assert most() <= with_few <= 6


@pytest.mark.parametrize("name", ORDERS)
def test_every_order_of_a_list_is_that_of_an_index(institution: Institution, name: str) -> None:
    model, order = ORDERS[name]
    with statements(institution) as sent, institution.reading() as session:
        all_pages(session, model, order, sa.select(model))
    assert len(sent) == 3
    for statement, values in sent:
        assert_led_by_an_index(plan_of(institution, statement, values))


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_condition_of_a_list_is_met_by_an_index(institution: Institution, name: str) -> None:
    model, order, condition = CONDITIONS[name]
    with statements(institution) as sent, institution.reading() as session:
        all_pages(session, model, order, sa.select(model).where(condition()))
    for statement, values in sent:
        plan = plan_of(institution, statement, values)
        assert_led_by_an_index(plan)
        assert re.search(r"SEARCH|Index Cond", plan), plan


def test_a_search_starts_from_the_full_text_index(institution: Institution) -> None:
    add_rows(institution, MANY)
    with statements(institution) as sent, institution.reading() as session:
        all_pages(session, Letter, NEWEST, match_letters(sa.select(Letter), session, "4711 bre"))
    plans = [plan_of_a_search(institution, *statement) for statement in sent]
    if institution.engine.dialect.name == "sqlite":
        for plan in plans:
            assert plan.startswith("SCAN letters_fts VIRTUAL TABLE INDEX"), plan
            assert "TEMP B-TREE" not in plan
    else:
        assert "pk_letters" in plans[0]  # a look at the newest
        assert "ix_letters_search_vector" in plans[1]
        assert all("pk_letters" in plan for plan in plans[2:]), plans


def test_a_word_in_every_letter_is_met_by_walking_the_list(institution: Institution) -> None:
    add_rows(institution, MANY)
    with statements(institution) as sent, institution.reading() as session:
        all_pages(session, Letter, NEWEST, match_letters(sa.select(Letter), session, "brev"))
    for statement in sent:
        plan = plan_of_a_search(institution, *statement)
        assert "TEMP B-TREE" not in plan and "Sort" not in plan
        assert "ix_letters_search_vector" not in plan


QUEUES = {
    "without owner": Asked(Queue.UNOWNED),
    "mine": Asked(Queue.MINE),
    "of a unit": Asked(Queue.UNIT, unit_id=1),
    "done": Asked(Queue.DONE, unit_id=1),
    "followed": Asked(Queue.FOLLOWED),
}
NOBODY = Actor(1, "Mette Kirk", Role.SUPERVISOR, EVERYTHING)


@pytest.mark.parametrize("name", QUEUES)
def test_every_queue_of_the_inbox_is_walked_in_an_index_of_its_own(
    institution: Institution, name: str
) -> None:
    add_rows(institution, MANY)
    asked = QUEUES[name]
    with statements(institution) as sent, institution.reading() as session:
        first = letters_page(session, NOBODY, asked)
        letters_page(session, NOBODY, asked, after=first.older)
        letters_page(session, NOBODY, asked, before=LAST)
        neighbours(session, NOBODY, asked, 500)
        count_of(session, NOBODY, asked)
    plans = [plan_of(institution, *one) for one in sent if "FROM letters" in one[0]]
    assert len(plans) >= 5
    for plan in plans:
        assert re.search(r"ix_letters_(without_owner|open_of|done_of)|followers", plan), plan
        assert "TEMP B-TREE" not in plan and "Sort" not in plan, plan


def test_a_search_in_a_queue_starts_where_the_queue_does(institution: Institution) -> None:
    add_rows(institution, MANY)
    asked = Asked(Queue.UNOWNED, words="brev")
    with statements(institution) as sent, institution.reading() as session:
        first = letters_page(session, NOBODY, asked).items[0].id
    if institution.engine.dialect.name == "sqlite":
        [(statement, values)] = [one for one in sent if "MATCH" in one[0]]
        assert "letters_fts.rowid >= ?" in statement
        assert first in values
        assert "TEMP B-TREE" not in plan_of(institution, statement, values)


def test_the_inbox_takes_no_more_queries_with_many_letters(institution: Institution) -> None:
    def most() -> int:
        with statements(institution) as sent, institution.reading() as session:
            for asked in QUEUES.values():
                letters_page(session, NOBODY, asked)
            counts(session, NOBODY, session.scalars(sa.select(Unit).limit(1)).all())
        return len(sent)

    with_few = most()
    add_rows(institution, MANY)
    assert most() <= with_few <= 20


def plan_of_a_search(institution: Institution, statement: str, values: Any) -> str:
    """The database's own choice, nothing switched off."""
    explain = "EXPLAIN QUERY PLAN " if institution.engine.dialect.name == "sqlite" else "EXPLAIN "
    with institution.engine.connect() as connection:
        rows = connection.exec_driver_sql(explain + statement, values)
        return "\n".join(str(row[-1]) for row in rows)


def test_a_typed_number_is_looked_up_by_its_blind_index(institution: Institution) -> None:
    with statements(institution) as sent, institution.reading() as session:
        page(session, match_letters(sa.select(Letter), session, "010108-1201"), order=NEWEST)
    assert len(sent) == 2
    assert "uq_recipients_kind_number_index" in plan_of(institution, *sent[0]) or (
        "sqlite_autoindex_recipients" in plan_of(institution, *sent[0])
    )
    assert "ix_letters_recipient_id_id" in plan_of(institution, *sent[1])
    assert all("0101081201" not in str(values) for _, values in sent)


def test_a_list_in_one_units_scope_needs_no_more_queries(institution: Institution) -> None:
    with statements(institution) as wide, institution.reading() as session:
        list_of_letters(session, "brev")
    with statements(institution) as narrow, institution.reading(Scope(frozenset({1}))) as session:
        list_of_letters(session, "brev")
    assert len(narrow) == len(wide)


@pytest.mark.parametrize("name", ORDERS)
def test_what_is_sorted_by_is_indexed_together_with_the_id(name: str) -> None:
    model, order = ORDERS[name]
    columns = tuple(column.key for column, _ in order)
    indexes = {tuple(index.columns.keys()) for index in model.__table__.indexes}
    assert columns in indexes | {("id",)}

"""The log: whoever changes, removes or moves a line is found out, and honest writers are not."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.documents import add_document, read_document
from digitalpost.errors import Damaged
from digitalpost.events import EventKind
from digitalpost.institution import Institution, open_institution
from digitalpost.keys import destroy_data_key, make_data_key
from digitalpost.models import (
    Counter,
    DataKey,
    Document,
    DocumentKind,
    Event,
    Mailing,
    Unit,
)
from digitalpost.settings import Settings
from tests.make_mailings import make_mailing
from tests.processes import run_at_once

COLUMNS = [column.key for column in Event.__mapper__.column_attrs]
OTHER = {
    "id": "id + 100",
    "at": "'2020-01-01 00:00:00'",
    "kind": "'letter:paper'",
    "actor_id": "77",
    "actor_name": "'En anden'",
    "unit_id": "77",
    "subject": "'case'",
    "subject_id": "77",
    "mailing_id": "77",
    "letter_id": "77",
    "case_id": "77",
    "data": """'{"n": 99}'""",
    "sealed": "NULL",
    "key_id": "NULL",
    "request_id": "'77'",
    "chain": "'0123'",
}


def write_lines(institution: Institution, number: int) -> None:
    for n in range(number):
        with institution.transaction() as session:
            events.record(session, SYSTEM, EventKind.CHANNEL_OPENED, data={"n": n})


def problems(institution: Institution) -> list[str]:
    with institution.reading() as session:
        return list(events.verify(session))


def tamper(institution: Institution, *statements: str) -> None:
    """As somebody who may do anything with the database, and has no key."""
    is_sqlite = institution.engine.dialect.name == "sqlite"
    with institution.engine.begin() as connection:
        if is_sqlite:
            for name in ("update", "delete", "replace"):
                connection.exec_driver_sql(f"DROP TRIGGER events_refuse_{name}")
        else:
            connection.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER ALL")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_an_untouched_log_is_clean(institution: Institution) -> None:
    assert problems(institution) == []
    write_lines(institution, 4)
    assert problems(institution) == []


@pytest.mark.parametrize(
    "statements",
    [
        ["DELETE FROM events WHERE id = 1"],
        ["DELETE FROM events WHERE id = 3"],
        ["DELETE FROM events WHERE id = 5"],
        ["DELETE FROM events WHERE id > 2"],
        ["DELETE FROM events"],
        ["DELETE FROM event_heads"],
        ["DELETE FROM events WHERE id = 5", "UPDATE event_heads SET last_id = 4"],
        [
            "DELETE FROM events WHERE id = 5",
            "UPDATE event_heads SET last_id = 4, "
            "chain = (SELECT chain FROM events WHERE id = 4)",
        ],
        ["UPDATE event_heads SET last_id = 6"],
        ["UPDATE event_heads SET chain = seal"],
        ["UPDATE event_heads SET seal = chain"],
        ["UPDATE events SET id = 99 WHERE id = 2", "UPDATE events SET id = 2 WHERE id = 3",
         "UPDATE events SET id = 3 WHERE id = 99"],
        ["DELETE FROM events WHERE id = 3", "UPDATE events SET id = id - 1 WHERE id = 4",
         "UPDATE events SET id = 4 WHERE id = 5"],
        ["INSERT INTO events (id, at, kind, actor_name, subject, data, chain) "
         "SELECT 6, at, kind, actor_name, subject, data, chain FROM events WHERE id = 5"],
    ],
    ids=lambda one: one[-1][:60],
)  # fmt: skip
def test_lines_removed_moved_or_added_are_found(
    institution: Institution, statements: list[str]
) -> None:
    write_lines(institution, 5)
    tamper(institution, *statements)
    assert problems(institution)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_in_any_column_is_found(institution: Institution, column: str) -> None:
    mailing_id = make_mailing(institution, ["0102031234"])
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        events.record(session, SYSTEM, EventKind.MAILING_CHANGED, mailing, personal={"why": "x"})
    write_lines(institution, 1)
    assert problems(institution) == []
    tamper(
        institution, f"UPDATE events SET {column} = {OTHER[column]} WHERE kind = 'mailing:changed'"
    )
    assert problems(institution)


@pytest.mark.parametrize("column", ["at", "data", "chain", "id"])
def test_nonsense_in_a_column_is_told_and_not_a_crash(
    institution: Institution, column: str
) -> None:
    write_lines(institution, 3)
    if institution.engine.dialect.name == "sqlite" and column != "id":
        tamper(institution, f"UPDATE events SET {column} = 'xyz' WHERE id = 2")
    else:
        tamper(institution, "UPDATE events SET id = -5 WHERE id = 2")
    assert problems(institution)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET actor_name = 'x' WHERE id = 1",
        "DELETE FROM events WHERE id = 1",
        "DELETE FROM events",
    ],
)
def test_the_database_itself_refuses_to_change_a_line(
    institution: Institution, statement: str
) -> None:
    write_lines(institution, 2)
    with (
        pytest.raises(sa.exc.DBAPIError, match="append-only"),
        institution.engine.begin() as connection,
    ):
        connection.exec_driver_sql(statement)


def test_a_rolled_back_transaction_leaves_no_line(institution: Institution) -> None:
    write_lines(institution, 1)
    with pytest.raises(RuntimeError), institution.transaction() as session:
        session.add(Unit(name="Ny afdeling"))
        events.record(session, SYSTEM, EventKind.UNIT_CREATED)
        raise RuntimeError
    with institution.transaction() as session:
        events.record(session, SYSTEM, EventKind.CHANNEL_OPENED)
        session.rollback()
        events.record(session, SYSTEM, EventKind.CHANNEL_PAUSED)
    with institution.reading() as session:
        kinds = list(session.scalars(sa.select(Event.kind).order_by(Event.id)))
    assert kinds == ["channel:opened", "channel:paused"]
    assert problems(institution) == []


@pytest.mark.parametrize("inner", ["kept", "undone"])
def test_a_savepoint_takes_only_its_own_lines_along(institution: Institution, inner: str) -> None:
    with institution.transaction() as session:
        events.record(session, SYSTEM, EventKind.UNIT_CREATED, data={"n": 1})
        try:
            with session.begin_nested():
                session.add(Counter(name="x"))
                events.record(session, SYSTEM, EventKind.UNIT_CHANGED, data={"n": 2})
                assert session.scalars(sa.select(Event)).all() == []
                if inner == "undone":
                    raise RuntimeError
        except RuntimeError:
            pass
        events.record(session, SYSTEM, EventKind.RULE_CREATED, data={"n": 3})
    with institution.reading() as session:
        found = [event.data["n"] for event in session.scalars(sa.select(Event).order_by(Event.id))]
    assert found == ([1, 2, 3] if inner == "kept" else [1, 3])
    assert problems(institution) == []


def _write_from_a_process(settings: Settings, name: str, number: int) -> None:
    institution = open_institution(settings)
    for n in range(number):
        with institution.transaction() as session:
            session.add(Unit(name=f"{name} {n}"))
            events.record(session, SYSTEM, EventKind.UNIT_CREATED, data={"n": n})
            if n % 5 == 4:
                session.rollback()
    institution.close()


def test_writers_in_several_processes_keep_one_chain(institution: Institution) -> None:
    run_at_once(
        _write_from_a_process, [(institution.settings, name, 20) for name in ("A", "B", "C", "D")]
    )
    with institution.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Event.id))) == 64
        assert session.scalar(sa.select(sa.func.count(Unit.id))) == 64
    assert problems(institution) == []


def test_verify_is_clean_while_others_write(institution: Institution) -> None:
    write_lines(institution, 3)
    with institution.reading() as session:
        told = []
        query = sa.event.listens_for(institution.engine, "before_cursor_execute")

        @query
        def write_meanwhile(_c: object, _cu: object, statement: str, *_: object) -> None:
            if "FROM event_heads" in statement and len(told) < 3 and "FOR UPDATE" not in statement:
                told.append(statement)
                if len(told) == 1:
                    write_lines(institution, 2)

        assert list(events.verify(session)) == []
        assert told
    sa.event.remove(institution.engine, "before_cursor_execute", write_meanwhile)


def test_what_is_personal_in_a_line_goes_with_its_key_and_the_chain_still_holds(
    institution: Institution,
) -> None:
    mailing_id = make_mailing(institution, ["0102031234"])
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        events.record(
            session, SYSTEM, EventKind.MAILING_CHANGED, mailing, personal={"why": "Åses ønske"}
        )
    with institution.transaction() as session:
        line = session.scalars(
            sa.select(Event).where(Event.kind == EventKind.MAILING_CHANGED.value)
        ).one()
        assert line.sealed is not None and "ønske".encode() not in line.sealed
        assert events.read_personal(session, line) == {"why": "Åses ønske"}
        destroy_data_key(session, session.get_one(DataKey, line.key_id))
        line_id = line.id
    with institution.reading() as session:
        line = session.get_one(Event, line_id)
        with pytest.raises(Damaged):
            events.read_personal(session, line)
    assert problems(institution) == []


def test_a_key_of_a_transaction_that_was_rolled_back_is_not_used_again(
    institution: Institution,
) -> None:
    with institution.transaction() as session:
        unit = Unit(name="Kontoret")
        session.add(unit)
        session.commit()
        unit_id = unit.id
        for is_kept in (False, True):  # SQLite gives both keys the same number
            key = make_data_key(session)
            session.flush()
            document = add_document(
                session,
                institution.store.put("test", b"indhold"),
                kind=DocumentKind.MAIN,
                media_type="text/plain",
                unit_id=unit_id,
                key_id=key.id,
            )
            session.flush()
            if not is_kept:
                session.rollback()
        document_id = document.id
    with institution.reading() as session:
        assert read_document(session, session.get_one(Document, document_id)) == b"indhold"

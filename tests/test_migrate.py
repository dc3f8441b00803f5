"""The migrations: they make what the models say, can be run by many, and guard the log."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from digitalpost.db import make_engine
from digitalpost.migrate import differences, is_current, upgrade
from digitalpost.models import Event
from tests.rows import NOON


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[sa.Engine]:
    engine = make_engine(empty_database_url)
    yield engine
    engine.dispose()


def _upgrade_at(url: str) -> None:
    engine = make_engine(url)
    upgrade(engine)
    engine.dispose()


def _add_line(engine: sa.Engine, number: int) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.insert(Event).values(
                id=number,
                at=NOON,
                kind="unit:created",
                actor_name="Systemet",
                subject="unit",
                data={},
                chain=b"0",
            )
        )


def test_migrations_make_exactly_the_tables_of_the_models(engine: sa.Engine) -> None:
    upgrade(engine)
    assert differences(engine) == []


def test_a_second_upgrade_changes_nothing_and_nobody_hears_of_it(
    engine: sa.Engine, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    upgrade(engine)
    _add_line(engine, 1)
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Event)) == 1
    assert capfd.readouterr() == ("", "")
    assert not [line for line in caplog.records if line.levelno > logging.INFO]


def test_a_database_is_current_only_after_the_upgrade(engine: sa.Engine) -> None:
    assert not is_current(engine)
    upgrade(engine)
    assert is_current(engine)


def test_processes_that_start_at_once_upgrade_one_after_the_other(empty_database_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    starters = [spawn.Process(target=_upgrade_at, args=(empty_database_url,)) for _ in range(3)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert [starter.exitcode for starter in starters] == [0, 0, 0]
    engine = make_engine(empty_database_url)
    assert is_current(engine)
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET actor_name = 'En anden' WHERE id = 1",
        "UPDATE events SET id = 7",
        "DELETE FROM events WHERE id = 2",
        "DELETE FROM events",
    ],
)
def test_the_database_refuses_to_change_or_remove_a_line_of_the_log(
    engine: sa.Engine, statement: str
) -> None:
    upgrade(engine)
    _add_line(engine, 1)
    _add_line(engine, 2)
    with (
        pytest.raises(sa.exc.DBAPIError, match="append-only"),
        engine.begin() as connection,
    ):
        connection.execute(sa.text(statement))
    with engine.connect() as connection:
        lines = connection.execute(sa.select(Event.id, Event.actor_name).order_by(Event.id)).all()
    assert lines == [(1, "Systemet"), (2, "Systemet")]


def test_the_log_can_be_neither_emptied_nor_written_over(engine: sa.Engine) -> None:
    upgrade(engine)
    _add_line(engine, 1)
    statement = (
        "TRUNCATE events CASCADE"
        if engine.dialect.name == "postgresql"
        else "INSERT OR REPLACE INTO events (id, at, kind, actor_name, subject, data, chain) "
        "SELECT id, at, kind, 'En anden', subject, data, chain FROM events"
    )
    with (
        pytest.raises(sa.exc.DBAPIError, match="append-only"),
        engine.begin() as connection,
    ):
        connection.execute(sa.text(statement))
    with engine.connect() as connection:
        assert connection.scalars(sa.select(Event.actor_name)).all() == ["Systemet"]

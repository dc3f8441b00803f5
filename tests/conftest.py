"""The real parts that tests share: databases, a queue server, a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from digitalpost import signin
from digitalpost.db import make_engine
from digitalpost.institution import Institution
from digitalpost.migrate import upgrade
from jobs.server import QueueServer
from tests.make import make_institution
from tests.services import TOOLS, PostgresServer

CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
OUR_PREFIXES = (
    "DIGITALPOST_",
    "EBOKS_",
    "CLAMD_",
    "GOTENBERG_",
    "CONTACTS_",
    "CPR_",
    "VIRK_",
    "REMOTE_PRINT_",
    "SIGNING_",
    "DIGITAL_POST_",
    "SF1601_",
    "PUSH_",
    "ALARM_",
    "INCOMING_",
)


def path_of(tool: str) -> str:
    """The program that a test needs; the test is skipped with a plain reason where it is not."""
    found = TOOLS[tool].find()
    if found is None:
        pytest.skip(f"{tool} mangler: apt install {' '.join(TOOLS[tool].packages)}")
    return found


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own settings must not decide what a test sees."""
    for name in list(os.environ):
        if name.startswith(OUR_PREFIXES) or name in {
            "DATABASE_URL",
            "REDIS_URL",
        }:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _what_is_costly_on_purpose_or_always_alike(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Passwords that are quick to try, and templates that are compiled once for all consoles."""
    signin._hasher = lambda: CHEAP_HASHER  # type: ignore[assignment]
    compiled = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": compiled}


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for this test process."""
    server = PostgresServer(Path(path_of("postgresql")).parent)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables, on each of the two kinds."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.new_database()
    yield url
    server.drop_database(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, made once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """The name of a PostgreSQL database with all tables, copied for each test."""
    url = postgres.new_database()
    make_tables(url)
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database with all tables, on each of the two kinds."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        copy = tmp_path / "digitalpost.db"
        shutil.copy(template, copy)
        yield f"sqlite:///{copy}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.new_database(request.getfixturevalue("postgres_template"))
    yield url
    server.drop_database(url)


@pytest.fixture
def institution(database_url: str, tmp_path: Path) -> Iterator[Institution]:
    """An open institution on each of the two kinds of database, with a line that nobody answers."""
    found = make_institution(
        tmp_path / "home", tables=False, DATABASE_URL=database_url, EBOKS_URL="https://127.0.0.1:9"
    )
    yield found
    found.close()


@pytest.fixture(scope="session")
def queue_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QueueServer]:
    """A real queue server for this test process. Tests that kill one start their own."""
    server = QueueServer(tmp_path_factory.mktemp("queue"))
    if not server.available:
        path_of("redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser."""
    return path_of("chromium")


def make_tables(url: str) -> None:
    """Every migration, in the empty database at ``url``."""
    engine: sa.Engine = make_engine(url)
    upgrade(engine)
    # One file to copy: what is still in the write-ahead log would be left behind.
    if url.startswith("sqlite"):
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()

"""The console over a fresh institution, and browsers that are signed in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from admin_views import create_console
from digitalpost.institution import Institution
from tests.make import make_institution


@pytest.fixture
def institution(tmp_path: Path, sqlite_template: Path) -> Iterator[Institution]:
    """An institution on SQLite with all tables, nobody in it."""
    shutil.copy(sqlite_template, tmp_path / "digitalpost.db")
    made = make_institution(tmp_path, tables=False)
    yield made
    made.close()


@pytest.fixture
def console(institution: Institution) -> Flask:
    """The console of that institution."""
    return create_console(institution)

"""The real parts that all other tests stand on."""

from __future__ import annotations

import sqlalchemy as sa

from digitalpost.db import Base, make_engine


def test_each_kind_of_database_is_there_with_all_tables(database_url: str) -> None:
    engine = make_engine(database_url)
    assert set(sa.inspect(engine).get_table_names()) >= set(Base.metadata.tables)
    engine.dispose()


def test_an_empty_database_has_no_tables(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()

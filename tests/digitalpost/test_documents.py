"""The document store and its keys: every changed byte is found, and no number lies in clear."""

from __future__ import annotations

import logging
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from digitalpost.documents import find_damaged, read_document
from digitalpost.errors import Damaged
from digitalpost.events import verify
from digitalpost.institution import Institution
from digitalpost.keys import destroy_data_key
from digitalpost.models import DataKey, Document, Mailing
from tests.make_mailings import ANNA, FOUR, make_approved, make_mailing, send


def files_of(institution: Institution) -> list[Path]:
    return sorted(
        one for one in (institution.settings.home / "documents").rglob("*") if one.is_file()
    )


def file_of(institution: Institution, document: Document) -> Path:
    return institution.settings.home / "documents" / document.path


def documents(institution: Institution) -> list[Document]:
    with institution.reading() as session:
        return list(session.scalars(sa.select(Document).order_by(Document.id)))


def damaged(institution: Institution) -> list[int]:
    with institution.reading() as session:
        return [document_id for document_id, _ in find_damaged(session)]


def read(institution: Institution, document_id: int) -> bytes:
    with institution.reading() as session:
        return read_document(session, session.get_one(Document, document_id))


@pytest.mark.parametrize("place", [0, 11, 12, 20, -1])
def test_one_changed_byte_in_the_store_is_found(institution: Institution, place: int) -> None:
    make_mailing(institution)
    assert damaged(institution) == []
    victim = documents(institution)[2]
    sealed = bytearray(file_of(institution, victim).read_bytes())
    sealed[place] ^= 1
    file_of(institution, victim).write_bytes(sealed)
    assert damaged(institution) == [victim.id]
    with pytest.raises(Damaged):
        read(institution, victim.id)


@pytest.mark.parametrize("content", [None, b"", b"kort"])
def test_a_missing_or_cut_off_object_is_found(
    institution: Institution, content: bytes | None
) -> None:
    make_mailing(institution)
    victim = documents(institution)[1]
    if content is None:
        file_of(institution, victim).unlink()
    else:
        file_of(institution, victim).write_bytes(content)
    assert damaged(institution) == [victim.id]
    with pytest.raises(Damaged):
        read(institution, victim.id)


def test_swapped_objects_are_found(institution: Institution) -> None:
    make_mailing(institution)
    one, two = documents(institution)[1:3]
    first, second = file_of(institution, one).read_bytes(), file_of(institution, two).read_bytes()
    file_of(institution, one).write_bytes(second)
    file_of(institution, two).write_bytes(first)
    assert damaged(institution) == [one.id, two.id]


@pytest.mark.parametrize("column", ["wrapped_key", "path", "sha256", "key_id"])
def test_a_row_that_took_a_value_from_another_is_found(
    institution: Institution, column: str
) -> None:
    make_mailing(institution)
    make_mailing(institution)
    one, two = documents(institution)[1], documents(institution)[6]
    value = getattr(two, column)
    with institution.transaction() as session:
        if column == "path":
            session.execute(sa.update(Document).where(Document.id == two.id).values(path="væk"))
        session.execute(sa.update(Document).where(Document.id == one.id).values({column: value}))
    assert one.id in damaged(institution)
    with pytest.raises(Damaged):
        read(institution, one.id)


def test_a_changed_byte_in_a_wrapped_data_key_is_found(institution: Institution) -> None:
    make_mailing(institution)
    with institution.transaction() as session:
        key = session.scalars(sa.select(DataKey)).one()
        assert key.wrapped is not None
        key.wrapped = key.wrapped[:-1] + bytes([key.wrapped[-1] ^ 1])
    assert len(damaged(institution)) == 5


def test_a_key_that_vanished_without_being_destroyed_is_found(institution: Institution) -> None:
    make_mailing(institution)
    with institution.transaction() as session:
        session.execute(sa.update(DataKey).values(wrapped=None))
    assert len(damaged(institution)) == 5


def test_a_destroyed_key_makes_its_documents_unreadable_and_no_others(
    institution: Institution,
) -> None:
    gone, kept = make_mailing(institution), make_mailing(institution)
    with institution.transaction() as session:
        key_id = session.get_one(Mailing, gone).key_id
        destroy_data_key(session, session.get_one(DataKey, key_id))
    for document in documents(institution):
        if document.key_id == key_id:
            with pytest.raises(Damaged):
                read(institution, document.id)
        else:
            assert read(institution, document.id).startswith(b"%PDF")
    assert damaged(institution) == []
    with institution.reading() as session:
        assert list(verify(session)) == []
        assert session.get_one(Mailing, kept).key_id != key_id


# PostgreSQL keeps old versions of a row until VACUUM.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_destroyed_key_is_not_left_in_the_database_file(institution: Institution) -> None:
    mailing_id = make_mailing(institution)
    with institution.transaction() as session:
        key = session.get_one(DataKey, session.get_one(Mailing, mailing_id).key_id)
        wrapped = key.wrapped
        assert wrapped is not None
        destroy_data_key(session, key)
    with institution.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    file = Path(institution.engine.url.database or "")
    assert wrapped not in file.read_bytes()


def test_no_number_and_no_letter_lies_in_clear_anywhere(
    institution: Institution, caplog: pytest.LogCaptureFixture
) -> None:
    """In the database, its write-ahead log, the store or what is logged."""
    caplog.set_level(logging.DEBUG)
    contents = [f"%PDF Kære {number}".encode() for number in FOUR]
    make_approved(institution, FOUR, contents=contents)
    send(institution)  # nobody answers; all the same it is tried, and written down
    found = b"".join(one.read_bytes() for one in files_of(institution))
    found += dump_of(institution) + caplog.text.encode()
    assert len(found) > 1000
    for number, content in zip(FOUR, contents, strict=True):
        for written in (number, f"{number[:6]}-{number[6:]}", number.encode().hex()):
            assert written.encode() not in found
        assert content not in found
    assert f"{ANNA[:6]}-".encode() in found  # the masked number, so we looked in the right place


def dump_of(institution: Institution) -> bytes:
    url = institution.engine.url
    if url.get_backend_name() == "sqlite":
        return b"".join(one.read_bytes() for one in Path(url.database or "").parent.glob("*.db*"))
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    dump = b""
    with psycopg.connect(plain) as connection:
        for table in sa.inspect(institution.engine).get_table_names():
            with connection.cursor().copy(f'COPY "{table}" TO STDOUT') as rows:
                dump += b"".join(bytes(row) for row in rows)
    return dump

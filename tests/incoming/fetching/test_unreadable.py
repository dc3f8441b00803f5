"""Mail that means harm, or is broken, is kept out of harm: stored, shown to a person, not answered.

Nothing is acknowledged that can't be read, and what can be read is not held up by it.
"""

from __future__ import annotations

import base64
import resource
import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from digitalpost.documents import read_document
from digitalpost.errors import sentence_of
from digitalpost.events import EventKind
from digitalpost.incoming.fetch import fetch_due
from digitalpost.incoming.store import store_message
from digitalpost.institution import Institution
from digitalpost.models import (
    ChannelName,
    Document,
    Event,
    IncomingMessage,
    IncomingStatus,
)
from tests.incoming.fetching.outbox import SchoolPost, make_memo, messages, new_uuid

ID = "3f0c5c1e-6a0b-4c57-9d2e-1b7a5f0e4c11"
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x0 "ha">'
    + "".join(f'<!ENTITY x{n} "{f"&x{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)
READS_A_FILE = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
ONE_FILE = "<memo:AdditionalDocument><memo:File>"
FILE = make_memo(ID).decode().partition("<memo:MainDocument>")[2].partition("</memo:MainDocument>")
BODY_END = "</memo:MainDocument>"


def with_files(count: int) -> bytes:
    """A message with so many files beside the letter."""
    text = make_memo(ID).decode()
    more = f"<memo:AdditionalDocument>{FILE[0]}</memo:AdditionalDocument>" * count
    return text.replace(BODY_END, BODY_END + more).encode()


BAD: dict[str, bytes] = {
    "nothing at all": b"",
    "no XML": b"%PDF-1.7 dette er slet ikke XML",
    "cut off": make_memo(ID)[:-200],
    "another root": b"<memo/>",
    "a bomb of entities": make_memo(ID, declaration=LAUGHS, label="&x9;"),
    "an external entity": make_memo(ID, declaration=READS_A_FILE, label="&x;"),
    "base64 that is none": make_memo(ID, inside="dette er ikke base64!"),
    "base64 that is cut off": make_memo(ID, inside="JVBERi0xLj"),
    "a sender without a number": make_memo(ID, sender="1234567890123"),
    "a sender whose number is none": make_memo(ID, sender="99000016"),
    "no letter, only a header": make_memo(ID).replace(b"memo:MessageBody", b"memo:Other"),
    "another id": make_memo(new_uuid()),
    "an id that is none": make_memo("ikke-et-id"),
    "10,000 attachments": with_files(10_000),
    "deep nesting": b"<a>" * 200_000,
    "an encoding nobody knows": make_memo(ID, declaration='<?xml version="1.0" encoding="x-9"?>'),
    "a label of a megabyte": make_memo(ID, label="a" * 1_000_000),
    "a tar of itself": base64.b64decode("H4sIAAAAAAAAA+3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAA"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_stored_and_left_to_a_person(school: Institution, name: str) -> None:
    stored = store_message(school, BAD[name], ID, ChannelName.DIGITAL_POST)
    with school.reading() as session:
        message = session.get_one(IncomingMessage, stored)
        assert message.status is IncomingStatus.UNREADABLE
        assert message.problem and "passwd" not in str(sentence_of(message.problem))
        assert (message.due_at, message.told_at) == (None, None)
        assert read_document(session, session.get_one(Document, message.document_id)) == BAD[name]
        kinds = set(session.scalars(sa.select(Event.kind)))
        assert {EventKind.INCOMING_STORED, EventKind.INCOMING_UNREADABLE} <= kinds


def test_bad_mail_is_not_acknowledged_and_holds_nothing_up(
    school: Institution, post: SchoolPost
) -> None:
    bad = []
    for body in BAD.values():
        bad.append(post.put(body))
    good = post.put()
    found = fetch_due(school)
    assert (len(found.stored), found.unreadable) == (len(bad) + 1, len(bad))
    assert post.row(good)["status"] == "COMPLETED"
    assert {post.row(one)["receipts"] for one in bad} == {0}
    again = fetch_due(school, at_once=True)
    assert (again.stored, again.duplicates) == ([], len(bad))


@pytest.mark.parametrize(
    "declaration",
    [
        '<?xml version="1.0" encoding="utf8"?>',
        '<?xml version="1.0" encoding="utf-8" standalone="yes"?>',
        "\N{BYTE ORDER MARK}",
        "<!-- from some program -->",
    ],
)
def test_odd_declarations_are_read_all_the_same(school: Institution, declaration: str) -> None:
    raw = make_memo(ID, declaration=declaration)
    stored = store_message(school, raw, ID, ChannelName.DIGITAL_POST)
    assert [one.status for one in messages(school)] == [IncomingStatus.STORED]
    assert stored


def test_90_megabytes_are_fetched_without_ten_copies_in_memory(
    school: Institution, post: SchoolPost
) -> None:
    size = 90_000_000
    inside = "A" * 76 + "\n"
    raw = make_memo(ID, inside=inside * (size // len(inside)))
    post.put_as(ID, raw)
    tracemalloc.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        found = fetch_due(school)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (len(found.stored), found.unreadable) == (1, 0)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert peak < size / 2 and grown < 3 * size
    with school.reading() as session:
        document = session.scalars(sa.select(Document)).one()
        assert document.size == len(raw)


def test_more_than_a_message_can_be_is_cut_off_and_left_to_a_person(
    database_url: str, tmp_path: Path, school: Institution, post: SchoolPost, monkeypatch: Any
) -> None:
    monkeypatch.setattr("digitalpost.incoming_settings.MOST_BYTES", 10)
    object.__setattr__(school.settings.incoming, "max_bytes", 5000)
    post.put(make_memo(ID, content=b"x" * 50_000))
    found = fetch_due(school)
    assert found.unreadable == 1
    (one,) = messages(school)
    with school.reading() as session:
        assert session.get_one(Document, one.document_id).size == 5001
    assert one.problem and "større" in str(sentence_of(one.problem))


def test_a_file_from_anywhere_is_stored_from_where_it_begins(school: Institution) -> None:
    raw = make_memo(ID)
    file = BytesIO(raw)
    file.seek(17)
    stored = store_message(school, file, ID, ChannelName.DIGITAL_POST)
    with school.reading() as session:
        message = session.get_one(IncomingMessage, stored)
        assert read_document(session, session.get_one(Document, message.document_id)) == raw

"""The mail that the sandbox makes: the same each time, valid, invented, and the truth kept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from digitalpost.identifiers import cpr_checks
from digitalpost.memo.read import UnreadableMemo, read_memo
from sandbox.database import Database
from sandbox.generate import COUNTS, MONDAY, YEAR, deliver, planned, truths, write
from sandbox.mail_words import STAFF, SUBJECTS
from sandbox.outbox import everything, read
from tests.memo.test_memo import SCHEMAS, needs_schemas, schema_file

TODAY = date(2026, 11, 23)  # a Monday


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "sandbox.db")
    yield made
    made.close()


def test_a_monday_is_sixty_letters_and_the_same_sixty_when_it_is_put_there_again(
    database: Database,
) -> None:
    assert deliver(database, MONDAY, today=TODAY) == COUNTS[MONDAY] == 60
    assert deliver(database, MONDAY, today=TODAY) == 0
    unreadable, signed, forms, kinds, attentions = 0, 0, Counter[str](), Counter[str](), 0
    for row in everything(database):
        content = read(database, str(row["message_uuid"]))
        assert content is not None
        try:
            message = read_memo(content)
        except UnreadableMemo:
            unreadable += 1
            continue
        assert message.body is not None
        header = message.header
        kinds[header.sender.id_type] += 1
        forms[message.body.main_document.files[0].encoding_format] += 1
        attentions += header.recipient.attention_data is not None
        signed += b"/ByteRange" in b"".join(
            file.content for one in message.body.additional_documents for file in one.files
        )
    assert (unreadable, signed) == (1, 1)
    assert set(kinds) == {"CPR", "CVR"}
    assert set(forms) == {"text/html", "text/plain", "application/pdf"}
    assert attentions
    assert set(truths(database)) == {row["message_uuid"] for row in everything(database)}


def test_a_monday_answers_letters_that_may_be_answered(database: Database) -> None:
    original = "3f0c5c1e-6a0b-4c57-9d2e-1b7a5f0e4c11"
    facts = {"reply": True, "recipient": "0101081234", "id_type": "CPR"}
    with database.write() as connection:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute(
            "INSERT INTO dispatches (message_id, received_at, mode, recipient, recipient_type,"
            " nationality, mailbox, title, extension, body_sha256, content_sha256, content_bytes,"
            " status, reject_reason, post_processing_status, post_processing_result)"
            " VALUES (?, 0, '', '', '', '', '', '', '', '', '', 0, '', '', '', '')",
            (original,),
        )
        connection.execute("INSERT INTO memos VALUES (?, ?)", (original, json.dumps(facts)))
    deliver(database, MONDAY, today=TODAY, count=12)
    messages = [
        read_memo(read(database, str(row["message_uuid"])) or b"") for row in everything(database)
    ]
    [answer] = [one for one in messages if one.header.reply_data]
    assert answer.header.reply_data[0].message_uuid == original
    assert answer.header.sender.sender_id == "0101081234"


def test_a_year_is_twenty_thousand_letters_with_reasons_seasons_and_noise() -> None:
    letters = list(planned(YEAR, today=TODAY))
    assert len(letters) == 20_000
    assert len({one.message_uuid for one in letters}) == 20_000
    days = {one.sent_at.date() for one in letters}
    assert (max(days) - min(days)).days <= 365
    assert max(days) < TODAY
    assert [one.sent_at for one in letters] == sorted(one.sent_at for one in letters)
    reasons = Counter(one.reason for one in letters)
    assert 0.05 < reasons["nothing"] / 20_000 < 0.15
    assert min(reasons.values()) > 500
    exams = Counter(one.sent_at.month for one in letters if one.target == "eksamen")
    assert exams[5] > 2 * exams[10]
    numbers = {one.number for one in letters if one.id_type == "CPR"}
    assert not any(map(cpr_checks, numbers))
    assert {one.target for one in letters} == set(STAFF) == {one.target for one in SUBJECTS}
    assert list(planned(YEAR, today=TODAY, count=50)) == list(planned(YEAR, today=TODAY, count=50))


@needs_schemas
@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_what_is_written_follows_the_schemas(version: str) -> None:
    assert SCHEMAS is not None
    schema = etree.XMLSchema(etree.parse(schema_file(version)))
    for at, plan in enumerate(planned(YEAR, today=TODAY, count=60)):
        reply_to = plan.message_uuid if at % 7 == 0 else ""
        tree = etree.fromstring(write(plan, version=version, reply_to=reply_to))
        schema.assertValid(tree)


def test_another_word_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="tuesday"):
        deliver(database, "tuesday")

"""MeMo: what we write is valid by two validators, and what anybody writes is read as it stands."""

from __future__ import annotations

import dataclasses
from base64 import b64encode
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from digitalpost.memo.documents import (
    Action,
    AdditionalDocument,
    EntryPoint,
    File,
    MainDocument,
    MessageBody,
)
from digitalpost.memo.message import Message, MessageHeader, MessageType, Recipient, Sender
from digitalpost.memo.read import UnreadableMemo, read_memo
from digitalpost.memo.rules import problems_of, safe_filename
from digitalpost.memo.write import VERSIONS, write_memo
from tests.memo.making import messages

SCHEMAS = next(
    (
        found
        for up in Path(__file__).resolve().parents
        if (found := up / "shared" / "schemas").exists()
    ),
    None,
)
needs_schemas = pytest.mark.skipif(
    SCHEMAS is None, reason="MeMo's schemas are not beside the project (../shared/schemas)"
)
QUIETLY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
UUID = "3f0c5c1e-6a0b-4c57-9d2e-1b7a5f0e4c11"
PDF = File(
    encoding_format="application/pdf", filename="brev.pdf", language="da", content=b"%PDF-1.7 brev"
)


def schema_file(version: str) -> Path:
    assert SCHEMAS is not None
    return SCHEMAS / "memo" / ("Version1.2/MeMo_core.xsd" if version == "1.2" else "MeMo_core.xsd")


@cache
def validators(version: str) -> tuple[etree.XMLSchema, xmlschema.XMLSchema]:
    path = schema_file(version)
    return etree.XMLSchema(etree.parse(path)), xmlschema.XMLSchema(str(path), allow="local")


def make_message(*, body: MessageBody | None = None, **header: Any) -> Message:
    """A letter from a school to a company."""
    values: dict[str, Any] = {
        "message_type": MessageType.DIGITAL_POST,
        "message_uuid": UUID,
        "label": "Svar på ansøgning",
        "sender": Sender(sender_id="99000015", id_type="CVR", label="Nordhavn Privatskole"),
        "recipient": Recipient(recipient_id="99000023", id_type="CVR"),
    }
    return Message(
        header=MessageHeader(**{**values, **header}), body=body if body is not None else make_body()
    )


def make_body(**values: Any) -> MessageBody:
    return MessageBody(
        **{
            "created_date_time": datetime(2026, 11, 23, 9, 15, tzinfo=UTC),
            "main_document": MainDocument(files=(PDF,)),
            **values,
        }
    )


@needs_schemas
@pytest.mark.parametrize("version", VERSIONS)
@QUIETLY
@given(data=st.data())
def test_every_message_we_write_is_valid_by_two_validators(version: str, data: Any) -> None:
    written = bytes(write_memo(data.draw(messages(version=version)), version))
    one, other = validators(version)
    one.assertValid(etree.fromstring(written))
    other.validate(etree.fromstring(written))


@pytest.mark.parametrize("version", VERSIONS)
@QUIETLY
@given(data=st.data())
def test_a_message_is_read_as_it_was_written(version: str, data: Any) -> None:
    message = data.draw(messages(version=version))
    written = write_memo(message, version)
    assert read_memo(bytes(written)) == message
    assert len(written) == len(bytes(written))


@QUIETLY
@given(message=messages())
def test_what_the_older_version_lacks_is_left_out_and_nothing_else(message: Message) -> None:
    header = message.header
    sender = dataclasses.replace(header.sender, representative=None)
    forward = header.forward_data and dataclasses.replace(
        header.forward_data, original_representative=None
    )
    older = dataclasses.replace(
        message, header=dataclasses.replace(header, sender=sender, forward_data=forward)
    )
    assert read_memo(bytes(write_memo(message, "1.1"))) == older


@needs_schemas
@pytest.mark.parametrize("name", ["memo-1.1-sample", "memo-1.2-sample", "memo-1.2-minimal"])
def test_the_samples_of_the_protocol_page_are_read_and_written_again_alike(name: str) -> None:
    assert SCHEMAS is not None
    sample = (SCHEMAS / "samples" / f"{name}.xml").read_bytes()
    version = name[5:8]
    again = bytes(write_memo(read_memo(sample), version))
    assert _lines(etree.fromstring(again)) == _lines(etree.fromstring(sample))


def _lines(node: etree._Element) -> list[tuple[str, str]]:
    """Every element with its text, in order; an explicit ``false`` says nothing."""
    return [
        (str(one.tag), (one.text or "").strip())
        for one in node.iter()
        if not str(one.tag).endswith(("}mandatory", "}legalNotification"))
    ]


def test_a_large_file_is_written_in_pieces_that_make_the_same_base64() -> None:
    content = bytes(range(256)) * 4_001
    letter = MainDocument(files=(dataclasses.replace(PDF, content=content),))
    written = write_memo(make_message(body=make_body(main_document=letter)), "1.2")
    pieces = list(written)
    assert max(map(len, pieces)) < len(content)
    assert b64encode(content) in b"".join(pieces)
    assert b"".join(written) == b"".join(pieces)


def test_a_company_s_own_elements_and_order_are_no_obstacle() -> None:
    xml = bytes(write_memo(make_message(), "1.2"))
    other = xml.replace(
        b"<memo:label>Svar", b'<x:own xmlns:x="urn:x">1</x:own><memo:label>Svar'
    ).replace(b"encoding='UTF-8'", b"encoding='utf8'")
    assert read_memo(other) == make_message()


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"%PDF-1.7",
        b"<a/>",
        b"<!DOCTYPE m [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><m>&b;</m>",
        b"<!DOCTYPE m SYSTEM 'file:///etc/passwd'><m/>",
        bytes(write_memo(make_message(), "1.2")).replace(b"messageUUID", b"other"),
        bytes(write_memo(make_message(), "1.2")).replace(b"JVBERi", b"***"),
        bytes(write_memo(make_message(), "1.2")).replace(b"2026-11-23T", b"i gaar"),
        bytes(write_memo(make_message(), "1.2"))[:400],
    ],
    ids=["empty", "a PDF", "other XML", "entities", "outside", "no id", "base64", "time", "half"],
)
def test_what_is_no_message_is_refused_without_quoting_it(broken: bytes) -> None:
    with pytest.raises(UnreadableMemo) as caught:
        read_memo(broken)
    assert "99000023" not in str(caught.value)
    assert "ansøgning" not in str(caught.value)


def test_a_good_message_has_no_problems() -> None:
    assert problems_of(make_message()) == []


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (make_message(message_uuid="3f0c5c1e-6a0b-1c57-9d2e-1b7a5f0e4c11"), "uuid"),
        (make_message(label=" "), "title"),
        (make_message(label="x" * 257), "title"),
        (make_message(notification="x" * 151), "notification"),
        (make_message(message_type=MessageType.NEM_SMS, notification="Husk mødet"), "sms"),
        (make_message(body=make_body(main_document=MainDocument())), "no_file"),
        (
            make_message(
                body=make_body(
                    main_document=MainDocument(
                        files=(dataclasses.replace(PDF, filename="brev: 1.pdf"),)
                    )
                )
            ),
            "file_name",
        ),
        (
            make_message(
                body=make_body(
                    main_document=MainDocument(files=(dataclasses.replace(PDF, content=b""),))
                )
            ),
            "empty_file",
        ),
        (
            make_message(
                body=make_body(
                    main_document=MainDocument(
                        files=(PDF,),
                        actions=(
                            Action(
                                label="Underskriv",
                                action_code="UNDERSKRIV",
                                entry_point=EntryPoint(url="http://skole.invalid/"),
                            ),
                        ),
                    )
                )
            ),
            "link",
        ),
        (
            make_message(
                body=make_body(additional_documents=(AdditionalDocument(files=(PDF,)),) * 11)
            ),
            "too_many_files",
        ),
    ],
)
def test_what_digital_post_would_refuse_is_said_before_it_is_sent(
    message: Message, code: str
) -> None:
    assert [one.code for one in problems_of(message)] == [code]


def test_a_message_over_the_limit_is_refused_by_its_size() -> None:
    assert [one.code for one in problems_of(make_message(), size=99_500_001)] == ["too_big"]


@given(name=st.text(max_size=300))
def test_a_safe_file_name_has_nothing_that_digital_post_refuses(name: str) -> None:
    letter = MainDocument(
        files=(dataclasses.replace(PDF, filename="b" + safe_filename(name)[:255]),)
    )
    assert problems_of(make_message(body=make_body(main_document=letter))) == []

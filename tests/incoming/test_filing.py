"""A message becomes a letter in a case, once; what can't be read is put aside with the reason."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from digitalpost import events
from digitalpost.documents import find_damaged, read_document
from digitalpost.events import EventKind
from digitalpost.incoming import filing
from digitalpost.incoming.filing import file_message
from digitalpost.institution import Institution
from digitalpost.models import (
    Document,
    Event,
    FileRole,
    IncomingFile,
    IncomingMessage,
    IncomingStatus,
    Letter,
    LetterStatus,
    Recipient,
    RecipientUnit,
)
from digitalpost.registers.recipients import number_of
from tests.incoming.messages import (
    CITIZEN,
    COMPANY,
    TEXT,
    AFile,
    make_xml,
    new_uuid,
    read_filed,
    store_xml,
)
from tests.make import damage, make_recipient, make_unit
from tests.signing.authority import make_pdf

DOCX_START = b"PK\x03\x04" + b"\0" * 60


@pytest.fixture
def unit_id(institution: Institution) -> int:
    return make_unit(institution, "Kontoret")


def stored(institution: Institution, message_id: int) -> IncomingMessage:
    with institution.reading() as session:
        row = session.get_one(IncomingMessage, message_id)
        session.expunge_all()
        return row


def test_a_message_becomes_a_letter_in_the_senders_case(
    institution: Institution, unit_id: int
) -> None:
    pdf = make_pdf()
    xml = make_xml(new_uuid(), attached=[AFile(pdf, "attest.pdf", "application/pdf")])
    message_id = store_xml(institution, xml, unit_id=unit_id)
    letter_id = file_message(institution, message_id)
    assert letter_id is not None
    filed = read_filed(institution, letter_id)
    assert filed.letter.status is LetterStatus.NEW
    assert filed.letter.mailing_id is None
    assert (filed.letter.title, filed.letter.recipient_name) == ("Sygdom", "Birthe Lund")
    assert filed.letter.due_at is not None
    case = filed.letter.case
    assert case is not None
    assert case.case_type.name == "Indgående post"
    assert case.number in filed.letter.search_text
    assert [(one.role, one.media_type) for one in filed.files] == [
        (FileRole.MAIN, "text/plain"),
        (FileRole.ATTACHMENT, "application/pdf"),
    ]
    assert filed.files[1].signature == {"verdict": "none", "signers": []}
    row = stored(institution, message_id)
    assert (row.status, row.letter_id) == (IncomingStatus.FILED, letter_id)
    with institution.reading() as session:
        sender = session.get_one(Recipient, filed.letter.recipient_id)
        assert number_of(institution.vault, sender).number == CITIZEN
        assert session.get(RecipientUnit, (sender.id, unit_id)) is not None
        # All of it is under the case's key: destroying that erases the letter.
        ids = [row.document_id, *(one.document_id for one in filed.files)]
        documents = [session.get_one(Document, one) for one in ids]
        assert {one.key_id for one in documents} == {case.key_id}
        assert read_document(session, documents[0]) == xml
        assert read_document(session, documents[1]) == TEXT
        assert list(find_damaged(session)) == []
        assert list(events.verify(session)) == []


def test_filing_twice_or_by_two_at_once_makes_one_letter(
    institution: Institution, unit_id: int
) -> None:
    message_id = store_xml(institution, make_xml(new_uuid()), unit_id=unit_id)
    found: list[int | None] = []
    both = [
        threading.Thread(target=lambda: found.append(file_message(institution, message_id)))
        for _ in range(2)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    found.append(file_message(institution, message_id))
    assert len(set(found)) == 1
    with institution.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Letter.id))) == 1
        kept = set(session.scalars(sa.select(Document.path)))
    assert set(institution.store.list_folder("incoming")) == kept


def test_a_crash_before_the_rows_leaves_the_message_to_be_filed_again(
    institution: Institution, unit_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = store_xml(institution, make_xml(new_uuid()), unit_id=unit_id)
    with monkeypatch.context() as broken:
        broken.setattr(filing, "route", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            file_message(institution, message_id)
    assert stored(institution, message_id).status is IncomingStatus.STORED
    with institution.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Letter.id))) == 0
        assert session.scalar(sa.select(sa.func.count(IncomingFile.id))) == 0
    assert len(list(institution.store.list_folder("incoming"))) == 1
    assert file_message(institution, message_id) is not None


def test_the_senders_letters_share_one_case_and_a_known_name_is_kept(
    institution: Institution, unit_id: int
) -> None:
    known = make_recipient(institution, unit_id, number=COMPANY, name="Havnens Maskinfabrik")
    first, second = (
        file_message(
            institution,
            store_xml(
                institution,
                make_xml(new_uuid(), sender=COMPANY, name="HM A/S", id_type="cvr"),
                unit_id=unit_id,
            ),
        )
        for _ in range(2)
    )
    assert first is not None
    assert second is not None
    one, other = read_filed(institution, first), read_filed(institution, second)
    assert one.letter.case_id == other.letter.case_id
    assert one.letter.recipient_id == known
    assert one.letter.recipient_name == "HM A/S"
    with institution.reading() as session:
        assert session.get_one(Recipient, known).name == "Havnens Maskinfabrik"


def test_who_wrote_and_whom_it_is_for_are_kept(institution: Institution, unit_id: int) -> None:
    theirs = (
        "<memo:AttentionData><memo:AttentionPerson><memo:label>Ole Vest</memo:label>"
        "</memo:AttentionPerson><grd:ProductionUnit><grd:productionUnitNumber>1999900017"
        "</grd:productionUnitNumber></grd:ProductionUnit></memo:AttentionData>"
    )
    ours = (
        "<memo:AttentionData><memo:AttentionPerson><memo:label>Mette Kirk</memo:label>"
        "</memo:AttentionPerson></memo:AttentionData><memo:ContactPoint>"
        "<memo:contactPointID>praktik</memo:contactPointID><memo:label>Praktik</memo:label>"
        "</memo:ContactPoint>"
    )
    xml = make_xml(
        new_uuid(),
        sender=COMPANY,
        title="Vedr. 010203-1234 og praktik",
        sender_attention=theirs,
        recipient_more=ours,
        header="<memo:reply>true</memo:reply>",
        declaration='<?xml version="1.0" encoding="utf8"?>',
    )
    letter_id = file_message(institution, store_xml(institution, xml, unit_id=unit_id))
    assert letter_id is not None
    filed = read_filed(institution, letter_id)
    assert filed.letter.title == "Vedr. og praktik"
    assert (filed.incoming.contact_person, filed.incoming.p_number) == ("Ole Vest", "1999900017")
    assert filed.incoming.attention == "Mette Kirk"
    assert (filed.incoming.contact_point_id, filed.incoming.contact_point) == (
        "praktik",
        "Praktik",
    )
    assert filed.incoming.can_be_answered


def test_files_are_what_their_bytes_say(institution: Institution, unit_id: int) -> None:
    files = [
        AFile(make_pdf(), "billede.jpg", "image/jpeg"),
        AFile(b"<p>Hej</p>", "brev.pdf", "text/html"),
        AFile(b"MZ" + b"\0" * 50, "brev.docx", "text/plain"),
        AFile(DOCX_START, "0102031234.docx", "application/zip"),
        AFile(b"<svg onload='x()'/>", "logo.png", "image/png"),
        AFile(b"", "tom.txt", "text/plain"),
    ]
    xml = make_xml(new_uuid(), attached=files)
    letter_id = file_message(institution, store_xml(institution, xml, unit_id=unit_id))
    assert letter_id is not None
    found = read_filed(institution, letter_id).files[1:]
    assert [one.media_type for one in found] == [
        "application/pdf",
        "text/html",
        "application/octet-stream",
        "application/zip",
        "text/plain",
        "application/octet-stream",
    ]
    assert CITIZEN not in found[3].file_name
    assert found[5].problem is not None
    assert found[5].problem["code"] == "empty"


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (b"ikke XML", "formatet"),
        (make_xml(new_uuid(), sender="9900002", id_type="CVR"), "gyldigt"),
        (make_xml(new_uuid(), id_type="MyndighedsID"), "hverken"),
        (make_xml(new_uuid(), sender=COMPANY, id_type="CPR"), "gyldigt"),
        (make_xml(new_uuid(), main=()), "intet brev"),
        (make_xml(new_uuid(), attached=[AFile(b"x")] * 300), "færre filer"),
        (make_xml(new_uuid()).replace(b"<memo:content>", b"<memo:content>&#38;"), "formatet"),
        (b'<!DOCTYPE m [<!ENTITY a "aa">]>' + make_xml(new_uuid(), declaration=""), "formatet"),
    ],
    ids=["text", "number", "kind", "mismatch", "empty", "many", "base64", "bomb"],
)
def test_what_can_t_be_read_is_put_aside_with_the_reason(
    institution: Institution, unit_id: int, xml: bytes, said: str
) -> None:
    message_id = store_xml(institution, xml, unit_id=unit_id, message_uuid=new_uuid())
    assert file_message(institution, message_id) is None
    row = stored(institution, message_id)
    assert row.status is IncomingStatus.UNREADABLE
    assert row.problem is not None
    assert said in str(row.problem)
    assert CITIZEN not in str(row.problem)
    with institution.reading() as session:
        kinds = list(session.scalars(sa.select(Event.kind)))
        assert kinds == [EventKind.INCOMING_UNREADABLE.value]
        assert session.scalar(sa.select(sa.func.count(Document.id))) == 1
    assert len(list(institution.store.list_folder("incoming"))) == 1


def test_a_message_under_another_number_than_its_own_is_put_aside(
    institution: Institution, unit_id: int
) -> None:
    message_id = store_xml(
        institution, make_xml(new_uuid()), unit_id=unit_id, message_uuid=new_uuid()
    )
    assert file_message(institution, message_id) is None
    assert "andet id" in str(stored(institution, message_id).problem)


def test_changed_bytes_in_the_store_are_told_and_not_filed(
    institution: Institution, unit_id: int
) -> None:
    message_id = store_xml(institution, make_xml(new_uuid()), unit_id=unit_id)
    folder = Path(institution.settings.documents_url.removeprefix("file://")) / "incoming"
    [raw] = folder.iterdir()
    damage(raw)
    assert file_message(institution, message_id) is None
    assert stored(institution, message_id).status is IncomingStatus.UNREADABLE

"""Citizens and companies write, answer and sign; what they send waits for the school."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from io import BytesIO

import httpx
import pymupdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from digitalpost.memo.message import Message
from digitalpost.memo.read import read_memo
from tests.sandbox.memos import make_memo, new_uuid, send
from tests.sandbox_server import RunningSandbox

CITIZEN, COMPANY = "0102031234", "99000023"
REPLY = "<memo:reply>true</memo:reply>"
TO_SIGN = """<memo:Action><memo:label>Underskriv brevet</memo:label>
<memo:actionCode>UNDERSKRIV</memo:actionCode><memo:EntryPoint>
<memo:url>https://skole.invalid/sign/x</memo:url></memo:EntryPoint></memo:Action>"""


@pytest.fixture
def pages(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    with sandbox.pages(follow_redirects=True) as client:
        yield client


@pytest.fixture
def school(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    with sandbox.client() as client:
        client.base_url = httpx.URL(sandbox.address["digital_post"])
        client.headers["Authorization"] = f"Basic {sandbox.address['digital_post_token']}"
        yield client


def waiting(sandbox: RunningSandbox, school: httpx.Client) -> list[Message]:
    """What the school would fetch."""
    listed = school.get("/memos/").raise_for_status().json()["content"]
    return [read_memo(school.get(f"/memos/{uuid}").content) for uuid in listed]


@pytest.mark.parametrize("number", [CITIZEN, COMPANY])
def test_somebody_writes_to_the_school(
    sandbox: RunningSandbox, school: httpx.Client, pages: httpx.Client, number: str
) -> None:
    answer = pages.post(
        "/skriv",
        data={"number": number, "title": "Om <orlov>", "text": "Hej\r\nskole"},
        files={"files": ("min fil: 1.pdf", b"%PDF-1.7", "application/pdf")},
    )
    assert "Skolen henter selv sin post" in answer.text
    assert number not in str(answer.url) + answer.text or number == COMPANY
    [message] = waiting(sandbox, school)
    assert message.header.sender.sender_id == number
    assert message.header.sender.label
    assert message.header.label == "Om <orlov>"
    assert message.header.reply_data == ()
    assert message.body is not None
    assert message.body.main_document.files[0].content == b"Hej\nskole"
    [attached] = message.body.additional_documents
    assert (attached.files[0].filename, attached.files[0].content) == ("min_fil_1.pdf", b"%PDF-1.7")


@pytest.mark.parametrize(
    "typed",
    [
        {"number": "12", "title": "a", "text": "b"},
        {"number": CITIZEN, "title": " ", "text": "b"},
        {"number": CITIZEN, "title": "a", "text": ""},
    ],
)
def test_what_is_missing_is_said_and_nothing_is_sent(
    sandbox: RunningSandbox, school: httpx.Client, pages: httpx.Client, typed: dict[str, str]
) -> None:
    answer = pages.post("/skriv", data=typed)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert waiting(sandbox, school) == []


def test_a_letter_that_may_be_answered_is_answered_from_the_mailbox(
    sandbox: RunningSandbox, school: httpx.Client, pages: httpx.Client
) -> None:
    uuid, closed = new_uuid(), new_uuid()
    assert send(school, uuid, make_memo(uuid, header=REPLY)).status_code == 201
    assert send(school, closed, make_memo(closed)).status_code == 201
    mailbox = pages.post("/find", data={"number": CITIZEN}).text
    assert f"/breve/{uuid}/svar" in mailbox
    assert f"/breve/{closed}/svar" not in mailbox
    assert pages.get(f"/breve/{closed}/svar").status_code == 404
    form = pages.get(f"/breve/{uuid}/svar").text
    assert "Svar: Svar på ansøgning" in form
    assert 'name="sign"' not in form
    sent = pages.post(f"/breve/{uuid}/svar", data={"title": "Ja tak", "text": "Vi kommer"})
    assert "Skolen henter selv sin post" in sent.text
    [message] = waiting(sandbox, school)
    assert [one.message_uuid for one in message.header.reply_data] == [uuid]
    assert message.header.sender.sender_id == CITIZEN
    assert message.header.recipient.recipient_id == "99000015"


def test_a_letter_that_is_to_be_signed_goes_back_with_a_signature(
    sandbox: RunningSandbox, school: httpx.Client, pages: httpx.Client
) -> None:
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 100), "Samtykke")
        pdf = bytes(document.tobytes())
    uuid = new_uuid()
    body = make_memo(uuid).replace(b"</memo:File>", b"</memo:File>" + TO_SIGN.encode())
    body = re.sub(b"<memo:content>[^<]*", b"<memo:content>" + base64.b64encode(pdf), body, count=1)
    assert send(school, uuid, body).status_code == 201
    assert 'name="sign"' in pages.get(f"/breve/{uuid}/svar").text
    pages.post(f"/breve/{uuid}/svar", data={"title": "Samtykke", "text": "Se her", "sign": "1"})
    [message] = waiting(sandbox, school)
    assert message.body is not None
    [attached] = message.body.additional_documents
    content = attached.files[0].content
    assert content.startswith(pdf)
    assert len(PdfFileReader(BytesIO(content)).embedded_signatures) == 1

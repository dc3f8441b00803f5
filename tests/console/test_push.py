"""The addresses where receipts are pushed: who may call, what is taken, and what is not."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from admin_views import create_console
from admin_views.client_certificate import fingerprint_of
from digitalpost.institution import Institution
from digitalpost.models import ArrivedReceipt, ArrivedStatus, Role
from sandbox.certificates import make_certificates, make_foreign_client
from sandbox.sf1601_xml import post_status
from tests.console.mailings import Outbox, sign_in
from tests.make import make_institution, make_unit, make_user

STATUS, RECEIPT = "/push/sf1601/status", "/push/digital-post/receipts"
HEADER = "X-Client-Certificate"
ID = "3f0c5c1e-6a0b-4c57-9d2e-1b7a5f0e4c11"
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x0 "ha">'
    + b"".join(b'<!ENTITY x%d "%s">' % (n, b"&x%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]><a>&x9;</a>"
)
READS_A_FILE = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
)


class Called:
    """A console with PUSH settings, and the certificates of who calls it."""

    def __init__(self, tmp_path: Path, database_url: str, **environ: str) -> None:
        folder = tmp_path / "certificates"
        self.broker = make_certificates(folder).broker_cert.read_text()
        self.foreign = make_foreign_client(folder)[0].read_text()
        fingerprint = fingerprint_of(self.broker)
        assert fingerprint is not None
        settings = {
            "PUSH_CERTIFICATE_HEADER": HEADER,
            "PUSH_SF1601_FINGERPRINTS": fingerprint,
            "PUSH_DIGITAL_POST_FINGERPRINTS": f"{'0' * 64} {fingerprint.upper()}",
            "SF1601_CVR": "99000015",
        }
        self.institution: Institution = make_institution(
            tmp_path / "home", tables=False, DATABASE_URL=database_url, **{**settings, **environ}
        )
        self.app = create_console(self.institution)
        self.outbox = self.app.extensions["outbox"] = Outbox()
        self.client: FlaskClient = self.app.test_client()

    def post(self, path: str, body: bytes, *, pem: str | None = None, **options: Any) -> Any:
        shown = urllib.parse.quote(self.broker if pem is None else pem)
        headers = {HEADER: shown} if shown else {}
        return self.client.post(path, data=body, headers=headers, **options)

    def stored(self) -> list[ArrivedReceipt]:
        with self.institution.reading() as session:
            found = list(session.scalars(sa.select(ArrivedReceipt)))
            session.expunge_all()
            return found


@pytest.fixture
def called(tmp_path: Path, database_url: str):
    found = Called(tmp_path, database_url)
    yield found
    found.institution.close()


@pytest.fixture
def unset(tmp_path: Path, database_url: str):
    found = Called(tmp_path, database_url, PUSH_CERTIFICATE_HEADER="")
    yield found
    found.institution.close()


def status(**changes: str) -> bytes:
    told = {
        "channel": "Digital Post",
        "status": "Afleveret Digital Post",
        "message_uuid": ID,
        "transmission_id": "d2e1b8c3-5f46-4a79-8b21-3c4d5e6f7081",
        "cvr": "99000015",
    }
    return post_status(**{**told, **changes})


def with_content(inner: bytes) -> bytes:
    """An envelope around something else than a status."""
    whole = status().decode()
    before, _, rest = whole.partition('file-type=".xml">')
    return (
        f'{before}file-type=".xml">{base64.b64encode(inner).decode()}</Base64>'
        f"{rest.partition('</Base64>')[2]}"
    ).encode()


def test_a_status_is_stored_and_answered_as_the_broker_expects(called: Called) -> None:
    answer = called.post(STATUS, status())
    assert answer.status_code == 200
    assert "<StatusKode>20</StatusKode>" in answer.text
    assert answer.mimetype == "application/xml"
    assert "Set-Cookie" not in answer.headers
    (row,) = called.stored()
    assert (row.message_id, row.said["status"]) == (ID, "Afleveret Digital Post")
    assert row.sent_by == fingerprint_of(called.broker)
    assert called.outbox.woken == [("join_receipts", "sf1601")]


def test_a_receipt_of_digital_post_is_stored_and_answered(called: Called) -> None:
    body = {"messageUUID": ID, "receiptStatus": "COMPLETED", "timeStamp": "2026-11-23T09:15:02Z"}
    answer = called.post(RECEIPT, json.dumps(body).encode())
    assert (answer.status_code, answer.json) == (200, {"code": "ok"})
    assert [one.message_id for one in called.stored()] == [ID]


def test_the_root_may_be_the_message_itself_and_the_status_in_any_encoding(called: Called) -> None:
    whole = status().decode()
    start, end = whole.index("<ns2:Haendelsesbesked>"), whole.index("</ns4:ModtagBeskedInput>")
    names = 'xmlns="urn:oio:sagdok:3.0.0" xmlns:ns2="urn:oio:besked:kuvert:1.0"'
    bare = whole[start:end].replace("Haendelsesbesked>", f"Haendelsesbesked {names}>", 1)
    assert "<StatusKode>20<" in called.post(STATUS, bare.encode()).text
    for encoding in ("utf8", "ISO-8859-1", "UTF-16"):
        inner = (
            f"<?xml version='1.0' encoding='{encoding}'?><PKO_PostStatus "
            'xmlns="http://serviceplatformen.dk/xml/print/PKO_PostStatus/1/types">'
            f"<MessageUUID>{ID}</MessageUUID><TransaktionsStatusKode>Fejlet"
            "</TransaktionsStatusKode><FejlDetaljer><FejlTekst>Får ej æøå</FejlTekst>"
            "</FejlDetaljer></PKO_PostStatus>"
        ).encode(encoding)
        assert "<StatusKode>20<" in called.post(STATUS, with_content(inner)).text
    assert {one.said.get("text") for one in called.stored()} == {None, "Får ej æøå"}


@pytest.mark.parametrize("path", [STATUS, RECEIPT])
def test_nobody_is_let_in_without_the_right_certificate(called: Called, path: str) -> None:
    garbage = ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "1" * 64]
    for pem in (called.foreign, *garbage, f"{called.foreign}, {called.broker}", "%" * 50_000):
        answer = called.post(path, status(), pem=pem)
        assert (answer.status_code, answer.data) == (403, b"")
    assert called.stored() == []
    assert called.outbox.woken == []


@pytest.mark.parametrize("path", [STATUS, RECEIPT])
def test_the_addresses_are_not_there_until_they_are_set_up(unset: Called, path: str) -> None:
    assert unset.post(path, status()).status_code == 404
    assert unset.stored() == []


def test_one_who_may_speak_for_one_channel_may_not_for_the_other(
    tmp_path: Path, database_url: str
) -> None:
    called = Called(tmp_path, database_url, PUSH_DIGITAL_POST_FINGERPRINTS="0" * 64)
    body = json.dumps({"messageUUID": ID, "receiptStatus": "COMPLETED"}).encode()
    assert called.post(RECEIPT, body).status_code == 403
    assert called.post(STATUS, status()).status_code == 200
    called.institution.close()


@pytest.mark.parametrize("body", [LAUGHS, READS_A_FILE, b"", b"<a", b"\x00\xff", b"<a/>"])
@pytest.mark.parametrize("inside", [False, True])
def test_hostile_xml_is_refused_at_once_and_can_be_seen(
    called: Called, body: bytes, inside: bool
) -> None:
    answer = called.post(STATUS, with_content(body) if inside else body)
    assert answer.status_code == 200
    assert "<StatusKode>40</StatusKode>" in answer.text
    (row,) = called.stored()
    assert (row.status, row.said, row.message_id) == (ArrivedStatus.REFUSED, {}, "")


def test_a_document_type_in_another_encoding_is_found_too(called: Called) -> None:
    hidden = LAUGHS.decode().replace('version="1.0"', 'version="1.0" encoding="UTF-16"')
    assert "<StatusKode>40<" in called.post(STATUS, with_content(hidden.encode("utf-16"))).text


@pytest.mark.parametrize("path", [STATUS, RECEIPT])
def test_fifty_megabytes_are_not_read(called: Called, path: str) -> None:
    assert called.post(path, b"<" * 50_000_000).status_code == 413
    assert called.stored() == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"[" * 100_000, b'{"messageUUID": 1, "receiptStatus": 2}']
)
def test_json_that_is_no_receipt_is_refused(called: Called, body: bytes) -> None:
    assert called.post(RECEIPT, body).status_code == 400
    assert [one.status for one in called.stored()] == [ArrivedStatus.REFUSED]


def test_no_number_that_is_quoted_to_us_is_kept(called: Called) -> None:
    said = {
        "messageUUID": ID,
        "receiptStatus": "INVALID",
        "errorCode": "0102031234",
        "errorMessage": "Recipient 010203-1234 (99000023) is exempt",
    }
    called.post(RECEIPT, json.dumps(said).encode())
    called.post(RECEIPT, json.dumps({**said, "messageUUID": "0102031234"}).encode())
    kept = json.dumps([[one.said, one.message_id] for one in called.stored()])
    assert "1234" not in kept.replace(ID, "") and "99000023" not in kept


def test_a_database_that_is_away_lets_the_sender_come_again(
    called: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    with called.institution.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE arrived_receipts RENAME TO away")
    answer = called.post(STATUS, status())
    assert (answer.status_code, "<StatusKode>40<" in answer.text) == (200, True)
    assert called.post(RECEIPT, b"{}").status_code == 503


def test_the_certificate_is_read_in_the_forms_that_proxies_hand_it_on(called: Called) -> None:
    pem = called.broker
    der = base64.b64encode(ssl.PEM_cert_to_DER_cert(pem)).decode()
    one = fingerprint_of(pem)
    assert one is not None and len(one) == 64
    pairs = ":".join(one[at : at + 2] for at in range(0, 64, 2)).upper()
    for form in (urllib.parse.quote(pem), pem.replace("\n", " "), der, f":{der}:", one, pairs):
        assert fingerprint_of(form) == one
    assert fingerprint_of(f"sha256={one}") == one
    for form in ("", "a" * 63, "-----BEGIN CERTIFICATE-----", "%E6%F8%E5", "\u00e6"):
        assert fingerprint_of(form) is None


def test_administrators_see_what_was_refused_and_others_do_not(called: Called) -> None:
    called.post(STATUS, status())
    called.post(STATUS, b"<nonsense/>")
    called.post(STATUS, status(status="Noget Nyt"))
    unit_id = make_unit(called.institution)
    seen = {}
    for role in Role:
        email = f"{role.value}@egely.example"
        make_user(called.institution, role=role, units=(unit_id,), email=email)
        client = called.app.test_client()
        sign_in(client, email)
        seen[role] = client.get("/receipts/")
    assert [seen[role].status_code for role in Role] == [
        200 if role is Role.ADMINISTRATOR else 403 for role in Role
    ]
    page = seen[Role.ADMINISTRATOR].text
    for word in ("Afvist", "Kan ikke læses", "Leveret", "Ukendt besked", "Ny", "Serviceplatformen"):
        assert word in page
    details = client.get("/receipts/1/").text
    assert ID in details and "Afleveret Digital Post" in details
    assert client.get("/receipts/?status=refused").text.count("Kan ikke læses") == 1
    assert "Serviceplatformen 1</h1>" in details


@pytest.mark.parametrize("header", [HEADER, ""])
def test_the_page_is_in_the_menu_where_somebody_may_push(
    tmp_path: Path, database_url: str, header: str
) -> None:
    called = Called(tmp_path, database_url, PUSH_CERTIFICATE_HEADER=header)
    email = "eva@egely.example"
    units = (make_unit(called.institution),)
    make_user(called.institution, role=Role.ADMINISTRATOR, units=units, email=email)
    sign_in(called.client, email)
    assert ('href="/receipts/"' in called.client.get("/account/").text) is bool(header)
    called.institution.close()

"""The page of a letter that came: what is shown, what can do no harm, what is logged."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask

from digitalpost.errors import Sentence
from digitalpost.events import EventKind
from digitalpost.incoming.files import INFECTED
from digitalpost.incoming.filing import file_message
from digitalpost.institution import Institution
from digitalpost.models import Event, IncomingFile, Letter, LetterStatus
from tests.console.browser import Browser, signed_in
from tests.incoming.messages import AFile, make_xml, new_uuid, store_xml
from tests.make import make_unit, make_user
from tests.signing.authority import make_pdf

HOSTILE = """
<html><head><title>Hej</title><meta http-equiv="refresh" content="0;url=http://ond.invalid/r">
<link rel="stylesheet" href="http://ond.invalid/a.css"><base href="http://ond.invalid/">
<style>@import url(http://ond.invalid/b.css); p { background: url(http://ond.invalid/c) }</style>
</head><body onload="x()" background="http://ond.invalid/d">
<p style="background:url(http://ond.invalid/e)" onclick="x()">Kære skole</p>
<script>x()</script><script src="http://ond.invalid/f.js"></script>
<img src="http://ond.invalid/g.png"><img src="//ond.invalid/h.png"><img src=x onerror="x()">
<img alt="Logo" src="data:image/png;base64,iVBORw0KGgo=">
<img src="data:image/svg+xml;base64,PHN2Zy8+">
<table><tr><td colspan="2">Skema</td></tr></table>
<svg onload="x()"><script>x()</script><image href="http://ond.invalid/i"/></svg>
<a href="javascript:x()">Klik</a><a href="http://ond.invalid/j">her</a>
<form action="http://ond.invalid/k"><input name="cpr"><button>Send</button></form>
<iframe src="http://ond.invalid/l"></iframe><object data="http://ond.invalid/m"></object>
<embed src="http://ond.invalid/n"><video poster="http://ond.invalid/o"></video>
<math><mtext></form><form><mglyph><style></math><img src onerror=x()>
<noscript><p title="</noscript><img src=x onerror=x()>"></noscript>
</body></html>
"""


@dataclass
class Desk:
    """A clerk's browser, and the mail room."""

    institution: Institution
    browser: Browser
    unit_id: int

    def receive(self, **message: object) -> int:
        xml = make_xml(new_uuid(), **message)  # type: ignore[arg-type]
        message_id = store_xml(self.institution, xml, unit_id=self.unit_id)
        letter_id = file_message(self.institution, message_id)
        assert letter_id is not None
        return letter_id

    def logged(self, letter_id: int, kind: EventKind) -> int:
        with self.institution.reading() as session:
            query = sa.select(sa.func.count(Event.id)).where(
                Event.letter_id == letter_id, Event.kind == kind.value
            )
            return session.scalar(query) or 0


@pytest.fixture
def desk(institution: Institution, console: Flask) -> Desk:
    unit_id = make_unit(institution, "Kontoret")
    make_user(institution, units=(unit_id,), email="mette@egely.example")
    return Desk(institution, signed_in(console, "mette@egely.example"), unit_id)


def test_a_letter_is_read_on_a_page_of_its_own_and_the_look_is_logged(desk: Desk) -> None:
    letter_id = desk.receive(title="Sygdom <b>")
    answer = desk.browser.get(f"/letters/{letter_id}/")
    assert answer.headers["Location"] == f"/incoming/{letter_id}/"
    page = desk.browser.get(f"/incoming/{letter_id}/").text
    for text in (
        "Min søn er syg i dag", "Birthe Lund", "010203-••••", "Sygdom &lt;b&gt;", "Kontoret",
        "Indgående post", "Ingen endnu", "Besvar",
    ):  # fmt: skip
        assert text in page, text
    assert "0102031234" not in page
    assert desk.logged(letter_id, EventKind.LETTER_OPENED) == 1
    panel = desk.browser.get(f"/incoming/{letter_id}/panel")
    assert "<html" not in panel.text
    assert "Min søn er syg i dag" in panel.text
    assert desk.logged(letter_id, EventKind.LETTER_OPENED) == 1  # within a quarter of an hour


def test_nothing_of_a_hostile_page_comes_through(desk: Desk) -> None:
    letter_id = desk.receive(main=[AFile(HOSTILE.encode(), "brev.html", "text/html")])
    page = desk.browser.get(f"/incoming/{letter_id}/").text
    assert re.search(r'<iframe [^>]*sandbox=""', page)
    assert "Kære skole" not in page
    body = desk.browser.get(f"/incoming/{letter_id}/files/1/body.html")
    policy = body.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script" not in policy
    assert body.headers["X-Frame-Options"] == "SAMEORIGIN"
    text = body.text
    for kept in ("Kære skole", "Skema", 'colspan="2"', 'alt="Logo"', "data:image/png", "Klik"):
        assert kept in text, kept
    assert "ikke hentet" in text
    shown = text.partition("<body>")[2]
    for gone in (
        "ond.invalid", "script", "onerror", "onload", "onclick", "javascript", "<form", "<input",
        "<svg", "svg+xml", "<a ", "<iframe", "<object", "<embed", "<link", "<meta", "<base",
        "style", "background", "<button", "http",
    ):  # fmt: skip
        assert gone not in shown, gone


@pytest.mark.parametrize(
    "html",
    ["<p>Hej &amp; æøå</p>".encode(), "<p>Hej & æøå</p>".encode("cp1252"), b"\xef\xbb\xbf<p>Hej"],
)
def test_a_plain_page_is_shown_whatever_its_encoding(desk: Desk, html: bytes) -> None:
    letter_id = desk.receive(main=[AFile(html, "brev.html", "text/html; charset=x")])
    body = desk.browser.get(f"/incoming/{letter_id}/files/1/body.html").text
    assert "<p>Hej" in body
    assert "�" not in body


def test_a_page_that_is_a_pdf_or_a_picture_is_drawn_and_others_are_only_to_be_fetched(
    desk: Desk,
) -> None:
    png = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    letter_id = desk.receive(
        main=[AFile(make_pdf("Ansøgning"), "brev.pdf", "application/pdf")],
        attached=[
            AFile(png, "foto.png", "image/png"),
            AFile(b"%PDF-1.7 ikke andet", "i-stykker.pdf", "application/pdf"),
            AFile(b"MZ" + bytes(60), "spil.exe", "application/pdf"),
        ],
    )
    page = desk.browser.get(f"/incoming/{letter_id}/").text
    assert page.count("Åbn den kun, hvis du venter den") == 2
    for position in (1, 2):
        drawn = desk.browser.get(f"/incoming/{letter_id}/files/{position}/page/1.png?w=320")
        assert drawn.status_code == 200, position
        assert drawn.data.startswith(b"\x89PNG")
        assert drawn.headers["Cache-Control"] == "private, no-store"
    assert desk.browser.get(f"/incoming/{letter_id}/files/1/page/2.png").status_code == 404
    assert desk.browser.get(f"/incoming/{letter_id}/files/3/page/1.png").status_code == 404
    got = desk.browser.get(f"/incoming/{letter_id}/files/4/file")
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["Content-Disposition"] == (
        f'attachment; filename="brev-{letter_id}-fil-4.bin"'
    )
    assert desk.logged(letter_id, EventKind.LETTER_DOWNLOADED) == 1
    assert "Fil 4 i brevet blev hentet" in desk.browser.get(f"/incoming/{letter_id}/").text


def test_a_file_with_something_harmful_in_it_is_never_given_out(desk: Desk) -> None:
    letter_id = desk.receive(attached=[AFile(make_pdf(), "attest.pdf", "application/pdf")])
    with desk.institution.transaction() as session:
        file = session.scalars(sa.select(IncomingFile).where(IncomingFile.position == 2)).one()
        file.problem = Sentence("Virusscanneren fandt noget.", code=INFECTED).as_json()
    page = desk.browser.get(f"/incoming/{letter_id}/").text
    assert "Virusscanneren fandt noget." in page
    assert f"/incoming/{letter_id}/files/2/file" not in page
    answer = desk.browser.get(f"/incoming/{letter_id}/files/2/file")
    assert answer.status_code == 303
    assert desk.browser.get(f"/incoming/{letter_id}/files/2/page/1.png").status_code == 404


def test_a_very_long_text_is_cut_and_the_page_stays_light(desk: Desk) -> None:
    letter_id = desk.receive(main=[AFile(b"linje med tekst\n" * 10_000, "brev.txt")])
    answer = desk.browser.get(f"/incoming/{letter_id}/")
    assert "Brevet er længere" in answer.text
    assert len(answer.data) < 60_000


def test_an_outgoing_letter_has_no_page_here(desk: Desk) -> None:
    letter_id = desk.receive()
    with desk.institution.transaction() as session:
        session.get_one(Letter, letter_id).status = LetterStatus.DELIVERED
    assert desk.browser.get(f"/incoming/{letter_id}/").status_code == 404
    assert desk.browser.get(f"/letters/{letter_id}/").status_code == 200


def test_who_can_t_see_the_unit_can_t_see_the_letter(desk: Desk, console: Flask) -> None:
    letter_id = desk.receive(main=[AFile(b"<p>Hej</p>", "brev.html", "text/html")])
    other = make_unit(desk.institution, "En anden")
    make_user(desk.institution, units=(other,), email="ib@egely.example")
    stranger = signed_in(console, "ib@egely.example")
    for path in ("", "panel", "files/1/body.html", "files/1/file", "answer"):
        assert stranger.get(f"/incoming/{letter_id}/{path}").status_code == 404, path

"""A Gotenberg server takes LibreOffice's place when it is set."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from digitalpost.conversion.convert import to_pdf
from digitalpost.errors import Refused
from digitalpost.pdf.pool import Workers
from tests.conversion.fake_servers import running_gotenberg
from tests.conversion.making import CPR, make_docx
from tests.make import make_settings

PDF = b"%PDF-1.7\n...\n%%EOF"


def convert(folder: Path, url: str, **environ: str) -> bytes:
    path = make_docx(folder / "brev")
    settings = make_settings(folder, GOTENBERG_URL=url, **environ)
    with Workers(1) as workers:
        name = f"brev til {CPR}.docx"
        done = to_pdf(path, name=name, settings=settings, workers=workers, folder=folder)
    return done.path.read_bytes()


def refusal_of(folder: Path, url: str, **environ: str) -> str:
    with pytest.raises(Refused) as caught:
        convert(folder, url, **environ)
    [sentence] = caught.value.sentences
    assert not list(folder.glob("*.pdf"))
    return sentence.code


def test_the_document_is_sent_as_a_form_under_a_name_of_our_own(tmp_path: Path) -> None:
    with running_gotenberg(answer=PDF) as gotenberg:
        assert convert(tmp_path, gotenberg.url) == PDF
    [(path, content_type, body)] = gotenberg.requests
    assert path == "/forms/libreoffice/convert"
    assert content_type.startswith("multipart/form-data; boundary=")
    assert b'name="files"; filename="brev.docx"' in body
    assert (tmp_path / "brev").read_bytes() in body
    assert CPR.encode() not in body.split(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (400, b"Bad Request", "damaged"),
        (503, b"Service Unavailable", "too_slow"),
        (500, b"Internal Server Error", "converter_silent"),
        (200, b"<html>hello", "converter_silent"),
        (200, b"", "converter_silent"),
        (200, PDF.ljust(2_000_000), "too_slow"),
    ],
)
def test_what_goes_wrong_there_is_a_sentence_here(
    tmp_path: Path, status: int, answer: bytes, code: str
) -> None:
    with running_gotenberg(status=status, answer=answer) as gotenberg:
        assert refusal_of(tmp_path, gotenberg.url, DIGITALPOST_OFFICE_MAX_MB="1") == code


def test_a_server_that_is_not_there_is_a_sentence_too(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    assert refusal_of(tmp_path, url) == "converter_silent"


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert refusal_of(tmp_path, url, DIGITALPOST_OFFICE_SECONDS="1") == "too_slow"

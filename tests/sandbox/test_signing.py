"""The stand-in for the signing service: who may begin, who may sign, and how it can go wrong."""

from __future__ import annotations

import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from sandbox.certificates import make_foreign_client
from tests.sandbox_server import RunningSandbox
from tests.signing.authority import make_pdf

LETTER = make_pdf()
NOWHERE = "http://127.0.0.1:9/sign"


def make_token(sandbox: RunningSandbox, *, key: Path | None = None, **changes: Any) -> str:
    """Parameters as protocols/guardian-and-signing.md part B has them."""
    at = int(time.time())
    claims = {
        "iss": "https://127.0.0.1:9",
        "aud": sandbox.address["signing"],
        "iat": at,
        "exp": at + 600,
        "jti": "1",
        "title": "Samtykke <til> tur",
        "sender": "Øvelsesskolen",
        "document_sha256": sha256(LETTER).hexdigest(),
        "signer": {"type": "CPR", "id": "0102031234"},
        "state": "s" * 43,
        "answer_url": f"{NOWHERE}/answer",
        "return_url": f"{NOWHERE}/x",
        "sign_until": at + 3600,
        **changes,
    }
    path = key or Path(sandbox.address["client_key"])
    return jwt.encode(claims, path.read_bytes(), algorithm="ES256")


def begin(sandbox: RunningSandbox, token: str, document: bytes = LETTER) -> httpx.Response:
    with sandbox.pages() as pages:
        files = {"document": ("brev.pdf", document, "application/pdf")}
        return pages.post("/underskriv/sessions", data={"token": token}, files=files)


def test_a_letter_is_taken_and_shown_to_its_signer(sandbox: RunningSandbox) -> None:
    answer = begin(sandbox, make_token(sandbox))
    assert answer.status_code == 201
    url = answer.json()["url"]
    with sandbox.pages() as pages:
        page = pages.get(url)
        assert "Samtykke &lt;til&gt; tur" in page.text and "0102031234" not in page.text
        assert pages.get(url + "/brev.pdf").content == LETTER
        assert pages.post(url + "/svar", data={"what": "stranger"}).status_code == 403
        assert pages.post(url + "/svar", data={"what": "andet"}).status_code == 400
        elsewhere = {"Origin": "https://evil.invalid"}
        assert (
            pages.post(url + "/svar", data={"what": "sign"}, headers=elsewhere).status_code == 403
        )
        back = pages.post(url + "/svar", data={"what": "sign"})
        assert (back.status_code, back.headers["Location"]) == (303, f"{NOWHERE}/x")
        assert "Du har underskrevet" in pages.get(url).text
        assert pages.post(url + "/svar", data={"what": "sign"}).status_code == 409


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"aud": "https://andet.invalid"},
        {"document_sha256": "0" * 64},
        {"signer": {"type": "CPR", "id": "1234567890"}},
        {"signer": {"type": "CVR", "id": "99000016"}},
        {"signer": "0102031234"},
        {"answer_url": "https://evil.invalid/answer"},
        {"return_url": "https://evil.invalid/"},
    ],
)
def test_parameters_that_are_wrong_are_refused_without_being_quoted(
    sandbox: RunningSandbox, changes: dict[str, Any]
) -> None:
    answer = begin(sandbox, make_token(sandbox, **changes))
    assert answer.status_code == 400
    assert "1234567890" not in answer.text and "0102031234" not in answer.text


def test_a_stranger_s_key_or_none_is_refused(sandbox: RunningSandbox, tmp_path: Path) -> None:
    _, key = make_foreign_client(tmp_path)
    assert begin(sandbox, make_token(sandbox, key=key)).status_code == 400
    assert begin(sandbox, "").status_code == 400
    unsigned = jwt.encode({"aud": sandbox.address["signing"]}, "", algorithm="none")
    assert begin(sandbox, unsigned).status_code == 400
    assert begin(sandbox, make_token(sandbox), document=b"%PDF andet").status_code == 400


def test_after_the_hour_nobody_signs(sandbox: RunningSandbox) -> None:
    url = begin(sandbox, make_token(sandbox, sign_until=1)).json()["url"]
    with sandbox.pages() as pages:
        assert "Tiden er gået" in pages.get(url).text
        assert pages.post(url + "/svar", data={"what": "sign"}).status_code == 409


@pytest.mark.parametrize(
    ("kind", "target"),
    [("sign_twice", "cpr"), ("sign_untrusted", "signing.begin"), ("answer_503", "signing.answer")],
)
def test_faults_of_signatures_go_with_signing_and_with_nothing_else(
    sandbox: RunningSandbox, kind: str, target: str
) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        sandbox.fault(kind, target=target)


def test_the_faults_stand_on_the_page_of_the_line(sandbox: RunningSandbox) -> None:
    sandbox.fault("sign_no_answer", target="signing.answer")
    with sandbox.pages() as pages:
        page = pages.get("/linjen/").text
    assert "Svaret på underskriften kommer aldrig" in page
    assert "Når en modtager underskriver" in page

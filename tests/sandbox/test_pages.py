"""The pages *Modtagerens postkasse* and *Fejl på linjen* show what arrived, and no numbers leak."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.helpers import put_dispatch
from tests.sandbox_server import RunningSandbox


@pytest.fixture
def pages(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    with sandbox.pages(follow_redirects=True) as client:
        yield client


def links(html: str, start: str) -> list[str]:
    return re.findall(rf'href="({start}[^"]*)"', html)


def test_a_recipient_finds_the_letter_and_opens_it(
    sandbox: RunningSandbox, eboks: httpx.Client, pages: httpx.Client
) -> None:
    put_dispatch(sandbox, eboks, title="Svar på <orlov>", content=b"%PDF-1.4 orlov")
    front = pages.get("/")
    assert "010190-••••" in front.text
    (mailbox,) = links(front.text, "/postkasse/")
    inside = pages.get(mailbox)
    assert "Svar på &lt;orlov&gt;" in inside.text
    (letter,) = links(inside.text, "/breve/")
    opened = pages.get(letter)
    assert opened.content == b"%PDF-1.4 orlov"
    assert opened.headers["Content-Type"] == "application/pdf"


def test_a_letter_that_is_not_a_pdf_is_saved_rather_than_shown(
    sandbox: RunningSandbox, eboks: httpx.Client, pages: httpx.Client
) -> None:
    message_id = sandbox.new_message_id()
    put_dispatch(sandbox, eboks, message_id=message_id, extension="html", content=b"<script>")
    opened = pages.get(f"/breve/{message_id}")
    assert opened.headers["Content-Type"] == "application/octet-stream"
    assert opened.headers["Content-Disposition"].startswith("attachment")


def test_no_number_stands_on_a_page_or_in_an_address(
    sandbox: RunningSandbox, eboks: httpx.Client, pages: httpx.Client
) -> None:
    for recipient in ("0101901234", "0101900001"):
        put_dispatch(sandbox, eboks, recipient=recipient)
    found = pages.post("/find", data={"number": "010190-1234"})
    assert found.status_code == 200
    seen = [pages.get("/"), pages.get("/linjen/"), found]
    for page in seen:
        assert not re.search(r"010190-?(1234|0001)", page.text + str(page.url))


def test_a_number_can_be_looked_up(
    sandbox: RunningSandbox, eboks: httpx.Client, pages: httpx.Client
) -> None:
    put_dispatch(sandbox, eboks, recipient="99000023", recipient_type="V", title="Til firmaet")
    found = pages.post("/find", data={"number": "DK 99 00 00 23"})
    assert "Til firmaet" in found.text
    unknown = pages.post("/find", data={"number": "0202911235"})
    assert unknown.status_code == 404
    assert "Der er ikke sendt noget til 020291-••••." in unknown.text
    wrong = pages.post("/find", data={"number": "12"})
    assert wrong.status_code == 422
    assert "Et CPR-nummer har 10 cifre" in wrong.text


def test_letters_that_reached_no_mailbox_say_why(
    sandbox: RunningSandbox, eboks: httpx.Client, pages: httpx.Client
) -> None:
    put_dispatch(sandbox, eboks, recipient="0101900001", title="Til den fritagne")
    front = pages.get("/").text
    assert "Ingen har fået post endnu" in front
    assert "Fritaget for digital post: adressen bliver slået op" in front
    sandbox.settings(postprocessing_seconds=0)
    assert "Fritaget for digital post: printet og sendt med brev" in pages.get("/").text


def test_a_mailbox_that_does_not_exist_is_not_found(pages: httpx.Client) -> None:
    for path in ("/postkasse/0101901234", "/breve/x", "/findes-ikke"):
        answer = pages.get(path)
        assert answer.status_code == 404
        assert "Her er ikke noget" in answer.text


def test_a_fault_is_switched_on_and_off_on_the_page(
    sandbox: RunningSandbox, eboks: httpx.Client, pages: httpx.Client
) -> None:
    assert "Linjen virker, som den skal" in pages.get("/linjen/").text
    how = {"kind": "answer_503", "target": "eboks.dispatch", "how_many": "3", "unit": "calls",
           "seconds": "2,5"}  # fmt: skip
    page = pages.post("/linjen/taend", data=how)
    assert "de næste 3 gange" in page.text
    assert put_dispatch(sandbox, eboks).status_code == 503
    page = pages.post("/linjen/sluk", data={"kind": "answer_503", "target": "eboks.dispatch"})
    assert "Linjen virker, som den skal" in page.text
    assert put_dispatch(sandbox, eboks).status_code == 200


@pytest.mark.parametrize("how_many", ["", "mange", "nan", "inf", "0", "-1", "1e400"])
def test_a_number_that_makes_no_sense_is_refused_in_danish(
    pages: httpx.Client, how_many: str
) -> None:
    how = {"kind": "answer_503", "target": "eboks.dispatch", "how_many": how_many,
           "unit": "calls", "seconds": "1"}  # fmt: skip
    page = pages.post("/linjen/taend", data=how)
    assert page.status_code == 422
    assert "Intet er ændret" in page.text
    assert pages.get("/api/faults").json() == []


def test_settings_are_changed_on_the_page(pages: httpx.Client) -> None:
    wanted = {"mode": "direct", "duplicate_status": "419", "duplicate_memo": "error",
              "postprocessing_seconds": "1,5",
              "latency_ms": "20", "token_seconds": "60",
              "push_url": "http://127.0.0.1:8000/push/sf1601/status",
              "memo_push_url": "http://127.0.0.1:8000/push/digital-post/memos",
              "receipt_removes": "1"}  # fmt: skip
    assert pages.post("/linjen/indstillinger", data=wanted).status_code == 200
    assert pages.get("/api/settings").json() == {
        "mode": "direct", "duplicate_status": 419, "duplicate_memo": "error",
        "postprocessing_seconds": 1.5, "latency_ms": 20, "token_seconds": 60,
        "push_url": "http://127.0.0.1:8000/push/sf1601/status",
        "memo_push_url": "http://127.0.0.1:8000/push/digital-post/memos",
        "receipt_removes": 1,
    }  # fmt: skip
    wrong = pages.post("/linjen/indstillinger", data=wanted | {"latency_ms": "lidt"})
    assert wrong.status_code == 422
    elsewhere = pages.post(
        "/linjen/indstillinger", data=wanted | {"push_url": "http://ond.example/"}
    )
    assert elsewhere.status_code == 422
    assert pages.put("/api/settings", json={"push_url": "", "token_seconds": 3600}).is_success


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://ond.example"}, {"Origin": "null"}, {"Host": "ond.example"}]
)
def test_another_site_cannot_use_the_pages(pages: httpx.Client, headers: dict[str, str]) -> None:
    how = {"kind": "answer_503", "count": 1}
    assert pages.put("/api/faults", json=how, headers=headers).status_code == 403
    assert pages.post("/linjen/sluk", headers=headers).status_code == 403
    assert pages.get("/api/faults").json() == []


def test_every_page_is_danish_says_it_is_an_exercise_and_runs_no_script(
    sandbox: RunningSandbox, eboks: httpx.Client, pages: httpx.Client
) -> None:
    put_dispatch(sandbox, eboks)
    (mailbox,) = links(pages.get("/").text, "/postkasse/")
    for path in ("/", "/linjen/", mailbox, "/findes-ikke"):
        page = pages.get(path)
        assert '<html lang="da">' in page.text
        assert "<strong>Øvelsesmiljø.</strong>" in page.text
        assert page.text.count("<h1>") == 1
        assert not re.search(r"<script|<style| style=| on\w+=|https?://", page.text)
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
    assert pages.get("/static/sandbox.css").headers["Content-Type"].startswith("text/css")


def test_what_goes_wrong_with_paper_is_switched_on_on_the_page_too(
    sandbox: RunningSandbox, pages: httpx.Client
) -> None:
    form = {"kind": "returned", "target": "print", "how_many": "2", "unit": "calls"}
    page = pages.post("/linjen/taend", data={**form, "seconds": "3"})
    assert "Brevet kommer retur med posten" in page.text
    assert "Når printleverandøren henter breve" in page.text
    [fault] = sandbox.api("GET", "/api/faults").json()
    assert (fault["kind"], fault["target"], fault["remaining"]) == ("returned", "print", 2)


@pytest.mark.parametrize(
    ("kind", "target"), [("returned", "eboks.dispatch"), ("answer_503", "print")]
)
def test_a_fault_that_cannot_happen_there_is_refused_in_danish(
    sandbox: RunningSandbox, pages: httpx.Client, kind: str, target: str
) -> None:
    form = {"kind": kind, "target": target, "how_many": "1", "unit": "calls", "seconds": "5"}
    page = pages.post("/linjen/taend", data=form)
    assert page.status_code == 422
    assert "Den fejl kan ikke ske dér" in page.text
    assert sandbox.api("GET", "/api/faults").json() == []

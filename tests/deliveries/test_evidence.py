"""The evidence for a letter: complete, masked, logged; and a stranger finds each byte changed."""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pymupdf
import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR, Actor
from digitalpost.archive.evidence import Evidence, bundle, facts_file, take_evidence
from digitalpost.archive.evidence_sheet import evidence_sheet
from digitalpost.archive.letters import note_opened
from digitalpost.deliveries.replan import Again
from digitalpost.errors import Damaged, Forbidden, Refused
from digitalpost.institution import Institution
from digitalpost.models import Document, Event, Letter, Role
from digitalpost.post_days import Calendar
from digitalpost.registers.edit import RevealReason
from tests.deliveries.sending_again import again, make_refused
from tests.make import make_actor, make_unit, make_user
from tests.make_addressees import add_copy
from tests.make_mailings import (
    ANNA,
    BO,
    DEAD,
    approve_mailing,
    finish,
    make_approved,
    make_mailing,
)
from tests.sandbox_server import RunningSandbox

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "verify_evidence.py"


def take(
    institution: Institution,
    *,
    actor: Actor = OPERATOR,
    reason: RevealReason | None = None,
    position: int = 1,
) -> Evidence:
    with institution.transaction(actor.scope) as session:
        letter = session.scalars(sa.select(Letter).where(Letter.position == position)).first()
        assert letter is not None
        return take_evidence(
            session,
            actor,
            letter,
            institution="Egely Gymnasium",
            calendar=Calendar(),
            reason=reason,
        )


def verify(path: Path) -> tuple[int, str]:
    """What a stranger sees who has the files and Python, and nothing of ours."""
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"},
    )
    assert not done.stderr
    return done.returncode, done.stdout


def make_bundle(institution: Institution, folder: Path) -> Path:
    """A letter to two, one of whom is dead, with its evidence unpacked in a folder."""
    mailing_id = make_mailing(institution, [ANNA])
    add_copy(institution, mailing_id, DEAD)
    approve_mailing(institution, mailing_id)
    finish(institution)
    evidence = take(institution)
    packed = bundle(evidence, evidence_sheet(evidence))
    (folder / "bevis.zip").write_bytes(packed)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(folder / "bevis")
    return folder / "bevis"


def test_the_evidence_tells_everything_about_a_letter(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    make_approved(institution, [ANNA])
    finish(institution)
    unit_id = unit_of(institution)
    clerk = make_actor(institution, make_user(institution, units=(unit_id,), name="Mette Kirk"))
    with institution.transaction(clerk.scope) as session:
        note_opened(session, clerk, session.scalars(sa.select(Letter)).one())
    evidence = take(institution)
    facts: Any = evidence.facts
    [sent] = sandbox.dispatches()
    assert facts["content"]["sha256"] == sent["sha256"]
    assert len(evidence.files["brev.pdf"]) == facts["content"]["size"]
    [delivery] = facts["deliveries"]
    assert delivery["message_id"] == sent["message_id"]
    assert delivery["channel"] == "eboks"
    assert delivery["status"] == "delivered"
    times = [delivery[name] for name in ("approved_at", "last_attempt_at", "delivered_at")]
    assert times == sorted(times) and all(times)
    assert delivery["counts_as_received_on"] is not None
    receipt = json.loads(evidence.files["kvittering-1.json"])
    assert receipt["content_sha256"] == sent["sha256"]
    assert [one["who"] for one in facts["seen_by"]] == ["Mette Kirk"]
    kinds = [one["kind"] for one in facts["events"]]
    for kind in ("mailing:approved", "letter:filed", "letter:delivered", "letter:opened"):
        assert kind in kinds
    assert [one["number"] for one in facts["events"]] == sorted(
        one["number"] for one in facts["events"]
    )
    with institution.reading() as session:
        taken = session.scalars(sa.select(Event).where(Event.kind == "letter:downloaded")).one()
        assert taken.data == {"what": "evidence", "sha256": evidence.digest}


def unit_of(institution: Institution) -> int:
    with institution.reading() as session:
        return session.scalars(sa.select(Letter.unit_id)).one()


def test_numbers_are_masked_unless_a_reason_is_given_and_then_it_is_logged(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    make_approved(institution, [ANNA])
    finish(institution)
    masked = take(institution)
    text = facts_file(masked).decode() + pdf_text(evidence_sheet(masked))
    assert ANNA not in text and ANNA[6:] not in masked.facts["recipient"]["number"]
    assert masked.facts["recipient"]["is_masked"]
    whole = take(institution, reason=RevealReason.AUTHORITY)
    assert whole.facts["recipient"] == {
        **masked.facts["recipient"],
        "number": ANNA,
        "is_masked": False,
    }
    with institution.reading() as session:
        [event] = session.scalars(sa.select(Event).where(Event.kind == "recipient:revealed"))
        assert event.data == {"reason": "authority"}
        every = session.scalars(sa.select(Event)).all()
        assert not any(ANNA in json.dumps(one.data) for one in every)


def pdf_text(content: bytes) -> str:
    with pymupdf.open(stream=content, filetype="pdf") as sheet:
        apart = pymupdf.TEXT_PRESERVE_WHITESPACE  # ligatures as the letters that they are
        return "\n".join(page.get_text("text", flags=apart) for page in sheet)


def test_the_sheet_is_danish_a4_numbered_and_holds_what_people_wrote_as_text(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    make_approved(institution, [ANNA])
    finish(institution)
    with institution.transaction() as session:
        letter = session.scalars(sa.select(Letter)).one()
        letter.title = "Møde <b>om</b> ærøskøbing & <img src='file:///etc/passwd'>"
        letter.recipient_name = "Åse Ømålsen"
    content = evidence_sheet(take(institution))
    with pymupdf.open(stream=content, filetype="pdf") as sheet:
        assert {(round(page.rect.width), round(page.rect.height)) for page in sheet} == {(595, 842)}
        pages = len(sheet)
        for number, page in enumerate(sheet, start=1):
            assert f"side {number} af {pages}" in page.get_text()
        assert sheet.language == "da"
    text = " ".join(pdf_text(content).split())
    assert "Møde <b>om</b> ærøskøbing & <img" in text
    assert "Åse Ømålsen" in text
    assert "Leveret gennem e-Boks" in text
    assert "Bevisets fingeraftryk" in text


def test_a_letter_that_was_sent_again_shows_both_ways_and_which_took_the_others_place(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_refused(institution, sandbox)
    again(institution, mailing_id, Again.SAME)
    finish(institution)
    found = [take(institution, position=one).facts["deliveries"] for one in (1, 2)]
    [both] = [one for one in found if len(one) == 2]
    assert [one["status"] for one in both] == ["failed", "delivered"]
    assert both[0]["replaced_by"] == both[1]["message_id"]


def test_a_stranger_finds_that_all_holds(
    institution: Institution, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    folder = make_bundle(institution, tmp_path)
    for path in (folder, tmp_path / "bevis.zip"):
        code, said = verify(path)
        assert code == 0, said
        assert "Alt holder." in said and "FEJL" not in said
        for name in ("brev.pdf", "bevis.pdf", "kvittering-1.json", "kvittering-2.json"):
            assert f"OK    {name}" in said


def test_a_stranger_finds_each_byte_that_was_changed_and_in_which_file(
    institution: Institution, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    folder = make_bundle(institution, tmp_path)
    chance = random.Random(7)
    for file in sorted(folder.iterdir()):
        whole = file.read_bytes()
        places = {0, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(4))}
        for place in places:
            changed = bytearray(whole)
            changed[place] ^= 1 << chance.randrange(7)
            file.write_bytes(changed)
            code, said = verify(folder)
            wrong = [line for line in said.splitlines() if line.startswith("FEJL")]
            assert code == 1, (file.name, place, said)
            assert any(file.name in line for line in wrong), (file.name, place, said)
        file.write_bytes(whole)
    assert verify(folder)[0] == 0


def test_a_stranger_finds_what_is_missing_or_put_in_or_swapped(
    institution: Institution, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    folder = make_bundle(institution, tmp_path)
    for name in sorted(one.name for one in folder.iterdir()):
        other = tmp_path / f"without-{name}"
        shutil.copytree(folder, other)
        (other / name).unlink()
        code, said = verify(other)
        assert code == 1 and re.search(rf"FEJL  {re.escape(name)}: .*mangler", said), said
    (folder / "ekstra.pdf").write_bytes(b"%PDF")
    assert "ekstra.pdf: filen hører ikke til beviset" in verify(folder)[1]
    (folder / "ekstra.pdf").unlink()
    first, second = folder / "kvittering-1.json", folder / "kvittering-2.json"
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    assert verify(folder)[1].count("filen er ændret") == 2
    assert verify(tmp_path / "nothing.zip")[0] == 2
    (tmp_path / "no.zip").write_bytes(b"no zip")
    assert verify(tmp_path / "no.zip")[0] == 2


def test_facts_that_were_written_anew_with_their_own_hash_no_longer_fit_the_receipts(
    institution: Institution, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    """Somebody who knows the format swaps the letter and all hashes that we wrote."""
    folder = make_bundle(institution, tmp_path)
    forged = b"%PDF forged"
    old = hashlib.sha256((folder / "brev.pdf").read_bytes()).hexdigest()
    new = hashlib.sha256(forged).hexdigest()
    (folder / "brev.pdf").write_bytes(forged)
    told = json.loads((folder / "bevis.json").read_text().replace(old, new))
    told["evidence"]["content"]["size"] = len(forged)
    text = json.dumps(told["evidence"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    told["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    (folder / "bevis.json").write_text(json.dumps(told, ensure_ascii=False))
    sums = "".join(
        f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n"
        for one in sorted(folder.iterdir())
        if one.name != "SHA256SUMS"
    )
    (folder / "SHA256SUMS").write_text(sums)
    code, said = verify(folder)
    assert code == 1
    assert "kvittering-1.json: taler ikke om samme brev og besked" in said


def test_no_evidence_without_the_right_to_the_letter_or_before_approval_or_of_damaged_bytes(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    make_mailing(institution, [BO])
    with pytest.raises(Refused, match="ikke godkendt endnu"):
        take(institution)
    stranger = make_actor(
        institution,
        make_user(institution, role=Role.STAFF, units=(make_unit(institution),)),
    )
    with institution.transaction() as session, pytest.raises(Forbidden):
        letter = session.scalars(sa.select(Letter)).one()
        take_evidence(session, stranger, letter, institution="", calendar=Calendar())
    with institution.transaction() as session:
        for letter in session.scalars(sa.select(Letter)):
            letter.status = "action"
        session.execute(sa.update(Document).values(sha256="0" * 64))
    with pytest.raises(Damaged):
        take(institution)
    with institution.reading() as session:
        kinds = set(session.scalars(sa.select(Event.kind)))
        assert "letter:downloaded" not in kinds

"""kill -9 of whoever makes attachments ready or puts them behind letters, and changes meanwhile."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.institution import Institution
from digitalpost.mailings import appendices, attachments, remake
from digitalpost.mailings.attachments import attach
from digitalpost.mailings.files import UploadedFile
from digitalpost.mailings.prepare import prepare
from digitalpost.mailings.remake import finish_letters
from digitalpost.models import AttachmentStatus, Mailing, MailingAttachment, Verdict
from digitalpost.sweep import due_work
from tests.inputs.engines import everything_in
from tests.inputs.letters import write_merge
from tests.inputs.people import make_people
from tests.mailings.attaching import (
    act,
    attach_file,
    attachments_of,
    common,
    file_for,
    finished,
    make_attached,
    own,
    parts_by_letter,
)
from tests.mailings.mending import assert_balanced, letters_of
from tests.mailings.test_intake import take
from tests.mailings.test_prepare_killed import assert_nothing_over
from tests.make import damage
from tests.make_mailings import let_time_pass
from tests.processes import run_killed


def finish_it(institution: Institution, mailing_id: int) -> bool:
    return finish_letters(institution, mailing_id)


def prepare_it(institution: Institution, mailing_id: int) -> bool:
    prepare(institution, mailing_id)
    return finish_letters(institution, mailing_id)


def test_killed_at_steps_all_along_the_next_one_makes_it_right(
    institution: Institution, tmp_path: Path
) -> None:
    people = make_people(3, seed=secrets.randbits(60))
    mailing_id = make_attached(institution, tmp_path, people)
    text = tmp_path / "Regler.txt"
    text.write_text("Vi møder til tiden, og vi taler pænt til hinanden. " * 5)
    mine = file_for(tmp_path, f"Plan {people[1].cpr}.pdf", "KUN-NR-2")
    killed = 0
    for step in (5, 14, 23, 32):
        for path, is_common in ((text, True), (mine, False)):
            file = UploadedFile(path.name, path)
            attach(institution, OPERATOR, mailing_id, [file], is_common=is_common)
        killed += run_killed(finish_it, institution.settings, mailing_id, step=step)
        let_time_pass(institution)
        with institution.reading() as session:
            waits = session.get_one(Mailing, mailing_id).mended_at is not None
        assert (("finish_letters", mailing_id) in due_work(institution)) == waits
        finish_letters(institution, mailing_id)
        assert parts_by_letter(institution, mailing_id) == [
            ["Regler"], ["Regler", "Plan"], ["Regler"],
        ]  # fmt: skip
        texts = [everything_in(one) for one in finished(institution, mailing_id)]
        assert ["KUN-NR-2" in one for one in texts] == [False, True, False]
        assert {one.verdict for one in letters_of(institution, mailing_id)} == {Verdict.GREEN}
        assert_balanced(institution, mailing_id)
        assert_nothing_over(institution)
        with institution.transaction() as session:
            rows = session.scalars(sa.select(MailingAttachment)).all()
            gone = [path for row in rows for path in attachments.remove(session, OPERATOR, row)]
        institution.store.delete(gone)
    assert killed > 2


def test_killed_from_the_upload_on_it_is_made_right_by_the_next(
    institution: Institution, tmp_path: Path
) -> None:
    people = make_people(2, seed=secrets.randbits(60))
    merge = write_merge(tmp_path / "breve.pdf", people)
    plan = file_for(tmp_path, "Plan.pdf")
    for step in (12, 40):
        mailing_id = take(institution, merge, attachments=[common(plan)])
        run_killed(prepare_it, institution.settings, mailing_id, step=step)
        let_time_pass(institution)
        prepare_it(institution, mailing_id)
        assert parts_by_letter(institution, mailing_id) == [["Plan"], ["Plan"]]
        assert_nothing_over(institution)


def test_an_attachment_removed_while_letters_are_made_is_in_none_of_them(
    institution: Institution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing_id = make_attached(institution, tmp_path, make_people(2))
    one = attach_file(institution, mailing_id, file_for(tmp_path, "En.pdf"), is_common=True)
    file = file_for(tmp_path, "To.pdf", "FORTRUDT")
    two = UploadedFile(file.name, file)
    [gone] = attach(institution, OPERATOR, mailing_id, [two], is_common=True)
    real, times = remake.prepare_letters, []

    def meanwhile(*arguments: Any, **options: Any) -> Any:
        if not times:
            times.append(1)
            with institution.transaction() as session:
                row = session.get_one(MailingAttachment, gone)
                paths = attachments.remove(session, OPERATOR, row)
            institution.store.delete(paths)
        return real(*arguments, **options)

    monkeypatch.setattr(remake, "prepare_letters", meanwhile)
    finish_letters(institution, mailing_id)
    assert times
    assert parts_by_letter(institution, mailing_id) == [["En"], ["En"]]
    assert not any("FORTRUDT" in everything_in(x) for x in finished(institution, mailing_id))
    assert [row.id for row in attachments_of(institution, mailing_id)] == [one]
    assert_nothing_over(institution)


def test_a_file_that_kills_its_worker_every_time_is_given_up_and_can_be_removed(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = make_attached(institution, tmp_path, make_people(2))
    file = file_for(tmp_path, "Ond.pdf")
    given = UploadedFile(file.name, file)
    [bad] = attach(institution, OPERATOR, mailing_id, [given], is_common=True)
    for _ in range(remake.ATTEMPTS):
        assert run_killed(finish_it, institution.settings, mailing_id, step=8)
        let_time_pass(institution)
    assert finish_letters(institution, mailing_id)
    [row] = attachments_of(institution, mailing_id)
    assert row.status is AttachmentStatus.FAILED
    assert parts_by_letter(institution, mailing_id) == [[], []]
    act(institution, attachments.remove, bad)
    assert {one.verdict for one in letters_of(institution, mailing_id)} == {Verdict.GREEN}
    assert_nothing_over(institution)


def test_a_letter_whose_attachment_is_damaged_is_red_and_the_others_are_not(
    institution: Institution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, bo = make_people(2)
    mailing_id = make_attached(
        institution, tmp_path, [anna, bo], own(file_for(tmp_path, f"{anna.cpr}.pdf", "KUN-ANNA"))
    )
    [one] = attachments_of(institution, mailing_id)
    with institution.reading() as session:
        document = session.get_one(MailingAttachment, one.id).document
        assert document is not None
        path = institution.settings.home / "documents" / document.path
    path.chmod(0o600)
    damage(path)
    act(institution, attachments.rename, one.id, "Studieplan")
    first, second = letters_of(institution, mailing_id)
    assert first.verdict is Verdict.RED
    assert "ændret" in first.reasons[0]["text"]
    assert second.verdict is Verdict.GREEN


def test_letters_that_are_made_a_few_at_a_time_have_their_own_each(
    institution: Institution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made a few at a time, every letter has its own attachment and no clear file is left over."""
    people = make_people(7, seed=3)
    monkeypatch.setattr(remake, "LETTERS_AT_A_TIME", 3)
    left: list[int] = []
    real = appendices.Appendices.forget

    def forget(self: appendices.Appendices, letters: Any) -> None:
        real(self, letters)
        left.append(len(list(self.folder.glob("rent-*"))))

    monkeypatch.setattr(appendices.Appendices, "forget", forget)
    files = [own(file_for(tmp_path, f"Plan {one.cpr}.pdf", f"TIL-{at}-HER")) for at, one in
             enumerate(people)]  # fmt: skip
    mailing_id = make_attached(institution, tmp_path, people, *files)
    texts = [everything_in(one) for one in finished(institution, mailing_id)]
    for at, text in enumerate(texts):
        assert [f"TIL-{other}-HER" in text for other in range(7)] == [
            other == at for other in range(7)
        ]
    assert left == [0, 0, 0]
    with institution.reading() as session:
        assert session.scalar(sa.select(sa.func.count(MailingAttachment.id))) == 7

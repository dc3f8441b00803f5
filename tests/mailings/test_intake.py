"""Taking in: each bad file gets a sentence, and nothing of it is left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.db import Base, now
from digitalpost.errors import Forbidden, Refused
from digitalpost.institution import Institution, open_institution
from digitalpost.mailings.intake import UploadedFile, take_in
from digitalpost.mailings.prepare import prepare
from digitalpost.models import (
    CaseType,
    Letter,
    Mailing,
    MailingChannel,
    MailingSource,
    MailingStatus,
    Recipient,
)
from digitalpost.settings import Settings
from tests.inputs import broken, letters
from tests.make import make_actor, make_unit, make_user
from tests.make_mailings import ANNA, approve_mailing, make_case_type, make_mailing
from tests.processes import run_at_once


def objects(institution: Institution) -> list[Path]:
    folder = institution.settings.home / "documents"
    return sorted(one for one in folder.rglob("*") if one.is_file())


def rows(institution: Institution) -> dict[str, int]:
    with institution.engine.connect() as connection:
        return {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def take(institution: Institution, *files: Path, **how: object) -> int:
    uploaded = [UploadedFile(file.name, file) for file in files]
    how = {"came_by": MailingChannel.UPLOAD, **how}
    if "case_type_id" not in how:
        how["case_type_id"] = make_case_type(institution)
    return take_in(institution, OPERATOR, uploaded, **how)  # type: ignore[arg-type]


AT_ONCE: dict[str, Callable[[Path], object]] = {
    "archive": letters.write_zip_named_pdf,
    "empty": letters.write_empty,
}
LATER: dict[str, Callable[[Path], object]] = {
    "garbage": letters.write_garbage,
    "no pages": letters.write_without_pages,
    "password": letters.write_locked,
    "loop": broken.write_page_tree_loop,
}


@pytest.mark.parametrize("kind", AT_ONCE)
def test_a_bad_file_is_refused_with_a_sentence_and_leaves_nothing(
    institution: Institution, tmp_path: Path, kind: str
) -> None:
    bad, good = tmp_path / "bad.pdf", letters.write_letter(tmp_path / "good.pdf")
    AT_ONCE[kind](bad)
    case_type_id = make_case_type(institution)
    before = rows(institution)
    for files in ([bad], [good, bad]):
        with pytest.raises(Refused) as refused:
            take(institution, *files, case_type_id=case_type_id)
        assert [one.file for one in refused.value.sentences] == ["bad.pdf"]
        assert str(refused.value).endswith((".", "!"))
    assert rows(institution) == before
    assert objects(institution) == []


@pytest.mark.parametrize("kind", LATER)
def test_a_file_that_is_bad_inside_stops_its_mailing_with_a_sentence(
    institution: Institution, tmp_path: Path, kind: str
) -> None:
    bad, good = tmp_path / "bad.pdf", letters.write_letter(tmp_path / "good.pdf")
    LATER[kind](bad)
    for files in ([bad], [good, bad]):
        mailing_id = take(institution, *files)
        assert prepare(institution, mailing_id)
        with institution.reading() as session:
            mailing = session.get_one(Mailing, mailing_id)
            assert mailing.status is MailingStatus.FAILED
            assert [problem["file"] for problem in mailing.problems] == ["bad.pdf"]
            assert mailing.problems[0]["text"].endswith((".", "!"))
            assert session.scalar(sa.select(sa.func.count(Letter.id))) == 0
    assert len(objects(institution)) == 3  # the files as they came, and nothing else


@pytest.mark.parametrize(
    ("how", "sentences"),
    [
        ({"to": ["3002991234"]}, 1),
        ({"to": ["12", "99000016", "0101018888888"]}, 3),
        ({"split": "whole"}, 1),
        ({"split": "moon"}, 1),
        ({"title": "Til 010203-1234"}, 1),
        ({"title": "x" * 200}, 1),
        ({"case_type_id": 999}, 1),
    ],
)
def test_a_bad_choice_is_refused_and_leaves_nothing(
    institution: Institution, tmp_path: Path, how: dict[str, object], sentences: int
) -> None:
    how = {"case_type_id": make_case_type(institution), **how}
    before = rows(institution)
    with pytest.raises(Refused) as refused:
        take(institution, letters.write_letter(tmp_path / "a.pdf"), **how)
    assert len(refused.value.sentences) == sentences
    assert "1234" not in str(refused.value)
    assert rows(institution) == before
    assert objects(institution) == []


def test_a_failure_in_the_middle_leaves_no_object(
    institution: Institution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_type_id = make_case_type(institution)
    before = rows(institution)
    with monkeypatch.context() as patch:
        patch.setattr("digitalpost.mailings.intake.events.record", _fail)
        with pytest.raises(OSError, match="disken"):
            take(institution, letters.write_letter(tmp_path / "a.pdf"), case_type_id=case_type_id)
    assert rows(institution) == before
    assert objects(institution) == []


def _fail(*_: object, **__: object) -> None:
    raise OSError("disken er fuld")


def test_somebody_of_another_unit_cannot_use_the_case_type(
    institution: Institution, tmp_path: Path
) -> None:
    user = make_user(institution, units=(make_unit(institution),))
    file = UploadedFile("a.pdf", letters.write_letter(tmp_path / "a.pdf"))
    with pytest.raises((Refused, Forbidden)):
        take_in(
            institution,
            make_actor(institution, user),
            [file],
            case_type_id=make_case_type(institution),
            came_by=MailingChannel.UPLOAD,
        )
    assert objects(institution) == []


def test_the_same_file_again_is_told_but_only_once_it_was_approved(
    institution: Institution, tmp_path: Path
) -> None:
    file = letters.write_letter(tmp_path / "010203-1234 brev.pdf")
    first = take(institution, file)
    second = take(institution, file)
    with institution.transaction() as session:
        assert session.get_one(Mailing, second).problems == []
        source = session.scalars(sa.select(MailingSource).limit(1)).one()
        assert source.file_name == "brev.pdf"
        # As if the first one had been prepared, approved and sent.
        mailing = session.get_one(Mailing, first)
        mailing.status, mailing.approved_at = MailingStatus.SENT, now()
    third = take(institution, file)
    with institution.reading() as session:
        [problem] = session.get_one(Mailing, third).problems
        assert problem["code"] == "sent_before"


def _take_from_a_process(settings: Settings, file: str, case_type_id: int) -> None:
    institution = open_institution(settings)
    take(institution, Path(file), case_type_id=case_type_id, to=[ANNA, "99000023"])
    institution.close()


def test_several_who_write_to_the_same_new_person_at_once_all_succeed(
    institution: Institution, tmp_path: Path
) -> None:
    file = letters.write_letter(tmp_path / "a.pdf")
    case_type_id = make_case_type(institution)
    run_at_once(_take_from_a_process, [(institution.settings, str(file), case_type_id)] * 2)
    with institution.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Recipient.id))) == 2
        mailings = session.scalars(sa.select(Mailing)).all()
        known = sorted(session.scalars(sa.select(Recipient.id)))  # a lost race costs a number
        assert [one.split_options for one in mailings] == [{"recipient_ids": known}] * 2
        assert session.scalar(sa.select(sa.func.count(CaseType.id))) == 1
    assert len(objects(institution)) == 2
    approve_mailing(institution, make_mailing(institution))

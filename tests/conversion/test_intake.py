"""What is taken in is scanned, made into PDF and split; the file as it came is kept beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import docx
import pytest
from sqlalchemy import select

from digitalpost import events
from digitalpost.access import OPERATOR
from digitalpost.documents import find_damaged, read_document
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.mailings.files import UploadedFile
from digitalpost.mailings.intake import take_in
from digitalpost.mailings.prepare import prepare
from digitalpost.models import (
    CaseType,
    Document,
    DocumentKind,
    Event,
    Letter,
    Mailing,
    MailingChannel,
    MailingSource,
    MailingStatus,
)
from tests.conftest import path_of
from tests.conversion import making
from tests.conversion.fake_servers import MARKER, running_clamd
from tests.inputs.people import Person, make_people
from tests.make import make_institution, make_unit
from tests.make_mailings import ANNA, let_time_pass
from tests.processes import run_killed


@pytest.fixture
def institution(tmp_path: Path) -> Iterator[Institution]:
    one = make_institution(tmp_path / "home")
    yield one
    one.close()


def make_case_type(institution: Institution) -> int:
    unit_id = make_unit(institution)
    with institution.transaction() as session:
        case_type = CaseType(name="Elevsag", unit_id=unit_id)
        session.add(case_type)
        session.flush()
        return case_type.id


def take(institution: Institution, *files: UploadedFile, **options: object) -> int:
    return take_in(
        institution,
        OPERATOR,
        files,
        case_type_id=make_case_type(institution),
        came_by=MailingChannel.UPLOAD,
        **options,  # type: ignore[arg-type]
    )


def codes_of(institution: Institution, *files: UploadedFile) -> list[tuple[str, str | None]]:
    """What stopped the mailing of these files."""
    mailing_id = take(institution, *files)
    assert prepare(institution, mailing_id)
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert mailing.status is MailingStatus.FAILED
        assert session.scalars(select(Letter)).all() == []
        return [(problem["code"], problem["file"]) for problem in mailing.problems]


def objects(institution: Institution) -> list[Path]:
    folder = institution.settings.home / "documents"
    return sorted(path for path in folder.rglob("*") if path.is_file())


def make_letters(path: Path, people: list[Person]) -> Path:
    """A Word document with a letter on a page of its own for each person."""
    document = docx.Document()
    for position, person in enumerate(people):
        if position:
            document.add_page_break()
        document.add_paragraph(person.name)
        document.add_paragraph(f"CPR-nr.: {person.number[:6]}-{person.number[6:]}")
        document.add_paragraph("Du indkaldes hermed til samtale på skolen.")
    document.save(str(path))
    return path


def test_a_word_document_becomes_letters_and_stays_readable_itself(
    institution: Institution, tmp_path: Path
) -> None:
    path_of("soffice")
    people = make_people(3)
    path = make_letters(tmp_path / "upload", people)
    mailing_id = take(institution, UploadedFile("Indkaldelse.docx", path))
    assert prepare(institution, mailing_id)
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert (mailing.status, mailing.title) == (MailingStatus.REVIEW, "Indkaldelse")
        letters = session.scalars(select(Letter).where(Letter.mailing_id == mailing_id)).all()
        assert len(letters) == 3
        [source] = mailing.sources
        assert source.file_name == "Indkaldelse.docx"
        assert source.original_document is not None
        assert source.original_document.kind is DocumentKind.SOURCE
        assert source.original_media_type == source.original_document.media_type
        assert source.original_media_type.endswith("wordprocessingml.document")
        assert read_document(session, source.original_document) == path.read_bytes()
        assert source.document.media_type == "application/pdf"
        assert source.document.pages == source.pages == 3
        assert read_document(session, source.document).startswith(b"%PDF-")


def make_text(folder: Path, text: str = "Kære Åse\fAndet ark", name: str = "brev.txt") -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_a_pdf_is_split_as_it_is_and_others_are_converted_in_their_order(
    institution: Institution, tmp_path: Path
) -> None:
    text, photo = make_text(tmp_path), making.make_jpeg(tmp_path / "photo")
    first = take(institution, UploadedFile("a.txt", text), to=[ANNA])
    assert prepare(institution, first)
    with institution.reading() as session:
        [source] = session.get_one(Mailing, first).sources
        pdf = tmp_path / "c.docx"
        pdf.write_bytes(read_document(session, source.document))
    mailing_id = take(
        institution,
        UploadedFile("b.pdf", photo),
        UploadedFile("c.docx", pdf),
        UploadedFile("d.txt", text),
        to=[ANNA],
    )
    assert prepare(institution, mailing_id)
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert mailing.pages_total == 5
        found = [
            (source.file_name, source.pages, source.original_media_type)
            for source in mailing.sources
        ]
        assert found == [
            ("b.pdf", 1, "image/jpeg"),
            ("c.docx", 2, None),
            ("d.txt", 2, "text/plain"),
        ]
        assert mailing.sources[1].original_document_id is None
        assert read_document(session, mailing.sources[1].document) == pdf.read_bytes()


def test_the_same_file_is_known_again_though_its_pdf_is_another(
    institution: Institution, tmp_path: Path
) -> None:
    path = make_text(tmp_path)
    for _ in range(2):
        take(institution, UploadedFile("brev.txt", path))
    with institution.reading() as session:
        fingerprints = set(session.scalars(select(MailingSource.fingerprint)))
    assert len(fingerprints) == 1


def test_every_file_that_can_not_be_used_is_named(institution: Institution, tmp_path: Path) -> None:
    bomb = making.make_png_of_claimed_size(tmp_path / "a", 60_000, 60_000)
    broken = tmp_path / "c"
    broken.write_bytes(b"%PDF-1.7\nnothing")
    files = [
        UploadedFile("a.png", bomb),
        UploadedFile("c.pdf", broken),
        UploadedFile("d.txt", make_text(tmp_path)),
    ]
    assert sorted(codes_of(institution, *files)) == [("damaged", "c.pdf"), ("too_big", "a.png")]
    with institution.reading() as session:
        known = session.scalars(select(Document.path)).all()
    assert len(objects(institution)) == len(known) == 4  # three as they came, one text as PDF


def test_what_its_first_bytes_forbid_is_refused_at_once_and_nothing_is_kept(
    institution: Institution, tmp_path: Path
) -> None:
    locked = making.make_compound(tmp_path / "b", {"EncryptedPackage": b"x"})
    with pytest.raises(Refused) as caught:
        take(institution, UploadedFile("b.docx", locked), UploadedFile("c", make_text(tmp_path)))
    found = [(sentence.code, sentence.file) for sentence in caught.value.sentences]
    assert found == [("password", "b.docx")]
    with institution.reading() as session:
        assert session.scalars(select(Mailing)).all() == []
        assert session.scalars(select(Document)).all() == []
    assert objects(institution) == []


def test_files_are_scanned_before_they_are_opened(tmp_path: Path) -> None:
    with running_clamd() as clamd:
        institution = make_institution(tmp_path / "home", CLAMD_URL=clamd.url)
        bad = make_text(tmp_path, f"Kære Åse {MARKER.decode()}")
        good = make_text(tmp_path, "Kære Bo", "god.txt")
        files = [UploadedFile("slem.txt", bad), UploadedFile("god.txt", good)]
        assert codes_of(institution, *files) == [("malware", "slem.txt")]
        assert clamd.heard == [bad.read_bytes(), good.read_bytes()]
        assert_only_the_good_one_is_kept(institution)
        institution.close()


def assert_only_the_good_one_is_kept(institution: Institution) -> None:
    """As it came and as PDF; and the log tells what was found, with the name sealed."""
    with institution.reading() as session:
        assert [one.file_name for one in session.scalars(select(MailingSource))] == ["god.txt"]
        known = session.scalars(select(Document.path)).all()
        assert len(objects(institution)) == len(known) == 2
        assert list(find_damaged(session)) == []
        [event] = session.scalars(select(Event).where(Event.kind == EventKind.FILE_INFECTED))
        assert event.data == {"found": "Dp.Test.Marker"}
        assert events.read_personal(session, event) == {"file": "slem.txt"}
        assert list(events.verify(session)) == []


def _prepare(institution: Institution, mailing_id: int) -> bool:
    return prepare(institution, mailing_id)


@pytest.mark.parametrize("step", [24, 30])
def test_killed_after_malware_was_found_the_rest_is_never_sent_without_it(
    tmp_path: Path, step: int
) -> None:
    with running_clamd() as clamd:
        institution = make_institution(
            tmp_path / "home", CLAMD_URL=clamd.url, DIGITALPOST_PROCESSES="1"
        )
        bad = make_text(tmp_path, f"Kære Åse {MARKER.decode()}")
        good = make_text(tmp_path, "Kære Bo, CPR-nr. 040506-2345", "god.txt")
        files = [UploadedFile("slem.txt", bad), UploadedFile("god.txt", good)]
        mailing_id = take(institution, *files)
        run_killed(_prepare, institution.settings, mailing_id, step=step)
        let_time_pass(institution)
        prepare(institution, mailing_id)
        with institution.reading() as session:
            mailing = session.get_one(Mailing, mailing_id)
            assert mailing.status is MailingStatus.FAILED
            assert [problem["code"] for problem in mailing.problems] == ["malware"]
            assert list(find_damaged(session)) == []
            infected = select(Event).where(Event.kind == EventKind.FILE_INFECTED)
            assert len(session.scalars(infected).all()) == 1
            known = sorted(session.scalars(select(Document.path)))
        base = institution.settings.home / "documents"
        assert [str(one.relative_to(base)) for one in objects(institution)] == known
        institution.close()


def test_killed_while_files_are_made_ready_none_is_made_twice_or_lost(
    institution: Institution, tmp_path: Path
) -> None:
    for step in (24, 30, 36):
        files = [
            make_text(tmp_path, f"CPR-nr. 010203-1234 {step}", "a.txt"),
            make_text(tmp_path, f"CPR-nr. 040506-2345 {step}", "b.txt"),
        ]
        mailing_id = take(institution, *(UploadedFile(one.name, one) for one in files))
        assert run_killed(_prepare, institution.settings, mailing_id, step=step)
        let_time_pass(institution)
        assert prepare(institution, mailing_id)
        with institution.reading() as session:
            mailing = session.get_one(Mailing, mailing_id)
            assert mailing.status is MailingStatus.REVIEW
            assert mailing.pages_total == mailing.letters_total == 2
            assert [one.file_name for one in mailing.sources] == ["a.txt", "b.txt"]
            assert all(one.original_document is not None for one in mailing.sources)
            known = sorted(session.scalars(select(Document.path)))
        base = institution.settings.home / "documents"
        assert [str(one.relative_to(base)) for one in objects(institution)] == known


def test_a_file_that_passed_unscanned_says_so_at_review(tmp_path: Path) -> None:
    with running_clamd(says=b"ERROR\0") as clamd:
        environ = {"CLAMD_URL": clamd.url, "DIGITALPOST_CLAMD_OPTIONAL": "1"}
        institution = make_institution(tmp_path / "home", **environ)
        mailing_id = take(
            institution,
            UploadedFile("brev.txt", make_text(tmp_path)),
            to=[ANNA],
        )
        assert prepare(institution, mailing_id)
        with institution.reading() as session:
            [remark] = session.get_one(Mailing, mailing_id).problems
        institution.close()
    assert remark["code"] == "not_scanned"
    assert remark["file"] == "brev.txt"

"""What else deals with letters is right about those that came in."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.archive.case_file import open_case
from digitalpost.archive.cases import close_case
from digitalpost.archive.evidence import gather
from digitalpost.archive.filed import find_exchanged
from digitalpost.archive.search import match_letters
from digitalpost.errors import Refused
from digitalpost.incoming.assign import finish
from digitalpost.incoming.filing import file_message
from digitalpost.institution import Institution
from digitalpost.models import Case, IncomingFile, Letter
from digitalpost.oversight.checks import run_checks
from tests.incoming.messages import CITIZEN, AFile, make_xml, new_uuid, store_xml
from tests.make import make_unit
from tests.signing.authority import make_pdf


@pytest.fixture
def letter_id(institution: Institution) -> int:
    unit_id = make_unit(institution)
    xml = make_xml(new_uuid(), attached=[AFile(make_pdf(), "attest.pdf", "application/pdf")])
    letter_id = file_message(institution, store_xml(institution, xml, unit_id=unit_id))
    assert letter_id is not None
    return letter_id


def test_a_case_lists_the_files_of_letters_that_came(
    institution: Institution, letter_id: int
) -> None:
    with institution.reading() as session:
        case = session.get_one(Letter, letter_id).case
        assert case is not None
        documents = open_case(session, OPERATOR, case).documents
        assert [one.file.file_name for one in documents if one.file] == ["brev.txt", "attest.pdf"]
        assert len(documents) == 2


def test_a_case_with_a_letter_that_nobody_is_done_with_stays_open(
    institution: Institution, letter_id: int
) -> None:
    with institution.transaction() as session:
        letter = session.get_one(Letter, letter_id)
        case = session.get_one(Case, letter.case_id)
        with pytest.raises(Refused, match="ikke er meldt færdige: 1"):
            close_case(session, OPERATOR, case)
        finish(session, OPERATOR, [letter])
        close_case(session, OPERATOR, case)


def test_there_is_no_evidence_of_having_sent_what_came(
    institution: Institution, letter_id: int
) -> None:
    with institution.reading() as session, pytest.raises(Refused, match="kommet ind"):
        gather(
            session,
            OPERATOR,
            session.get_one(Letter, letter_id),
            institution="Egely",
            calendar=institution.settings.calendar,
        )


def test_files_that_changed_places_are_found(institution: Institution, letter_id: int) -> None:
    with institution.transaction() as session:
        assert list(find_exchanged(session)) == []
        first, second = session.scalars(sa.select(IncomingFile).order_by(IncomingFile.position))
        first.document_id, second.document_id = second.document_id, first.document_id
    with institution.reading() as session:
        assert [found for found, _ in find_exchanged(session)] == [letter_id]


def test_it_is_found_by_title_name_and_number_and_no_check_takes_it_for_one_of_ours(
    institution: Institution, letter_id: int
) -> None:
    with institution.reading() as session:
        for words in ("Sygdom", "Birthe", CITIZEN):
            found = session.scalars(match_letters(sa.select(Letter.id), session, words)).all()
            assert found == [letter_id], words
        far = session.get_one(Letter, letter_id).due_at
        assert far is not None
        assert run_checks(session, far.replace(year=far.year + 1)) == []

"""The files of a letter that came are scanned for harm before anybody can open them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from digitalpost.access import OPERATOR
from digitalpost.errors import Refused, sentence_of
from digitalpost.incoming.filing import file_message
from digitalpost.incoming.opened import download_file, files_of, read_file
from digitalpost.institution import Institution
from digitalpost.models import IncomingMessage, IncomingStatus, Letter
from tests.conversion.fake_servers import MARKER, running_clamd
from tests.incoming.messages import AFile, make_xml, new_uuid, read_filed, store_xml
from tests.make import make_institution, make_unit

INFECTED = AFile(b"%PDF-1.7 " + MARKER, "regning.pdf", "application/pdf")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def make_scanned(home: Path, stack: ExitStack, url: str, **environ: str) -> Institution:
    institution = make_institution(home, CLAMD_URL=url, CLAMD_SECONDS="5", **environ)
    stack.callback(institution.close)
    return institution


def stored(institution: Institution, *attached: AFile) -> int:
    xml = make_xml(new_uuid(), attached=attached)
    return store_xml(institution, xml, unit_id=make_unit(institution))


def test_a_file_with_something_harmful_is_named_kept_and_never_given_out(
    tmp_path: Path, stack: ExitStack
) -> None:
    clamd = stack.enter_context(running_clamd())
    institution = make_scanned(tmp_path, stack, clamd.url)
    letter_id = file_message(institution, stored(institution, INFECTED))
    assert letter_id is not None
    assert len(clamd.heard) == 2
    fine, harmful = read_filed(institution, letter_id).files
    assert fine.problem is None
    assert harmful.problem is not None
    assert "noget skadeligt i filen" in str(sentence_of(harmful.problem))
    assert harmful.signature is None  # nobody looked into it
    with institution.transaction() as session:
        letter = session.get_one(Letter, letter_id)
        with pytest.raises(Refused, match="skadeligt"):
            download_file(session, OPERATOR, letter, 2)
        with pytest.raises(Refused, match="skadeligt"):
            read_file(session, OPERATOR, files_of(session, letter)[1])
        assert download_file(session, OPERATOR, letter, 1).content


def test_without_an_answer_from_the_scanner_the_message_waits(
    tmp_path: Path, stack: ExitStack
) -> None:
    institution = make_scanned(tmp_path, stack, "tcp://127.0.0.1:9")
    message_id = stored(institution)
    with pytest.raises(Refused, match="Virusscanneren svarer ikke"):
        file_message(institution, message_id)
    with institution.reading() as session:
        message = session.get_one(IncomingMessage, message_id)
        assert message.status is IncomingStatus.STORED
        assert session.query(Letter).count() == 0
    assert len(list(institution.store.list_folder("incoming"))) == 1


def test_a_file_that_is_too_large_for_the_scanner_is_filed_with_a_warning(
    tmp_path: Path, stack: ExitStack
) -> None:
    clamd = stack.enter_context(running_clamd(most=1_000))
    institution = make_scanned(tmp_path, stack, clamd.url)
    letter_id = file_message(institution, stored(institution, AFile(b"x" * 5_000, "stor.txt")))
    assert letter_id is not None
    problem = read_filed(institution, letter_id).files[1].problem
    assert problem is not None
    assert problem["code"] == "not_scanned"

"""Makes mailings with attachments, and looks at what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.documents import read_document
from digitalpost.institution import Institution
from digitalpost.mailings.attachment_intake import GivenAttachment
from digitalpost.mailings.attachments import attach
from digitalpost.mailings.files import UploadedFile
from digitalpost.mailings.prepare import prepare
from digitalpost.mailings.remake import finish_letters
from digitalpost.models import Letter, Mailing, MailingAttachment
from tests.inputs.letters import write_merge, write_pages
from tests.inputs.people import Person
from tests.mailings.test_intake import take

BODY = "Her står, hvad planen er for det kommende skoleår, og hvem der er med til den."


def common(path: Path) -> GivenAttachment:
    return GivenAttachment(UploadedFile(path.name, path), is_common=True)


def own(path: Path) -> GivenAttachment:
    return GivenAttachment(UploadedFile(path.name, path), is_common=False)


def file_for(folder: Path, name: str, *lines: str, pages: int = 1) -> Path:
    """A PDF with this name whose pages say ``lines``, and something more so that it is read."""
    return write_pages(folder / name, [[*lines, BODY, f"side {n + 1}"] for n in range(pages)])


def make_attached(
    institution: Institution,
    folder: Path,
    people: Sequence[Person],
    *given: GivenAttachment,
    pages_each: int = 1,
    **how: Any,
) -> int:
    """A mailing in review, its letters with what was attached when it was uploaded."""
    merge = folder / "breve.pdf"
    if not merge.exists():
        write_merge(merge, people, pages_each=pages_each)
    mailing_id = take(institution, merge, attachments=given, **how)
    prepare(institution, mailing_id)
    finish_letters(institution, mailing_id)
    return mailing_id


def attach_file(
    institution: Institution, mailing_id: int, path: Path, *, is_common: bool = False
) -> int:
    """Attach one file in review and make the letters again; its id."""
    file = UploadedFile(path.name, path)
    [one] = attach(institution, OPERATOR, mailing_id, [file], is_common=is_common)
    finish_letters(institution, mailing_id)
    return one


def act(institution: Institution, use_case: Any, row_id: int, *arguments: Any) -> Any:
    """One use case on an attachment in a transaction of its own; then the letters are made."""
    with institution.transaction() as session:
        row = session.get_one(MailingAttachment, row_id)
        mailing_id = row.mailing_id
        answer = use_case(session, OPERATOR, row, *arguments)
    if isinstance(answer, list):
        institution.store.delete(answer)
    finish_letters(institution, mailing_id)
    return answer


def act_on_mailing(
    institution: Institution, use_case: Any, mailing_id: int, *arguments: Any
) -> Any:
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        answer = use_case(session, OPERATOR, mailing, *arguments)
    if isinstance(answer, list):
        institution.store.delete(answer)
    finish_letters(institution, mailing_id)
    return answer


def attachments_of(institution: Institution, mailing_id: int) -> list[MailingAttachment]:
    with institution.reading() as session:
        query = sa.select(MailingAttachment).where(MailingAttachment.mailing_id == mailing_id)
        found = list(session.scalars(query.order_by(MailingAttachment.position)))
        session.expunge_all()
        return found


def parts_by_letter(institution: Institution, mailing_id: int) -> list[list[str]]:
    """The titles of what is behind each letter, in the order of the letters."""
    with institution.reading() as session:
        query = sa.select(Letter).where(Letter.mailing_id == mailing_id).order_by(Letter.position)
        return [[part["title"] for part in (one.parts or [])[1:]] for one in session.scalars(query)]


def finished(institution: Institution, mailing_id: int) -> list[bytes]:
    """The finished file of each letter, in their order."""
    with institution.reading() as session:
        query = sa.select(Letter).where(Letter.mailing_id == mailing_id).order_by(Letter.position)
        return [
            read_document(session, one.document) if one.document is not None else b""
            for one in session.scalars(query)
        ]

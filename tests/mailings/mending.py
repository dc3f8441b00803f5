"""Makes mailings to mend, mends their letters, and checks that the books balance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymupdf
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.documents import read_document
from digitalpost.institution import Institution
from digitalpost.mailings.books import balance, pages_unaccounted
from digitalpost.mailings.prepare import prepare
from digitalpost.models import (
    LeftOutPage,
    Letter,
    Mailing,
)
from tests.inputs.letters import write_merge
from tests.inputs.people import Person, make_people
from tests.mailings.test_intake import take


def make_review(
    institution: Institution, path: Path, people: list[Person] | None = None, **how: Any
) -> int:
    """A mailing in review from a merge letter of two pages each."""
    if not path.exists():
        write_merge(path, people or make_people(4), pages_each=2)
    mailing_id = take(institution, path, **how)
    prepare(institution, mailing_id)
    return mailing_id


def letters_of(institution: Institution, mailing_id: int) -> list[Letter]:
    with institution.reading() as session:
        query = sa.select(Letter).where(Letter.mailing_id == mailing_id).order_by(Letter.position)
        found = list(session.scalars(query))
        session.expunge_all()
        return found


def do(institution: Institution, act: Any, *rows: Any, **options: Any) -> None:
    """One mend in a transaction of its own; rows are read anew in it."""
    with institution.transaction() as session:
        fresh = [
            session.get_one(type(row), row.id) if isinstance(row, Letter | LeftOutPage) else row
            for row in rows
        ]
        if isinstance(options.get("to"), Letter):
            options["to"] = session.get_one(Letter, options["to"].id)
        act(session, OPERATOR, *fresh, **options)


def text_of(institution: Institution, letter: Letter) -> str:
    with institution.reading() as session:
        document = session.get_one(Letter, letter.id).document
        assert document is not None
        with pymupdf.open(stream=read_document(session, document), filetype="pdf") as pdf:
            return "\n".join(page.get_text() for page in pdf)


def assert_balanced(institution: Institution, mailing_id: int) -> None:
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert pages_unaccounted(session, mailing) == []
        assert balance(session, mailing).adds_up
        assert balance(session, mailing).created == mailing.letters_total
        for letter in session.scalars(sa.select(Letter)):
            assert letter.pages
            assert letter.page_count == len(letter.pages)
            assert (letter.document_id is None) == (letter.mended_at is not None)

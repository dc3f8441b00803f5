"""A filed letter is tied to its bytes by the log, whatever its row says later."""

from __future__ import annotations

from sqlalchemy import select

from digitalpost.archive.filed import find_exchanged
from digitalpost.institution import Institution
from digitalpost.models import Letter
from tests.make_mailings import make_approved


def test_two_filed_letters_that_change_documents_are_found(
    institution: Institution,
) -> None:
    make_approved(institution)
    with institution.reading() as session:
        assert list(find_exchanged(session)) == []
    with institution.transaction() as session:
        first, second = session.scalars(select(Letter).order_by(Letter.id).limit(2)).all()
        first.document_id, second.document_id = second.document_id, first.document_id
        exchanged = {first.id, second.id}
    with institution.reading() as session:
        assert {letter_id for letter_id, _ in find_exchanged(session)} == exchanged

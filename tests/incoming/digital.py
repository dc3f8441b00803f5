"""An institution that sends by Digital Post and trusts the tests' own signing authority.

Nobody answers at the other end: these tests go as far as approval.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from digitalpost.institution import Institution
from digitalpost.models import Delivery, Letter
from tests.make import make_institution
from tests.signing.asking import PAGE, write_roots


def make_digital(home: Path, database_url: str, **environ: str) -> Institution:
    """An open institution on a database with tables."""
    nobody = "https://127.0.0.1:9"
    home.mkdir(parents=True, exist_ok=True)
    return make_institution(
        home,
        tables=False,
        **{
            "DATABASE_URL": database_url,
            "EBOKS_URL": nobody,
            "DIGITAL_POST_URL": nobody,
            "DIGITAL_POST_TOKEN": "token",
            "DIGITAL_POST_CVR": "99000015",
            "SIGNING_URL": PAGE,
            "SIGNING_SERVICE_URL": nobody,
            "SIGNING_TOKEN_KEY": str(home / "none.key"),
            "SIGNING_TRUST_ROOTS": str(write_roots(home)),
            **environ,
        },
    )


def letters_of(institution: Institution, mailing_id: int) -> Sequence[Letter]:
    """The letters of a mailing, in order."""
    with institution.reading() as session:
        found = session.scalars(
            sa.select(Letter).where(Letter.mailing_id == mailing_id).order_by(Letter.position)
        ).all()
        session.expunge_all()
        return found


def message_of(institution: Institution, letter_id: int) -> str:
    """The message id under which a letter went out."""
    with institution.reading() as session:
        query = sa.select(Delivery.message_id).where(Delivery.letter_id == letter_id)
        return session.scalars(query.order_by(Delivery.id)).first() or ""

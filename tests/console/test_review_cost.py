"""What the review page of a very large mailing costs: as many rows and questions as a small one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.cursor import CursorFetchStrategy

from digitalpost.db import now
from digitalpost.institution import Institution
from digitalpost.models import (
    Letter,
    LetterCopy,
    LetterStatus,
    Mailbox,
    MailboxStatus,
    Mailing,
    Recipient,
)
from tests.console.mailings import School
from tests.console.reviewed import (
    CONTACTS,
    DEAD,
    EXEMPT,
    REACHABLE,
    make_reviewed,
)


def grow(institution: Institution, mailing_id: int, letters: int) -> None:
    """Many more drafts to people of their own, copies of ten of them, straight in the rows."""
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        first = session.scalars(sa.select(Letter).where(Letter.mailing_id == mailing_id)).first()
        last = session.scalar(sa.select(sa.func.max(Recipient.id))) or 0
        assert first is not None
        ids = range(last + 1, last + 1 + letters)
        recipient = {
            "kind": "cpr", "number_sealed": b"x", "number_masked": "010108-••••",
            "name": "Nogen", "address": "", "created_at": now(),
        }  # fmt: skip
        session.execute(
            sa.insert(Recipient),
            [{"id": one, "number_index": b"%d" % one, **recipient} for one in ids],
        )
        letter = {
            "mailing_id": mailing_id, "unit_id": mailing.unit_id, "title": mailing.title,
            "status": LetterStatus.DRAFT, "document_id": first.document_id, "pages": [1],
            "page_count": 1, "reasons": [], "recipient_name": "Nogen", "search_text": "",
            "created_at": now(), "due_at": now(), "position": 9,
        }  # fmt: skip
        session.execute(sa.insert(Letter), [{"recipient_id": one, **letter} for one in ids])
        statuses = [*MailboxStatus, None]
        answers = [(one, statuses[one % len(statuses)]) for one in ids]
        session.execute(
            sa.insert(Mailbox),
            [
                {"recipient_id": one, "status": status, "asked_at": now(), "source": "contacts"}
                for one, status in answers
                if status is not None
            ],
        )
        made = session.scalars(sa.select(Letter.id).order_by(Letter.id)).all()
        copy = {"recipient_id": first.recipient_id, "unit_id": mailing.unit_id, "added_at": now()}
        session.execute(
            sa.insert(LetterCopy), [{"letter_id": one, **copy} for one in made[-letters:][:10]]
        )


class Cost:
    """How many statements a page asks, and how many rows it is given."""

    def __init__(self, institution: Institution, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements = self.rows = 0
        sa.event.listen(institution.engine, "after_cursor_execute", self._asked)
        for name in ("fetchone", "fetchmany", "fetchall"):
            original = getattr(CursorFetchStrategy, name)

            def counted(strategy: Any, *args: Any, _original: Any = original) -> Any:
                got = _original(strategy, *args)
                self.rows += len(got) if isinstance(got, list) else got is not None
                return got

            monkeypatch.setattr(CursorFetchStrategy, name, counted)

    def _asked(self, *_: Any) -> None:
        self.statements += 1

    def of(self, school: School, address: str) -> tuple[int, int]:
        """(statements, rows) of one page."""
        self.statements = self.rows = 0
        answer = school.get(address)
        assert answer.status_code == 200
        assert len(answer.data) < 60_000
        return self.statements, self.rows


def test_the_review_of_twenty_thousand_letters_costs_what_a_small_one_costs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    school, mailing_id = make_reviewed(tmp_path, EXEMPT, DEAD, REACHABLE, **CONTACTS)
    grow(school.institution, mailing_id, 100)
    cost = Cost(school.institution, monkeypatch)
    small = {show: cost.of(school, f"/mailings/{mailing_id}/?show={show}") for show in SHOWN}
    assert small[""][1] > 40
    grow(school.institution, mailing_id, 20_000)
    for show, (statements, rows) in small.items():
        found = cost.of(school, f"/mailings/{mailing_id}/?show={show}")
        assert found[0] <= statements + 2, show
        assert found[1] <= rows + 100, show


SHOWN = ("", "doubtful", "mailbox-exempt", "mailbox-unasked", "way-hold", "copies")

"""A mailing in review whose recipients the contact register has answered about, and its page."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from digitalpost.db import now
from digitalpost.institution import Institution
from digitalpost.models import LetterCopy, Mailbox, MailboxSource, MailboxStatus
from tests.console.mailings import School, make_mailing, make_school, name_recipients
from tests.inputs.people import make_people

CONTACTS = {"CONTACTS_URL": "https://127.0.0.1:9", "CONTACTS_TOKEN": "x"}
EXEMPT, DEAD, REACHABLE = MailboxStatus.EXEMPT, MailboxStatus.DEAD, MailboxStatus.REACHABLE


def make_reviewed(tmp_path: Path, *statuses: MailboxStatus, **environ: str) -> tuple[School, int]:
    """A school and a mailing in review whose recipients, in order, got these answers."""
    school = make_school(tmp_path / "home", **environ)
    people = make_people(3)
    name_recipients(school, people)
    mailing_id = make_mailing(school, tmp_path / "a.pdf", people=people)
    with school.institution.transaction() as session:
        for letter, status in zip(school.letters(mailing_id), statuses, strict=False):
            session.add(
                Mailbox(
                    recipient_id=letter.recipient_id,
                    status=status,
                    asked_at=now() - timedelta(minutes=3),
                    source=MailboxSource.CONTACTS,
                )
            )
    return school, mailing_id


def one_line(page: str, name: str) -> str:
    """The text of the summary line of a closed or open part of the page."""
    found = re.search(rf"<summary>(?:(?!</summary>).)*{re.escape(name)}.*?</summary>", page, re.S)
    assert found is not None, name
    return re.sub(r"<[^>]+>|\s+", " ", found[0])


def is_open(page: str, css_class: str) -> bool:
    found = re.search(rf'<details class="[^"]*{css_class}"([^>]*)>', page)
    assert found is not None
    return "open" in found[1]


def copies_in(institution: Institution) -> list[tuple[int, int]]:
    with institution.reading() as session:
        return [(one.letter_id, one.recipient_id) for one in session.query(LetterCopy)]

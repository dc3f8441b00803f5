"""Fills the outbox with mail for the school: a Monday of 60 letters, or a year of 20,000.

Who should have each is kept beside it (`truths`), so that whoever routes it can be scored.
"""

from __future__ import annotations

import html
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pymupdf

from sandbox.certificates import make_signing_authority
from sandbox.companies import company_with
from sandbox.database import Database
from sandbox.mail_plan import Planned, plan_mail
from sandbox.memo_write import File, Message, write_message
from sandbox.outbox import put_in_outbox
from sandbox.people import person_with
from sandbox.signing_pdf import sign_pdf

SCHOOL = "99000015"
MONDAY, YEAR = "monday", "year"
COUNTS = {MONDAY: 60, YEAR: 20_000}
_UNREADABLE, _SIGNED, _ODD = 16, 22, 40  # places in the Monday, from 0
_MOST_ANSWERS = 6
_DAYS = 365


def deliver(database: Database, what: str, *, today: date | None = None, count: int = 0) -> int:
    """Put a ``monday`` or a ``year`` in the outbox; how many messages were new.

    The same day gives the same messages, so doing it twice adds nothing. ``count`` makes fewer.
    Raises `ValueError` for another word.
    """
    if what not in COUNTS:
        raise ValueError(what)
    day = today or datetime.now(UTC).date()
    plans = planned(what, today=day, count=count)
    answers = _answerable(database) if what == MONDAY else []
    added = 0
    for place, plan in enumerate(plans):
        reply_to = ""
        if answers and place % 9 == 4:
            reply_to, number, id_type = answers.pop()
            plan = _written_by(plan, number, id_type, day)
        xml = write(plan, version="1.1" if place % 5 == 0 else "1.2", reply_to=reply_to)
        if what == MONDAY:
            xml = _special(database, place, plan, xml)
        if put_in_outbox(database, plan.message_uuid, xml):
            _note_truth(database, plan)
            added += 1
    return added


def planned(what: str, *, today: date, count: int = 0) -> Iterator[Planned]:
    """The letters of a Monday or a year as values, without writing them."""
    number = count or COUNTS[what]
    if what == MONDAY:
        monday = today - timedelta(days=today.weekday())
        # Friday evening to Monday morning: what lies there when the office opens.
        return plan_mail(number, last_day=monday, days=3, seed=f"monday {monday}")
    return plan_mail(number, last_day=today - timedelta(days=1), days=_DAYS, seed=f"year {today}")


def write(
    plan: Planned,
    *,
    version: str = "1.2",
    reply_to: str = "",
    attachments: Sequence[File] | None = None,
) -> bytes:
    """A planned letter as a MeMo message. ``attachments`` instead of those it has by itself."""
    if attachments is None:
        attachments = [
            File(name, "application/pdf", _pdf([plan.title, name])) for name in plan.files
        ]
    return write_message(
        Message(
            message_uuid=plan.message_uuid,
            sender=plan.number,
            id_type=plan.id_type,
            sender_name=plan.name,
            recipient=SCHOOL,
            title=plan.title,
            sent_at=plan.sent_at,
            main=[main_file(plan)],
            attachments=attachments,
            contact_person=plan.contact_person,
            attention=plan.attention,
            contact_point=plan.contact_point,
            reply_to=reply_to,
            version=version,
        )
    )


def main_file(plan: Planned) -> File:
    """The letter itself in the format it is sent in."""
    if plan.form == "text":
        return File("besked.txt", "text/plain", "\n\n".join(plan.lines).encode())
    if plan.form == "pdf":
        return File("brev.pdf", "application/pdf", _pdf(plan.lines))
    body = "".join(f"<p>{html.escape(line)}</p>" for line in plan.lines)
    head = '<!doctype html><html lang="da"><head><meta charset="utf-8"></head>'
    page = f"{head}<body>{body}</body></html>"
    return File("besked.html", "text/html", page.encode())


def truths(database: Database) -> dict[str, dict[str, str]]:
    """Who should have each generated message, and why: by message id."""
    rows = database.read().execute("SELECT message_uuid, truth FROM generated")
    return {row["message_uuid"]: json.loads(row["truth"]) for row in rows}


def _special(database: Database, place: int, plan: Planned, xml: bytes) -> bytes:
    """What a Monday has one of: a message broken off, a signed PDF, an odd declaration."""
    if place == _UNREADABLE:
        return xml[: len(xml) * 2 // 3]
    if place == _ODD:
        return xml.replace(b'encoding="UTF-8"', b'encoding="utf8"', 1)
    if place != _SIGNED:
        return xml
    authority = make_signing_authority(database.folder / "certificates")
    content = sign_pdf(_pdf(plan.lines), name=plan.name, authority=authority)
    return write(plan, attachments=[File("underskrevet.pdf", "application/pdf", content)])


def _answerable(database: Database) -> list[tuple[str, str, str]]:
    """The newest messages from the school that may be answered: id and addressee, newest last."""
    found = []
    for row in database.read().execute("SELECT message_uuid, facts FROM memos ORDER BY rowid DESC"):
        facts = json.loads(row["facts"])
        if facts["reply"]:
            found.append((row["message_uuid"], facts["recipient"], facts["id_type"]))
        if len(found) == _MOST_ANSWERS:
            break
    return found[::-1]


def _written_by(plan: Planned, number: str, id_type: str, today: date) -> Planned:
    """The same letter from somebody else: from whoever got what it answers."""
    found = person_with(number, today=today) if id_type == "CPR" else company_with(number)
    name = found.name if found is not None else plan.name
    lines = (*plan.lines[:-1], name)
    return replace(plan, number=number, id_type=id_type, name=name, lines=lines, reason="answer")


def _note_truth(database: Database, plan: Planned) -> None:
    truth = json.dumps({"target": plan.target, "reason": plan.reason})
    with database.write() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO generated (message_uuid, at, truth) VALUES (?, ?, ?)",
            (plan.message_uuid, time.time(), truth),
        )


def _pdf(lines: tuple[str, ...] | list[str]) -> bytes:
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_textbox((72, 72, 523, 770), "\n\n".join(lines), fontsize=11)
        content: bytes = document.tobytes(no_new_id=True)
        return content

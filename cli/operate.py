"""The commands of an operator or a script: prepare, export, approve, cancel, status, verify."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from cli.answers import DONE, REFUSED, Answer, error_data, error_line
from cli.attached import attached_data
from digitalpost import documents, events
from digitalpost.access import OPERATOR
from digitalpost.archive.export import export_mailing
from digitalpost.archive.filed import find_exchanged
from digitalpost.channels.registry import ways_out
from digitalpost.danish_time import local
from digitalpost.db import Session
from digitalpost.errors import Refused, Sentence, sentence_of
from digitalpost.institution import Institution, open_institution
from digitalpost.mailings.approve import approve as approve_mailing
from digitalpost.mailings.attachment_intake import GivenAttachment
from digitalpost.mailings.books import balance
from digitalpost.mailings.cancel import cancel as cancel_mailing
from digitalpost.mailings.intake import UploadedFile, take_in
from digitalpost.mailings.prepare import prepare as prepare_mailing
from digitalpost.mailings.recheck import recheck
from digitalpost.mailings.remake import finish_letters
from digitalpost.migrate import upgrade
from digitalpost.models import (
    CaseType,
    Document,
    Event,
    LeftOutPage,
    Letter,
    Mailing,
    MailingChannel,
    MailingSource,
    MailingStatus,
    Recipient,
    Verdict,
)
from digitalpost.registers.decide_copies import accept_copies, decline_copies, undecided
from digitalpost.registers.recipients import number_of
from digitalpost.settings import Settings

WAIT_SECONDS = 0.2  # between looks at a mailing that a worker of the running site prepares


def prepare(arguments: Namespace, settings: Settings) -> Answer:
    """Make a mailing of the files and prepare it here, whether or not the site runs."""
    nothing = {"mailing": None, "status": None, "pages": 0, "letters": [], "left_out": []}
    nothing |= {"attachments": []}
    with _open(settings) as institution:
        try:
            files = [UploadedFile(path.name, path) for path in arguments.files]
            attached = [
                GivenAttachment(UploadedFile(path.name, path), is_common)
                for is_common, paths in ((True, arguments.attach), (False, arguments.attach_each))
                for path in paths
            ]
            every = [*arguments.files, *arguments.attach, *arguments.attach_each]
            missing = [path for path in every if not path.is_file()]
            if missing:
                raise Refused([Sentence("Filen findes ikke.", file=path.name) for path in missing])
            with institution.reading() as session:
                case_type_id = session.scalars(select(CaseType.id).order_by(CaseType.id)).first()
            mailing_id = take_in(
                institution,
                OPERATOR,
                files,
                case_type_id=case_type_id or 0,
                came_by=MailingChannel.COMMAND_LINE,
                split=arguments.split,
                to=arguments.to,
                keep_numbers=arguments.keep_numbers,
                every_number=arguments.remove_every_number,
                attachments=attached,
            )
        except Refused as refused:
            errors = [error_data(one) for one in refused.sentences]
            lines = [error_line(one) for one in refused.sentences]
            return Answer({**nothing, "errors": errors}, lines, REFUSED)
        _prepare_to_the_end(institution, mailing_id)
        with institution.reading() as session:
            return _prepared(session, session.get_one(Mailing, mailing_id))


def export(arguments: Namespace, settings: Settings) -> Answer:
    """Write the finished letters and their manifest into a folder."""
    with _open(settings) as institution, institution.transaction() as session:
        mailing = _mailing(session, arguments.mailing)
        manifest = export_mailing(session, OPERATOR, mailing, arguments.to)
    count = len(manifest["letters"])
    return Answer(manifest, [f"{count} breve er gemt i {arguments.to}."])


def approve(arguments: Namespace, settings: Settings) -> Answer:
    """Approve a mailing; sending itself needs the workers of the running site."""
    with _open(settings) as institution:
        recheck(institution, arguments.mailing)
        with institution.transaction() as session:
            mailing = _mailing(session, arguments.mailing)
            if arguments.copies == "accept":
                accept_copies(session, OPERATOR, mailing)
            elif arguments.copies == "decline":
                waiting = [one.letter_id for one in undecided(session, mailing.id)]
                decline_copies(session, OPERATOR, mailing, letter_ids=waiting)
            approve_mailing(
                session,
                OPERATOR,
                mailing,
                confirm_count=arguments.confirm,
                ways=ways_out(settings),
                hold_seconds=0 if arguments.no_hold else settings.hold_seconds,
                give_up_hours=settings.give_up_hours,
                doubtful_percent=settings.doubtful_percent,
            )
        with institution.reading() as session:
            mailing = _mailing(session, arguments.mailing)
            data = _status(session, mailing) | {"hold_until": mailing.hold_until}
            return Answer(data, [_approved_line(arguments.confirm, mailing)])


def cancel(arguments: Namespace, settings: Settings) -> Answer:
    """Stop what has not left yet."""
    with _open(settings) as institution:
        with institution.transaction() as session:
            stopped = cancel_mailing(session, OPERATOR, _mailing(session, arguments.mailing))
        with institution.reading() as session:
            data = _status(session, _mailing(session, arguments.mailing))
    data |= {"stopped": stopped.stopped, "already_left": stopped.already_left}
    return Answer(
        data, [f"{stopped.stopped} breve er stoppet. {stopped.already_left} var allerede sendt."]
    )


def status(arguments: Namespace, settings: Settings) -> Answer:
    """Where the letters of a mailing stand. The counts add up to the letters created."""
    with _open(settings) as institution, institution.reading() as session:
        data = _status(session, _mailing(session, arguments.mailing))
    lines = [f"Forsendelse {data['mailing']}: {data['status']}, {data['created']} breve"]
    lines += [f"  {label}: {count}" for label, count in data["counts"].items()]
    return Answer(data, lines, DONE if data["adds_up"] else REFUSED)


def verify(_arguments: Namespace, settings: Settings) -> Answer:
    """Check the log's chain and every stored document; exit 1 with what is wrong."""
    with _open(settings) as institution, institution.reading() as session:
        problems: list[dict[str, Any]] = [
            {"document": None, "message": message} for message in events.verify(session)
        ]
        problems += [
            {"document": document_id, "message": message}
            for document_id, message in documents.find_damaged(session)
        ]
        problems += [
            {"document": None, "letter": letter_id, "message": message}
            for letter_id, message in find_exchanged(session)
        ]
        data = {
            "ok": not problems,
            "events": session.scalar(select(func.count(Event.id))),
            "documents": session.scalar(select(func.count(Document.id))),
            "problems": problems,
        }
    lines = [str(one["message"]) for one in problems] or [
        f"Alt passer: {data['events']} hændelser og {data['documents']} dokumenter."
    ]
    return Answer(data, lines, REFUSED if problems else DONE)


@contextmanager
def _open(settings: Settings) -> Iterator[Institution]:
    """The institution, its database brought up to date first."""
    institution = open_institution(settings)
    try:
        upgrade(institution.engine)
        yield institution
    finally:
        institution.close()


def _approved_line(count: int, mailing: Mailing) -> str:
    if mailing.hold_until is None:
        return f"{count} breve er godkendt."
    at = local(mailing.hold_until)
    if mailing.send_at is not None:
        return f"{count} breve er godkendt og sendes tidligst {at:%d.%m.%Y} kl. {at:%H.%M}."
    return f"{count} breve er godkendt og sendes tidligst kl. {at:%H.%M.%S}."


def _mailing(session: Session, mailing_id: int) -> Mailing:
    mailing = session.get(Mailing, mailing_id)
    if mailing is None:
        raise Refused("Der er ingen forsendelse med nummer %(number)s.", number=mailing_id)
    return mailing


def _prepare_to_the_end(institution: Institution, mailing_id: int) -> None:
    """Prepare here, unless a worker of the running site was quicker: then wait for it."""
    while True:
        prepare_mailing(institution, mailing_id)
        finish_letters(institution, mailing_id)
        with institution.reading() as session:
            mailing = session.get_one(Mailing, mailing_id)
            if mailing.status is not MailingStatus.PREPARING and mailing.mended_at is None:
                return
        time.sleep(WAIT_SECONDS)


def _prepared(session: Session, mailing: Mailing) -> Answer:
    letters = session.scalars(
        select(Letter)
        .where(Letter.mailing_id == mailing.id)
        .order_by(Letter.position)
        .options(selectinload(Letter.recipient), selectinload(Letter.source))
    ).all()
    errors = [error_data(sentence_of(problem)) for problem in mailing.problems]
    for letter in letters:
        if letter.verdict is Verdict.RED:
            name = letter.source.file_name if letter.source else None
            errors += [
                error_data(sentence_of({**reason, "file": reason["file"] or name}))
                for reason in letter.reasons
            ]
    data = {
        "mailing": mailing.id,
        "status": mailing.status.label,
        "pages": mailing.pages_total,
        "letters": [_letter(session, letter) for letter in letters],
        "left_out": _left_out(session, mailing),
        "attachments": attached_data(session, mailing),
        "errors": errors,
    }
    failed = mailing.status is not MailingStatus.REVIEW
    lines = [
        f"Forsendelse {mailing.id}: {mailing.status.label}",
        f"{mailing.pages_total} sider, {len(letters)} breve",
        *(f"{one['file'] or ''} side {one['page'] or '-'}: {one['message']}" for one in errors),
    ]
    return Answer(data, lines, REFUSED if failed else DONE)


def _letter(session: Session, letter: Letter) -> dict[str, Any]:
    recipient: Recipient | None = letter.recipient
    return {
        "letter": letter.id,
        "recipient": number_of(session.vault, recipient).number if recipient else None,
        "kind": recipient.kind.value if recipient else None,
        "file": letter.source.file_name if letter.source else None,
        "pages": letter.pages,
        "verdict": letter.verdict.value,
        "reasons": [str(sentence_of(reason)) for reason in letter.reasons],
    }


def _left_out(session: Session, mailing: Mailing) -> list[dict[str, Any]]:
    rows = session.execute(
        select(LeftOutPage, MailingSource.file_name)
        .join(MailingSource, MailingSource.id == LeftOutPage.source_id)
        .where(LeftOutPage.mailing_id == mailing.id)
        .order_by(LeftOutPage.source_id, LeftOutPage.page)
    )
    return [
        {"file": name, "page": row.page, "reason": str(sentence_of(row.reason))}
        for row, name in rows
    ]


def _status(session: Session, mailing: Mailing) -> dict[str, Any]:
    books = balance(session, mailing)
    return {
        "mailing": mailing.id,
        "status": mailing.status.label,
        "created": books.created,
        "counts": {status.label: count for status, count in books.by_status.items()},
        **books.heaps,
        "adds_up": books.adds_up,
    }

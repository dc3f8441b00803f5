"""Taking files in: stored as they came, in a mailing that waits to be prepared.

Print, upload, API and command line all come through `take_in`. It is quick whatever the files are:
scanning, conversion and reading are the preparation's (ready.py, prepare.py).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.danish_time import local, today
from digitalpost.db import Session, now
from digitalpost.documents import add_document
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.identifiers import Identifier, InvalidIdentifier, parse
from digitalpost.institution import Institution
from digitalpost.keys import make_data_key
from digitalpost.mailings.attachment_intake import (
    GivenAttachment,
    StoredAttachment,
    add_attachments,
    folder_beside,
    look_over,
    store_attachments,
)
from digitalpost.mailings.files import KnownFile, UploadedFile, look_at
from digitalpost.mailings.options import Options, apply_options, wrong_in
from digitalpost.models import (
    Answer,
    CaseType,
    DocumentKind,
    Mailing,
    MailingChannel,
    MailingSource,
    MailingStatus,
)
from digitalpost.pdf.splits import SplitChoice, SplitMethod, parse_split
from digitalpost.registers.recipients import find_or_make_recipients
from digitalpost.storage import StoredObject
from digitalpost.wording import clean_title, title_from_file_name


@dataclass(frozen=True)
class Question:
    """The letter that a mailing answers, and whether it is done once the answer is approved."""

    letter_id: int
    finishes: bool


@dataclass(frozen=True)
class _Taken:
    file: KnownFile
    stored: StoredObject


def take_in(
    institution: Institution,
    actor: Actor,
    files: Sequence[UploadedFile],
    *,
    case_type_id: int,
    came_by: MailingChannel,
    title: str = "",
    split: str = "number",
    to: Sequence[str] = (),
    keep_numbers: bool = False,
    every_number: bool = False,
    options: Options | None = None,
    attachments: Sequence[GivenAttachment] = (),
    answers: Question | None = None,
) -> int:
    """Store the files and make a mailing to be prepared. Returns its id.

    ``split`` is written as `pdf.splits.parse_split` reads it; ``every_number`` removes all CPR
    numbers, not the recipient's only. ``to`` are typed CPR or CVR numbers: the whole file goes to
    each of them; ``attachments`` go with the letters; ``options`` is what recipients are asked for;
    ``answers`` is the letter that came in and that this one answers.
    Raises `Refused` with a sentence for every number and choice that can't be, and every file whose
    kind or size we do not take; nothing is kept then. What is wrong inside a file is found when the
    mailing is prepared.
    """
    with institution.reading(actor.scope) as session:
        case_type = session.get(CaseType, case_type_id)
        if case_type is None:
            raise Refused("Vælg en sagstype, du har adgang til.")
        require(actor, "mailing.prepare", case_type)
        unit_id = case_type.unit_id
    problems: list[Sentence] = []
    recipients = _typed_recipients(to, problems)
    choice = _choice(split, bool(recipients), problems)
    title = _title(title, files, problems)
    options = options or Options()
    problems += wrong_in(options, now())
    known = look_at(files, settings=institution.settings, problems=problems)
    kinds = look_over(attachments, institution.settings, problems)
    if problems:
        raise Refused(problems)
    folder = uuid.uuid4().hex

    def new_mailing() -> Mailing:
        mailing = Mailing(
            title=title,
            status=MailingStatus.PREPARING,
            came_by=came_by,
            owner_id=actor.user_id,
            unit_id=unit_id,
            case_type_id=case_type_id,
            split_method=choice.method.value,
            split_options=choice.options,
            keep_numbers=keep_numbers,
            remove_every_number=every_number,
            folder=folder,
            created_at=now(),
        )
        apply_options(mailing, options)
        return mailing

    store = institution.store
    try:
        taken = [_Taken(file, store.put_file(folder, file.path)) for file in known]
        attached = store_attachments(store, folder, attachments, kinds)
        stored = [one.stored for one in taken] + [one.stored for one in attached]
        store.make_durable([one.path for one in stored])
        return _write_down(institution, actor, new_mailing, taken, recipients, attached, answers)
    except BaseException:
        for one in (folder, folder_beside(folder)):
            store.delete(list(store.list_folder(one)))
        raise


def _write_down(
    institution: Institution,
    actor: Actor,
    new_mailing: Callable[[], Mailing],
    taken: list[_Taken],
    recipients: list[Identifier],
    attached: Sequence[StoredAttachment],
    answers: Question | None,
) -> int:
    """All rows of the mailing; two who meet the same new recipient take turns."""
    for last_try in (False, False, True):
        try:
            with institution.transaction() as session:
                mailing = new_mailing()
                _add_sources(session, actor, mailing, taken)
                add_attachments(session, mailing, attached)
                if answers is not None:
                    session.add(
                        Answer(
                            mailing_id=mailing.id,
                            unit_id=mailing.unit_id,
                            letter_id=answers.letter_id,
                            finishes=answers.finishes,
                        )
                    )
                if recipients:
                    found = find_or_make_recipients(
                        session, actor, recipients, unit_id=mailing.unit_id
                    )
                    mailing.split_options = {"recipient_ids": [found[one].id for one in recipients]}
                events.record(
                    session,
                    actor,
                    EventKind.MAILING_CREATED,
                    mailing,
                    data={"files": len(taken), "came_by": mailing.came_by.value},
                )
                session.flush()
                return mailing.id
        except IntegrityError:
            if last_try:
                raise
    raise AssertionError("unreachable")


def _add_sources(session: Session, actor: Actor, mailing: Mailing, taken: list[_Taken]) -> None:
    key = make_data_key(session)
    session.flush()
    mailing.key_id = key.id
    session.add(mailing)
    session.flush()
    for position, file in enumerate(taken, start=1):
        # Of the file as it came: a PDF made from it twice is never the same twice.
        fingerprint = session.vault.blind_index("file", file.stored.sha256)
        already = _sent_before(session, actor, fingerprint)
        session.add(_source(session, mailing, position, file, fingerprint))
        if already is not None:
            said = _sent_before_sentence(file.file.name, already)
            mailing.problems = [*mailing.problems, said]


def _source(
    session: Session, mailing: Mailing, position: int, file: _Taken, fingerprint: bytes
) -> MailingSource:
    return MailingSource(
        mailing=mailing,
        unit_id=mailing.unit_id,
        position=position,
        file_name=file.file.name,
        fingerprint=fingerprint,
        document=add_document(
            session,
            file.stored,
            kind=DocumentKind.SOURCE,
            media_type=file.file.kind.media_type,
            unit_id=mailing.unit_id,
            key_id=mailing.key_id,
        ),
    )


def _sent_before(session: Session, actor: Actor, fingerprint: bytes) -> Mailing | None:
    """The last approved mailing with exactly this file that the actor may know of."""
    query = (
        select(Mailing)
        .join(MailingSource, MailingSource.mailing_id == Mailing.id)
        .where(MailingSource.fingerprint == fingerprint, Mailing.approved_at.is_not(None))
        .order_by(Mailing.approved_at.desc())
    )
    if actor.scope.unit_ids is not None:
        query = query.where(Mailing.unit_id.in_(actor.scope.unit_ids))
    for mailing in session.scalars(query.limit(5)):
        if mailing.status is not MailingStatus.CANCELLED:
            return mailing
    return None


def _sent_before_sentence(name: str, earlier: Mailing) -> dict[str, object]:
    assert earlier.approved_at is not None
    return Sentence(
        "Præcis denne fil er sendt før, som forsendelse %(mailing)s den %(day)s. "
        "Godkend kun, hvis den skal sendes igen.",
        {"mailing": earlier.id, "day": f"{local(earlier.approved_at):%d.%m.%Y}"},
        file=name,
        code="sent_before",
    ).as_json()


def _choice(split: str, has_recipients: bool, problems: list[Sentence]) -> SplitChoice:
    if has_recipients:
        return SplitChoice(SplitMethod.WHOLE)
    try:
        choice = parse_split(split)
    except Refused as refused:
        problems.extend(refused.sentences)
        return SplitChoice()
    if choice.method is SplitMethod.WHOLE:
        problems.append(Sentence("Skriv mindst ét CPR- eller CVR-nummer, filen skal sendes til."))
    return choice


def _typed_recipients(to: Sequence[str], problems: list[Sentence]) -> list[Identifier]:
    recipients: list[Identifier] = []
    for row, text in enumerate((line for line in to if line.strip()), start=1):
        try:
            recipients.append(parse(text, today=today()))
        except InvalidIdentifier as error:
            problems.append(
                Sentence("Modtager nr. %(row)s: %(why)s", {"row": row, "why": str(error)})
            )
    return list(dict.fromkeys(recipients))


def _title(title: str, files: Sequence[UploadedFile], problems: list[Sentence]) -> str:
    if not title.strip() and files:
        return title_from_file_name(files[0].name)
    try:
        return clean_title(title)
    except Refused as refused:
        problems.extend(refused.sentences)
        return ""

"""Reading a letter that came: what its page shows, its files, and the lines in the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.archive.letters import Download
from digitalpost.conversion.text import decode
from digitalpost.db import Session
from digitalpost.documents import PDF, read_document
from digitalpost.errors import Refused, sentence_of
from digitalpost.events import EventKind
from digitalpost.incoming.files import HTML, INFECTED, TEXT
from digitalpost.incoming.html import SafeHtml, make_safe
from digitalpost.incoming.thread import conversation
from digitalpost.models import (
    Answer,
    FileRole,
    IncomingFile,
    IncomingLetter,
    Letter,
    Mailing,
    MailingStatus,
    SigningTask,
    User,
)

# What is drawn as pictures of its pages, in a child process, with MuPDF's name of it.
DRAWN = {PDF: "pdf", "image/jpeg": "jpeg", "image/png": "png", "image/gif": "gif"}
LONGEST_TEXT = 20_000  # characters of a letter that stand on its page; the rest is in the file
LARGEST_HTML = 5_000_000  # bytes of a letter with pictures in it
# Of several formats of the same letter, the one that is quickest to read.
_BODY = (HTML, TEXT, *DRAWN)
_ENDINGS = {
    PDF: "pdf",
    HTML: "html",
    TEXT: "txt",
    "application/xml": "xml",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
}
# Of what its bytes do not tell we keep the ending that the sender gave, if it is one of these.
_KEPT_ENDINGS = (
    *("docx", "doc", "odt", "rtf", "xlsx", "xls", "ods", "pptx", "ppt", "odp", "csv"),
    *("tif", "tiff", "heic", "webp", "bmp", "mp3", "m4a", "wav", "mp4", "mov"),
    *("zip", "ics", "eml", "msg", "pages", "numbers"),
)


@dataclass(frozen=True)
class OpenedIncoming:
    """A letter that came, as its page shows it."""

    letter: Letter
    incoming: IncomingLetter
    owner: User | None
    body: IncomingFile | None  # the letter itself; None when it can't be shown
    text: str | None  # of a letter that is plain text
    is_cut: bool  # there is more text in the file than is shown
    files: Sequence[IncomingFile]  # all others
    conversation: Sequence[Letter]  # the oldest first, this letter among them
    was_to_sign: bool  # it answers a letter that was to be signed
    answers: Sequence[Mailing]  # answers to it that are being made, or were sent


def open_incoming(session: Session, actor: Actor, letter: Letter) -> OpenedIncoming:
    """Everything that the page shows, read only: call `archive.letters.note_opened` before it.

    Raises `Damaged` when the letter in the store is not what was stored.
    """
    require(actor, "incoming.read", letter)
    incoming = session.scalars(
        select(IncomingLetter).where(IncomingLetter.letter_id == letter.id)
    ).one()
    files = files_of(session, letter)
    body = _body(files)
    text = None
    if body is not None and body.media_type == TEXT:
        text = decode(read_document(session, body.document)).strip()
    return OpenedIncoming(
        letter=letter,
        incoming=incoming,
        owner=session.get(User, letter.owner_id) if letter.owner_id is not None else None,
        body=body,
        text=text[:LONGEST_TEXT] if text is not None else None,
        is_cut=text is not None and len(text) > LONGEST_TEXT,
        files=[file for file in files if file is not body],
        conversation=conversation(session, letter),
        was_to_sign=_was_to_sign(session, letter),
        answers=_answers(session, letter),
    )


def files_of(session: Session, letter: Letter) -> Sequence[IncomingFile]:
    """The files of a letter in the order of its message."""
    return session.scalars(
        select(IncomingFile)
        .where(IncomingFile.letter_id == letter.id)
        .order_by(IncomingFile.position)
        .options(selectinload(IncomingFile.document))
    ).all()


def to_count(files: Sequence[IncomingFile]) -> list[IncomingFile]:
    """Files whose pages can be drawn, but were not counted yet."""
    return [file for file in files if is_drawn(file) and file.document.pages is None]


def is_drawn(file: IncomingFile) -> bool:
    """Whether a file is shown as pictures of its pages."""
    return file.media_type in DRAWN and file.problem is None


def note_pages(session: Session, actor: Actor, letter: Letter, pages: Mapping[int, int]) -> None:
    """Keep how many pages each file has, by its position; 0 for one that can't be drawn."""
    require(actor, "incoming.read", letter)
    for file in files_of(session, letter):
        if file.position in pages and file.document.pages is None:
            file.document.pages = pages[file.position]


def read_file(session: Session, actor: Actor, file: IncomingFile) -> bytes:
    """The bytes of a file, to be shown; the look is logged with the letter.

    Raises `Refused` for a file with something harmful in it, `Damaged` for one that was changed.
    """
    require(actor, "incoming.read", file)
    if file.problem is not None and file.problem.get("code") == INFECTED:
        raise Refused([sentence_of(file.problem)])
    return read_document(session, file.document)


def read_html(session: Session, actor: Actor, file: IncomingFile) -> SafeHtml:
    """A letter that came as a web page, made harmless. Raises as `read_file`, and for huge ones."""
    if file.media_type != HTML or file.document.size > LARGEST_HTML:
        raise Refused("Brevet er for stort til at blive vist her. Hent det som fil.")
    return make_safe(read_file(session, actor, file))


def download_file(session: Session, actor: Actor, letter: Letter, position: int) -> Download:
    """A file to take away. Every time is logged. Its new name says nothing about a person."""
    require(actor, "incoming.read", letter)
    file = next((one for one in files_of(session, letter) if one.position == position), None)
    if file is None:
        raise Refused("Filen findes ikke.")
    content = read_file(session, actor, file)
    data = {"what": "file", "file": position}
    events.record(session, actor, EventKind.LETTER_DOWNLOADED, letter, data=data)
    name = f"brev-{letter.id}-fil-{position}.{_ending(file)}"
    return Download(name, content, "application/octet-stream")


def _body(files: Sequence[IncomingFile]) -> IncomingFile | None:
    main = [one for one in files if one.role is FileRole.MAIN and one.problem is None]
    return next((one for kind in _BODY for one in main if one.media_type == kind), None)


def _ending(file: IncomingFile) -> str:
    given = PurePath(file.file_name).suffix.lstrip(".").lower()
    return _ENDINGS.get(file.media_type) or (given if given in _KEPT_ENDINGS else "bin")


def _was_to_sign(session: Session, letter: Letter) -> bool:
    if letter.answers_id is None:
        return False
    asked = select(SigningTask.id).where(SigningTask.letter_id == letter.answers_id).limit(1)
    return session.scalar(asked) is not None


def _answers(session: Session, letter: Letter) -> Sequence[Mailing]:
    return session.scalars(
        select(Mailing)
        .join(Answer, Answer.mailing_id == Mailing.id)
        .where(Answer.letter_id == letter.id, Mailing.status != MailingStatus.CANCELLED)
        .order_by(Mailing.id)
    ).all()

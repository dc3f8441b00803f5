"""What Digital Post demands of a message beyond the schema, as sentences for staff.

Source: protocols/memo.md, Types, "Validation that Digital Post makes beyond the XSD", Size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from digitalpost.errors import Sentence
from digitalpost.memo.documents import Action, AdditionalDocument, File, MainDocument
from digitalpost.memo.message import Message, MessageHeader, MessageType

LONGEST_TEXT = 256
LONGEST_NOTIFICATION = 150  # the stricter of the two copies of MeMo 1.1
MOST_FILES = 10  # besides the main document
LARGEST = 99_500_000  # bytes of the whole message as it is sent
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\r\n\u00a0\u2000-\u200a\u2028\u205f\u2060\u3000]')
_UUID4 = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"
)


def problems_of(message: Message, *, size: int = 0) -> list[Sentence]:
    """Why Digital Post would refuse the message; empty when nothing is known against it.

    ``size`` is that of the written XML, in bytes.
    """
    problems = [*_about_header(message.header), *_about_body(message)]
    if size > LARGEST:
        text = "Brevet fylder mere end 99,5 MB og kan ikke sendes som Digital Post."
        problems.append(Sentence(text, code="too_big"))
    return problems


def safe_filename(name: str) -> str:
    """The name without the characters that Digital Post refuses."""
    return _FORBIDDEN.sub("_", name)[:LONGEST_TEXT]


def _about_header(header: MessageHeader) -> Iterator[Sentence]:
    if not _UUID4.fullmatch(header.message_uuid):
        yield Sentence("Meddelelsens id er ikke et gyldigt UUID.", code="uuid")
    if not header.label.strip() or len(header.label) > LONGEST_TEXT:
        yield Sentence(
            "Titlen skal være på mellem 1 og %(most)s tegn.", {"most": LONGEST_TEXT}, code="title"
        )
    if header.notification is not None and len(header.notification) > LONGEST_NOTIFICATION:
        yield Sentence(
            "Beskeden om brevet må højst være på %(most)s tegn.",
            {"most": LONGEST_NOTIFICATION},
            code="notification",
        )


def _about_body(message: Message) -> Iterator[Sentence]:
    header, body = message.header, message.body
    if header.message_type is MessageType.NEM_SMS:
        if body is not None or not (header.notification or "").strip():
            yield Sentence("En sms skal have en tekst og må ikke have bilag.", code="sms")
        return
    if body is None:
        yield Sentence("Meddelelsen har intet brev.", code="no_document")
        return
    letters: list[MainDocument | AdditionalDocument] = [
        body.main_document,
        *body.additional_documents,
    ]
    for document in [*letters, *body.technical_documents]:
        if not document.files:
            yield Sentence("Et dokument i brevet har ingen fil.", code="no_file")
        for file in document.files:
            yield from _about_file(file)
    for letter in letters:
        for action in letter.actions:
            yield from _about_action(action)
    if len(body.additional_documents) > MOST_FILES:
        yield Sentence(
            "Brevet har flere end %(most)s bilag. Læg nogle af dem sammen.",
            {"most": MOST_FILES},
            code="too_many_files",
        )


def _about_file(file: File) -> Iterator[Sentence]:
    if not file.content:
        yield Sentence("En fil i brevet er tom.", code="empty_file")
    if not file.filename.strip() or _FORBIDDEN.search(file.filename):
        yield Sentence("Et filnavn har tegn, som Digital Post ikke tager imod.", code="file_name")


def _about_action(action: Action) -> Iterator[Sentence]:
    if action.entry_point is not None and not action.entry_point.url.startswith("https://"):
        yield Sentence("Et link i brevet skal begynde med https://.", code="link")
    if action.entry_point is not None and action.reservation is not None:
        yield Sentence("Et punkt i brevet kan ikke være både møde og link.", code="action")

"""A letter is answered from where it is read, and the answer comes into the same conversation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest
import sqlalchemy as sa

from digitalpost.access import SYSTEM, Actor
from digitalpost.channels.digital_post_message import make_message
from digitalpost.db import now
from digitalpost.deliveries.claim import parcel
from digitalpost.documents import read_document
from digitalpost.errors import Forbidden, Refused
from digitalpost.events import EventKind
from digitalpost.incoming.answer import LONGEST, answer, title_of_answer, why_not_digital
from digitalpost.incoming.assign import assign
from digitalpost.incoming.filing import file_message
from digitalpost.incoming.opened import open_incoming
from digitalpost.incoming.thread import conversation
from digitalpost.institution import Institution
from digitalpost.mailings.files import UploadedFile
from digitalpost.mailings.prepare import prepare
from digitalpost.memo.rules import problems_of
from digitalpost.models import (
    CaseType,
    Delivery,
    Document,
    Event,
    Letter,
    LetterStatus,
    Mailbox,
    MailboxSource,
    MailboxStatus,
    Mailing,
    MailingStatus,
    Unit,
    Verdict,
)
from tests.incoming.digital import letters_of, make_digital, message_of
from tests.incoming.messages import make_xml, new_uuid, store_xml
from tests.make import make_actor, make_unit, make_user
from tests.make_mailings import approve_mailing


@pytest.fixture
def institution(database_url: str, tmp_path: Path) -> Iterator[Institution]:
    found = make_digital(
        tmp_path / "home",
        database_url,
        DIGITALPOST_ADDRESS="Egevej 1; 8000 Aarhus C",
        DIGITALPOST_PROCESSES="1",
    )
    yield found
    found.close()


class Office:
    """A clerk with a letter that came."""

    def __init__(self, institution: Institution) -> None:
        self.institution = institution
        self.unit_id = make_unit(institution, "Kontoret")
        self.clerk: Actor = make_actor(
            institution, make_user(institution, units=(self.unit_id,), name="Mette Kirk")
        )
        self.question = self.receive()

    def receive(self, **message: str) -> int:
        xml = make_xml(new_uuid(), **message)  # type: ignore[arg-type]
        letter_id = file_message(
            self.institution, store_xml(self.institution, xml, unit_id=self.unit_id)
        )
        assert letter_id is not None
        return letter_id

    def answer(self, **how: object) -> int:
        values: dict[str, object] = {"title": "Svar: Sygdom", "text": "God bedring.", **how}
        return answer(self.institution, self.clerk, self.question, **values)  # type: ignore[arg-type]

    def send(self, **how: object) -> Letter:
        """Answer, prepare and approve; the letter that goes out."""
        mailing_id = self.answer(**how)
        prepare(self.institution, mailing_id)
        approve_mailing(self.institution, mailing_id, actor=self.clerk)
        [letter] = letters_of(self.institution, mailing_id)
        return letter

    def letter(self, letter_id: int) -> Letter:
        with self.institution.reading() as session:
            found = session.get_one(Letter, letter_id)
            session.expunge_all()
            return found


@pytest.fixture
def office(institution: Institution) -> Office:
    return Office(institution)


def test_a_typed_answer_goes_out_as_a_letter_in_the_same_case_and_conversation(
    office: Office,
) -> None:
    sent = office.send(text="Tak for beskeden.\n\nGod bedring & <hilsner>.")
    question = office.letter(office.question)
    assert sent.verdict is Verdict.GREEN
    assert (sent.answers_id, sent.thread_id) == (question.id, question.id)
    assert sent.case_id == question.case_id
    assert question.status is LetterStatus.DONE
    assert question.owner_id == office.clerk.user_id
    with office.institution.reading(office.clerk.scope) as session:
        pdf = read_document(session, session.get_one(Document, sent.document_id))
        text = pymupdf.open(stream=pdf, filetype="pdf")[0].get_text()
        for line in (
            "Egely Gymnasium", "8000 Aarhus C", "Vedr.: Svar: Sygdom", "Kære Birthe Lund",
            "God bedring & <hilsner>.", "Med venlig hilsen", "Mette Kirk",
        ):  # fmt: skip
            assert line in text, line
        row = session.get_one(Letter, question.id)
        assert [one.id for one in conversation(session, row)] == [question.id, sent.id]
        opened = open_incoming(session, office.clerk, row)
        assert [one.title for one in opened.answers] == ["Svar: Sygdom"]
        answered = sa.select(Event.letter_id).where(Event.kind == EventKind.LETTER_ANSWERED.value)
        assert list(session.scalars(answered)) == [question.id]


def test_the_message_says_what_it_answers_and_an_answer_to_it_comes_home(office: Office) -> None:
    sent = office.send(finishes=False)
    settings = office.institution.settings.channels.digital_post
    with office.institution.reading() as session:
        delivery = session.scalars(sa.select(Delivery).where(Delivery.letter_id == sent.id)).one()
        outgoing = parcel(session, delivery, "").outgoing(office.institution.store)
        message = make_message(settings, outgoing)
        case = session.get_one(Letter, sent.id).case
        opened = open_incoming(session, office.clerk, session.get_one(Letter, office.question))
        assert case is not None
        number = case.number
    assert problems_of(message) == []
    [said] = message.header.reply_data
    assert (said.message_uuid, said.case_id) == (opened.incoming.message_uuid, number)
    assert message.header.reply
    assert office.letter(office.question).status is LetterStatus.NEW
    again = office.letter(office.receive(answers=message_of(office.institution, sent.id)))
    assert (again.answers_id, again.thread_id) == (sent.id, office.question)
    assert (again.owner_id, again.case_id) == (office.clerk.user_id, sent.case_id)


def test_a_file_is_sent_as_it_is(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "svar.txt"
    path.write_text("Se vedlagte skema.")
    sent = office.send(text="", file=UploadedFile("svar.txt", path), can_reply=False)
    with office.institution.reading() as session:
        pdf = read_document(session, session.get_one(Document, sent.document_id))
        assert "Se vedlagte skema." in pymupdf.open(stream=pdf, filetype="pdf")[0].get_text()
        assert not session.get_one(Mailing, sent.mailing_id).can_reply


def test_a_cancelled_answer_leaves_the_letter_to_be_answered(office: Office) -> None:
    mailing_id = office.answer()
    with office.institution.transaction() as session:
        session.get_one(Mailing, mailing_id).status = MailingStatus.CANCELLED
    with office.institution.reading() as session:
        letter = session.get_one(Letter, office.question)
        assert letter.status is LetterStatus.NEW
        assert not open_incoming(session, office.clerk, letter).answers


def test_an_answer_stays_an_answer_when_another_unit_took_the_letter_over(
    office: Office,
) -> None:
    mailing_id = office.answer()
    prepare(office.institution, mailing_id)
    unit_id = make_unit(office.institution, "Vejledningen")
    with office.institution.transaction() as session:
        unit = session.get_one(Unit, unit_id)
        session.add(CaseType(unit_id=unit.id, name="Vejledning"))
        session.flush()
        assign(session, SYSTEM, [session.get_one(Letter, office.question)], unit=unit)
    approve_mailing(office.institution, mailing_id, actor=office.clerk)
    [sent] = letters_of(office.institution, mailing_id)
    question = office.letter(office.question)
    assert (sent.answers_id, sent.thread_id) == (question.id, question.id)
    assert question.status is LetterStatus.ASSIGNED  # it is not ours to finish
    assert sent.case_id != question.case_id


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"text": " "}, "Skriv et svar, eller vælg en fil"),
        ({"text": "x" * (LONGEST + 1)}, "for langt"),
        ({"text": "Dit CPR er 010203-1234"}, "CPR-nummer"),
        ({"title": ""}, "Skriv en titel"),
        ({"file": UploadedFile("a.pdf", Path("a.pdf"))}, "både skrevet et svar og valgt en fil"),
    ],
    ids=["nothing", "too long", "a number", "no title", "both"],
)
def test_what_is_wrong_with_an_answer_is_said(
    office: Office, how: dict[str, object], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        office.answer(**how)
    with office.institution.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Mailing.id))) == 0


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (MailboxStatus.DEAD, "død"),
        (MailboxStatus.REACHABLE, None),
    ],
)
def test_who_can_t_get_digital_post_is_answered_in_another_way(
    office: Office, status: MailboxStatus, said: str | None
) -> None:
    with office.institution.transaction() as session:
        letter = session.get_one(Letter, office.question)
        assert letter.recipient_id is not None
        session.add(
            Mailbox(
                recipient_id=letter.recipient_id,
                status=status,
                asked_at=now(),
                source=MailboxSource.CONTACTS,
            )
        )
    if said is None:
        assert office.answer()
        return
    with pytest.raises(Refused, match=said) as caught:
        office.answer()
    assert "Ring til afsenderen" in str(caught.value)


def test_an_outgoing_letter_or_somebody_elses_can_t_be_answered(office: Office) -> None:
    sent = office.send()
    office.question = sent.id
    with pytest.raises(Refused, match="ikke et brev, der er kommet ind"):
        office.answer()
    unit_id = make_unit(office.institution, "En anden")
    stranger = make_actor(office.institution, make_user(office.institution, units=(unit_id,)))
    with pytest.raises(Refused, match="findes ikke"):
        answer(office.institution, stranger, office.receive(), title="Svar", text="Hej")
    with office.institution.reading() as session, pytest.raises(Forbidden):
        letter = session.get_one(Letter, office.receive())
        why_not_digital(session, stranger, letter, [])


def test_the_title_is_that_of_the_letter(office: Office) -> None:
    assert title_of_answer(Letter(title="Sygdom")) == "Svar: Sygdom"
    assert title_of_answer(Letter(title="SVAR: Sygdom")) == "SVAR: Sygdom"
    assert len(title_of_answer(Letter(title="x" * 200))) == 120

"""Answers find what they answer by what the message says, and go to whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.archive.cases import close_case
from digitalpost.events import EventKind
from digitalpost.incoming.filing import file_message
from digitalpost.incoming.thread import conversation
from digitalpost.institution import Institution
from digitalpost.models import (
    Case,
    Delivery,
    Event,
    Letter,
    LetterStatus,
    RoutedBy,
    SigningStatus,
    SigningTask,
    User,
)
from tests.incoming.digital import letters_of, make_digital, message_of
from tests.incoming.messages import (
    CITIZEN,
    OTHER_CITIZEN,
    AFile,
    Filed,
    make_xml,
    new_uuid,
    read_filed,
    store_xml,
)
from tests.make import make_recipient, make_unit, make_user
from tests.make_mailings import make_approved, make_case_type
from tests.signing.asking import LETTER, make_to_sign
from tests.signing.authority import make_authority, make_pdf, make_signer, sign, write_on


@pytest.fixture
def institution(database_url: str, tmp_path: Path) -> Iterator[Institution]:
    found = make_digital(tmp_path / "home", database_url)
    yield found
    found.close()


class School:
    """A mail room, and an office with a clerk who has written to somebody."""

    def __init__(self, institution: Institution) -> None:
        self.institution = institution
        self.mail_room = make_unit(institution, "Postrum")
        self.office = make_unit(institution, "Studievejledning")
        self.clerk = make_user(institution, units=(self.office,), name="Else Vejleder")
        self.case_type = make_case_type(institution, self.office)

    def write(self, number: str = CITIZEN) -> Letter:
        mailing_id = make_approved(
            self.institution, [number], case_type_id=self.case_type, owner_id=self.clerk
        )
        return letters_of(self.institution, mailing_id)[0]

    def ask_to_sign(self, *, case_type_id: int | None = None) -> Letter:
        mailing_id = make_to_sign(
            self.institution,
            [CITIZEN],
            owner_id=self.clerk,
            case_type_id=case_type_id or self.case_type,
        )
        return letters_of(self.institution, mailing_id)[0]

    def receive(self, xml: bytes) -> Filed:
        message_id = store_xml(self.institution, xml, unit_id=self.mail_room)
        letter_id = file_message(self.institution, message_id)
        assert letter_id is not None
        return read_filed(self.institution, letter_id)


@pytest.fixture
def school(institution: Institution) -> School:
    return School(institution)


def test_an_answer_lands_in_the_case_and_with_the_sender_of_the_letter(school: School) -> None:
    asked = school.write()
    message_id = message_of(school.institution, asked.id)
    came = school.receive(make_xml(new_uuid(), title="Noget helt andet", answers=message_id))
    assert came.letter.answers_id == came.letter.thread_id == asked.id
    assert came.letter.case_id == asked.case_id
    assert came.letter.unit_id == school.office
    assert (came.letter.owner_id, came.letter.status) == (school.clerk, LetterStatus.ASSIGNED)
    assert came.incoming.routed_by is RoutedBy.REPLY
    assert "Else Vejleder" in str(came.incoming.routed_reason)


def test_an_answer_to_an_answer_is_one_conversation(school: School) -> None:
    asked = school.write()
    first = school.receive(
        make_xml(new_uuid(), answers=message_of(school.institution, asked.id).upper())
    )
    second = school.receive(make_xml(new_uuid(), answers=first.incoming.message_uuid))
    with school.institution.reading() as session:
        letter = session.get_one(Letter, second.letter.id)
        assert [one.id for one in conversation(session, letter)] == [
            asked.id,
            first.letter.id,
            second.letter.id,
        ]
    assert second.letter.answers_id == first.letter.id
    assert second.letter.owner_id == school.clerk


def test_the_same_subject_is_no_answer(school: School) -> None:
    asked = school.write()
    came = school.receive(make_xml(new_uuid(), title=f"SV: {asked.title}"))
    assert came.letter.answers_id is None
    assert came.letter.unit_id == school.mail_room
    assert came.letter.status is LetterStatus.NEW


def test_a_case_number_joins_the_newest_letter_of_that_case(school: School) -> None:
    school.write()
    newest = school.write()
    with school.institution.reading() as session:
        number = session.get_one(Case, newest.case_id).number
    came = school.receive(make_xml(new_uuid(), answers=new_uuid(), case_id=number))
    assert came.letter.answers_id == newest.id


def test_nobody_gets_into_the_case_of_another_by_its_number_or_message(school: School) -> None:
    asked = school.write()
    make_recipient(school.institution, school.office, number=OTHER_CITIZEN, name="Ib Fræk")
    with school.institution.reading() as session:
        number = session.get_one(Case, asked.case_id).number
    came = school.receive(
        make_xml(
            new_uuid(),
            sender=OTHER_CITIZEN,
            answers=message_of(school.institution, asked.id),
            case_id=number,
        )
    )
    assert came.letter.answers_id is None
    assert came.letter.case_id != asked.case_id
    assert came.letter.unit_id == school.mail_room


def test_a_guardian_who_got_a_copy_answers_into_the_pupils_case(school: School) -> None:
    asked = school.write()
    guardian = make_recipient(
        school.institution, school.office, number=OTHER_CITIZEN, name="Far Lund"
    )
    copy_id = new_uuid()
    with school.institution.transaction() as session:
        main = session.scalars(sa.select(Delivery).where(Delivery.letter_id == asked.id)).one()
        session.add(
            Delivery(
                letter_id=asked.id,
                mailing_id=asked.mailing_id,
                unit_id=asked.unit_id,
                recipient_id=guardian,
                document_id=main.document_id,
                channel=main.channel,
                message_id=copy_id,
                give_up_at=main.give_up_at,
                created_at=main.created_at,
            )
        )
    came = school.receive(make_xml(new_uuid(), sender=OTHER_CITIZEN, answers=copy_id))
    assert (came.letter.answers_id, came.letter.case_id) == (asked.id, asked.case_id)
    assert came.letter.recipient_id == guardian


def test_an_answer_after_the_case_was_closed_opens_a_new_one_of_its_type(school: School) -> None:
    asked = school.write()
    with school.institution.transaction() as session:
        for letter in session.scalars(sa.select(Letter)):
            letter.status = LetterStatus.DELIVERED
        session.flush()
        close_case(session, OPERATOR, session.get_one(Case, asked.case_id))
    came = school.receive(make_xml(new_uuid(), answers=message_of(school.institution, asked.id)))
    assert came.letter.answers_id == asked.id
    assert came.letter.case is not None
    assert came.letter.case_id != asked.case_id
    assert came.letter.case.case_type_id == school.case_type


def test_an_answer_to_somebody_who_left_waits_in_the_unit_of_the_letter(school: School) -> None:
    asked = school.write()
    with school.institution.transaction() as session:
        session.get_one(User, school.clerk).is_active = False
    came = school.receive(make_xml(new_uuid(), answers=message_of(school.institution, asked.id)))
    assert (came.letter.owner_id, came.letter.status) == (None, LetterStatus.NEW)
    assert came.letter.unit_id == school.office


def test_a_signed_letter_comes_home_and_settles_what_was_asked(school: School) -> None:
    asked = school.ask_to_sign()
    pdf = AFile(sign(LETTER), "underskrevet.pdf", "application/pdf")
    came = school.receive(make_xml(new_uuid(), attached=[pdf]))  # not sent as an answer
    assert (came.letter.answers_id, came.letter.case_id) == (asked.id, asked.case_id)
    assert came.letter.owner_id == school.clerk
    assert came.files[1].signature == {"verdict": "valid", "signers": ["Åse Birk"]}
    with school.institution.reading() as session:
        task = session.scalars(sa.select(SigningTask)).one()
        assert (task.status, task.signer) == (SigningStatus.SIGNED, "Åse Birk")
        assert task.document_id == came.files[1].document_id
        signed = sa.select(sa.func.count(Event.id)).where(
            Event.kind == EventKind.LETTER_SIGNED.value
        )
        assert session.scalar(signed) == 1
    again = school.receive(make_xml(new_uuid(), attached=[pdf]))
    assert again.files[1].signature == {"verdict": "valid", "signers": ["Åse Birk"]}
    with school.institution.reading() as session:
        assert session.scalars(sa.select(SigningTask)).one().document_id == task.document_id
        assert session.scalar(signed) == 1


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (sign(make_pdf("Noget andet")), "other_document"),
        (sign(LETTER, make_signer(authority=make_authority("Ukendt"))), "untrusted"),
        (write_on(sign(LETTER)), "changed"),
        (sign(LETTER)[:-200], "broken"),
        (make_pdf("Scannet ind"), "none"),
        (sign(write_on(LETTER)), "other_document"),
    ],
    ids=["not ours", "unknown issuer", "changed", "cut off", "a scan", "more than we wrote"],
)
def test_a_file_that_is_not_our_letter_signed_is_shown_as_what_it_is(
    school: School, content: bytes, verdict: str
) -> None:
    asked = school.ask_to_sign()
    came = school.receive(
        make_xml(
            new_uuid(),
            answers=message_of(school.institution, asked.id),
            attached=[AFile(content, "brev.pdf", "application/pdf")],
        )
    )
    found = came.files[1].signature
    assert found is not None
    assert found["verdict"] == verdict
    with school.institution.reading() as session:
        task = session.scalars(sa.select(SigningTask)).one()
        assert task.status is SigningStatus.WAITING


def test_somebody_elses_copy_of_the_letter_settles_nothing(school: School) -> None:
    school.ask_to_sign()
    came = school.receive(
        make_xml(
            new_uuid(),
            sender=OTHER_CITIZEN,
            attached=[AFile(sign(LETTER), "brev.pdf", "application/pdf")],
        )
    )
    assert came.letter.answers_id is None
    assert came.files[1].signature is not None
    assert came.files[1].signature["verdict"] == "other_document"
    with school.institution.reading() as session:
        assert session.scalars(sa.select(SigningTask)).one().status is SigningStatus.WAITING

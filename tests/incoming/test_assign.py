"""Handing incoming letters over, and undoing it: on both databases, with what belongs to them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from digitalpost.access import SYSTEM, actor_of
from digitalpost.db import now
from digitalpost.documents import read_document
from digitalpost.errors import Damaged, Forbidden, Refused
from digitalpost.events import verify
from digitalpost.incoming.acts import MANY
from digitalpost.incoming.assign import assign, finish, release, reopen
from digitalpost.incoming.notes import notes_on, write_note
from digitalpost.incoming.undo import undo
from digitalpost.institution import open_institution
from digitalpost.keys import destroy_data_key
from digitalpost.models import (
    Assignment,
    Case,
    DataKey,
    Document,
    IncomingFile,
    IncomingLetter,
    IncomingMessage,
    Letter,
    LetterStatus,
    RoutedBy,
    User,
)
from digitalpost.settings import Settings
from tests.incoming.school import BO, School, kinds
from tests.processes import run_at_once


def take(settings: Settings, letter_id: int, user_id: int) -> None:
    institution = open_institution(settings)
    with institution.transaction() as session:
        user = session.get_one(User, user_id)
        assign(session, actor_of(user), [session.get_one(Letter, letter_id)], owner=user)


def test_who_takes_a_letter_has_it(school: School) -> None:
    letter_id = school.letter()
    batch = school.assign(school.clerk, [letter_id], owner_id=school.clerk_id)
    with school.institution.reading() as session:
        letter = session.get_one(Letter, letter_id)
        assert (letter.status, letter.owner_id) == (LetterStatus.ASSIGNED, school.clerk_id)
        row = session.scalars(sa.select(Assignment)).one()
        assert (row.batch, row.by_id, row.how) == (batch, school.clerk_id, RoutedBy.PERSON)
        assert (row.from_status, row.from_owner_id) == (LetterStatus.NEW, None)
        about = session.scalars(sa.select(IncomingLetter)).one()
        assert about.routed_by is RoutedBy.PERSON
        assert kinds(session, letter_id) == ["letter:assigned"]
        assert list(verify(session)) == []


def test_a_letter_given_to_another_unit_takes_all_that_is_its_own_along(school: School) -> None:
    letter_id = school.letter(files=[("karakterer.txt", "text/plain", b"12")])
    with school.institution.transaction(school.clerk.scope) as session:
        letter = session.get_one(Letter, letter_id)
        old_key = letter.case.key_id
        write_note(session, school.clerk, letter, "Ring på 010203-1234 i morgen")
    school.assign(school.clerk, [letter_id], unit_id=school.counsel)
    with school.institution.reading(school.clerk.scope) as session:
        assert session.get(Letter, letter_id) is None
        for model in (IncomingLetter, IncomingFile, Document):
            assert session.scalars(sa.select(model)).all() == []
    with school.institution.transaction() as session:  # the case it came from is erased
        destroy_data_key(session, session.get_one(DataKey, old_key))
    with school.institution.reading(school.counsellor.scope) as session:
        letter = session.get_one(Letter, letter_id)
        assert letter.case.unit_id == letter.unit_id == school.counsel
        assert letter.recipient is not None
        assert (letter.status, letter.owner_id) == (LetterStatus.ASSIGNED, None)
        files = session.scalars(sa.select(IncomingFile).order_by(IncomingFile.position)).all()
        message = session.scalars(sa.select(IncomingMessage)).one()
        raw = session.get_one(Document, message.document_id)
        assert read_document(session, letter.document).startswith(b"%PDF")
        assert [read_document(session, file.document)[:2] for file in files] == [b"%P", b"12"]
        assert read_document(session, raw).startswith(b"<Message>")
        notes = notes_on(session, school.counsellor, letter)
        assert [note.text for note in notes] == ["Ring på 010203-•••• i morgen"]


def test_erasing_the_case_that_a_letter_was_moved_to_erases_all_of_it(school: School) -> None:
    letter_id = school.letter(files=[("karakterer.txt", "text/plain", b"12")])
    with school.institution.transaction() as session:
        write_note(session, SYSTEM, session.get_one(Letter, letter_id), "Ring i morgen")
    school.assign(school.clerk, [letter_id], unit_id=school.counsel)
    with school.institution.transaction() as session:
        letter = session.get_one(Letter, letter_id)
        destroy_data_key(session, session.get_one(DataKey, letter.case.key_id))
    with school.institution.reading() as session:
        letter = session.get_one(Letter, letter_id)
        for document in session.scalars(sa.select(Document)):
            with pytest.raises(Damaged):
                read_document(session, document)
        with pytest.raises(Damaged):
            notes_on(session, SYSTEM, letter)


def test_a_person_of_another_unit_gets_the_letter_in_their_unit(school: School) -> None:
    letter_id = school.letter()
    school.assign(school.clerk, [letter_id], owner_id=school.counsellor_id)
    with school.institution.reading(school.counsellor.scope) as session:
        letter = session.get_one(Letter, letter_id)
        assert (letter.unit_id, letter.owner_id) == (school.counsel, school.counsellor_id)


def test_two_letters_of_one_sender_lie_in_one_case_of_the_unit_they_go_to(school: School) -> None:
    ids = [school.letter(sender=BO, sender_name="Bo Ek") for _ in range(2)]
    school.assign(school.clerk, ids, unit_id=school.counsel)
    with school.institution.reading() as session:
        assert len({session.get_one(Letter, one).case_id for one in ids}) == 1
        cases = session.scalars(sa.select(Case).order_by(Case.id)).all()
        assert [case.unit_id for case in cases] == [school.mail_room, school.counsel]


def test_a_letter_that_is_done_has_no_deadline_until_it_is_taken_up_again(school: School) -> None:
    due_at = now() + timedelta(days=2)
    letter_id = school.letter(due_at=due_at)
    with school.institution.transaction(school.clerk.scope) as session:
        finish(session, school.clerk, school.letters(session, [letter_id]))
    with school.institution.reading() as session:
        letter = session.get_one(Letter, letter_id)
        stands = (letter.status, letter.owner_id, letter.due_at)
        assert stands == (LetterStatus.DONE, school.clerk_id, None)
    with pytest.raises(Refused, match="meldt færdige"):
        school.assign(school.clerk, [letter_id], unit_id=school.counsel)
    with school.institution.transaction(school.clerk.scope) as session:
        reopen(session, school.clerk, school.letters(session, [letter_id]))
    with school.institution.reading() as session:
        letter = session.get_one(Letter, letter_id)
        assert (letter.status, letter.due_at) == (LetterStatus.ASSIGNED, due_at)
        assert kinds(session, letter_id) == ["letter:finished", "letter:reopened"]


def test_a_letter_laid_back_is_new_and_nobodys(school: School) -> None:
    letter_id = school.letter()
    school.assign(school.clerk, [letter_id], owner_id=school.clerk_id)
    with school.institution.transaction(school.clerk.scope) as session:
        release(session, school.clerk, school.letters(session, [letter_id]))
    with school.institution.reading() as session:
        letter = session.get_one(Letter, letter_id)
        assert (letter.status, letter.owner_id) == (LetterStatus.NEW, None)


def test_many_letters_at_once_take_a_supervisor(school: School) -> None:
    ids = [school.letter(sender=BO) for _ in range(MANY + 1)]
    with pytest.raises(Forbidden, match="højst fordele 20"):
        school.assign(school.clerk, ids, unit_id=school.counsel)
    batch = school.assign(school.boss, ids, unit_id=school.counsel)
    with school.institution.transaction(school.boss.scope) as session:
        assert undo(session, school.boss, batch).letters == MANY + 1


def test_only_letters_of_ones_own_units_that_came_in_can_be_handed_over(school: School) -> None:
    letter_id = school.letter()
    with school.institution.transaction() as session:
        letter = session.get_one(Letter, letter_id)
        with pytest.raises(Forbidden, match="afdeling"):
            assign(session, school.counsellor, [letter], due_at=now())
        letter.status = LetterStatus.DELIVERED
        with pytest.raises(Refused, match="kommet ind"):
            assign(session, school.clerk, [letter], due_at=now())


@pytest.mark.parametrize(
    ("columns", "unit", "sentence"),
    [
        ({"is_active": False}, False, "ikke adgang længere"),
        ({"units": []}, False, "ingen afdeling"),
        ({}, True, "hører ikke til"),
    ],
)
def test_a_letter_goes_to_somebody_who_can_take_it(
    school: School, columns: dict[str, object], unit: bool, sentence: str
) -> None:
    letter_id = school.letter()
    with school.institution.transaction() as session:
        for name, value in columns.items():
            setattr(session.get_one(User, school.counsellor_id), name, value)
    options = {"unit_id": school.mail_room} if unit else {}
    with pytest.raises(Refused, match=sentence):
        school.assign(school.clerk, [letter_id], owner_id=school.counsellor_id, **options)


def test_of_two_who_take_a_letter_at_once_the_second_sees_the_first(school: School) -> None:
    letter_id = school.letter()

    settings = school.institution.settings
    who = (school.clerk_id, school.boss_id)
    run_at_once(take, [(settings, letter_id, user_id) for user_id in who])
    with school.institution.reading() as session:
        first, second = session.scalars(sa.select(Assignment).order_by(Assignment.id)).all()
        assert first.from_owner_id is None
        assert second.from_owner_id == first.to_owner_id
        assert session.get_one(Letter, letter_id).owner_id == second.to_owner_id

"""Handing incoming letters over, and undoing it: on both databases, with what belongs to them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from digitalpost.access import SYSTEM, Actor, actor_of
from digitalpost.danish_time import today
from digitalpost.db import Session, now
from digitalpost.documents import read_document
from digitalpost.errors import Damaged, Forbidden, Refused
from digitalpost.events import EventKind, verify
from digitalpost.incoming.absence import deputy_of, end_absence, set_absence
from digitalpost.incoming.assign import MANY, assign, finish, release, reopen
from digitalpost.incoming.notes import notes_on, write_note
from digitalpost.incoming.undo import undo
from digitalpost.institution import Institution, open_institution
from digitalpost.keys import destroy_data_key
from digitalpost.models import (
    Assignment,
    Case,
    DataKey,
    Document,
    Event,
    IncomingFile,
    IncomingLetter,
    IncomingMessage,
    Letter,
    LetterStatus,
    Role,
    RoutedBy,
    Unit,
    User,
)
from digitalpost.settings import Settings
from tests.make import make_actor, make_case_type, make_unit, make_user
from tests.make_incoming import make_incoming
from tests.processes import run_at_once

BO = "0405062345"


class School:
    """A mail room and a counselling unit, each with a clerk, and a supervisor of both."""

    def __init__(self, institution: Institution) -> None:
        self.institution = institution
        self.mail_room = make_unit(institution, "Postrummet")
        self.counsel = make_unit(institution, "Studievejledningen")
        make_case_type(institution, self.mail_room)
        make_case_type(institution, self.counsel)
        self.clerk_id = make_user(institution, units=(self.mail_room,), name="Ida Holm")
        self.counsellor_id = make_user(institution, units=(self.counsel,), name="Per Lind")
        both = (self.mail_room, self.counsel)
        self.boss_id = make_user(institution, role=Role.SUPERVISOR, units=both, name="Eva Bak")
        self.clerk = make_actor(institution, self.clerk_id)
        self.counsellor = make_actor(institution, self.counsellor_id)
        self.boss = make_actor(institution, self.boss_id)

    def letter(self, **columns: object) -> int:
        return make_incoming(self.institution, unit_id=self.mail_room, **columns)  # type: ignore[arg-type]

    def letters(self, session: Session, ids: list[int]) -> list[Letter]:
        return list(session.scalars(sa.select(Letter).where(Letter.id.in_(ids))))

    def assign(self, actor: Actor, ids: list[int], **options: object) -> str:
        owner, unit = options.pop("owner_id", None), options.pop("unit_id", None)
        with self.institution.transaction(actor.scope) as session:
            return assign(
                session,
                actor,
                self.letters(session, ids),
                owner=session.get_one(User, owner) if owner else None,
                unit=session.get_one(Unit, unit) if unit else None,
                **options,  # type: ignore[arg-type]
            )


@pytest.fixture
def school(institution: Institution) -> School:
    return School(institution)


def take(settings: Settings, letter_id: int, user_id: int) -> None:
    institution = open_institution(settings)
    with institution.transaction() as session:
        user = session.get_one(User, user_id)
        assign(session, actor_of(user), [session.get_one(Letter, letter_id)], owner=user)


def kinds(session: Session, letter_id: int) -> list[str]:
    found = session.scalars(
        sa.select(Event.kind).where(Event.letter_id == letter_id).order_by(Event.id)
    )
    return [kind for kind in found if kind != EventKind.LETTER_FILED.value]


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


def test_undo_puts_a_batch_back_where_it_was_with_its_case(school: School) -> None:
    ids = [school.letter(), school.letter(due_at=now() + timedelta(days=3))]
    with school.institution.reading() as session:
        before = [
            (one.case_id, one.unit_id, one.owner_id, one.status, one.due_at)
            for one in school.letters(session, ids)
        ]
    batch = school.assign(school.clerk, ids, owner_id=school.counsellor_id, due_at=now())
    with school.institution.transaction(school.clerk.scope) as session:
        undone = undo(session, school.clerk, batch)
    assert (undone.letters, undone.problems) == (2, [])
    with school.institution.reading() as session:
        after = [
            (one.case_id, one.unit_id, one.owner_id, one.status, one.due_at)
            for one in school.letters(session, ids)
        ]
        assert after == before
        assert kinds(session, ids[0]) == ["letter:assigned", "letter:act_undone"]
        about = session.scalars(sa.select(IncomingLetter)).first()
        assert about is not None
        assert about.routed_by is RoutedBy.NOTHING
    with (
        school.institution.transaction(school.clerk.scope) as session,
        pytest.raises(Refused, match="intet at fortryde"),
    ):
        undo(session, school.clerk, batch)


def test_undo_leaves_what_was_changed_since_and_says_so(school: School) -> None:
    ids = [school.letter() for _ in range(3)]
    batch = school.assign(school.boss, ids, unit_id=school.counsel)
    school.assign(school.counsellor, ids[:1], owner_id=school.counsellor_id)
    with school.institution.transaction(school.boss.scope) as session:
        undone = undo(session, school.boss, batch)
    assert (undone.letters, undone.changed) == (2, 1)
    assert "ændret siden" in str(undone.problems[0])
    with school.institution.reading() as session:
        units = {one.id: one.unit_id for one in school.letters(session, ids)}
        assert units == {
            ids[0]: school.counsel, ids[1]: school.mail_room, ids[2]: school.mail_room,
        }  # fmt: skip


def test_acts_of_one_batch_are_undone_together(school: School) -> None:
    letter_id = school.letter()
    batch = school.assign(school.clerk, [letter_id], owner_id=school.clerk_id)
    with school.institution.transaction(school.clerk.scope) as session:
        finish(session, school.clerk, school.letters(session, [letter_id]), batch=batch)
    with school.institution.transaction(school.clerk.scope) as session:
        assert undo(session, school.clerk, batch).letters == 1
    with school.institution.reading() as session:
        letter = session.get_one(Letter, letter_id)
        assert (letter.status, letter.owner_id) == (LetterStatus.NEW, None)


def test_another_persons_act_is_undone_by_a_supervisor_only(school: School) -> None:
    colleague = make_actor(
        school.institution, make_user(school.institution, units=(school.mail_room,))
    )
    batch = school.assign(school.clerk, [school.letter()], owner_id=school.clerk_id)
    with (
        school.institution.transaction(colleague.scope) as session,
        pytest.raises(Forbidden, match="selv har gjort"),
    ):
        undo(session, colleague, batch)
    with school.institution.transaction(school.boss.scope) as session:
        assert undo(session, school.boss, batch).letters == 1


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


def test_mail_to_somebody_who_is_away_goes_to_the_deputy(school: School) -> None:
    letter_id, later_id = school.letter(), school.letter()
    with school.institution.transaction() as session:
        boss = session.get_one(User, school.boss_id)
        clerk = session.get_one(User, school.clerk_id)
        with pytest.raises(Forbidden, match="dit eget fravær"):
            set_absence(
                session, school.boss, clerk, first_day=today(), last_day=today(), deputy=boss
            )
        set_absence(session, school.clerk, clerk, first_day=today(), last_day=today(), deputy=boss)
    school.assign(school.boss, [letter_id], owner_id=school.clerk_id)
    with school.institution.transaction() as session:
        assert session.get_one(Letter, letter_id).owner_id == school.boss_id
        first = sa.select(IncomingLetter).where(IncomingLetter.letter_id == letter_id)
        assert session.scalars(first).one().routed_by is RoutedBy.ABSENCE
        end_absence(session, school.clerk, session.get_one(User, school.clerk_id))
    school.assign(school.boss, [later_id], owner_id=school.clerk_id)
    with school.institution.reading() as session:
        assert session.get_one(Letter, later_id).owner_id == school.clerk_id


def test_deputies_who_are_away_pass_on_and_never_in_a_ring(school: School) -> None:
    third = make_user(school.institution, units=(school.mail_room,), name="Ole Vang")
    with school.institution.transaction() as session:
        clerk, boss, ole = (
            session.get_one(User, one) for one in (school.clerk_id, school.boss_id, third)
        )
        days = {"first_day": today(), "last_day": today() + timedelta(days=2)}
        set_absence(session, SYSTEM, clerk, deputy=boss, **days)
        set_absence(session, SYSTEM, boss, deputy=ole, **days)
        assert deputy_of(session, clerk) is ole
        assert deputy_of(session, clerk, today() + timedelta(days=3)) is None
        set_absence(session, SYSTEM, ole, deputy=clerk, **days)
        assert deputy_of(session, clerk) is ole
        with pytest.raises(Refused, match="før første dag"):
            set_absence(
                session, SYSTEM, ole, deputy=ole, first_day=today(),
                last_day=today() - timedelta(days=1),
            )  # fmt: skip


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

"""Letters are found by what stands in them, in whatever form of a word, while they are there."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from digitalpost.access import SYSTEM, Scope
from digitalpost.db import Session
from digitalpost.incoming.inbox import Asked, Queue, count_of, letters_page, neighbours
from digitalpost.incoming.lessons import forget_letters
from digitalpost.institution import Institution
from digitalpost.models import IncomingWord
from tests.incoming.school import School
from tests.make_incoming import make_incoming

TEXT = "Kære skole. Jeg var syg under eksamenerne i biologi. Må jeg få en ny prøve? Hilsen Åse"


def found(session: Session, words: str, queue: Queue = Queue.UNOWNED) -> list[int]:
    asked = Asked(queue, words=words, deep=True)
    items = letters_page(session, SYSTEM, asked).items
    assert count_of(session, SYSTEM, asked).value == len(items)
    return [one.id for one in items]


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("eksamen", True), ("Eksamener", True), ("syg eksamen", True), ("prøver", True),
        ("aase", True), ("klage", True),  # the sender, and the title
        ("eksamen kemi", False), ("bio", False), ("4711", False), ("?", False),
    ],
)  # fmt: skip
def test_every_word_is_there_in_some_form(school: School, words: str, is_found: bool) -> None:
    letter_id = school.letter(title="Klage over karakteren", text=TEXT)
    school.letter(text="Noget helt andet")
    with school.institution.reading() as session:
        assert (letter_id in found(session, words)) is is_found


def test_the_neighbours_in_a_search_are_hits(school: School) -> None:
    first, _, last = (
        school.letter(text="orlov"), school.letter(text="andet"), school.letter(text="orloven")
    )  # fmt: skip
    asked = Asked(Queue.UNOWNED, words="orlov", deep=True)
    with school.institution.reading() as session:
        assert neighbours(session, SYSTEM, asked, first) == (None, last)
        assert neighbours(session, SYSTEM, asked, last) == (first, None)


def test_letters_of_another_unit_are_not_found(school: School) -> None:
    make_incoming(school.institution, unit_id=school.counsel, text="fortroligt")
    with school.institution.reading(Scope(frozenset({school.mail_room}))) as session:
        assert found(session, "fortroligt") == []


def test_what_is_kept_says_nothing_and_is_forgotten_with_the_letter(
    institution: Institution, school: School
) -> None:
    letter_id = school.letter(text=TEXT)
    with institution.transaction() as session:
        kept = session.scalars(sa.select(IncomingWord.word)).all()
        assert {len(word) for word in kept} == {8}
        assert len(kept) < len(TEXT.split()) + 10
        forget_letters(session, [letter_id])
        assert session.scalars(sa.select(IncomingWord)).all() == []

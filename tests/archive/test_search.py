"""Search: words and word starts, anything typed is safe, nothing outside the row scope."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digitalpost.access import EVERYTHING
from digitalpost.archive.search import match_cases, match_letters, match_recipients
from digitalpost.db import Session
from digitalpost.identifiers import IdentifierKind
from digitalpost.institution import Institution
from digitalpost.models import Case, Letter, Recipient, Unit
from digitalpost.paging import capped_count, page
from tests.rows import (
    make_case,
    make_institution,
    make_letter,
    make_many_letters,
    make_recipient,
    make_unit,
    scope_of,
)


@pytest.fixture
def institution(database_url: str, tmp_path: Path) -> Iterator[Institution]:
    with make_institution(database_url, tmp_path) as institution:
        yield institution


@pytest.fixture
def session(institution: Institution) -> Iterator[Session]:
    with institution.session(EVERYTHING) as session:
        yield session


def found(session: Session, query: str) -> list[str]:
    stmt = match_letters(sa.select(Letter), session, query)
    items = page(session, stmt, order=[(Letter.id, True)]).items
    assert capped_count(session, stmt).value == len(items)
    return [letter.title for letter in items]


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("optagelse", True),
        ("OPTAGELSE", True),
        ("opt", True),
        ("lund anna", True),
        ("  Ærø   brev ", True),
        ("2026-000123", True),
        ("000123", True),
        ("2026", True),
        ("eksamen", False),
        ("anna eksamen", False),
        ("tagelse", False),
        ("æro", False),
        ("ære", False),
        ("aero", False),
        ("", True),
        ("   ", True),
    ],
)
def test_a_letter_is_found_by_all_of_its_words_or_their_starts(
    session: Session, query: str, finds: bool
) -> None:
    unit = make_unit(session)
    make_letter(session, unit, search_text="Brev om optagelse ANNA ÆRØ Lund 2026-000123")
    assert bool(found(session, query)) is finds


def test_a_single_letter_stands_for_itself_and_is_no_word_start(session: Session) -> None:
    unit = make_unit(session)
    make_letter(session, unit, title="Klasse 7 B", search_text="Klasse 7 B")
    make_letter(session, unit, title="Bente", search_text="Bente 71")
    assert found(session, "b") == ["Klasse 7 B"]
    assert found(session, "7") == ["Klasse 7 B"]


@pytest.mark.parametrize(
    "query",
    [
        '"', "'", "''", '"brev', "brev\x00", "\x00", "brev OR 1=1", "NOT", "AND OR NOT", "brev*",
        "*", "-", "!&|<->():*", "brev & !anna", "search_text:brev", "NEAR(brev anna)", "%", "_",
        "brev\\", "\\", "^brev", "{", "brev:*", ";DROP TABLE letters", "\ud800", "a\u030a", "²",
        "🙂", "\u2028", "x" * 10_000, "brev " * 3_000, "'" * 5_000,
    ],
)  # fmt: skip
def test_nothing_that_can_be_typed_is_an_error(session: Session, query: str) -> None:
    make_letter(session, make_unit(session))
    found(session, query)
    for model, match in ((Case, match_cases), (Recipient, match_recipients)):
        session.execute(match(sa.select(model), session, query)).all()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=st.text(max_size=40))
def test_no_text_at_all_is_an_error(session: Session, query: str) -> None:
    found(session, query)


@pytest.mark.parametrize("query", ["!", "--", "***", "🙂", "\x00"])
def test_signs_alone_find_nothing(session: Session, query: str) -> None:
    make_letter(session, make_unit(session))
    assert found(session, query) == []


def test_a_new_text_is_found_and_the_old_one_no_more(session: Session) -> None:
    unit = make_unit(session)
    letter = make_letter(session, unit, search_text="indkaldelse")
    make_letter(session, unit, title="Det andet", search_text="indkaldelse")
    letter.search_text = "udmeldelse"
    session.flush()
    assert found(session, "udmeldelse") == [letter.title]
    assert found(session, "indkaldelse") == ["Det andet"]
    session.delete(letter)
    session.flush()
    assert found(session, "udmeldelse") == []


def test_a_change_that_is_rolled_back_leaves_the_index_as_it_was(session: Session) -> None:
    letter = make_letter(session, make_unit(session), search_text="indkaldelse")
    session.commit()
    letter.search_text = "udmeldelse"
    session.flush()
    session.rollback()
    assert found(session, "indkaldelse") == [letter.title]
    assert found(session, "udmeldelse") == []


def test_cases_are_found_by_number_and_title_and_recipients_by_name(session: Session) -> None:
    unit = make_unit(session)
    anna = make_recipient(session, unit, name="Anna Ærø Lund")
    case = make_case(session, unit, anna, number="2026-000123", title="Optagelse: Anna")
    cases, recipients = sa.select(Case), sa.select(Recipient)
    assert session.scalars(match_cases(cases, session, "2026-000123")).all() == [case]
    assert session.scalars(match_cases(cases, session, "optag 000123")).all() == [case]
    assert session.scalars(match_cases(cases, session, "2025-000123")).all() == []
    assert session.scalars(match_recipients(recipients, session, "ærø")).all() == [anna]
    anna.name, case.title = "Anna Holm", "Ophør"
    session.flush()
    assert session.scalars(match_recipients(recipients, session, "ærø")).all() == []
    assert session.scalars(match_recipients(recipients, session, "holm")).all() == [anna]
    assert session.scalars(match_cases(cases, session, "ophør")).all() == [case]


@pytest.mark.parametrize(
    ("kind", "number", "typed"),
    [
        (IdentifierKind.CPR, "0101081234", "010108-1234"),
        (IdentifierKind.CPR, "0101081234", " 010108 1234 "),
        (IdentifierKind.CPR, "0101081234", "010108–1234"),
        (IdentifierKind.CVR, "99000023", "99000023"),
        (IdentifierKind.CVR, "99000023", "DK 99 00 00 23"),
    ],
)
def test_a_whole_number_finds_its_recipient_and_their_letters_and_cases(
    session: Session, kind: IdentifierKind, number: str, typed: str
) -> None:
    unit = make_unit(session)
    sought = make_recipient(session, unit, kind=kind, number=number)
    other = make_recipient(session, unit, number="0202081234", name="Anna Ærø Lund")
    case = make_case(session, unit, sought)
    make_letter(session, unit, title="Det rigtige", recipient_id=sought.id)
    make_letter(session, unit, title="Et andet", recipient_id=other.id)
    assert found(session, typed) == ["Det rigtige"]
    assert session.scalars(match_cases(sa.select(Case), session, typed)).all() == [case]
    matched = match_recipients(sa.select(Recipient), session, typed)
    assert session.scalars(matched).all() == [sought]


def test_a_number_that_nobody_has_finds_nothing(session: Session) -> None:
    make_letter(session, make_unit(session))
    assert found(session, "030308-1234") == []


def _two_units(session: Session) -> tuple[Unit, Unit]:
    own, foreign = make_unit(session), make_unit(session)
    anna = make_recipient(session, foreign)
    make_case(session, foreign, anna)
    make_letter(session, foreign, recipient_id=anna.id)
    make_letter(session, own, title="Vores")
    session.commit()
    return own, foreign


@pytest.mark.parametrize("query", ["optagelse", "anna", "010108-1234", "2026-000123"])
def test_what_belongs_to_another_unit_is_neither_found_nor_counted(
    institution: Institution, session: Session, query: str
) -> None:
    own, foreign = _two_units(session)
    with institution.session(scope_of(own)) as narrow:
        assert "Brev om optagelse" not in found(narrow, query)
        for model, match in ((Case, match_cases), (Recipient, match_recipients)):
            stmt = match(sa.select(model), narrow, query)
            assert capped_count(narrow, stmt).value == 0
            assert page(narrow, stmt, order=[(model.id, True)]).items == []
    with institution.session(scope_of(foreign)) as theirs:
        assert query == "2026-000123" or found(theirs, query) == ["Brev om optagelse"]


def test_pages_of_a_search_walk_through_all_hits_once(session: Session) -> None:
    make_many_letters(session, make_unit(session), 600)
    stmt = match_letters(sa.select(Letter), session, "karakter brev")
    seen, after = [], None
    while True:
        shown = page(session, stmt, order=[(Letter.id, True)], after=after, size=25)
        seen += [letter.title for letter in shown.items]
        after = shown.older
        if after is None:
            break
    assert seen == [f"Brev {i} om karakter" for i in reversed(range(0, 600, 10))]
    assert capped_count(session, stmt, cap=50) == capped_count(session, stmt, cap=50)
    assert capped_count(session, stmt, cap=50).capped

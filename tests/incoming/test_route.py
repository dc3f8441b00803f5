"""A letter that was filed is routed: to the sender of the original, by rules, by a name in it."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from digitalpost.danish_time import end_of, today
from digitalpost.documents import PDF
from digitalpost.errors import sentence_of
from digitalpost.incoming.facts import facts_of
from digitalpost.incoming.reading import read_text, shortened
from digitalpost.incoming.route import apply_rule
from digitalpost.incoming.rules import Do
from digitalpost.incoming.undo import undo
from digitalpost.incoming_settings import Naming
from digitalpost.institution import Institution
from digitalpost.keys import destroy_data_key
from digitalpost.models import (
    Case,
    DataKey,
    IncomingText,
    Letter,
    LetterStatus,
    RoutedBy,
    User,
)
from digitalpost.pdf.pool import Workers
from tests.incoming.routing_school import (
    about,
    ask,
    make_routing_rule,
    rule_row,
    run_dry,
    run_route,
)
from tests.incoming.school import School
from tests.make import make_case_type, make_user
from tests.make_incoming import pdf_saying


@pytest.fixture
def school(institution: Institution) -> School:
    return School(institution)


def test_a_rule_hands_a_letter_to_a_person_in_another_unit_with_tag_and_deadline(
    school: School,
) -> None:
    rule = make_routing_rule(
        school.institution,
        school.mail_room,
        actions=[
            {"do": "person", "value": school.counsellor_id},
            {"do": "tag", "value": "Økonomi"},
            {"do": "deadline", "value": 5},
        ],
    )
    letter_id = school.letter(title="Faktura 12", text="Vi mangler betaling.")
    assert run_route(school, letter_id)
    with school.institution.reading() as session:
        letter, incoming = session.get_one(Letter, letter_id), about(session, letter_id)
        assert (letter.owner_id, letter.unit_id) == (school.counsellor_id, school.counsel)
        assert letter.status is LetterStatus.ASSIGNED
        assert letter.due_at == end_of(today() + timedelta(days=5))
        assert incoming.tags == ["Økonomi"]
        assert (incoming.routed_by, incoming.rule_id) == (RoutedBy.RULE, rule)
        assert incoming.routed_reason is not None
        said = str(sentence_of(incoming.routed_reason))
        assert said == "Reglen «Faktura»: emnet indeholder «faktura»."
        # What it says went along, under the key of the case that it lies in now.
        text = session.scalars(sa.select(IncomingText)).one()
        assert (text.unit_id, text.key_id) == (school.counsel, letter.case.key_id)  # type: ignore[union-attr]
        assert facts_of(session, letter, incoming).text == "Vi mangler betaling."


def test_a_rule_files_under_a_case_type_and_finishes(school: School) -> None:
    case_type = make_case_type(school.institution, school.mail_room, "Reklamer")
    make_routing_rule(
        school.institution,
        school.mail_room,
        condition=ask("text", "contains", "tilbud*"),
        actions=[{"do": "case_type", "value": case_type}, {"do": "finish", "value": 1}],
    )
    letter_id = school.letter(title="Hej", text="Tilbuddet gælder kun i dag")
    assert run_route(school, letter_id)
    with school.institution.reading() as session:
        letter = session.get_one(Letter, letter_id)
        assert letter.status is LetterStatus.DONE
        assert session.get_one(Case, letter.case_id).case_type_id == case_type


def test_a_rule_that_only_tags_leaves_the_letter_for_people(school: School) -> None:
    make_routing_rule(school.institution, school.mail_room)
    letter_id = school.letter(title="Faktura 12")
    assert not run_route(school, letter_id)
    with school.institution.reading() as session:
        assert session.get_one(Letter, letter_id).status is LetterStatus.NEW
        assert about(session, letter_id).tags == ["Faktura"]


def test_an_answer_stays_with_the_sender_of_the_original(school: School) -> None:
    make_routing_rule(
        school.institution,
        school.mail_room,
        actions=[{"do": "person", "value": school.counsellor_id}],
    )
    letter_id = school.letter(
        title="Faktura", routed_by=RoutedBy.REPLY, owner_id=school.clerk_id,
        status=LetterStatus.ASSIGNED,
    )  # fmt: skip
    assert run_route(school, letter_id)
    with school.institution.reading() as session:
        assert session.get_one(Letter, letter_id).owner_id == school.clerk_id


def test_rules_that_are_off_or_of_another_unit_are_not_asked(school: School) -> None:
    make_routing_rule(school.institution, school.mail_room, on=False)
    make_routing_rule(school.institution, school.counsel)
    letter_id = school.letter(title="Faktura")
    assert not run_route(school, letter_id)
    with school.institution.reading() as session:
        assert about(session, letter_id).tags == []


def test_a_rule_to_somebody_who_left_does_not_act_and_says_so(school: School) -> None:
    gone = make_user(school.institution, units=(school.mail_room,), name="Kim Borte")
    make_routing_rule(
        school.institution, school.mail_room, name="Til Kim",
        actions=[{"do": "person", "value": gone}],
    )  # fmt: skip
    with school.institution.transaction() as session:
        session.get_one(User, gone).is_active = False
    letter_id = school.letter(title="Faktura")
    assert not run_route(school, letter_id)
    with school.institution.reading() as session:
        reason = about(session, letter_id).routed_reason
        assert reason is not None
        assert str(sentence_of(reason)) == (
            "Reglen «Til Kim» passer, men den kan ikke følges: "
            "Kim Borte har ikke adgang længere. Vælg en anden i reglen."
        )
    # The next rule is asked.
    make_routing_rule(
        school.institution, school.mail_room, actions=[{"do": "person", "value": school.clerk_id}]
    )
    assert run_route(school, letter_id)


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"attention": "per lind"}, True),
        ({"attention": "P. Lind"}, True),
        ({"text": "Kære skole\nJeg talte med Per Lind i går.\nHilsen Anna"}, True),
        ({"title": "Til Per Lind"}, True),
        ({"text": "Jeg talte med Per i går."}, False),
        ({"text": "Jeg talte med Per Lind og Ida Holm i går."}, False),
        ({"text": "Hilsen Per Lind", "sender_name": "Per Lind"}, False),
        ({"text": "Jeg talte med nogen."}, False),
    ],
)
def test_a_letter_that_names_one_person_of_ours_goes_there_when_the_setting_says_so(
    school: School, columns: dict[str, str], found: bool
) -> None:
    letter_id = school.letter(**columns)
    assert not run_route(school, letter_id)
    assert not run_route(school, letter_id, Naming.OFF)
    assert run_route(school, letter_id, Naming.ROUTE) is found
    with school.institution.reading() as session:
        owner = session.get_one(Letter, letter_id).owner_id
        assert owner == (school.counsellor_id if found else None)
        if found:
            assert about(session, letter_id).routed_by is RoutedBy.NAMED


def test_somebody_can_use_a_rule_on_letters_of_their_choice_and_undo_it(school: School) -> None:
    rule = make_routing_rule(
        school.institution, school.mail_room, on=False,
        actions=[{"do": "unit", "value": school.counsel}, {"do": "tag", "value": "SU"}],
    )  # fmt: skip
    ids = [school.letter(title="Hej") for _ in range(3)]
    with school.institution.transaction(school.clerk.scope) as session:
        batch = apply_rule(
            session, school.clerk, school.letters(session, ids), rule_row(session, rule)
        )
    with school.institution.reading() as session:
        letters = school.letters(session, ids)
        assert {letter.unit_id for letter in letters} == {school.counsel}
        assert about(session, ids[0]).tags == ["SU"]
    with school.institution.transaction(school.boss.scope) as session:
        assert undo(session, school.boss, batch).letters == 3


WORDS = ["faktura", "SU", "lån", "eksamen", "praktik", "Per Lind", "ferie", "klage"]


def test_a_dry_run_says_what_happens_for_every_letter(school: School) -> None:
    draw = random.Random(7)
    doers = [
        {"do": "person", "value": school.clerk_id},
        {"do": "person", "value": school.counsellor_id},
        {"do": "unit", "value": school.counsel},
        {"do": "tag", "value": "Haster"},
        {"do": "deadline", "value": 3},
        {"do": "finish", "value": 1},
    ]
    for number in range(8):
        make_routing_rule(
            school.institution,
            school.mail_room,
            name=f"Regel {number}",
            condition={
                "any": [
                    ask(draw.choice(["title", "text"]), "contains", draw.choice(WORDS)),
                    {"not": ask("text", "contains", *draw.sample(WORDS, 7))},
                ]
            },
            actions=[draw.choice(doers)],
            stops=draw.random() < 0.6,
        )
    for _ in range(25):
        said = " ".join(draw.sample(WORDS, 2))
        letter_id = school.letter(title=draw.choice(WORDS), text=said)
        expected = run_dry(school, letter_id)
        run_route(school, letter_id)
        with school.institution.reading() as session:
            letter, incoming = session.get_one(Letter, letter_id), about(session, letter_id)
            person = expected.value(Do.PERSON)
            assert letter.owner_id == person
            if expected.value(Do.UNIT) or person == school.counsellor_id:
                assert letter.unit_id == school.counsel
            else:
                assert letter.unit_id == school.mail_room
            finished = expected.value(Do.FINISH) is not None
            assert (letter.status is LetterStatus.DONE) is finished
            assert tuple(incoming.tags) == expected.tags
            assert incoming.rule_id == (expected.rule.id if expected.rule else None)
            assert incoming.routed_reason == (expected.why.as_json() if expected.why else None)


def test_what_a_letter_says_is_gone_with_the_key_of_its_case(school: School) -> None:
    letter_id = school.letter(text="Noget fortroligt")
    with school.institution.transaction() as session:
        row = session.scalars(sa.select(IncomingText)).one()
        assert b"fortroligt" not in row.sealed
        destroy_data_key(session, session.get_one(DataKey, row.key_id))
    with school.institution.reading() as session:
        letter = session.get_one(Letter, letter_id)
        assert facts_of(session, letter, about(session, letter_id)).text == ""


def test_the_text_layer_of_a_pdf_is_read_in_a_child_and_a_wreck_is_empty() -> None:
    with Workers(1) as workers:
        content = pdf_saying("Vi vil klage over karakteren")
        assert read_text(content, PDF, workers=workers) == "Vi vil klage over karakteren"
        assert read_text(b"%PDF-1.7 in pieces", PDF, workers=workers) == ""
    assert read_text(content, PDF, workers=None) == ""


def test_the_end_of_a_long_letter_is_kept_with_its_beginning() -> None:
    kept = shortened("start " + "x" * 20_000 + " Hilsen Per Lind")
    assert kept.startswith("start ")
    assert kept.endswith("Hilsen Per Lind")
    assert len(kept) < 10_000


@pytest.mark.parametrize(
    ("content", "media_type", "expected"),
    [
        ("Hej på dig".encode(), "text/plain", "Hej på dig"),
        ("Hej på dig".encode("cp1252"), "text/plain", "Hej på dig"),
        (b"<p>Hej</p><script>alert(1)</script><p>dig</p>", "text/html", "Hej\ndig"),
        (b'<?xml version="1.0" encoding="utf-8"?><p>H\xc3\xb8j</p>', "text/html", "Høj"),
        (b"<style>p {}</style>", "text/html", ""),
        (b"", "text/html", ""),
        (b"\x00\x01\x02", "text/plain", ""),
        (b"GIF89a", "image/gif", ""),
    ],
)
def test_the_words_of_a_main_document_are_read(
    content: bytes, media_type: str, expected: str
) -> None:
    assert read_text(content, media_type, workers=None) == expected

"""Picking recipients by name: found by how the name begins, and never across units."""

from __future__ import annotations

import pytest

from digitalpost.access import Actor, Scope
from digitalpost.errors import Refused
from digitalpost.institution import Institution
from digitalpost.models import Role
from digitalpost.registers.find import MOST, find_by_name, picked_recipients
from tests.make import make_recipient, make_unit

NUMBER = "0101084999"


def clerk_of(unit_id: int) -> Actor:
    return Actor(None, "Mette Kirk", Role.STAFF, Scope(frozenset({unit_id})))


def names_found(institution: Institution, actor: Actor, words: str) -> list[str]:
    with institution.reading(actor.scope) as session:
        return [one.name for one in find_by_name(session, actor, words).recipients]


def test_a_recipient_is_found_by_the_beginnings_of_the_name_and_by_the_whole_number(
    institution: Institution,
) -> None:
    unit_id = make_unit(institution)
    make_recipient(institution, unit_id, name="Karla Egen Holm")
    make_recipient(institution, unit_id, name="Bent Egen", number=NUMBER)
    actor = clerk_of(unit_id)
    assert names_found(institution, actor, "ege") == ["Bent Egen", "Karla Egen Holm"]
    assert names_found(institution, actor, "holm kar") == ["Karla Egen Holm"]
    assert names_found(institution, actor, NUMBER) == ["Bent Egen"]
    assert names_found(institution, actor, "gen") == []


def test_one_letter_finds_nobody_and_a_common_name_says_that_there_are_more(
    institution: Institution,
) -> None:
    unit_id = make_unit(institution)
    for number in range(MOST + 1):
        make_recipient(institution, unit_id, name=f"Anna {number:02d}")
    actor = clerk_of(unit_id)
    with institution.reading(actor.scope) as session:
        short = find_by_name(session, actor, " a ")
        assert short.too_short
        assert not short.recipients
        found = find_by_name(session, actor, "anna")
        assert found.more
        assert len(found.recipients) == MOST
        assert not find_by_name(session, actor, "anna 03").more


def test_whom_another_unit_knows_can_neither_be_found_nor_picked(
    institution: Institution,
) -> None:
    own, foreign = make_unit(institution), make_unit(institution)
    stranger = make_recipient(institution, foreign, name="Fie Fremmed", number=NUMBER)
    known = make_recipient(institution, own, name="Karla Egen")
    actor = clerk_of(own)
    assert names_found(institution, actor, "Fie") == []
    assert names_found(institution, actor, NUMBER) == []
    with institution.reading(actor.scope) as session:
        assert [one.id for one in picked_recipients(session, actor, [known, known])] == [known]
        with pytest.raises(Refused) as hidden:
            picked_recipients(session, actor, [known, stranger])
        with pytest.raises(Refused) as missing:
            picked_recipients(session, actor, [known, 999_999])
    assert str(hidden.value) == str(missing.value)

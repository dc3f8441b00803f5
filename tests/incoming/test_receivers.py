"""Whoever can be handed a letter is found by the first letters of a name, and never guessed."""

from __future__ import annotations

import pytest

from digitalpost.errors import Refused
from digitalpost.incoming.receivers import Receiver, find_receiver, receivers
from tests.incoming.school import School
from tests.make import make_user

NAMES = [Receiver(name) for name in ("Per Lind", "Per", "Peter Skov", "Åse Vejle", "Vejledningen")]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("per li", "Per Lind"), ("per", "Per"), ("sk pe", "Peter Skov"), ("ÅSE", "Åse Vejle"),
     ("vejled", "Vejledningen"), ("  Peter   Skov ", "Peter Skov")],
)  # fmt: skip
def test_a_name_is_found_by_the_starts_of_its_words(typed: str, meant: str) -> None:
    assert find_receiver(NAMES, typed).label == meant


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("pe", "Per Lind, Per, Peter Skov"), ("vej", "Flere passer"), ("ind", "Ingen kollega"),
     ("", "Ingen kollega"), ("per lind skov", "Ingen kollega")],
)  # fmt: skip
def test_what_fits_several_or_nobody_is_refused(typed: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        find_receiver(NAMES, typed)


def test_oneself_and_ones_colleagues_come_first_and_names_are_told_apart(school: School) -> None:
    make_user(school.institution, units=(school.counsel,), name="Per Lind", email="per2@x.example")
    make_user(school.institution, units=(school.mail_room,), name="Gone", is_active=False)
    with school.institution.reading(school.clerk.scope) as session:
        labels = [one.label for one in receivers(session, school.clerk)]
    assert labels[:4] == ["Ida Holm", "Eva Bak", "Postrummet", "Studievejledningen"]
    assert "Per Lind (per2)" in labels[4:]
    assert "Gone" not in labels
    assert len(set(labels)) == len(labels)

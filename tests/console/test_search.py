"""Searching: what was typed finds rows, and stands in no address."""

from __future__ import annotations

from urllib.parse import unquote

from flask import Flask

from admin_views import search_words
from digitalpost.identifiers import IdentifierKind
from digitalpost.institution import Institution
from digitalpost.models import Recipient
from digitalpost.registers.recipients import number_of
from tests.console.browser import signed_in
from tests.console.school import STAFF, make_school


def test_a_name_or_a_number_that_was_searched_for_is_not_in_the_address(
    console: Flask, institution: Institution
) -> None:
    school = make_school(institution)
    with institution.reading() as session:
        recipient = session.get_one(Recipient, school.own.ids["recipients"])
        number = number_of(institution.vault, recipient)
    assert number.kind is IdentifierKind.CPR
    browser = signed_in(console, STAFF)
    for words in ("Karla Egen", number.number, f"{number.number[:6]}-{number.number[6:]}"):
        answer = browser.post("/letters/search", q=words, sort="-created_at")
        address = unquote(answer.headers["Location"])
        assert "sort=-created_at" in address
        assert words not in address
        assert number.number not in address.replace("-", "")
        assert "Karla Egen" in browser.get(answer.headers["Location"]).text


def test_search_words_in_an_address_are_ours_or_nothing(institution: Institution) -> None:
    token = search_words.sealed(institution.vault, "Åse Ø")
    assert search_words.opened(institution.vault, token) == "Åse Ø"
    for wrong in ("", "A", token[:-2], token[::-1], "æ" * 40, "x" * 9000):
        assert search_words.opened(institution.vault, wrong) == ""

"""Picking a recipient by name from a form: choices of the field that asked, own units only."""

from __future__ import annotations

from flask import Flask

from digitalpost.institution import Institution
from tests.console.browser import Browser, signed_in
from tests.console.school import STAFF, make_school

ADDRESS = "/pick-recipient/"


def test_a_name_brings_choices_for_the_field_that_asked(
    console: Flask, institution: Institution
) -> None:
    school = make_school(institution)
    browser = signed_in(console, STAFF)
    answer = browser.post(ADDRESS, words="karla", field="copy_to")
    assert answer.status_code == 200
    wanted = school.own.ids["recipients"]
    assert f'<input type="radio" name="copy_to" value="{wanted}">' in answer.text
    assert "Karla Egen" in answer.text
    assert "••••" in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    several = browser.post(ADDRESS, words="karla", field="to_ids", several="1")
    assert 'type="checkbox" name="to_ids"' in several.text


def test_a_stranger_is_not_found_and_a_letter_alone_finds_nobody(
    console: Flask, institution: Institution
) -> None:
    make_school(institution)
    browser = signed_in(console, STAFF)
    stranger = browser.post(ADDRESS, words="Fie Fremmed", field="copy_to").text
    assert stranger == browser.post(ADDRESS, words="Findes Ikke", field="copy_to").text
    assert "Ingen modtager, du har adgang til" in stranger
    assert "mindst to bogstaver" in browser.post(ADDRESS, words="F", field="copy_to").text


def test_names_cannot_be_asked_for_in_an_address_nor_without_a_token(
    console: Flask, institution: Institution
) -> None:
    make_school(institution)
    browser = signed_in(console, STAFF)
    assert browser.get(f"{ADDRESS}?words=karla&field=copy_to").status_code == 405
    assert browser.post(ADDRESS, token="", words="karla", field="copy_to").status_code == 400
    assert browser.post(ADDRESS, words="karla", field='"><b').status_code == 400
    stranger = Browser(console).post(ADDRESS, words="karla", field="copy_to")
    assert stranger.status_code == 401

"""Copies by hand on the review page: shown before they count, and nobody of another unit."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.console.mailings import sign_in
from tests.console.reviewed import (
    copies_in,
    is_open,
    make_reviewed,
)
from tests.make import make_recipient, make_unit, make_user


def test_a_copy_counts_after_a_yes_and_is_removed_again(tmp_path: Path) -> None:
    school, mailing_id = make_reviewed(tmp_path)
    letter = school.letters(mailing_id)[0]
    base = f"/mailings/{mailing_id}/"
    other = make_recipient(school.institution, school.unit_id, name="Bo Ibsen", number="0101084777")
    shown = school.post(f"{base}letters/{letter.id}/copies", {"number": "010108-4777"})
    assert shown.status_code == 200
    assert "Bo Ibsen" in shown.text
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert copies_in(school.institution) == []
    sure = {"number": "010108-4777", "sure": "one", "letter": str(letter.id)}
    answer = school.post(f"{base}letters/{letter.id}/copies", sure)
    assert answer.location.endswith(f"?letter={letter.id}#viewer")
    assert "0101084777" not in answer.location
    assert copies_in(school.institution) == [(letter.id, other)]
    assert ("check_mailboxes", mailing_id) in school.woken
    page = school.get(answer.location).text
    assert "3 breve og 1 kopi er klar" in page
    assert "Send 3 breve og 1 kopi" in page
    remove = re.search(r'action="([^"]+/copies/\d+/remove)"', page)
    assert remove is not None
    school.post(remove[1])
    assert copies_in(school.institution) == []


def test_a_copy_is_picked_by_name_and_sent_of_all_letters(
    tmp_path: Path, sqlite_template: Path
) -> None:
    (tmp_path / "home").mkdir()
    shutil.copy(sqlite_template, tmp_path / "home" / "digitalpost.db")  # names are searched for
    school, mailing_id = make_reviewed(tmp_path)
    letters = school.letters(mailing_id)
    base = f"/mailings/{mailing_id}/letters/{letters[1].id}/"
    found = school.post(f"{base}find-copy", {"words": letters[0].recipient_name}).text
    choice = re.search(r'name="copy_to" value="(\d+)"', found)
    assert choice is not None
    assert int(choice[1]) == letters[0].recipient_id
    shown = school.post(f"{base}copies", {"copy_to": choice[1], "number": ""}).text
    assert "Send kopi af alle 3 breve" in shown
    school.post(f"{base}copies", {"copy_to": choice[1], "sure": "all"})
    assert len(copies_in(school.institution)) == 2  # not of their own letter
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "kopi af 2 breve" in page
    school.post(f"/mailings/{mailing_id}/copied/{choice[1]}/remove")
    assert copies_in(school.institution) == []


@pytest.mark.parametrize("number", ["123", "6102124234"])
def test_a_number_that_gets_no_copy_is_said_with_what_was_typed(
    tmp_path: Path, number: str
) -> None:
    school, mailing_id = make_reviewed(tmp_path)
    letter = school.letters(mailing_id)[0]
    address = f"/mailings/{mailing_id}/letters/{letter.id}/copies"
    answer = school.post(address, {"number": number})
    if number == "123":
        assert answer.status_code == 422
        assert 'value="123"' in answer.text
        assert is_open(answer.text, "letter-choices")
    else:
        assert "erstatnings-CPR" in answer.text
        assert 'name="sure"' not in answer.text


def test_nobody_of_another_unit_can_be_picked_and_no_foreign_letter_changed(
    tmp_path: Path,
) -> None:
    school, mailing_id = make_reviewed(tmp_path)
    letter = school.letters(mailing_id)[0]
    elsewhere = make_unit(school.institution, "Vejledningen")
    stranger = make_recipient(school.institution, elsewhere, name="Fie Fremmed")
    address = f"/mailings/{mailing_id}/letters/{letter.id}/copies"
    answer = school.post(address, {"copy_to": str(stranger), "sure": "one"})
    assert answer.status_code == 422
    assert "Fie" not in answer.text
    assert copies_in(school.institution) == []
    make_user(school.institution, units=(elsewhere,), email="fie@egely.example")
    school.client = school.client.application.test_client()
    sign_in(school.client, "fie@egely.example")
    fields: list[tuple[str, dict[str, Any]]] = [
        (address, {"number": "0101084777", "sure": "one"}),
        (f"/mailings/{mailing_id}/letters/{letter.id}/way", {"way": "hold"}),
        (f"/mailings/{mailing_id}/group", {"mailbox": "exempt", "act": "hold"}),
        (f"/mailings/{mailing_id}/options", {"can_reply": "1"}),
        (f"/mailings/{mailing_id}/ask-again", {}),
    ]
    for one, data in fields:
        assert school.post(one, data).status_code == 404, one
    assert school.get(f"/mailings/{mailing_id}/mailboxes").status_code == 404

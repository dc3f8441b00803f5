"""Signing in and out, guessing, passwords, and who may do what to users."""

from __future__ import annotations

import re

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from admin_views.account import safe_path
from digitalpost import signin
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.models import Event, Role, User
from tests.console.browser import Browser, signed_in
from tests.console.school import ADMINISTRATOR, STAFF, make_school
from tests.make import PASSWORD, make_unit, make_user


def kinds(institution: Institution) -> list[str]:
    """What the log tells about users, oldest first."""
    with institution.reading() as session:
        stmt = select(Event.kind).where(Event.subject == "user").order_by(Event.id)
        return list(session.scalars(stmt))


def message_of(page: str) -> str:
    """What the page says, without what differs each time."""
    return re.sub(r'value="[^"]*"', "", page)


def test_unknown_wrong_locked_and_switched_off_get_the_same_answer(
    console: Flask, institution: Institution
) -> None:
    make_school(institution)
    make_user(institution, email="fra@egely.example", is_active=False)
    answers = [
        Browser(console).sign_in("ingen@egely.example"),
        Browser(console).sign_in(STAFF, "forkert forkert"),
        Browser(console).sign_in("fra@egely.example"),
    ]
    for _ in range(4):
        Browser(console).sign_in(STAFF, "forkert forkert")
    answers.append(Browser(console).sign_in(STAFF))
    assert {answer.status_code for answer in answers} == {401}
    assert len({message_of(answer.text) for answer in answers}) == 1


def test_five_wrong_passwords_lock_for_a_growing_time(institution: Institution) -> None:
    make_user(institution, email=STAFF)

    def attempt(password: str) -> bool:
        with institution.transaction() as session:
            return signin.sign_in(session, STAFF, password) is not None

    with time_machine.travel("2026-06-09 06:00Z") as clock:
        for _ in range(5):
            assert not attempt("forkert forkert")
        assert not attempt(PASSWORD), "locked"
        clock.shift(15 * 60 + 1)
        for _ in range(5):
            assert not attempt("forkert forkert")
        clock.shift(15 * 60 + 1)
        assert not attempt(PASSWORD), "the second lock is longer"
        clock.shift(15 * 60)
        assert attempt(PASSWORD)
    assert kinds(institution).count(EventKind.USER_LOCKED.value) == 2


def test_four_wrong_passwords_and_a_right_one_lock_nothing(institution: Institution) -> None:
    user_id = make_user(institution, email=STAFF)
    for password in ["forkert"] * 4 + [PASSWORD]:
        with institution.transaction() as session:
            signin.sign_in(session, f" {STAFF.upper()} ", password)
    with institution.reading() as session:
        user = session.get_one(User, user_id)
        assert (user.failed_sign_ins, user.locked_until) == (0, None)
    assert kinds(institution)[-1] == EventKind.USER_SIGNED_IN.value


def test_one_address_cannot_guess_without_end(console: Flask) -> None:
    browser = Browser(console)
    token = browser.token()
    answers = [
        browser.post("/account/sign-in", token=token, email=f"{n}@x.example", password="x")
        for n in range(21)
    ]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert "Vent et par minutter" in answers[-1].text
    assert browser.get("/account/sign-in").status_code == 200


def test_signing_out_ends_every_session_of_the_user(
    console: Flask, institution: Institution
) -> None:
    make_school(institution)
    here, there = signed_in(console, STAFF), signed_in(console, STAFF)
    assert here.post("/account/sign-out").status_code == 303
    assert here.get("/cases/").status_code == 302
    assert there.get("/cases/").status_code == 302


def test_a_given_password_must_be_replaced_before_anything_else(
    console: Flask, institution: Institution
) -> None:
    unit = make_unit(institution)
    make_user(institution, email=STAFF, units=(unit,), must_change_password=True)
    browser = signed_in(console, STAFF)
    answer = browser.get("/cases/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/account/password")
    weak = {"current_password": PASSWORD, "new_password": "kort", "again_password": "kort"}
    assert "mindst 12 tegn" in browser.post("/account/password", **weak).text
    new = "seks køer på en mark"
    good = {"current_password": PASSWORD, "new_password": new, "again_password": new}
    other = signed_in(console, STAFF)
    answer = browser.post("/account/password", next="/cases/", **good)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cases/")
    assert browser.get("/cases/").status_code == 200
    assert other.get("/cases/").status_code == 302, "other devices are signed out"
    assert Browser(console).sign_in(STAFF, new).status_code == 303


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)",
     "\\\\evil", "/a\r\nSet-Cookie: x=1", "", "cases/"],
)  # fmt: skip
def test_after_signing_in_one_never_lands_on_another_site(target: str) -> None:
    assert safe_path(target) == "/"
    assert safe_path("/cases/?q=ord") == "/cases/?q=ord"


def test_an_administrator_makes_a_user_who_can_sign_in(
    console: Flask, institution: Institution
) -> None:
    school = make_school(institution)
    browser = signed_in(console, ADMINISTRATOR)
    fields = {"name": "Ny Bruger", "email": "Ny@egely.example", "role": "staff",
              "units": [str(school.own.unit)], "password": "første kode til ny"}  # fmt: skip
    assert browser.post("/users/new", **fields).status_code == 303
    again = browser.post("/users/new", **fields)
    assert again.status_code == 422
    assert "allerede en bruger med den e-mailadresse" in again.text
    assert "første kode til ny" not in again.text
    new = Browser(console)
    assert new.sign_in("ny@egely.example", "første kode til ny").status_code == 303
    assert new.get("/cases/").headers["Location"].startswith("/account/password")


def test_the_last_administrator_can_be_neither_switched_off_nor_demoted(
    console: Flask, institution: Institution
) -> None:
    school = make_school(institution)
    browser = signed_in(console, ADMINISTRATOR)
    own = school.users[Role.ADMINISTRATOR]
    fields = {"name": "Eva", "email": ADMINISTRATOR, "units": [str(school.own.unit)]}
    answer = browser.post(f"/users/{own}/edit", role="staff", **fields)
    assert answer.status_code == 422
    assert "den eneste aktive administrator" in answer.text
    browser.post(f"/users/{own}/deactivate")
    assert browser.get("/users/").status_code == 200
    second = make_user(
        institution, role=Role.ADMINISTRATOR, units=(school.own.unit,), email="to@egely.example"
    )
    assert browser.post(f"/users/{second}/deactivate").status_code == 303
    assert Browser(console).sign_in("to@egely.example").status_code == 401


def test_a_user_who_is_switched_off_is_out_at_the_next_click(
    console: Flask, institution: Institution
) -> None:
    school = make_school(institution)
    anna = signed_in(console, STAFF)
    signed_in(console, ADMINISTRATOR).post(f"/users/{school.users[Role.STAFF]}/deactivate")
    assert anna.get("/cases/").status_code == 302


def test_a_changed_role_holds_at_the_next_click(console: Flask, institution: Institution) -> None:
    school = make_school(institution)
    anna = signed_in(console, STAFF)
    assert anna.get("/events/").status_code == 403
    answer = signed_in(console, ADMINISTRATOR).post(
        f"/users/{school.users[Role.STAFF]}/edit",
        name="Anna", email=STAFF, role="supervisor", units=[str(school.own.unit)],
    )  # fmt: skip
    assert answer.status_code == 303
    assert anna.get("/events/").status_code == 200

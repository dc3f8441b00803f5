"""Nobody sees, changes or learns of what is not theirs, by any address."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from digitalpost.institution import Institution
from digitalpost.models import Case, RetentionRule, Role
from tests.console.browser import Browser, signed_in
from tests.console.school import ADMINISTRATOR, EMAILS, STAFF, Rows, address_of, make_school

OPEN_TO_ALL = {
    "account.choose_language",
    "account.sign_in",
    "account.sign_out",
    "static",
    "healthz",
    "signing.show",  # whoever has the link; tests/console/test_signing_page.py
    "signing.begin",
    "signing.answer",
    "push.sf1601_status",  # other programs, by their certificate; tests/console/test_push.py
    "push.digital_post_receipt",
    "push.digital_post_memo",
}
LISTS = {"cases", "letters", "mailings", "recipients", "retention"}
SCOPED = {
    "attachments", "attention", "case", "choices", "guardians", "inbox", "inbox_acts",
    "incoming_letter", "letter",
    "mailings", "recipients", "retention", "routing",
}  # fmt: skip
MISSING = Rows(0, dict.fromkeys((*SCOPED, "letter", "incoming_letter"), 999_999))


def without_chance(answer: TestResponse) -> str:
    """The page without what differs each time: token and reference."""
    return re.sub(r'value="[^"]+"|[0-9A-F]{4}-[0-9A-F]{4}', "", answer.text)


def test_every_address_asks_who_it_is(console: Flask, institution: Institution) -> None:
    make_school(institution)
    browser = Browser(console)
    token = browser.token()
    adapter = console.url_map.bind("localhost")
    for rule in console.url_map.iter_rules():
        if rule.endpoint in OPEN_TO_ALL:
            continue
        address = adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, 1),
                                method="GET" if "GET" in rule.methods else "POST")  # fmt: skip
        if "GET" in rule.methods:
            answer = browser.get(address)
            assert answer.status_code == 302, address
            assert answer.headers["Location"].startswith("/account/sign-in?next="), address
        if "POST" in rule.methods:
            answer = browser.post(address, token=token)
            assert answer.status_code == 401, address
            assert 'name="password"' in answer.text, address


@pytest.mark.parametrize("role", list(Role))
def test_a_foreign_row_answers_exactly_like_a_missing_one(
    console: Flask, institution: Institution, role: Role
) -> None:
    school = make_school(institution)
    browser = signed_in(console, EMAILS[role])
    token = browser.token()
    tried = 0
    for rule in console.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] not in SCOPED or not rule.arguments:
            continue
        for method in {"GET", "POST"} & set(rule.methods or ()):
            answers = []
            for rows in (school.foreign, MISSING):
                address = address_of(rule, rows)
                data = {"csrf_token": token} if method == "POST" else None
                answers.append(browser.client.open(address, method=method, data=data))
            assert answers[0].status_code in {403, 404}, (rule, answers[0].status_code)
            assert answers[0].status_code == answers[1].status_code, rule
            assert without_chance(answers[0]) == without_chance(answers[1]), rule
            tried += 1
    assert tried > 20


@pytest.mark.parametrize("role", list(Role))
def test_no_list_search_filter_or_choice_shows_what_is_foreign(
    console: Flask, institution: Institution, role: Role
) -> None:
    school = make_school(institution)
    browser = signed_in(console, EMAILS[role])
    for view in LISTS:
        for query in ("", f"?unit={school.foreign.unit}", "?sort=name"):
            answer = browser.get(f"/{view}/{query}")
            if answer.status_code == 403:
                assert role is Role.STAFF
                assert view == "retention"
                continue
            assert answer.status_code == 200
            assert "Fie Fremmed" not in answer.text, (view, query)
            too_many = 3 if view == "letters" else 2  # one was sent, one came
            assert f"{too_many} i alt" not in answer.text, (view, query)
    for view in ("cases", "letters", "recipients"):
        assert "Karla Egen" in browser.search(view, "Karla").text
        assert "Fie Fremmed" not in browser.search(view, "Fremmed").text
    if role is Role.ADMINISTRATOR:
        assert "Vejledningen" not in browser.get("/retention/new").text
    if role is not Role.STAFF:
        log = browser.get("/events/").text
        assert f"/recipients/{school.own.ids['recipients']}/" in log
        assert f"/recipients/{school.foreign.ids['recipients']}/" not in log


def test_a_bulk_act_on_foreign_rows_changes_nothing(
    console: Flask, institution: Institution
) -> None:
    school = make_school(institution)
    browser = signed_in(console, STAFF)
    for sure in ("", "1"):
        rows = [str(school.own.ids["case"]), str(school.foreign.ids["case"])]
        answer = browser.post("/cases/bulk", act="close", sure=sure, row=rows)
        assert answer.status_code == 404
    with institution.reading() as session:
        assert all(case.closed_at is None for case in session.query(Case))


def test_a_rule_cannot_be_made_for_a_foreign_case_type(
    console: Flask, institution: Institution
) -> None:
    school = make_school(institution)
    with institution.reading() as session:
        foreign = session.get_one(RetentionRule, school.foreign.ids["retention"]).case_type_id
    answer = signed_in(console, ADMINISTRATOR).post(
        "/retention/new", name="Min", case_type=str(foreign), keep_months="12",
        counted_from="case_closed",
    )  # fmt: skip
    assert answer.status_code == 422
    assert "Vælg noget fra listen" in answer.text


def test_staff_cannot_change_what_is_for_administrators(
    console: Flask, institution: Institution
) -> None:
    school = make_school(institution)
    supervisor = signed_in(console, EMAILS[Role.SUPERVISOR])
    for address in (
        "/users/", "/users/new", "/users/1/edit", "/units/new", "/retention/new",
        f"/retention/{school.own.ids['retention']}/edit",
        f"/retention/{school.own.ids['retention']}/delete",
    ):  # fmt: skip
        assert supervisor.get(address).status_code == 403, address
        assert supervisor.post(address).status_code in {403, 405}, address

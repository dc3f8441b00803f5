"""Every page of the console: house look, weight, headers, and what must not be there."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from admin_views.model_view import ConsoleModelView
from digitalpost.institution import Institution
from digitalpost.models import Role
from tests.console.browser import Browser, signed_in
from tests.console.school import EMAILS, School, address_of, make_school

# Files and pieces of pages; and what has its own tests, being there for some rows only: mending of
# doubtful drafts, and the choice inside a company.
NOT_PAGES = {
    "attachments.picture", "attention.show", "static", "healthz",
    "incoming_letter.panel", "incoming_letter.body", "incoming_letter.page_image",
    "incoming_letter.download",
    "letter.page_image", "letter.pdf", "letter.receipt", "letter.frames",
    "mailings.live", "mailings.viewer", "mend.show", "mend.source",
    "choices.mailboxes", "division.file", "signatures.pdf", "signing.show", "evidence.script",
}  # fmt: skip
STOCK = re.compile(r"bootstrap|jquery|select2|moment|x-editable|font-awesome|/static/admin", re.I)


def pages_of(console: Flask, school: School) -> list[str]:
    """The address of every page that is opened with GET, over the school's own rows."""
    return [
        address_of(rule, school.own)
        for rule in console.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in NOT_PAGES
    ]


@pytest.mark.parametrize("role", list(Role))
def test_every_page_shows_in_the_house_look_for_each_role_or_says_no_in_it(
    console: Flask, institution: Institution, role: Role
) -> None:
    school = make_school(institution)
    browser = signed_in(console, EMAILS[role])
    opened = 0
    for address in pages_of(console, school):
        answer = browser.get(address)
        assert answer.status_code in {200, 302, 303, 403, 404}, (address, answer.status_code)
        if answer.status_code in {302, 303}:
            continue
        assert answer.status_code != 404, address
        opened += answer.status_code == 200
        assert '<html lang="da">' in answer.text, address
        assert "/static/console.css" in answer.text, address
        assert '<main id="main"' in answer.text, address
        assert not STOCK.search(answer.text), (address, STOCK.search(answer.text))
        assert len(answer.data) < 60_000, (address, len(answer.data))
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=|javascript:", answer.text)
    assert opened > 8


def test_a_full_page_of_fifty_letters_weighs_under_sixty_kilobytes(
    console: Flask, institution: Institution
) -> None:
    from tests.make import make_letter

    school = make_school(institution)
    for _ in range(60):
        make_letter(
            institution,
            unit_id=school.own.unit,
            case_id=school.own.ids["case"],
            title="Partshøring om skolepenge for foråret 2027 efter forvaltningslovens regler",
        )
    answer = signed_in(console, EMAILS[Role.STAFF]).get("/letters/")
    assert answer.text.count("<tr>") == 51
    assert len(answer.data) < 60_000


def test_style_and_script_together_weigh_under_sixty_kilobytes(console: Flask) -> None:
    browser = Browser(console)
    weights = [len(browser.get(f"/static/{name}").data) for name in ("console.css", "console.js")]
    assert 0 < sum(weights) < 60_000


def test_the_policy_allows_nothing_inline_and_no_stranger(console: Flask) -> None:
    for address in ("/account/sign-in", "/nowhere", "/healthz", "/static/console.css"):
        policy = Browser(console).get(address).headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "http" not in policy


def test_no_stock_asset_and_no_stock_script_interface_has_an_address(console: Flask) -> None:
    assert not [rule for rule in console.url_map.iter_rules() if "ajax" in rule.rule]
    assert not [rule for rule in console.url_map.iter_rules() if "export" in rule.rule]
    assert Browser(console).get("/static/admin/vendor/jquery.min.js").status_code == 404
    assert Browser(console).get("/static/stock/vendor/jquery.min.js").status_code == 404


def test_every_form_column_is_a_field_of_the_form(console: Flask) -> None:
    admin = console.extensions["admin"][0]
    views = [view for view in admin._views if isinstance(view, ConsoleModelView)]
    assert len(views) >= 7
    for view in views:
        if view.offers & {"create", "edit"}:
            assert view.form_columns, view.name
            missing = set(view.form_columns) - set(dir(view._edit_form_class))
            assert not missing, (view.name, missing)


def test_the_menu_holds_only_what_the_role_may_open(
    console: Flask, institution: Institution
) -> None:
    make_school(institution)
    menus = {
        role: set(
            re.findall(r'<li><a href="([^"]+)"', signed_in(console, email).get("/account/").text)
        )
        for role, email in EMAILS.items()
    }
    assert {"/", "/cases/", "/letters/", "/recipients/"} <= menus[Role.STAFF]
    assert menus[Role.STAFF].isdisjoint({"/users/", "/units/", "/retention/", "/events/"})
    assert {"/retention/", "/events/"} <= menus[Role.SUPERVISOR]
    assert "/users/" not in menus[Role.SUPERVISOR]
    assert {"/users/", "/units/"} <= menus[Role.ADMINISTRATOR]
    for role, email in EMAILS.items():
        browser = signed_in(console, email)
        for address in menus[role]:
            assert browser.get(address).status_code == 200, (role, address)

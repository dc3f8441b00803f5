"""A school with two units, a clerk of its own unit and the supervisor."""

from __future__ import annotations

import pytest
from flask import Flask

from digitalpost.institution import Institution
from digitalpost.models import Role
from tests.console.browser import Browser, signed_in
from tests.console.school import EMAILS, School, make_school


@pytest.fixture
def school(institution: Institution) -> School:
    return make_school(institution)


@pytest.fixture
def clerk(console: Flask, school: School) -> Browser:
    return signed_in(console, EMAILS[Role.STAFF])


@pytest.fixture
def boss(console: Flask, school: School) -> Browser:
    return signed_in(console, EMAILS[Role.SUPERVISOR])

"""A console with a school in it: case type, clerk, a merge letter, and mailings at every stage."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from admin_views import create_console
from digitalpost.access import Actor
from digitalpost.identifiers import parse
from digitalpost.institution import Institution
from digitalpost.mailings.intake import UploadedFile, take_in
from digitalpost.mailings.prepare import prepare
from digitalpost.models import CaseType, Letter, Mailing, MailingChannel, MailingStatus, Role
from digitalpost.registers.recipients import find_or_make_recipients
from tests.inputs.letters import write_merge
from tests.inputs.people import Company, Person, make_people
from tests.make import PASSWORD, make_actor, make_institution, make_unit, make_user

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class School:
    """An institution with one unit, one case type and one clerk, whose client is signed in."""

    institution: Institution
    unit_id: int
    case_type_id: int
    actor: Actor
    client: FlaskClient
    woken: list[tuple[str, int | str]] = field(default_factory=list)

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> Any:
        """POST a form with the token of a page of ours."""
        token = TOKEN.search(self.client.get("/account/").text)
        assert token is not None
        return self.client.post(path, data={"csrf_token": token[1], **(data or {})}, **options)

    def mailing(self, mailing_id: int) -> Mailing:
        with self.institution.reading() as session:
            found = session.get_one(Mailing, mailing_id)
            session.expunge(found)
            return found

    def status(self, mailing_id: int) -> MailingStatus:
        return self.mailing(mailing_id).status

    def letters(self, mailing_id: int) -> list[Letter]:
        with self.institution.reading() as session:
            query = select(Letter).where(Letter.mailing_id == mailing_id).order_by(Letter.position)
            found = list(session.scalars(query))
            session.expunge_all()
            return found


class Outbox:
    """Remembers what it was asked to wake."""

    def __init__(self) -> None:
        self.woken: list[tuple[str, int | str]] = []

    def wake(self, task: str, subject: int | str) -> bool:
        self.woken.append((task, subject))
        return True


def make_school(home: Path, *, role: Role = Role.STAFF, **environ: str) -> School:
    """The school with a signed-in clerk called Mette Kirk."""
    environ = {
        "DIGITALPOST_PROCESSES": "1",
        "EBOKS_URL": "https://127.0.0.1:1/",
        **environ,
    }
    institution = make_institution(home, **environ)
    unit_id = make_unit(institution, "Kontoret")
    with institution.transaction() as session:
        case_type = CaseType(unit_id=unit_id, name="Elevsag")
        session.add(case_type)
        session.flush()
        case_type_id = case_type.id
    user_id = make_user(institution, role=role, units=(unit_id,), email="mette@egely.example")
    app = create_console(institution)
    app.testing = True
    outbox = app.extensions["outbox"] = Outbox()
    school = School(
        institution, unit_id, case_type_id, make_actor(institution, user_id), app.test_client()
    )
    school.woken = outbox.woken
    sign_in(school.client, "mette@egely.example")
    return school


def sign_in(client: FlaskClient, email: str) -> None:
    token = TOKEN.search(client.get("/account/sign-in").text)
    assert token is not None
    fields = {"csrf_token": token[1], "email": email, "password": PASSWORD}
    assert client.post("/account/sign-in", data=fields).status_code in (302, 303)


def name_recipients(school: School, people: Sequence[Person | Company]) -> None:
    """Let the register know the people, so that their names stand on the pages."""
    numbers = {parse(person.number): person.name for person in people}
    with school.institution.transaction() as session:
        find_or_make_recipients(
            session, school.actor, list(numbers), unit_id=school.unit_id, names=numbers
        )


def make_mailing(
    school: School,
    path: Path,
    *,
    people: Sequence[Person | Company] | None = None,
    pages_each: int = 1,
    prepared: bool = True,
    title: str = "Velkommen til skolen",
    **options: Any,
) -> int:
    """A mailing from a merge letter to ``people`` (three of them), in review if ``prepared``."""
    if not path.exists():
        write_merge(path, people or make_people(3), pages_each=pages_each)
    mailing_id = take_in(
        school.institution,
        school.actor,
        [UploadedFile(path.name, path)],
        case_type_id=school.case_type_id,
        came_by=MailingChannel.UPLOAD,
        title=title,
        **options,
    )
    if prepared:
        prepare(school.institution, mailing_id)
    return mailing_id


def close(school: School) -> None:
    with suppress(Exception):
        school.institution.close()

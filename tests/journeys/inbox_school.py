"""A school whose mail room has a Monday's mail, behind a web server, for journeys in the inbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from admin_views import create_console
from digitalpost.institution import Institution
from digitalpost.models import Role
from tests.make import PASSWORD, make_case_type, make_institution, make_unit, make_user
from tests.make_incoming import make_incoming
from tests.serving import served

NAMES = ("Anna J. Nielsen", "Bo Ek", "Carl Friis", "Dorte Ulv", "Elin Krag", "Finn Holst")
TITLES = (
    "Spørgsmål om optagelse", "Lægeerklæring", "Klage over karakter", "Ansøgning om orlov",
    "Faktura 4711", "Ny adresse", "Studiekort er væk", "Fravær i uge 12",
)  # fmt: skip
CLERK, BOSS = "ida@egely.example", "eva@egely.example"


@dataclass(frozen=True)
class Mail:
    """The school, its letters, and where its console answers."""

    institution: Institution
    url: str
    letters: list[int]
    mail_room: int
    counsel: int
    counsellor: int


@contextmanager
def serve_mail(home: Path, letters: int) -> Iterator[Mail]:
    """So many letters without owner in the mail room, of six senders in turn."""
    institution = make_institution(home)
    mail_room, counsel = (
        make_unit(institution, "Postrummet"),
        make_unit(institution, "Vejledningen"),
    )
    make_case_type(institution, mail_room)
    make_case_type(institution, counsel)
    both = (mail_room, counsel)
    make_user(institution, units=(mail_room,), name="Ida Holm", email=CLERK)
    make_user(institution, units=both, name="Eva Bak", email=BOSS, role=Role.SUPERVISOR)
    counsellor = make_user(institution, units=(counsel,), name="Per Lind")
    make_user(institution, units=(counsel,), name="Peter Skov")
    made = [
        make_incoming(
            institution,
            unit_id=mail_room,
            title=TITLES[number % len(TITLES)],
            sender=f"03030{number % len(NAMES)}4000",
            sender_name=NAMES[number % len(NAMES)],
            age_days=(letters - number) / 3,
        )
        for number in range(letters)
    ]
    with closing(institution), served(create_console(institution)) as url:
        yield Mail(institution, url, made, mail_room, counsel, counsellor)


def sign_in(page: Page, email: str) -> None:
    """As a person does."""
    page.goto("/account/sign-in")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.click("main form button.main, main form button")
    page.wait_for_url("**/")

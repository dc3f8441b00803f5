"""The page *Afsendelse*, and what a mailing's own page says about letters that wait."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from digitalpost.db import now
from digitalpost.deliveries.channel_state import SLOW_AFTER, note_retry
from digitalpost.deliveries.marks import stop_of, stop_sending
from digitalpost.errors import Sentence
from digitalpost.models import ChannelName, Delivery, Mailing, MailingStatus, Role
from tests.console.mailings import School, make_school
from tests.make_mailings import approve_mailing, make_mailing


def sending(school: School, letters: int = 3) -> int:
    """A mailing of the school that is being sent, with letters that are due."""
    numbers = [f"0102031{one:03d}" for one in range(letters)]
    mailing_id = make_mailing(school.institution, numbers, case_type_id=school.case_type_id)
    approve_mailing(school.institution, mailing_id)
    with school.institution.transaction() as session:
        session.get_one(Mailing, mailing_id).status = MailingStatus.SENDING
    return mailing_id


def stop(school: School) -> None:
    with school.institution.transaction() as session:
        stop_sending(session, Sentence("Databasen er ældre end brevene."))


def use_up(school: School, mailing_id: int, letters: int, at: datetime) -> None:
    with school.institution.transaction() as session:
        some = session.query(Delivery).filter_by(mailing_id=mailing_id).limit(letters)
        for one in some:
            one.tried_at = at


def test_a_mailing_says_that_the_limit_of_the_day_is_reached_and_when_the_rest_goes(
    tmp_path: Path,
) -> None:
    school = make_school(tmp_path, EBOKS_PER_DAY="2")
    mailing_id = sending(school)
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "Grænsen på" not in page
    use_up(school, mailing_id, 2, now())
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "Grænsen på 2 om dagen gennem e-Boks er nået. 3 venter." in page
    assert "Resten sendes" in page and "kl. 00.00" in page


def test_a_mailing_says_that_its_channel_does_not_answer(tmp_path: Path) -> None:
    school = make_school(tmp_path)
    mailing_id = sending(school)
    with school.institution.transaction() as session:
        for _ in range(SLOW_AFTER):
            note_retry(session, ChannelName.EBOKS, Sentence("503"), 0, now())
    assert "e-Boks svarer ikke, som det skal" in school.get(f"/mailings/{mailing_id}/").text
    assert "På pause" in school.get("/").text


def test_a_stop_is_said_everywhere_and_only_an_administrator_ends_it(tmp_path: Path) -> None:
    school = make_school(tmp_path, role=Role.SUPERVISOR)
    mailing_id = sending(school)
    in_review = make_mailing(school.institution, ["0102031234"], case_type_id=school.case_type_id)
    stop(school)
    for path in ("/", f"/mailings/{mailing_id}/", "/sending/"):
        assert "Al afsendelse er stoppet" in school.get(path).text
    page = school.get("/sending/").text
    assert "Databasen er ældre end brevene." in page
    assert "En administrator skal sætte afsendelsen i gang igen." in page
    assert "/sending/go-on" not in page
    assert school.post("/sending/go-on").status_code == 403
    with school.institution.transaction() as session:
        from digitalpost.models import User

        session.query(User).one().role = Role.ADMINISTRATOR
    assert "/sending/go-on" in school.get("/sending/").text
    after = school.post("/sending/go-on", follow_redirects=True).text
    assert "Brevene bliver sendt igen fra nu af." in after
    assert "1 forsendelse til gennemsyn kan være sendt før." in after
    assert "før du godkender den" in school.get(f"/mailings/{in_review}/").text
    with school.institution.reading() as session:
        assert stop_of(session) is None
    again = school.post("/sending/go-on", follow_redirects=True).text
    assert "Afsendelsen er ikke stoppet." in again


@pytest.mark.parametrize("role", [Role.STAFF])
def test_staff_do_not_see_the_page(tmp_path: Path, role: Role) -> None:
    school = make_school(tmp_path, role=role)
    assert school.get("/sending/").status_code == 403
    assert "Afsendelse</" not in school.get("/").text


def test_the_page_shows_each_line_with_its_limits(tmp_path: Path) -> None:
    school = make_school(tmp_path, role=Role.SUPERVISOR, EBOKS_PER_MINUTE="30", EBOKS_PER_DAY="5")
    use_up(school, sending(school), 2, now())
    page = school.get("/sending/").text
    assert "Højst 30 breve i minuttet." in page
    assert "Højst 5 breve om dagen. Der kan sendes 3 til i dag." in page
    assert "Ingen grænse" in page

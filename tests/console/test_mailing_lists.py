"""The page of a mailing at twenty thousand letters, the list of mailings, and both databases."""

from __future__ import annotations

import re

from digitalpost.db import now
from digitalpost.mailings.prepare import prepare
from digitalpost.models import (
    Letter,
    LetterStatus,
    Mailing,
    MailingChannel,
    MailingStatus,
    Unit,
    Verdict,
)
from tests.console.mailings import make_mailing, make_school


def make_draft(unit_id: int, mailing_id: int, number: int) -> Letter:
    return Letter(
        mailing_id=mailing_id,
        unit_id=unit_id,
        position=number,
        title="Brev",
        status=LetterStatus.DRAFT,
        recipient_name=f"Modtager {number}",
        risk=number % 2,
        verdict=Verdict.YELLOW if number % 2 else Verdict.GREEN,
        reasons=[],
        pages=[number],
        page_count=1,
        removed_numbers=0,
        search_text="",
        created_at=now(),
    )


def test_a_mailing_of_twenty_thousand_stays_light(tmp_path):
    school = make_school(tmp_path)
    mailing_id = make_mailing(school, tmp_path / "a.pdf")
    with school.institution.transaction() as session:
        unit = session.get_one(Unit, school.unit_id)
        session.bulk_save_objects(
            make_draft(unit.id, mailing_id, number) for number in range(4, 20_001)
        )
    page = school.get(f"/mailings/{mailing_id}/").text
    assert len(page.encode()) < 60_000
    seen: set[str] = set()
    for _ in range(4):
        seen |= set(re.findall(r'id="brev-(\d+)"', page))
        older = re.search(r'rel="next" href="([^"]+)"', page)
        assert older is not None
        page = school.get(older[1].replace("&amp;", "&")).text
    assert len(seen) == 160


def test_the_list_shows_newest_first_and_narrows_by_status_and_owner(tmp_path):
    school = make_school(tmp_path)
    first = make_mailing(school, tmp_path / "a.pdf", title="Den første")
    with school.institution.transaction() as session:
        row = session.get_one(Mailing, first)
        row.owner_id, row.came_by = None, MailingChannel.COMMAND_LINE
    make_mailing(school, tmp_path / "b.pdf", title="Den anden", prepared=False)
    page = school.get("/mailings/").text
    assert page.index("Den anden") < page.index("Den første")
    assert "Den første" not in school.get("/mailings/?whose=mine").text
    review = school.get("/mailings/?status=review").text
    assert "Den første" in review
    assert "Den anden" not in review
    assert school.get("/mailings/?status=nonsens&after=%00").status_code == 200


def test_every_stage_shows_on_each_database(tmp_path, database_url):
    school = make_school(tmp_path, DATABASE_URL=database_url)
    mailing_id = make_mailing(school, tmp_path / "a.pdf", prepared=False)
    pages = ["/", "/mailings/", f"/mailings/{mailing_id}/", f"/mailings/{mailing_id}/live"]

    def all_open() -> None:
        for path in pages:
            assert school.get(path).status_code == 200, path

    all_open()
    prepare(school.institution, mailing_id)
    letters = school.letters(mailing_id)
    pages += [f"/mailings/{mailing_id}/viewer?letter={letters[0].id}"]
    pages += [f"/letters/{letters[0].id}/", f"/letters/{letters[0].id}/page/1.png"]
    all_open()
    assert school.post(f"/mailings/{mailing_id}/approve", {"count": "3"}).status_code == 303
    pages = [path for path in pages if "viewer" not in path] + ["/cases/1/"]
    all_open()
    for status in (MailingStatus.SENDING, MailingStatus.SENT):
        with school.institution.transaction() as session:
            session.get_one(Mailing, mailing_id).status = status
        all_open()
    school.institution.close()

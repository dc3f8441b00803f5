"""What the page of a mailing says of its files: on their way, how they are divided, taken away."""

from __future__ import annotations

import re

import pytest

from digitalpost.events import EventKind
from digitalpost.mailings.lease import Lease
from digitalpost.mailings.prepare import prepare
from digitalpost.mailings.ready import make_ready
from digitalpost.mailings.work import read_work
from digitalpost.models import Event, MailingStatus
from digitalpost.pdf.pool import Workers
from tests.console.mailings import make_mailing, make_school, sign_in
from tests.inputs.letters import write_merge
from tests.inputs.people import make_people
from tests.make import make_unit, make_user
from tests.pdf.making import ANNA_WRITTEN, BO_WRITTEN, make_source

MORE = "Her er mere tekst, som ikke siger noget om, hvem brevet er til, men som fylder en side."


def numbers_on_second_pages(path):
    return make_source(path, MORE, f"CPR-nr. {ANNA_WRITTEN}", MORE, f"CPR-nr. {BO_WRITTEN}")


def make_files_ready(school, mailing_id, folder):
    """The first step of preparing, and no more."""
    lease = Lease(school.institution, mailing_id, "test")
    assert lease.take()
    work = read_work(school.institution, mailing_id)
    with Workers(1) as workers:
        make_ready(school.institution, lease, work, workers, folder)


def test_a_file_on_its_way_says_what_is_done_with_it(tmp_path):
    school = make_school(tmp_path)
    text = tmp_path / "brev.txt"
    text.write_text("Kære alle")
    mailing_id = make_mailing(school, text, prepared=False)
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "Filen er modtaget. Vi går i gang om et øjeblik" in page
    assert "Venter på at blive undersøgt" in page
    assert Lease(school.institution, mailing_id, "test").take()
    assert "Tekstfil bliver lavet om til PDF …" in school.get(f"/mailings/{mailing_id}/").text


def test_the_first_pages_tell_who_is_in_the_file_while_it_is_prepared(tmp_path):
    school = make_school(tmp_path)
    people = make_people(15)
    path = write_merge(tmp_path / "a.pdf", people, pages_each=2)
    mailing_id = make_mailing(school, path, prepared=False, split="auto")
    make_files_ready(school, mailing_id, tmp_path)
    page = school.get(f"/mailings/{mailing_id}/live").text
    assert "30 sider skal læses" in page
    assert "De første 20 sider har 10 modtagere." in page
    assert f"Den første er {people[0].cpr[:6]}-••••." in page
    assert "Et nyt nummer begynder et brev" in page
    assert people[0].cpr[6:] not in page


def test_the_first_pages_tell_at_once_when_nobody_is_named(tmp_path):
    school = make_school(tmp_path)
    path = make_source(tmp_path / "a.pdf", *[MORE] * 21)
    mailing_id = make_mailing(school, path, prepared=False, split="auto")
    make_files_ready(school, mailing_id, tmp_path)
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "Der er ikke fundet noget CPR- eller CVR-nummer på de første 20 sider." in page


def test_review_shows_how_the_file_is_divided_and_why(tmp_path):
    school = make_school(tmp_path)
    path = write_merge(tmp_path / "a.pdf", make_people(3), pages_each=2)
    mailing_id = make_mailing(school, path, split="auto")
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "Sådan er filen delt" in page
    assert "Modtagernes numre forklarer alle sider." in page
    assert '<details class="card settings split" id="split">' in page
    assert "2 sider i hvert brev" in page
    assert "side 1–2, 3–4, 5–6" in page
    assert "Brevene får de samme sider som nu." in page


def test_a_better_way_stands_open_and_makes_the_letters_anew(tmp_path):
    school = make_school(tmp_path)
    mailing_id = make_mailing(school, numbers_on_second_pages(tmp_path / "a.pdf"), split="auto")
    page = school.get(f"/mailings/{mailing_id}/").text
    assert '<details class="card settings split" id="split" open>' in page
    assert "En anden måde er måske bedre" in page
    school.woken.clear()
    school.post(f"/mailings/{mailing_id}/divide", {"split": "pages:2"})
    assert school.woken == [("prepare_mailing", mailing_id)]
    assert school.status(mailing_id) is MailingStatus.PREPARING
    assert prepare(school.institution, mailing_id)
    assert [letter.pages for letter in school.letters(mailing_id)] == [[1, 2], [3, 4]]
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "Valgt: filen deles på en anden måde" in page
    assert "Måden blev valgt ved upload eller her på siden." in page


@pytest.mark.parametrize("split", ["whole", "pages:0", "moon", ""])
def test_a_way_that_is_none_changes_nothing(tmp_path, split):
    school = make_school(tmp_path)
    mailing_id = make_mailing(school, tmp_path / "a.pdf")
    answer = school.post(f"/mailings/{mailing_id}/divide", {"split": split}, follow_redirects=True)
    assert 'class="message bad"' in answer.text
    assert school.status(mailing_id) is MailingStatus.REVIEW


def test_what_was_mended_is_not_lost_by_dividing_anew(tmp_path):
    school = make_school(tmp_path)
    mailing_id = make_mailing(school, tmp_path / "a.pdf")
    letter = school.letters(mailing_id)[0]
    school.post(f"/mailings/{mailing_id}/mend/{letter.id}/confirm")
    answer = school.post(
        f"/mailings/{mailing_id}/divide", {"split": "pages:1"}, follow_redirects=True
    )
    assert "det ville gå tabt" in answer.text
    assert school.status(mailing_id) is MailingStatus.REVIEW


def test_a_file_is_taken_away_as_it_came_and_that_is_logged(tmp_path):
    school = make_school(tmp_path)
    path = tmp_path / "Brev til Anna.txt"
    path.write_text(f"CPR-nr. {ANNA_WRITTEN}")
    mailing_id = make_mailing(school, path)
    page = school.get(f"/mailings/{mailing_id}/").text
    link = re.search(r'href="(/mailings/\d+/files/\d+)"', page)
    assert link is not None
    answer = school.get(link[1], buffered=True)
    assert answer.data == path.read_bytes()
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="forsendelse-{mailing_id}-fil-1.txt"'
    )
    with school.institution.reading() as session:
        [event] = session.query(Event).filter(Event.kind == EventKind.FILE_DOWNLOADED)
        assert (event.mailing_id, event.data) == (mailing_id, {"file": 1})
    make_user(
        school.institution,
        units=(make_unit(school.institution, "Andre"),),
        email="bo@egely.example",
    )
    school.client = school.client.application.test_client()
    sign_in(school.client, "bo@egely.example")
    assert school.get(link[1]).status_code == 404


def test_a_file_that_was_not_looked_over_can_not_be_taken_away(tmp_path):
    school = make_school(tmp_path)
    mailing_id = make_mailing(school, tmp_path / "a.pdf", prepared=False)
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "/files/" not in page
    answer = school.get(f"/mailings/{mailing_id}/files/1", follow_redirects=True)
    assert "Filen er ikke undersøgt" in answer.text
    assert school.get(f"/mailings/{mailing_id + 1}/files/1").status_code == 404

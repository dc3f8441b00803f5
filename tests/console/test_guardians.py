"""Letters to people under 18 in review: what is suggested, who decides it, and who may not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from digitalpost.db import now
from digitalpost.models import (
    CopyDecision,
    GuardianSuggestion,
    LetterWay,
    Mailing,
    MailingStatus,
    RegisterName,
    RegisterState,
    Role,
)
from digitalpost.registers.copies import suggest_guardians, suggestions_of
from digitalpost.registers.decide_copies import count_undecided
from digitalpost.registers.rounds import check_mailboxes
from tests.console.mailings import School, make_school, sign_in
from tests.console.young import (
    EIGHTEEN,
    FOURTEEN,
    FOURTEEN_TOO,
    SIXTEEN,
    make_drafts,
    school_beside,
)
from tests.make import make_unit, make_user
from tests.registers.conftest import registers_sandbox, sandbox  # noqa: F401 - fixtures
from tests.sandbox_server import RunningSandbox

FORM = re.compile(r'name="seen" value="([^"]+)"')


@pytest.fixture
def school(database_url: str, sandbox: RunningSandbox, tmp_path: Path) -> Iterator[School]:  # noqa: F811
    with school_beside(sandbox, tmp_path / "home", DATABASE_URL=database_url) as school:
        yield school


def asked(school: School, *numbers: str) -> int:
    """A mailing about whose recipients the registers have been asked."""
    mailing_id = make_drafts(school, numbers)
    check_mailboxes(school.institution, mailing_id)
    return mailing_id


def suggestions(school: School, mailing_id: int) -> list[GuardianSuggestion]:
    letters = [letter.id for letter in school.letters(mailing_id)]
    with school.institution.reading() as session:
        found = suggestions_of(session, letters)
    return [found[letter] for letter in letters if letter in found]


def decide(school: School, mailing_id: int, place: int, how: str, **fields: str) -> str:
    """Send the form of one letter; the text of the page that follows."""
    one = suggestions(school, mailing_id)[place]
    answer = school.post(
        f"/mailings/{mailing_id}/letters/{one.letter_id}/young/{how}",
        {"seen": one.fetched_at.isoformat(), **fields},
        follow_redirects=True,
    )
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def test_the_card_says_age_basis_and_who_gets_the_letter_with_masked_numbers(
    school: School,
) -> None:
    mailing_id = asked(school, FOURTEEN, SIXTEEN)
    page = school.get(f"/mailings/{mailing_id}/").text
    child, pupil = suggestions(school, mailing_id)
    assert "2 breve venter på dit valg" in page
    assert "Godkend alle 2 forslag" in page
    assert "har ikke egen postkasse. Brevet går til den, der har forældremyndigheden" in page
    for copy in (*child.copies, *pupil.copies):
        assert copy.name
        assert copy.name in page
    assert child.copies[0].number_masked in page
    assert "Kun papir" in page  # the pupil's father has no number in CPR
    assert f"Til forælder: {child.copies[0].name}, {child.copies[1].name}" in page
    assert FOURTEEN not in page
    assert SIXTEEN not in page


def test_a_yes_to_all_with_their_number_decides_them_and_leaves_the_rest(school: School) -> None:
    mailing_id = asked(school, FOURTEEN, SIXTEEN, EIGHTEEN)
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "Skal afklares" in page
    assert "står under værgemål" in page
    seen = FORM.search(page)
    assert seen is not None
    answer = school.post(
        f"/mailings/{mailing_id}/young/accept-all",
        {"count": "2", "seen": seen[1]},
        follow_redirects=True,
    )
    assert "2 forslag er godkendt." in answer.text
    assert [one.decision for one in suggestions(school, mailing_id)] == [
        CopyDecision.ACCEPTED,
        CopyDecision.ACCEPTED,
        CopyDecision.PROPOSED,
    ]
    assert "Godkendt: Mette Kirk" in answer.text
    assert ("check_mailboxes", mailing_id) in school.woken
    assert school.mailing(mailing_id).registers_due_at is None


def test_a_number_that_is_not_the_one_shown_decides_nothing(school: School) -> None:
    mailing_id = asked(school, FOURTEEN, SIXTEEN)
    seen = FORM.search(school.get(f"/mailings/{mailing_id}/").text)
    assert seen is not None
    answer = school.post(
        f"/mailings/{mailing_id}/young/accept-all",
        {"count": "1", "seen": seen[1]},
        follow_redirects=True,
    )
    assert "Forslagene er hentet igen" in answer.text
    with school.institution.reading() as session:
        assert count_undecided(session, mailing_id) == 2


def test_one_letter_is_decided_and_decided_otherwise(school: School) -> None:
    mailing_id = asked(school, SIXTEEN)
    page = decide(school, mailing_id, 0, "decline")
    assert "Brevet går kun til modtageren selv." in page
    assert "Alt er besluttet" in page
    assert "Valgt fra: Mette Kirk" in page
    assert "Lav om" in page
    assert "Forslaget er godkendt." in decide(school, mailing_id, 0, "accept", at="viewer")
    (one,) = suggestions(school, mailing_id)
    assert one.decision is CopyDecision.ACCEPTED


def test_a_child_without_the_parents_gets_nothing_digitally_and_the_page_says_so(
    school: School,
) -> None:
    mailing_id = asked(school, FOURTEEN)
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "bliver brevet ikke sendt digitalt til nogen" in page
    page = decide(school, mailing_id, 0, "decline", way="hold")
    assert "Brevet bliver holdt tilbage" in page
    assert "Holdes tilbage" in page
    assert "Under 15 år: går ikke digitalt til nogen" in page
    assert school.letters(mailing_id)[0].way is LetterWay.HOLD
    decide(school, mailing_id, 0, "decline", way="local_print")
    assert school.letters(mailing_id)[0].way is LetterWay.LOCAL_PRINT
    assert "ingen digital postkasse" in decide(school, mailing_id, 0, "decline", way="digital")


def test_the_panel_of_a_letter_shows_its_copies(school: School) -> None:
    mailing_id = asked(school, FOURTEEN, SIXTEEN)
    first, second = school.letters(mailing_id)
    panel = school.get(f"/mailings/{mailing_id}/viewer?letter={first.id}").text
    assert "Brevet går til forældrene" in panel
    panel = school.get(f"/mailings/{mailing_id}/viewer?letter={second.id}").text
    assert "Kopi til forældre" in panel
    assert suggestions(school, mailing_id)[1].copies[0].name in panel


def test_many_suggestions_are_walked_on_a_page_of_their_own(school: School) -> None:
    days = [f"{day:02}0412{serial}" for day in range(1, 29) for serial in ("4234",)]
    mailing_id = asked(school, *days)
    page = school.get(f"/mailings/{mailing_id}/")
    assert page.text.count('class="young-one"') == 3
    assert "Se alle 28" in page.text
    assert len(page.data) < 60_000
    walked: list[str] = []
    address = f"/mailings/{mailing_id}/young/?heap=under_15"
    while address:
        answer = school.get(address)
        assert len(answer.data) < 60_000
        walked += re.findall(r'id="young-(\d+)"', answer.text)
        following = re.search(r'rel="next" href="([^"]+)"', answer.text)
        address = following[1].replace("&amp;", "&") if following else ""
    assert walked == [str(letter.id) for letter in school.letters(mailing_id)]


def test_a_choice_on_the_list_comes_back_to_the_list(school: School) -> None:
    mailing_id = asked(school, FOURTEEN, FOURTEEN_TOO)
    one = suggestions(school, mailing_id)[0]
    answer = school.post(
        f"/mailings/{mailing_id}/letters/{one.letter_id}/young/accept",
        {"seen": one.fetched_at.isoformat(), "at": "list", "heap": "under_15"},
    )
    assert answer.location == f"/mailings/{mailing_id}/young/?heap=under_15"


def test_a_register_that_is_silent_is_told_with_what_it_means(
    school: School,
    sandbox: RunningSandbox,  # noqa: F811
) -> None:
    sandbox.fault("answer_503", target="cpr", count=5)
    mailing_id = asked(school, FOURTEEN)
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "CPR-registret svarer ikke lige nu" in page
    assert "Vent med at godkende" in page


def test_a_register_that_is_being_asked_or_is_not_there_is_told(
    school: School, tmp_path: Path
) -> None:
    mailing_id = make_drafts(school, [FOURTEEN])
    assert "Vi spørger CPR-registret om 1 modtager" in school.get(f"/mailings/{mailing_id}/").text
    other = make_school(tmp_path / "alone")
    mailing_id = make_drafts(other, [FOURTEEN, SIXTEEN, "0101701234"])
    page = other.get(f"/mailings/{mailing_id}/").text
    assert "Der er ikke forbindelse til CPR-registret" in page
    assert "2 breve går til nogen, der kan være under 18 år." in page
    other.institution.close()


def test_nothing_is_said_when_nobody_is_young(school: School) -> None:
    mailing_id = asked(school, "0101701234")
    assert "Breve til unge" not in school.get(f"/mailings/{mailing_id}/").text


def test_who_has_another_unit_neither_sees_nor_decides(school: School) -> None:
    mailing_id = asked(school, FOURTEEN)
    (one,) = suggestions(school, mailing_id)
    unit = make_unit(school.institution, "En anden")
    mine = school.client
    for role in Role:
        email = f"{role.value}@egely.example"
        make_user(school.institution, role=role, units=(unit,), email=email)
        school.client = mine.application.test_client()
        sign_in(school.client, email)
        assert school.get(f"/mailings/{mailing_id}/young/").status_code == 404
        for address in (
            f"/mailings/{mailing_id}/young/accept-all",
            f"/mailings/{mailing_id}/letters/{one.letter_id}/young/accept",
            f"/mailings/{mailing_id}/letters/{one.letter_id}/young/decline",
        ):
            fields = {"seen": one.fetched_at.isoformat(), "count": "1"}
            assert school.post(address, fields).status_code == 404
    school.client = mine
    assert suggestions(school, mailing_id)[0].decision is CopyDecision.PROPOSED


def test_a_letter_of_another_mailing_is_not_there(school: School) -> None:
    mailing_id, other_id = asked(school, FOURTEEN), asked(school, SIXTEEN)
    one = suggestions(school, other_id)[0]
    address = f"/mailings/{mailing_id}/letters/{one.letter_id}/young/accept"
    assert school.post(address, {"seen": one.fetched_at.isoformat()}).status_code == 404


def test_after_approval_the_page_of_suggestions_leads_to_the_mailing(school: School) -> None:
    mailing_id = asked(school, FOURTEEN)
    with school.institution.transaction() as session:
        session.get_one(Mailing, mailing_id).status = MailingStatus.HOLDING
    answer = school.get(f"/mailings/{mailing_id}/young/")
    assert answer.status_code == 303
    (one,) = suggestions(school, mailing_id)
    answer = school.post(
        f"/mailings/{mailing_id}/letters/{one.letter_id}/young/accept",
        {"seen": one.fetched_at.isoformat()},
        follow_redirects=True,
    )
    assert "mens forsendelsen er til gennemsyn" in answer.text


def test_a_silent_register_that_answers_again_is_no_more_told(school: School) -> None:
    mailing_id = make_drafts(school, [FOURTEEN])
    with school.institution.transaction() as session:
        session.add(
            RegisterState(
                register=RegisterName.CPR,
                paused_since=now(),
                reason={"text": "CPR-registret svarer ikke lige nu."},
            )
        )
    assert "svarer ikke lige nu" in school.get(f"/mailings/{mailing_id}/").text
    suggest_guardians(school.institution, mailing_id)
    assert "svarer ikke lige nu" not in school.get(f"/mailings/{mailing_id}/").text

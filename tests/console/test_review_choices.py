"""The choices of a review page: options, mailboxes, ways and copies, for whoever may make them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from digitalpost.danish_time import local, today
from digitalpost.db import now
from digitalpost.models import (
    LetterStatus,
    LetterWay,
    Mailbox,
    Mailing,
    RegisterName,
    RegisterState,
)
from tests.console.mailings import School
from tests.console.reviewed import (
    CONTACTS,
    DEAD,
    EXEMPT,
    REACHABLE,
    is_open,
    make_reviewed,
    one_line,
)


def ways_of(school: School, mailing_id: int) -> list[LetterWay]:
    return [letter.way for letter in school.letters(mailing_id)]


def test_a_mailing_that_everybody_can_get_is_one_calm_closed_line(tmp_path: Path) -> None:
    school, mailing_id = make_reviewed(tmp_path, REACHABLE, REACHABLE, REACHABLE, **CONTACTS)
    page = school.get(f"/mailings/{mailing_id}/").text
    assert not is_open(page, "mailboxes")
    assert "alle kan" in one_line(page, "Hvem kan få brevet digitalt?")
    assert "for 3 min. siden" in page
    assert "data-live" not in page
    assert "til fjernprint" not in page


def test_who_cannot_get_it_opens_the_card_with_numbers_on_the_buttons(tmp_path: Path) -> None:
    school, mailing_id = make_reviewed(tmp_path, EXEMPT, REACHABLE, EXEMPT, **CONTACTS)
    page = school.get(f"/mailings/{mailing_id}/").text
    assert is_open(page, "mailboxes")
    assert "2 kan ikke og mangler et valg" in page
    for words in ("Send 2 til fjernprint", "Print 2 selv", "Hold 2 tilbage", "Tag 2 ud"):
        assert words in page
    narrowed = school.get(f"/mailings/{mailing_id}/?show=mailbox-exempt").text
    assert len(re.findall(r'id="brev-\d+"', narrowed)) == 2


def test_a_group_is_printed_and_sent_digitally_again(tmp_path: Path) -> None:
    school, mailing_id = make_reviewed(tmp_path, EXEMPT, REACHABLE, EXEMPT, **CONTACTS)
    address = f"/mailings/{mailing_id}/group"
    answer = school.post(address, {"mailbox": "exempt", "act": "local_print"})
    assert answer.location.endswith(f"/mailings/{mailing_id}/#mailboxes")
    local_print, digital = LetterWay.LOCAL_PRINT, LetterWay.DIGITAL
    assert ways_of(school, mailing_id) == [local_print, digital, local_print]
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "2 breve er ændret." in page
    assert "2 skal I selv printe" in page
    assert "2 af brevene skal I selv printe." in page
    assert not is_open(page, "mailboxes")
    assert "Send 2 digitalt igen" in page
    school.post(address, {"mailbox": "exempt", "act": "digital"})
    assert ways_of(school, mailing_id) == [digital] * 3


def test_letters_held_back_and_taken_out_leave_the_number_on_the_button(tmp_path: Path) -> None:
    school, mailing_id = make_reviewed(tmp_path, EXEMPT, DEAD, REACHABLE, **CONTACTS)
    address = f"/mailings/{mailing_id}/group"
    school.post(address, {"mailbox": "exempt", "act": "hold"})
    school.post(address, {"mailbox": "dead", "act": "take_out"})
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "1 brev er klar" in page
    assert "1 holdes tilbage" in page
    assert "1 er taget ud" in page
    assert "Send 1 brev<" in page
    assert "Læg 1 tilbage" in page
    school.post(address, {"mailbox": "dead", "act": "put_back"})
    assert school.letters(mailing_id)[1].status is LetterStatus.DRAFT
    assert ("check_mailboxes", mailing_id) in school.woken


def test_the_dead_are_warned_about_and_print_is_never_the_first_choice(tmp_path: Path) -> None:
    school, mailing_id = make_reviewed(tmp_path, DEAD, REACHABLE, REACHABLE, **CONTACTS)
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "ramme de efterladte" in page
    acts = re.findall(r'name="act" value="(\w+)"', page)
    assert acts == ["take_out", "hold", "remote_print", "local_print"]


def test_a_group_or_an_act_that_does_not_exist_is_no_choice(tmp_path: Path) -> None:
    school, mailing_id = make_reviewed(tmp_path, EXEMPT)
    address = f"/mailings/{mailing_id}/group"
    assert school.post(address, {"mailbox": "rich", "act": "hold"}).status_code == 400
    assert school.post(address, {"mailbox": "exempt", "act": "burn"}).status_code == 400
    assert ways_of(school, mailing_id) == [LetterWay.DIGITAL] * 3


def test_asking_again_wakes_the_round_and_the_card_refreshes_itself_until_answers_came(
    tmp_path: Path,
) -> None:
    school, mailing_id = make_reviewed(tmp_path, REACHABLE, REACHABLE, REACHABLE, **CONTACTS)
    school.post(f"/mailings/{mailing_id}/ask-again")
    assert ("check_mailboxes", mailing_id) in school.woken
    page = school.get(f"/mailings/{mailing_id}/").text
    live = re.search(r'id="mailboxes" data-live="([^"]+)"', page)
    assert live is not None
    assert "Vi spørger nu." in school.get(live[1]).text
    with school.institution.transaction() as session:
        assert session.get_one(Mailing, mailing_id).registers_due_at is None
        for row in session.query(Mailbox):
            row.asked_at = now()
    fresh = school.get(live[1]).text
    assert "data-live" not in fresh
    assert "Spurgt lige nu." in fresh


def test_a_register_that_is_silent_or_not_set_up_is_said_and_stops_nobody(tmp_path: Path) -> None:
    school, mailing_id = make_reviewed(tmp_path / "a", **CONTACTS)
    with school.institution.transaction() as session:
        session.add(
            RegisterState(
                register=RegisterName.CONTACTS,
                paused_since=now(),
                paused_until=now() + timedelta(minutes=1),
                reason={"text": "Kontaktregistret svarer ikke.", "values": {}},
            )
        )
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "Kontaktregistret svarer ikke." in page
    assert "3 er der ikke svar om endnu" in page
    assert "data-live" not in page
    assert "Send 3 breve" in page
    without, mailing_id = make_reviewed(tmp_path / "b")
    page = without.get(f"/mailings/{mailing_id}/").text
    assert "ikke kontrolleret" in one_line(page, "Hvem kan få brevet digitalt?")
    assert "Spørg igen nu" not in page


def test_options_are_saved_shown_in_one_line_and_wrong_ones_stay_typed(tmp_path: Path) -> None:
    school, mailing_id = make_reviewed(tmp_path)
    address = f"/mailings/{mailing_id}/options"
    tomorrow = (today() + timedelta(days=1)).isoformat()
    wrong = school.post(address, {"can_reply": "1", "reply_by": "2020-01-01", "send_on": tomorrow})
    assert wrong.status_code == 422
    assert "hvad klokken er" in wrong.text
    assert 'value="2020-01-01"' in wrong.text
    past = school.post(address, {"can_reply": "1", "reply_by": "2020-01-01"})
    assert past.status_code == 422
    assert "ligger før den dag" in past.text
    assert is_open(past.text, "settings")
    assert not school.mailing(mailing_id).can_reply
    chosen = {"must_sign": "1", "send_on": tomorrow, "send_clock": "08:30"}
    assert school.post(address, chosen).status_code == 303
    mailing = school.mailing(mailing_id)
    assert mailing.must_sign
    assert mailing.send_at is not None
    assert f"{local(mailing.send_at):%H:%M}" == "08:30"
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "skal signeres · sendes" in one_line(page, "Valg for forsendelsen")
    assert "Kræver Digital Post. e-Boks kan ikke tage imod underskrifter." in page
    assert "Brevene skal underskrives, men" in page
    chosen.pop("must_sign")
    assert school.post(address, chosen).status_code == 303
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "Bliver sendt" in page
    assert "Brevene skal underskrives" not in page


def test_a_time_that_has_passed_while_the_mailing_lay_there_stops_approval(tmp_path: Path) -> None:
    school, mailing_id = make_reviewed(tmp_path)
    with school.institution.transaction() as session:
        session.get_one(Mailing, mailing_id).send_at = now() - timedelta(hours=1)
    answer = school.post(f"/mailings/{mailing_id}/approve", {"count": "3"})
    assert answer.status_code == 422
    assert "Tidspunktet for afsendelse er passeret." in answer.text


def test_the_way_of_one_letter_is_chosen_beside_its_pages(tmp_path: Path) -> None:
    school, mailing_id = make_reviewed(tmp_path)
    letter = school.letters(mailing_id)[1]
    viewer = school.get(f"/mailings/{mailing_id}/viewer?letter={letter.id}").text
    assert "ingen kopier" in one_line(viewer, "Digitalt")
    school.post(f"/mailings/{mailing_id}/letters/{letter.id}/way", {"way": "remote_print"})
    viewer = school.get(f"/mailings/{mailing_id}/viewer?letter={letter.id}").text
    assert "Fjernprint" in one_line(viewer, "Fjernprint")
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "1 bliver sendt til fjernprint" in page
    assert "Forsendelsesmåde for et brev: Fjernprint" in page

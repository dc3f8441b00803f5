"""The choices of a review page: options, mailboxes, ways and copies, for whoever may make them."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.cursor import CursorFetchStrategy

from digitalpost.danish_time import local, today
from digitalpost.db import now
from digitalpost.institution import Institution
from digitalpost.models import (
    Letter,
    LetterCopy,
    LetterStatus,
    LetterWay,
    Mailbox,
    MailboxSource,
    MailboxStatus,
    Mailing,
    Recipient,
    RegisterName,
    RegisterState,
)
from tests.console.mailings import School, make_mailing, make_school, name_recipients, sign_in
from tests.inputs.people import make_people
from tests.make import make_recipient, make_unit, make_user

CONTACTS = {"CONTACTS_URL": "https://127.0.0.1:9", "CONTACTS_TOKEN": "x"}
EXEMPT, DEAD, REACHABLE = MailboxStatus.EXEMPT, MailboxStatus.DEAD, MailboxStatus.REACHABLE


def make_reviewed(tmp_path: Path, *statuses: MailboxStatus, **environ: str) -> tuple[School, int]:
    """A school and a mailing in review whose recipients, in order, got these answers."""
    school = make_school(tmp_path / "home", **environ)
    people = make_people(3)
    name_recipients(school, people)
    mailing_id = make_mailing(school, tmp_path / "a.pdf", people=people)
    with school.institution.transaction() as session:
        for letter, status in zip(school.letters(mailing_id), statuses, strict=False):
            session.add(
                Mailbox(
                    recipient_id=letter.recipient_id,
                    status=status,
                    asked_at=now() - timedelta(minutes=3),
                    source=MailboxSource.CONTACTS,
                )
            )
    return school, mailing_id


def one_line(page: str, name: str) -> str:
    """The text of the summary line of a closed or open part of the page."""
    found = re.search(rf"<summary>(?:(?!</summary>).)*{re.escape(name)}.*?</summary>", page, re.S)
    assert found is not None, name
    return re.sub(r"<[^>]+>|\s+", " ", found[0])


def is_open(page: str, css_class: str) -> bool:
    found = re.search(rf'<details class="[^"]*{css_class}"([^>]*)>', page)
    assert found is not None
    return "open" in found[1]


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
    assert "Bliver sendt" in page
    assert "Kræver Digital Post. e-Boks kan ikke tage imod underskrifter." in page
    assert "Forsendelsen kan ikke godkendes sådan:" in page


def test_a_time_that_has_passed_while_the_mailing_lay_there_stops_approval(tmp_path: Path) -> None:
    school, mailing_id = make_reviewed(tmp_path)
    with school.institution.transaction() as session:
        session.get_one(Mailing, mailing_id).send_at = now() - timedelta(hours=1)
    answer = school.post(f"/mailings/{mailing_id}/approve", {"count": "3"})
    assert answer.status_code == 422
    assert "Tidspunktet for afsendelse er passeret." in answer.text


def test_a_copy_counts_after_a_yes_and_is_removed_again(tmp_path: Path) -> None:
    school, mailing_id = make_reviewed(tmp_path)
    letter = school.letters(mailing_id)[0]
    base = f"/mailings/{mailing_id}/"
    other = make_recipient(school.institution, school.unit_id, name="Bo Ibsen", number="0101084777")
    shown = school.post(f"{base}letters/{letter.id}/copies", {"number": "010108-4777"})
    assert shown.status_code == 200
    assert "Bo Ibsen" in shown.text
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert copies_in(school.institution) == []
    sure = {"number": "010108-4777", "sure": "one", "letter": str(letter.id)}
    answer = school.post(f"{base}letters/{letter.id}/copies", sure)
    assert answer.location.endswith(f"?letter={letter.id}#viewer")
    assert "0101084777" not in answer.location
    assert copies_in(school.institution) == [(letter.id, other)]
    assert ("check_mailboxes", mailing_id) in school.woken
    page = school.get(answer.location).text
    assert "3 breve og 1 kopi er klar" in page
    assert "Send 3 breve og 1 kopi" in page
    remove = re.search(r'action="([^"]+/copies/\d+/remove)"', page)
    assert remove is not None
    school.post(remove[1])
    assert copies_in(school.institution) == []


def test_a_copy_is_picked_by_name_and_sent_of_all_letters(
    tmp_path: Path, sqlite_template: Path
) -> None:
    (tmp_path / "home").mkdir()
    shutil.copy(sqlite_template, tmp_path / "home" / "digitalpost.db")  # names are searched for
    school, mailing_id = make_reviewed(tmp_path)
    letters = school.letters(mailing_id)
    base = f"/mailings/{mailing_id}/letters/{letters[1].id}/"
    found = school.post(f"{base}find-copy", {"words": letters[0].recipient_name}).text
    choice = re.search(r'name="copy_to" value="(\d+)"', found)
    assert choice is not None
    assert int(choice[1]) == letters[0].recipient_id
    shown = school.post(f"{base}copies", {"copy_to": choice[1], "number": ""}).text
    assert "Send kopi af alle 3 breve" in shown
    school.post(f"{base}copies", {"copy_to": choice[1], "sure": "all"})
    assert len(copies_in(school.institution)) == 2  # not of their own letter
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "kopi af 2 breve" in page
    school.post(f"/mailings/{mailing_id}/copied/{choice[1]}/remove")
    assert copies_in(school.institution) == []


@pytest.mark.parametrize("number", ["123", "6102124234"])
def test_a_number_that_gets_no_copy_is_said_with_what_was_typed(
    tmp_path: Path, number: str
) -> None:
    school, mailing_id = make_reviewed(tmp_path)
    letter = school.letters(mailing_id)[0]
    address = f"/mailings/{mailing_id}/letters/{letter.id}/copies"
    answer = school.post(address, {"number": number})
    if number == "123":
        assert answer.status_code == 422
        assert 'value="123"' in answer.text
        assert is_open(answer.text, "letter-choices")
    else:
        assert "erstatnings-CPR" in answer.text
        assert 'name="sure"' not in answer.text


def test_nobody_of_another_unit_can_be_picked_and_no_foreign_letter_changed(
    tmp_path: Path,
) -> None:
    school, mailing_id = make_reviewed(tmp_path)
    letter = school.letters(mailing_id)[0]
    elsewhere = make_unit(school.institution, "Vejledningen")
    stranger = make_recipient(school.institution, elsewhere, name="Fie Fremmed")
    address = f"/mailings/{mailing_id}/letters/{letter.id}/copies"
    answer = school.post(address, {"copy_to": str(stranger), "sure": "one"})
    assert answer.status_code == 422
    assert "Fie" not in answer.text
    assert copies_in(school.institution) == []
    make_user(school.institution, units=(elsewhere,), email="fie@egely.example")
    school.client = school.client.application.test_client()
    sign_in(school.client, "fie@egely.example")
    fields: list[tuple[str, dict[str, Any]]] = [
        (address, {"number": "0101084777", "sure": "one"}),
        (f"/mailings/{mailing_id}/letters/{letter.id}/way", {"way": "hold"}),
        (f"/mailings/{mailing_id}/group", {"mailbox": "exempt", "act": "hold"}),
        (f"/mailings/{mailing_id}/options", {"can_reply": "1"}),
        (f"/mailings/{mailing_id}/ask-again", {}),
    ]
    for one, data in fields:
        assert school.post(one, data).status_code == 404, one
    assert school.get(f"/mailings/{mailing_id}/mailboxes").status_code == 404


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


def copies_in(institution: Institution) -> list[tuple[int, int]]:
    with institution.reading() as session:
        return [(one.letter_id, one.recipient_id) for one in session.query(LetterCopy)]


def grow(institution: Institution, mailing_id: int, letters: int) -> None:
    """Many more drafts to people of their own, a copy of one in ten, straight in the rows."""
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        first = session.scalars(sa.select(Letter).where(Letter.mailing_id == mailing_id)).first()
        last = session.scalar(sa.select(sa.func.max(Recipient.id))) or 0
        assert first is not None
        ids = range(last + 1, last + 1 + letters)
        recipient = {
            "kind": "cpr", "number_sealed": b"x", "number_masked": "010108-••••",
            "name": "Nogen", "address": "", "created_at": now(),
        }  # fmt: skip
        session.execute(
            sa.insert(Recipient),
            [{"id": one, "number_index": b"%d" % one, **recipient} for one in ids],
        )
        letter = {
            "mailing_id": mailing_id, "unit_id": mailing.unit_id, "title": mailing.title,
            "status": LetterStatus.DRAFT, "document_id": first.document_id, "pages": [1],
            "page_count": 1, "reasons": [], "recipient_name": "Nogen", "search_text": "",
            "created_at": now(), "due_at": now(), "position": 9,
        }  # fmt: skip
        session.execute(sa.insert(Letter), [{"recipient_id": one, **letter} for one in ids])
        statuses = [*MailboxStatus, None]
        answers = [(one, statuses[one % len(statuses)]) for one in ids]
        session.execute(
            sa.insert(Mailbox),
            [
                {"recipient_id": one, "status": status, "asked_at": now(), "source": "contacts"}
                for one, status in answers
                if status is not None
            ],
        )
        made = session.scalars(sa.select(Letter.id).order_by(Letter.id)).all()
        copy = {"recipient_id": first.recipient_id, "unit_id": mailing.unit_id, "added_at": now()}
        session.execute(
            sa.insert(LetterCopy), [{"letter_id": one, **copy} for one in made[-letters::10]]
        )


class Cost:
    """How many statements a page asks, and how many rows it is given."""

    def __init__(self, institution: Institution, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements = self.rows = 0
        sa.event.listen(institution.engine, "after_cursor_execute", self._asked)
        for name in ("fetchone", "fetchmany", "fetchall"):
            original = getattr(CursorFetchStrategy, name)

            def counted(strategy: Any, *args: Any, _original: Any = original) -> Any:
                got = _original(strategy, *args)
                self.rows += len(got) if isinstance(got, list) else got is not None
                return got

            monkeypatch.setattr(CursorFetchStrategy, name, counted)

    def _asked(self, *_: Any) -> None:
        self.statements += 1

    def of(self, school: School, address: str) -> tuple[int, int]:
        """(statements, rows) of one page."""
        self.statements = self.rows = 0
        answer = school.get(address)
        assert answer.status_code == 200
        assert len(answer.data) < 60_000
        return self.statements, self.rows


def test_the_review_of_twenty_thousand_letters_costs_what_a_small_one_costs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    school, mailing_id = make_reviewed(tmp_path, EXEMPT, DEAD, REACHABLE, **CONTACTS)
    grow(school.institution, mailing_id, 100)
    cost = Cost(school.institution, monkeypatch)
    small = {show: cost.of(school, f"/mailings/{mailing_id}/?show={show}") for show in SHOWN}
    assert small[""][1] > 40
    grow(school.institution, mailing_id, 20_000)
    for show, (statements, rows) in small.items():
        found = cost.of(school, f"/mailings/{mailing_id}/?show={show}")
        assert found[0] <= statements + 2, show
        assert found[1] <= rows + 100, show


SHOWN = ("", "doubtful", "mailbox-exempt", "mailbox-unasked", "way-hold", "copies")

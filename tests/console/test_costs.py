"""Prices on the pages: before sending, and by month."""

from datetime import UTC, datetime

import sqlalchemy as sa

from digitalpost.models import Delivery, DeliveryStatus, Role
from tests.console.mailings import make_mailing, make_school
from tests.make_mailings import approve_mailing

PRICES = "eboks=0,85 local_print=28"


def test_the_price_is_told_before_sending_and_what_paper_would_cost(tmp_path):
    school = make_school(tmp_path, DIGITALPOST_PRICES=PRICES)
    page = school.get(f"/mailings/{make_mailing(school, tmp_path / 'a.pdf')}/").text
    assert "Pris: 2,55 kr." in page
    assert "(på papir 84,00 kr.)" in page


def test_without_prices_nothing_is_said_of_money(tmp_path):
    school = make_school(tmp_path)
    page = school.get(f"/mailings/{make_mailing(school, tmp_path / 'a.pdf')}/").text
    assert "Pris:" not in page


def test_supervisors_see_letters_and_money_by_month(tmp_path):
    school = make_school(tmp_path, role=Role.SUPERVISOR, DIGITALPOST_PRICES=PRICES)
    assert "Der er ikke sendt noget endnu" in school.get("/costs/").text
    mailing_id = make_mailing(school, tmp_path / "a.pdf")
    approve_mailing(school.institution, mailing_id)
    with school.institution.transaction() as session:
        for delivery in session.scalars(sa.select(Delivery)):
            delivery.status, delivery.due_at = DeliveryStatus.DELIVERED, None
            delivery.accepted_at = datetime.now(UTC)
    page = school.get("/costs/").text
    assert "2,55 kr." in page
    assert "81,45 kr." in page  # three times 28 less three times 0,85


def test_staff_have_no_such_page(tmp_path):
    school = make_school(tmp_path)
    assert school.get("/costs/").status_code == 403
    assert "/costs/" not in school.get("/").text

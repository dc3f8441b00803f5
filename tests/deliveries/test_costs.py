"""What letters cost: at the institution's own prices, by Danish months, within one's units."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from digitalpost.access import OPERATOR
from digitalpost.deliveries.costs import Cost, cost_of, costs_by_month
from digitalpost.errors import Forbidden
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, Delivery, DeliveryStatus, Role
from digitalpost.settings import SettingsError
from tests.make import make_actor, make_settings, make_unit, make_user
from tests.make_mailings import ANNA, BO, CARL, make_approved, make_case_type

PRICES = {"eboks": 85, "remote_print": 1150, "local_print": 2800}
EBOKS, PRINT = ChannelName.EBOKS, ChannelName.REMOTE_PRINT


def take(institution: Institution, mailing_id: int, *at: datetime, **values: object) -> None:
    """As if the channel had taken the mailing's deliveries at these times."""
    values = {"status": DeliveryStatus.DELIVERED, **values}
    with institution.transaction() as session:
        query = sa.select(Delivery).where(Delivery.mailing_id == mailing_id).order_by(Delivery.id)
        for delivery, moment in zip(session.scalars(query), at, strict=True):
            delivery.accepted_at, delivery.due_at = moment, None
            for name, value in values.items():
                setattr(delivery, name, value)


def test_the_cost_is_the_sum_and_compared_with_paper() -> None:
    assert cost_of([(EBOKS, 396), (PRINT, 4)], PRICES) == Cost(396 * 85 + 4 * 1150, 400 * 2800)
    cost = cost_of([(EBOKS, 10)], {"eboks": 85})
    assert cost == Cost(850, None)
    assert cost.saved == 0
    assert cost_of([(EBOKS, 10), (PRINT, 1)], {"eboks": 85}) is None
    assert cost_of([], PRICES) is None


def test_letters_count_in_the_danish_month_in_which_they_were_taken(
    institution: Institution,
) -> None:
    first = make_approved(institution, [ANNA, BO, CARL])
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False):
        just_before = datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC)  # 23.59.59 in Denmark
        take(institution, first, just_before, just_before + timedelta(seconds=1), just_before)
        with institution.reading() as session:
            november, october, *older = costs_by_month(session, OPERATOR, PRICES)
    assert (november.letters, october.letters) == ({EBOKS: 1}, {EBOKS: 2})
    assert (november.cost, october.cost) == (Cost(85, 2800), Cost(170, 5600))
    assert (november.month.isoformat(), len(older)) == ("2026-11-01", 11)
    assert not any(one.letters or one.cost for one in older)


def test_only_what_went_counts_and_what_went_on_to_print_costs_as_print(
    institution: Institution,
) -> None:
    at = datetime.now(UTC)
    take(institution, make_approved(institution, [ANNA]), at, status=DeliveryStatus.PAPER)
    take(institution, make_approved(institution, [BO]), at, status=DeliveryStatus.FAILED)
    take(institution, make_approved(institution, [CARL]), at, status=DeliveryStatus.CANCELLED)
    with institution.reading() as session:
        assert costs_by_month(session, OPERATOR, PRICES)[0].letters == {PRINT: 1}


def test_supervisors_see_the_letters_of_their_own_units_and_staff_none(
    institution: Institution,
) -> None:
    mine, other = make_unit(institution), make_unit(institution)
    at = datetime.now(UTC)
    for unit in (mine, other):
        case_type = make_case_type(institution, unit)
        take(institution, make_approved(institution, [ANNA], case_type_id=case_type), at)
    boss = make_actor(institution, make_user(institution, role=Role.SUPERVISOR, units=(mine,)))
    clerk = make_actor(institution, make_user(institution, units=(mine,)))
    with institution.reading(boss.scope) as session:
        assert costs_by_month(session, boss, PRICES)[0].letters == {EBOKS: 1}
    with institution.reading(clerk.scope) as session, pytest.raises(Forbidden):
        costs_by_month(session, clerk, PRICES)


@pytest.mark.parametrize(
    "text", ["eboks", "eboks=", "eboks=-1", "post=1", "eboks=0,855", "eboks=x"]
)
def test_prices_that_make_no_sense_are_refused(tmp_path, text):
    with pytest.raises(SettingsError, match="DIGITALPOST_PRICES"):
        make_settings(tmp_path, DIGITALPOST_PRICES=text)


def test_prices_are_written_in_kroner_with_comma_or_point(tmp_path):
    settings = make_settings(tmp_path, DIGITALPOST_PRICES="eboks=0,85 local_print=28.5")
    assert settings.channels.prices == {"eboks": 85, "local_print": 2850}

"""Right before approval the registers are asked once more; one that is away blocks nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from digitalpost.errors import Refused
from digitalpost.institution import Institution
from digitalpost.mailings.recheck import recheck
from digitalpost.models import GuardianSuggestion, Mailbox, MailboxStatus
from tests.make import make_institution
from tests.make_addressees import deliveries_of
from tests.make_mailings import ANNA, BO, approve_mailing, make_mailing
from tests.sandbox_server import RunningSandbox, start_sandbox

YOUNG = "0101124321"  # 14 years old in 2026


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with start_sandbox(tmp_path_factory.mktemp("recheck")) as running:
        yield running


@pytest.fixture
def institution(
    database_url: str, tmp_path: Path, sandbox: RunningSandbox
) -> Iterator[Institution]:
    home = tmp_path / "home"
    home.mkdir()
    (home / "sandbox").symlink_to(sandbox.home)
    found = make_institution(home, tables=False, DATABASE_URL=database_url)
    yield found
    found.close()


def test_what_changed_since_yesterday_decides_where_a_letter_goes(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_mailing(institution, [ANNA, BO])
    assert all(one.is_complete for one in recheck(institution, mailing_id))
    with institution.reading() as session:
        assert set(session.scalars(sa.select(Mailbox.status))) == {MailboxStatus.REACHABLE}
    sandbox.set_person(ANNA, mailbox="closed")
    recheck(institution, mailing_id)  # asked a moment ago: whoever mistyped does not wait again
    with institution.reading() as session:
        assert set(session.scalars(sa.select(Mailbox.status))) == {MailboxStatus.REACHABLE}
    recheck(institution, mailing_id, max_age=timedelta(0))
    approve_mailing(institution, mailing_id, confirm=1)
    assert len(deliveries_of(institution, mailing_id)) == 1
    sandbox.forget_people()


def test_a_child_found_right_before_approval_stops_it_until_somebody_decides(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_mailing(institution, [ANNA, YOUNG])
    recheck(institution, mailing_id)
    with institution.reading() as session:
        assert session.scalar(sa.select(sa.func.count(GuardianSuggestion.id))) == 1
    with pytest.raises(Refused, match="forældrene"):
        approve_mailing(institution, mailing_id, confirm=2)


def test_registers_that_are_away_block_nobody(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_mailing(institution, [ANNA, BO])
    for target in ("contacts", "cpr"):
        sandbox.fault("answer_503", target=target, count=50)
    rounds = recheck(institution, mailing_id)
    sandbox.clear_faults()
    assert not rounds[0].is_complete
    approve_mailing(institution, mailing_id, confirm=2)
    assert recheck(institution, mailing_id) == []

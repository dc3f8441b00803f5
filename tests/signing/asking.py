"""A mailing that must be signed, through the sandbox: made, sent, and answered."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa

from digitalpost.deliveries.dispatch import dispatch_due, poll_receipts
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, Mailing, SigningTask
from digitalpost.pdf.pool import Workers
from digitalpost.signing.answers import Answered, begin, take_answer
from digitalpost.signing.child import LIMITS
from digitalpost.signing.links import token_of
from digitalpost.signing.service import SigningRequest
from digitalpost.signing.verdicts import SignatureKind
from tests.make_mailings import approve_mailing, let_time_pass, line_of, make_mailing
from tests.sandbox_server import RunningSandbox
from tests.signing.authority import make_authority, make_pdf

PAGE = "https://post.skole.invalid"
LETTER = make_pdf()
# Days that lie ahead, and not by more than a year, whenever the tests run.
_TODAY = date.today()
_ENDS_OF_MARCH = (date(_TODAY.year, 3, 31), date(_TODAY.year + 1, 3, 31))
_LAST_SUNDAYS = [end - timedelta(days=end.isoweekday() % 7) for end in _ENDS_OF_MARCH]
CLOCKS_FORWARD = next(day for day in _LAST_SUNDAYS if day > _TODAY + timedelta(days=2))
NEW_YEARS_DAY = date(_TODAY.year + 1, 1, 1)


def signing_line(
    sandbox: RunningSandbox, *, url: str = PAGE, roots: Path | None = None
) -> dict[str, str]:
    """The environment that sends through the sandbox's Digital Post and signs at its service."""
    address = sandbox.address
    return {
        **line_of(sandbox),
        "DIGITAL_POST_URL": address["digital_post"],
        "DIGITAL_POST_TOKEN": address["digital_post_token"],
        "DIGITAL_POST_CVR": "99000015",
        "DIGITAL_POST_CA": address["ca"],
        "DIGITAL_POST_CERTIFICATE": address["client_certificate"],
        "DIGITAL_POST_KEY": address["client_key"],
        "SIGNING_URL": url,
        "SIGNING_SERVICE_URL": address["signing"],
        "SIGNING_TOKEN_KEY": address["client_key"],
        "SIGNING_TRUST_ROOTS": str(roots or address["signing_ca"]),
    }


def write_roots(folder: Path) -> Path:
    """The authority of the tests, as the file that settings name."""
    path = folder / "roots.pem"
    path.write_bytes(make_authority().pem)
    return path


def make_to_sign(
    institution: Institution,
    numbers: list[str],
    *,
    sign_by: date | None = None,
    approved: bool = True,
    hold_seconds: int = 0,
    owner_id: int | None = None,
    case_type_id: int | None = None,
) -> int:
    """A mailing whose letters must be signed; its id."""
    mailing_id = make_mailing(
        institution, numbers, contents=[LETTER] * len(numbers), owner_id=owner_id,
        case_type_id=case_type_id,
    )  # fmt: skip
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        mailing.must_sign, mailing.sign_by = True, sign_by
    if approved:
        approve_mailing(institution, mailing_id, hold_seconds=hold_seconds)
    return mailing_id


def send_to_sign(institution: Institution) -> None:
    """Send what is due through Digital Post, and fetch its receipts."""
    let_time_pass(institution)
    dispatch_due(institution, ChannelName.DIGITAL_POST, seconds=30)
    let_time_pass(institution)
    poll_receipts(institution, ChannelName.DIGITAL_POST)


def tasks(institution: Institution) -> list[SigningTask]:
    """Every task, as it stands."""
    with institution.reading() as session:
        found = list(session.scalars(sa.select(SigningTask).order_by(SigningTask.id)))
        session.expunge_all()
        return found


def statuses(institution: Institution) -> list[str]:
    return [one.status.value for one in tasks(institution)]


def token(institution: Institution, number: int = 1) -> str:
    """The end of an addressee's address; tasks are numbered from 1."""
    return token_of(institution.vault, tasks(institution)[number - 1].seed)


class Service:
    """A signing service that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[SigningRequest] = []

    def begin(self, request: SigningRequest) -> str:
        self.asked.append(request)
        return "https://mitid.invalid/1"


def start(institution: Institution, number: int = 1) -> SigningRequest:
    """The addressee clicks; what the service is told."""
    service = Service()
    assert begin(institution, service, token(institution, number), base=PAGE)
    return service.asked[0]


def answer(
    institution: Institution, state: str, content: bytes | None
) -> tuple[Answered, SignatureKind | None]:
    """The service answers; checked in a child as in the console."""
    with Workers(1, limits=LIMITS) as workers:
        return take_answer(institution, state, content, workers=workers)

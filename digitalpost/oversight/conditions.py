"""What is wrong right now and should be told: one condition for each alarm that should be open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from digitalpost.danish_time import local
from digitalpost.db import Session
from digitalpost.errors import Sentence
from digitalpost.models import (
    AlarmKind,
    AlarmNotice,
    ChannelState,
    NoticeStatus,
    RegisterState,
)
from digitalpost.oversight.certificates import Certificate, warning_of
from digitalpost.oversight.checks import Weight, run_checks, told

PAUSED_FOR = timedelta(minutes=5)
REGISTER_FOR = timedelta(minutes=15)
WORKERS_FOR = timedelta(minutes=5)
NOTICE_ATTEMPTS = 5


@dataclass(frozen=True)
class Condition:
    """Something that is wrong: what it is about, how bad, what to say and what to do."""

    kind: AlarmKind
    subject: str
    what: Sentence
    to_do: Sentence
    level: int = 0
    unit_id: int | None = None

    @property
    def key(self) -> str:
        """The same while it is the same thing that is wrong."""
        return f"{self.kind.value}:{self.subject}:{self.level}:{self.unit_id or ''}"


def conditions(
    session: Session,
    at: datetime,
    *,
    certificates: Sequence[Certificate],
    workers_silent_for: timedelta | None,
    with_stuck: bool = True,
) -> list[Condition]:
    """Everything that is wrong. Needs a session that sees all rows.

    ``workers_silent_for``: for how long no worker has taken work; None when a worker asks.
    ``with_stuck``: also what workers should have moved on; not while they are away, because then
    everything stands still and one alarm says why.
    """
    found = [*_letters(session, at, with_stuck), *_lines(session, at), *_notices(session)]
    found += [one for one in (_certificate(each, at) for each in certificates) if one]
    if workers_silent_for is not None and workers_silent_for >= WORKERS_FOR:
        found.append(_WORKERS)
    return found


_WORKERS = Condition(
    AlarmKind.WORKERS,
    "workers",
    Sentence("Programmet har stået stille i 5 minutter. Intet bliver sendt eller gjort klar."),
    Sentence(
        "Giv besked til den, der driver DigitalPost: arbejderne er stoppet eller optaget, eller "
        "køen svarer ikke. Intet er tabt: det går videre, hvor det slap."
    ),
)


def _letters(session: Session, at: datetime, with_stuck: bool) -> Iterator[Condition]:
    kinds = {Weight.BOOKS: AlarmKind.BOOKS}
    if with_stuck:
        kinds[Weight.STUCK] = AlarmKind.LETTERS
    for finding in run_checks(session, at, named=False):
        kind = kinds.get(finding.check.weight)
        if kind is None:
            continue
        for unit_id, count in sorted(finding.by_unit.items()):
            yield Condition(
                kind,
                finding.check.name.value,
                told(finding.check, count),
                Sentence(finding.check.to_do),
                unit_id=unit_id,
            )


def _lines(session: Session, at: datetime) -> Iterator[Condition]:
    wait = Sentence(
        "Brevene venter og bliver sendt, når forbindelsen virker. Se årsagen under Forbindelser "
        "på forsiden."
    )
    channels = select(ChannelState).where(ChannelState.paused_since < at - PAUSED_FOR)
    for channel in session.scalars(channels.order_by(ChannelState.channel)):
        name, since = channel.channel, _moment(channel.paused_since)
        what = Sentence(
            "%(channel)s har været på pause siden %(when)s.", {"channel": name.label, "when": since}
        )
        yield Condition(AlarmKind.CHANNEL, name.value, what, wait)
    ask = Sentence(
        "Opslag venter, og der bliver spurgt igen af sig selv. Bliver det ved, så giv besked til "
        "den, der driver DigitalPost."
    )
    registers = select(RegisterState).where(RegisterState.paused_since < at - REGISTER_FOR)
    for register in session.scalars(registers.order_by(RegisterState.register)):
        asked, since = register.register, _moment(register.paused_since)
        what = Sentence(
            "%(register)s har ikke svaret siden %(when)s.", {"register": asked.label, "when": since}
        )
        yield Condition(AlarmKind.REGISTER, asked.value, what, ask)


def _certificate(certificate: Certificate, at: datetime) -> Condition | None:
    warning = warning_of(certificate, at)
    if warning is None:
        return None
    names = ", ".join(certificate.labels)
    if certificate.ends_at is None:
        what = Sentence("Certifikatet til %(names)s kan ikke læses.", {"names": names})
    elif warning == 0:
        what = Sentence(
            "Certifikatet til %(names)s er udløbet %(day)s.",
            {"names": names, "day": f"{local(certificate.ends_at):%d.%m.%Y}"},
        )
    else:
        what = Sentence(
            "Certifikatet til %(names)s udløber %(day)s. Der er højst %(days)s dage til.",
            {"names": names, "day": f"{local(certificate.ends_at):%d.%m.%Y}", "days": warning},
        )
    to_do = Sentence("Bestil et nyt certifikat, og giv det til den, der driver DigitalPost.")
    return Condition(AlarmKind.CERTIFICATE, certificate.used_by[0], what, to_do, level=warning)


def _notices(session: Session) -> Iterator[Condition]:
    """Media that our own notices do not come through."""
    failing = session.execute(
        select(AlarmNotice.medium, func.count(AlarmNotice.id))
        .where(
            AlarmNotice.status.in_([NoticeStatus.WAITING, NoticeStatus.CLAIMED]),
            AlarmNotice.attempts >= NOTICE_ATTEMPTS,
        )
        .group_by(AlarmNotice.medium)
    )
    for medium, _count in failing:
        yield Condition(
            AlarmKind.NOTICES,
            medium.value,
            Sentence("Beskeder om alarmer kommer ikke frem: %(way)s.", {"way": medium.label}),
            Sentence("Den, der driver DigitalPost, skal se på opsætningen. Vi prøver igen."),
        )


def _moment(at: datetime | None) -> str:
    return f"{local(at):%d.%m. kl. %H.%M}" if at is not None else ""

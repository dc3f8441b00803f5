"""A year of invented mail to a school: who writes, when, about what, and who should have it.

The same for the same seed and day. Most letters have a reason for where they should go, as mail
has: words, the sender, the contact point, a person, or what the sender wrote about before. Some
have none, and some speak of two things at once, so that nobody can know them all.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from digitalpost.identifiers import cpr_checks
from sandbox.companies import company_with
from sandbox.mail_words import (
    FAREWELLS,
    GREETINGS,
    STAFF,
    SUBJECTS,
    VAGUE_LINES,
    VAGUE_TITLES,
    Subject,
)
from sandbox.people import person_with

# Why a letter should go where it should, and how often.
WORDS, SENDER, CONTACT_POINT, ATTENTION, HISTORY, NOTHING = (
    "words", "sender", "contact_point", "attention", "history", "nothing",
)  # fmt: skip
_REASONS = {WORDS: 52, SENDER: 12, CONTACT_POINT: 12, ATTENTION: 6, HISTORY: 10, NOTHING: 8}
_COMPANIES = (
    "99000023", "99000031", "99000058", "99000066", "99000074", "99000082", "99000090",
)  # fmt: skip
_PEOPLE = 900
_SECOND_SUBJECT, _CLUE_IN_TITLE, _TYPO = 0.12, 0.6, 0.15
_WORKDAYS = (5, 5, 4, 4, 3, 1, 1)  # Monday to Sunday


@dataclass(frozen=True)
class Planned:
    """One letter to be written. ``target`` and ``reason`` are the truth, and not in the letter."""

    message_uuid: str
    number: str
    id_type: str
    name: str
    sent_at: datetime
    title: str
    lines: tuple[str, ...]
    target: str
    reason: str
    form: str  # html, text or pdf
    contact_point: tuple[str, str] | None = None
    attention: str = ""
    contact_person: str = ""
    files: tuple[str, ...] = ()


@dataclass
class _Writer:
    number: str
    id_type: str
    name: str
    usual: Subject | None = None  # what they always write about, whatever the letter says
    before: Subject | None = None  # what their last letter was about
    contacts: tuple[str, ...] = field(default=())


def plan_mail(count: int, *, last_day: date, days: int, seed: str) -> Iterator[Planned]:
    """``count`` letters over the ``days`` up to ``last_day``, oldest first."""
    draw = random.Random(f"{seed} {count}")  # noqa: S311 - an exercise, not a secret
    people = [_person(draw, last_day) for _ in range(max(120, min(_PEOPLE, count // 4)))]
    companies = _companies(draw)
    for moment in _moments(draw, count, last_day, days):
        yield _plan_one(draw, moment, people, companies)


def _plan_one(
    draw: random.Random, moment: datetime, people: list[_Writer], companies: list[_Writer]
) -> Planned:
    reason = draw.choices(list(_REASONS), list(_REASONS.values()))[0]
    subject = _subject(draw, moment)
    if reason == SENDER:
        writer = draw.choice([one for one in (*companies, *people[:30]) if one.usual])
    elif reason == HISTORY and (known := [one for one in people[30:90] if one.before]):
        writer = draw.choice(known)
    elif subject.from_companies:
        # Those who always write about the same are known by that.
        writer = draw.choice([one for one in companies if one.usual in (None, subject)])
    else:
        writer = people[30 + min(int(draw.expovariate(1 / 150)), len(people) - 31)]
    if reason == HISTORY and writer.before is None:
        reason = WORDS
    told = {SENDER: writer.usual, HISTORY: writer.before}.get(reason) or subject
    has_words = reason == WORDS
    if not (has_words or reason in (SENDER, HISTORY)) and writer.id_type == "CVR":
        writer = draw.choice(people[30:])
    if reason == HISTORY or writer.before is None or has_words:
        writer.before = told
    title, lines = _say(draw, told if has_words else None)
    clue: dict[str, object] = {}
    if reason == CONTACT_POINT:
        clue["contact_point"] = told.contact_point
    elif reason == ATTENTION:
        clue["attention"] = STAFF[told.target]
    elif draw.random() < 0.2:
        clue["contact_point"] = ("cp-post", "Post til skolen")
    has_file = draw.random() < 0.25
    files = (draw.choice(told.files),) if has_file and has_words and told.files else ()
    return Planned(
        message_uuid=str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        number=writer.number,
        id_type=writer.id_type,
        name=writer.name,
        sent_at=moment,
        title=title,
        lines=(
            draw.choice(GREETINGS) + ",", *lines, draw.choice(FAREWELLS), writer.name,
        ),
        target=told.target if reason != NOTHING else draw.choice(SUBJECTS).target,
        reason=reason,
        form=draw.choices(("html", "text", "pdf"), (70, 22, 8))[0],
        contact_person=draw.choice(writer.contacts) if writer.contacts else "",
        files=files or (("billede.pdf",) if has_file else ()),
        **clue,  # type: ignore[arg-type]
    )  # fmt: skip


def _say(draw: random.Random, subject: Subject | None) -> tuple[str, list[str]]:
    """Title and body: of the subject, and never of it alone."""
    vague = draw.sample(VAGUE_LINES, draw.randint(1, 3))
    if subject is None:
        return draw.choice(VAGUE_TITLES), vague
    has_title = draw.random() < _CLUE_IN_TITLE
    lines = draw.sample(subject.lines, draw.randint(1, 2) if has_title else 2) + vague
    if draw.random() < _SECOND_SUBJECT:
        lines.append(f"For resten: {draw.choice(draw.choice(SUBJECTS).lines)}")
    if draw.random() < _TYPO:
        at = draw.randrange(len(lines))
        lines[at] = _with_typo(draw, lines[at])
    title = draw.choice(subject.titles if has_title else VAGUE_TITLES)
    return title, lines


def _with_typo(draw: random.Random, line: str) -> str:
    at = draw.randrange(1, len(line) - 1)
    return line[:at] + line[at + 1] + line[at] + line[at + 2 :]


def _subject(draw: random.Random, moment: datetime) -> Subject:
    weights = [3 if moment.month in one.months else 1 for one in SUBJECTS]
    return draw.choices(SUBJECTS, weights)[0]


def _moments(draw: random.Random, count: int, last_day: date, days: int) -> list[datetime]:
    """Times of sending: more on Mondays than on Saturdays, most in the daytime, few in July."""
    calendar = [last_day - timedelta(days=back) for back in range(days)]
    weights = [_WORKDAYS[day.weekday()] * (0.3 if day.month == 7 else 1.0) for day in calendar]
    found = []
    for day in draw.choices(calendar, weights, k=count):
        hour = min(23.0, max(0.0, draw.gauss(13.5, 4)))
        clock = time(int(hour), draw.randrange(60), draw.randrange(60))
        found.append(datetime.combine(day, clock, UTC))
    return sorted(found)


def _person(draw: random.Random, today: date) -> _Writer:
    while True:
        born = date(draw.randint(1960, 1999), draw.randint(1, 12), draw.randint(1, 28))
        number = f"{born:%d%m%y}{draw.randint(1000, 3999)}"
        person = None if cpr_checks(number) else person_with(number, today=today)
        if person is not None:
            usual = draw.choice(SUBJECTS) if draw.random() < 0.5 else None
            return _Writer(number, "CPR", person.name, usual)


def _companies(draw: random.Random) -> list[_Writer]:
    """Some write about all sorts of things, some always about the same."""
    found = []
    theirs = [one for one in SUBJECTS if one.from_companies]
    for at, number in enumerate(_COMPANIES):
        company = company_with(number)
        assert company is not None
        usual = theirs[at % len(theirs)] if at % 2 else None
        contacts = tuple(f"Kontaktperson {draw.choice('ABCDEF')}" for _ in range(2))
        found.append(_Writer(number, "CVR", company.name, usual, contacts=contacts))
    return found

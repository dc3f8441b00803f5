"""What should never be: named checks over the rows, each with what a person should do about it.

Which sweep moves each state on, and which check finds it when nothing does:

| state | moved on by | found by |
| --- | --- | --- |
| mailing PREPARING | sweep: prepare_mailing when its lease is free | NOT_PREPARED |
| mailing REVIEW | a person (its letters have a date) | LATE |
| mailing REVIEW, mended | sweep: finish_letters when its lease is free | NOT_MENDED |
| mailing REVIEW, registers due | sweep: check_mailboxes; a silent register has its own alarm | - |
| rehearsal asked for | sweep: rehearse; taken up again after half an hour | NOT_REHEARSED |
| mailing HOLDING, SENDING | sweep: dispatch; close_mailing when nothing is left | IDLE |
| mailing SENT, CANCELLED, FAILED | final | LEFT_BEHIND when a letter in it is not |
| letter DRAFT | approval, or a person by its date | LATE, LEFT_BEHIND |
| letter WAITING, SENDING, AWAITING_RECEIPT | its deliveries | OVERDUE, NO_TIME, DISAGREE |
| letter ACTION | a person by its date | LATE, UNOWNED |
| letter DELIVERED, PAPER, CANCELLED | final | DISAGREE when a delivery is not |
| delivery WAITING | sweep: dispatch when due | OVERDUE; NO_TIME without a time |
| delivery CLAIMED | sweep: dispatch when its lease is over; watch gives it a lease | DEAD_CLAIM |
| delivery ACCEPTED | sweep: poll_receipts when due; watch gives it a time | NOT_ASKED, NO_RECEIPT |
| delivery ACCEPTED, own printer | a person: its letter is ACTION | LATE |
| delivery DELIVERED, PAPER, FAILED, CANCELLED | final; the letter follows | DISAGREE |
| attachment WAITING | sweep: finish_letters; watch marks a mailing that was not | NOT_MENDED |
| attachment READY, FAILED | final; FAILED stops the approval until a person takes it out | LATE |
| channel paused | the next letter that is due tries it again | alarm CHANNEL |
| register paused | the next question tries it again | alarm REGISTER |
| incoming message STORED | sweep: file_incoming when due | alarm INCOMING |
| incoming message UNREADABLE | an administrator | alarm INCOMING |
| incoming message FILED, REFUSED | final; fetch_incoming tells the channel | alarm INCOMING |
| alarm open | watch closes it when the condition is gone | the board |
| notice WAITING, CLAIMED | sweep: send_notices when due or given up | alarm NOTICES |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, func, select

from digitalpost.db import Session
from digitalpost.errors import Sentence, word
from digitalpost.oversight import books_rows, people_rows, stuck_rows

SHOWN = 5  # rows of each check that are named

Rows = Callable[[datetime], Select[int, int]]


class Weight(StrEnum):
    """How bad it is that a check finds something."""

    BOOKS = "books"  # rows contradict each other: never by itself
    STUCK = "stuck"  # nobody moves it on: an alarm
    PEOPLE = "people"  # a colleague should look at it: on the board, no alarm


class CheckName(StrEnum):
    """The checks, by the name that scripts see."""

    UNBALANCED = "unbalanced"
    DISAGREE = "disagree"
    NO_TIME = "no_time"
    LEFT_BEHIND = "left_behind"
    OVERDUE = "overdue"
    DEAD_CLAIM = "dead_claim"
    NOT_ASKED = "not_asked"
    NO_RECEIPT = "no_receipt"
    IDLE = "idle"
    NOT_PREPARED = "not_prepared"
    NOT_MENDED = "not_mended"
    NOT_REHEARSED = "not_rehearsed"
    UNOWNED = "unowned"
    LATE = "late"


@dataclass(frozen=True)
class Check:
    """One thing to look for. ``rows`` selects ``id`` and ``unit_id`` of what it finds."""

    name: CheckName
    weight: Weight
    about: str  # "letter" or "mailing": what the ids are of
    title: str
    to_do: str
    rows: Rows


@dataclass(frozen=True)
class Finding:
    """What a check found: how many in each unit, and the ids of the first of them."""

    check: Check
    by_unit: dict[int, int]
    ids: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many in all."""
        return sum(self.by_unit.values())


_ASK_OPERATOR = word("Giv besked til den, der driver DigitalPost. Det retter sig ikke selv.")
_WORKERS = word(
    "Giv besked til den, der driver DigitalPost, hvis det varer ved. Intet er tabt: det går "
    "videre, hvor det slap."
)

CHECKS: tuple[Check, ...] = (
    Check(
        CheckName.UNBALANCED,
        Weight.BOOKS,
        "mailing",
        word("Forsendelser, hvor regnskabet ikke går op"),
        word(
            "Der er et andet antal breve, end der blev lavet. Giv besked til den, der driver "
            "DigitalPost, før der sendes mere."
        ),
        books_rows.unbalanced,
    ),
    Check(
        CheckName.DISAGREE,
        Weight.BOOKS,
        "letter",
        word("Breve, der står et andet sted end det, der er sendt"),
        word(
            "Åbn brevet, og se i dets historik, om modtageren har fået det. Send det ikke igen, "
            "før det er klart."
        ),
        books_rows.disagreeing,
    ),
    Check(
        CheckName.NO_TIME,
        Weight.BOOKS,
        "letter",
        word("Breve, der venter uden et tidspunkt"),
        _ASK_OPERATOR,
        books_rows.without_time,
    ),
    Check(
        CheckName.LEFT_BEHIND,
        Weight.BOOKS,
        "letter",
        word("Åbne breve i en afsluttet forsendelse"),
        _ASK_OPERATOR,
        books_rows.left_behind,
    ),
    Check(
        CheckName.OVERDUE,
        Weight.STUCK,
        "letter",
        word("Breve, der skulle være sendt"),
        _WORKERS,
        stuck_rows.overdue,
    ),
    Check(
        CheckName.DEAD_CLAIM,
        Weight.STUCK,
        "letter",
        word("Breve, der blev begyndt på og ikke gjort færdige"),
        _WORKERS,
        stuck_rows.dead_claims,
    ),
    Check(
        CheckName.NOT_ASKED,
        Weight.STUCK,
        "letter",
        word("Breve, hvis kvittering der ikke bliver spurgt efter"),
        _WORKERS,
        stuck_rows.not_asked,
    ),
    Check(
        CheckName.NO_RECEIPT,
        Weight.STUCK,
        "letter",
        word("Breve uden kvittering længe efter afsendelsen"),
        word(
            "Brevene er taget imod, men vi har ikke hørt, om de kom frem. Spørg kanalens support, "
            "hvis det varer ved. Efter 10 dage bliver hvert brev en opgave for en medarbejder."
        ),
        stuck_rows.no_receipt,
    ),
    Check(
        CheckName.IDLE,
        Weight.STUCK,
        "mailing",
        word("Forsendelser, der er sendt, men ikke afsluttet"),
        _WORKERS,
        stuck_rows.idle,
    ),
    Check(
        CheckName.NOT_PREPARED,
        Weight.STUCK,
        "mailing",
        word("Forsendelser, som ingen gør klar"),
        _WORKERS,
        stuck_rows.not_prepared,
    ),
    Check(
        CheckName.NOT_MENDED,
        Weight.STUCK,
        "mailing",
        word("Forsendelser med rettelser eller bilag, som ingen laver færdige"),
        _WORKERS,
        stuck_rows.not_mended,
    ),
    Check(
        CheckName.NOT_REHEARSED,
        Weight.STUCK,
        "mailing",
        word("Prøvekørsler, som ingen gør"),
        _WORKERS,
        stuck_rows.not_rehearsed,
    ),
    Check(
        CheckName.UNOWNED,
        Weight.PEOPLE,
        "letter",
        word("Breve, der kræver handling, men ikke har nogen at vente på"),
        word(
            "De står ikke på nogens forside: der er ingen ejer, eller ejeren kan ikke længere "
            "logge ind. Åbn brevet, og tag dig af det."
        ),
        people_rows.unowned,
    ),
    Check(
        CheckName.LATE,
        Weight.PEOPLE,
        "letter",
        word("Breve, der har ventet for længe på en medarbejder"),
        word("Spørg ejeren, eller tag dig af dem selv."),
        people_rows.late,
    ),
)


def run_checks(session: Session, at: datetime, *, named: bool = True) -> list[Finding]:
    """Every check that finds something among the rows that the session sees, worst first.

    ``named``: also the ids of the first few. At most two queries for each check.
    """
    found = []
    for check in CHECKS:
        rows = check.rows(at).subquery()
        by_unit = session.execute(
            select(rows.c.unit_id, func.count(rows.c.id.distinct())).group_by(rows.c.unit_id)
        ).all()
        if not by_unit:
            continue
        first = select(rows.c.id).distinct().order_by(rows.c.id).limit(SHOWN)
        ids = tuple(session.scalars(first)) if named else ()
        found.append(Finding(check, {row[0]: row[1] for row in by_unit}, ids))
    return found


def told(check: Check, count: int) -> Sentence:
    """What a check found, in one line."""
    return Sentence("%(what)s: %(letters)s", {"what": check.title, "letters": count})

"""What the statuses and error codes of SF1601 mean: two tables, and no guessing.

Source: protocols/sf1601.md section 5 (statuses) and digital-post-rest.md section 6 (codes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from digitalpost.channels.base import Outcome, OutcomeKind
from digitalpost.errors import Sentence


@dataclass(frozen=True)
class Status:
    """One TransaktionsStatusKode."""

    code: str
    handling: str  # its ObjektHandling in the envelope
    kind: OutcomeKind


# «Modtaget Digital Post» is no delivery: the letter is with Digital Post, not in the mailbox.
STATUSES = (
    Status("Modtaget Digital Post", "eb866ca2-b871-4387-b501-12cde577bd58", OutcomeKind.ACCEPTED),
    Status("Afleveret Digital Post", "f7161a89-5068-4023-bc80-d7f4daad2a2e", OutcomeKind.DELIVERED),
    Status("Fejlet", "e225a75c-4b63-46c4-9423-77f5c8762445", OutcomeKind.FIX_LETTER),
    Status("Modtaget Fjern-print", "dd98e71c-41ac-4305-a47b-8f86b00e639b", OutcomeKind.ACCEPTED),
    Status("Klar", "e2b30d57-504a-4e2e-ae2d-a1394a9cb0b8", OutcomeKind.ACCEPTED),
    Status(
        "Afleveret til print og kuvertering",
        "e3c0a021-2070-40d4-b7b7-754aeba762e9",
        OutcomeKind.ACCEPTED,
    ),
    Status("Modtaget Post Danmark", "e94a0a8b-60a0-42ad-8b83-52c9e15d0fb3", OutcomeKind.ACCEPTED),
    Status(
        "Opdatering fra Post Danmark",
        "f4e6eb11-0261-4198-8b5d-be92a9b1a35d",
        OutcomeKind.ACCEPTED,
    ),
    Status("Afsendt", "db5a6025-caa3-45c3-8e02-4e6fa8142ade", OutcomeKind.PAPER),
    Status("Tilbagekaldt", "f03904aa-df6e-417f-bd74-6a01a61adbcf", OutcomeKind.FIX_LETTER),
)
_BY_CODE = {one.code.lower(): one for one in STATUSES}
_BY_HANDLING = {one.handling: one for one in STATUSES}

# Codes that mean something else than "permanent, show it to somebody". No full list is published.
_USED = {"memo.message.uuid.exists", "message.uuid.already.exists", "duplicate.message.uuid"}
_NO_MAILBOX = {"recipient.not.registered", "recipient.exempt"}
_PASSING = {"service.unavailable", "internal.error", "timeout"}
_SETUP = {"sender.not.authorized", "unauthorized", "certificate.invalid"}

_FAILED = Sentence("Serviceplatformen kunne ikke aflevere brevet. Send det igen, eller på papir.")


def status_of(code: str, handling: str = "") -> Status | None:
    """The status by its code, else by the envelope's ObjektHandling; None for one that is new."""
    return _BY_CODE.get(code.strip().lower()) or _BY_HANDLING.get(handling.strip().lower())


def told_outcome(said: Mapping[str, str]) -> Outcome:
    """What a pushed status means. One that nobody knows says nothing about the letter."""
    receipt = {"answer": dict(said)}
    status = status_of(said.get("status", ""), said.get("handling", ""))
    if status is None:
        return Outcome(OutcomeKind.UNKNOWN, receipt=receipt)
    if status.code == "Fejlet":
        outcome = turned_down(said.get("error", ""), receipt)
        # It is over with this message, whatever the cause: a person decides what comes after.
        is_over = outcome.kind in {OutcomeKind.RETRY, OutcomeKind.FIX_SETUP}
        return (
            replace(outcome, kind=OutcomeKind.FIX_LETTER, sentence=_FAILED) if is_over else outcome
        )
    if status.code == "Tilbagekaldt":
        text = "Brevet er kaldt tilbage på Serviceplatformen og når ikke frem. Se på det igen."
        return Outcome(status.kind, Sentence(text), receipt)
    return Outcome(status.kind, receipt=receipt)


def turned_down(code: str, receipt: Mapping[str, Any]) -> Outcome:
    """What a refusal means, by its code: unless the table knows better a person must look."""
    known = code.strip().lower()
    if known in _USED:
        return Outcome(OutcomeKind.ALREADY_USED, receipt=receipt)
    if known in _NO_MAILBOX:
        text = "Modtageren har ingen digital postkasse. Send brevet på papir."
        return Outcome(OutcomeKind.FIX_LETTER, Sentence(text), receipt)
    if known in _PASSING:
        text = "Serviceplatformen kan ikke tage imod brevet lige nu. Vi prøver igen af os selv."
        return Outcome(OutcomeKind.RETRY, Sentence(text), receipt)
    if known in _SETUP:
        text = (
            "Serviceplatformen afviser forbindelsen. Ingen breve er gået tabt; de venter. En "
            "administrator skal se på certifikat og aftale."
        )
        return Outcome(OutcomeKind.FIX_SETUP, Sentence(text), receipt)
    return Outcome(
        OutcomeKind.FIX_LETTER,
        Sentence(
            "Serviceplatformen tager ikke imod brevet (%(code)s). Se brevet efter, og send det på "
            "en anden måde.",
            {"code": code or "ingen grund"},
        ),
        receipt,
    )

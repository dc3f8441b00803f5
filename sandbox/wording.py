"""Danish words, dates and numbers for the sandbox's pages."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from digitalpost.identifiers import mask
from sandbox.fault_kinds import (
    DIGITAL_POST_SEND,
    EBOKS_DISPATCH,
    PRINT,
    SF1601_SEND,
    SIGNING_ANSWER,
    FaultKind,
)
from sandbox.faults import Fault
from sandbox.storage import Dispatch

MONTHS = (
    *("jan.", "feb.", "mar.", "apr.", "maj", "jun."),
    *("jul.", "aug.", "sep.", "okt.", "nov.", "dec."),
)

FAULT_LABELS = {
    FaultKind.DROP_BEFORE_STORING: "Forbindelsen ryger, før brevet er gemt",
    FaultKind.DROP_AFTER_STORING: "Forbindelsen ryger, efter at brevet er gemt",
    FaultKind.SLOW_AFTER_STORING: "Langsomt svar, efter at brevet er gemt",
    FaultKind.WRONG_BODY: "Brevet bliver gemt, men svaret er noget vrøvl",
    FaultKind.ANSWER_500_AFTER_STORING: "Brevet bliver gemt, men svaret er 500 (intern fejl)",
    FaultKind.ANSWER_500: "Svarer 500 (intern fejl), brevet bliver ikke gemt",
    FaultKind.ANSWER_503: "Svarer 503 (lukket for nu), brevet bliver ikke gemt",
    FaultKind.ANSWER_429: "Svarer 429 (for mange på en gang), brevet bliver ikke gemt",
    FaultKind.ANSWER_400: "Svarer 400 (brevet er forkert), brevet bliver ikke gemt",
    FaultKind.RECEIPT_LATE: "Kvitteringen kommer sent",
    FaultKind.RECEIPT_LOST: "Kvitteringen kommer aldrig",
    FaultKind.RECEIPT_TWICE: "Kvitteringen kommer to gange",
    FaultKind.NEVER_FETCHED: "Brevet bliver aldrig hentet i mappen til fjernprint",
    FaultKind.RETURNED: "Brevet kommer retur med posten",
    FaultKind.SIGN_OTHER_DOCUMENT: "Et andet dokument bliver underskrevet",
    FaultKind.SIGN_UNTRUSTED: "Underskriften kommer fra en ukendt udsteder",
    FaultKind.SIGN_NO_ANSWER: "Svaret på underskriften kommer aldrig",
    FaultKind.SIGN_TWICE: "Svaret på underskriften kommer to gange",
    FaultKind.RECEIPT_REVERSED: "Kvitteringerne kommer i omvendt rækkefølge",
    FaultKind.LISTED_BUT_GONE: "Listen nævner en meddelelse, der ikke findes mere",
    FaultKind.LISTED_TWICE: "Listen nævner hver meddelelse to gange",
}

# The same faults where nothing is stored: a look-up in a register or a question about a letter.
LOOK_UP_FAULT_LABELS = {
    FaultKind.DROP_BEFORE_STORING: "Forbindelsen ryger",
    FaultKind.DROP_AFTER_STORING: "Forbindelsen ryger",
    FaultKind.SLOW_AFTER_STORING: "Langsomt svar",
    FaultKind.WRONG_BODY: "Svaret er noget vrøvl",
    FaultKind.ANSWER_500_AFTER_STORING: "Svarer 500 (intern fejl)",
    FaultKind.ANSWER_500: "Svarer 500 (intern fejl)",
    FaultKind.ANSWER_503: "Svarer 503 (lukket for nu)",
    FaultKind.ANSWER_429: "Svarer 429 (for mange på en gang)",
    FaultKind.ANSWER_400: "Svarer 400 (spørgsmålet er forkert)",
    FaultKind.LISTED_BUT_GONE: "Listen nævner en meddelelse, der ikke findes mere",
    FaultKind.LISTED_TWICE: "Listen nævner hver meddelelse to gange",
}

TARGET_LABELS = {
    "eboks.dispatch": "Når der sendes breve til e-Boks",
    "eboks.poll": "Når der spørges til breve i e-Boks",
    "digital_post.send": "Når der sendes breve til Digital Post",
    "digital_post.receipts": "Når der hentes kvitteringer i Digital Post",
    "digital_post.receive": "Når skolens post hentes i Digital Post",
    "digital_post.acknowledge": "Når skolen kvitterer for post i Digital Post",
    "sf1601.send": "Når der sendes breve til Serviceplatformen",
    "sf1601.token": "Når der hentes adgang til Serviceplatformen",
    "sf1601.lookup": "Når Serviceplatformen bliver spurgt, om en modtager har digital post",
    "contacts": "Når kontaktregistret bliver spurgt, om en modtager har digital post",
    "virk": "Når en virksomhed bliver slået op i Virk",
    "cpr": "Når en person bliver slået op i CPR",
    "print": "Når printleverandøren henter breve",
    "signing.begin": "Når en modtager vil i gang med at underskrive",
    "signing.answer": "Når en modtager underskriver",
}

STATUS_LABELS = {
    "": "Leveret",
    "exempt": "Fritaget for digital post",
    "invalid": "Ikke tilmeldt e-Boks",
    "dead": "Modtager er død",
    "minor": "Modtager er mindreårig",
}

POST_PROCESSING_LABELS = {
    "pending": "adressen bliver slået op",
    "address resolved": "adressen er fundet, og brevet går til print",
    "address not found": "der blev ikke fundet en adresse",
    "remote printed": "printet og sendt med brev",
}


def fault_label(fault: Fault) -> str:
    """What goes wrong, in words that fit what is called."""
    sends = fault.target in (
        *(EBOKS_DISPATCH, DIGITAL_POST_SEND, SF1601_SEND),
        *(PRINT, SIGNING_ANSWER),
    )
    labels = FAULT_LABELS if sends else LOOK_UP_FAULT_LABELS
    return labels[fault.kind]


def masked(number: str) -> str:
    """A number as it may stand on a screen."""
    return mask(number)


def when(unix_seconds: float) -> str:
    """A time as Danes write it: ``9. jun. 2026 kl. 06.05``."""
    local = datetime.fromtimestamp(unix_seconds, ZoneInfo("Europe/Copenhagen"))
    return f"{local.day}. {MONTHS[local.month - 1]} {local.year} kl. {local:%H.%M}"


def number(value: int) -> str:
    """A count with a point between the thousands."""
    return f"{value:,}".replace(",", ".")


def size(count_of_bytes: int) -> str:
    """How big a file is, in kB or MB."""
    if count_of_bytes >= 1_000_000:
        return f"{count_of_bytes / 1_000_000:.1f} MB".replace(".", ",")
    return f"{max(1, round(count_of_bytes / 1000))} kB"


def standing(dispatch: Dispatch) -> str:
    """What has become of a letter, in words."""
    words = STATUS_LABELS[dispatch.status]
    after = POST_PROCESSING_LABELS.get(dispatch.post_processing_status)
    return f"{words}: {after}" if after else words

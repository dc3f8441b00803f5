"""What can go wrong, and where: the kinds of faults and the calls that they go with."""

from __future__ import annotations

from enum import StrEnum


class FaultKind(StrEnum):
    """What goes wrong. The name says whether the letter is stored first."""

    DROP_BEFORE_STORING = "drop_before_storing"
    DROP_AFTER_STORING = "drop_after_storing"
    SLOW_AFTER_STORING = "slow_after_storing"
    WRONG_BODY = "wrong_body"
    ANSWER_500_AFTER_STORING = "answer_500_after_storing"
    ANSWER_500 = "answer_500"
    ANSWER_503 = "answer_503"
    ANSWER_429 = "answer_429"
    ANSWER_400 = "answer_400"
    RECEIPT_LATE = "receipt_late"
    RECEIPT_LOST = "receipt_lost"
    RECEIPT_TWICE = "receipt_twice"
    NEVER_FETCHED = "never_fetched"
    RETURNED = "returned"
    SIGN_OTHER_DOCUMENT = "sign_other_document"
    SIGN_UNTRUSTED = "sign_untrusted"
    SIGN_NO_ANSWER = "sign_no_answer"
    SIGN_TWICE = "sign_twice"
    RECEIPT_REVERSED = "receipt_reversed"
    LISTED_BUT_GONE = "listed_but_gone"
    LISTED_TWICE = "listed_twice"


BEFORE_STORING = (
    FaultKind.DROP_BEFORE_STORING,
    FaultKind.ANSWER_500,
    FaultKind.ANSWER_503,
    FaultKind.ANSWER_429,
    FaultKind.ANSWER_400,
)
INSTEAD_OF_THE_ANSWER = (
    FaultKind.DROP_AFTER_STORING,
    FaultKind.ANSWER_500_AFTER_STORING,
    FaultKind.WRONG_BODY,
)
AFTER_STORING = (FaultKind.SLOW_AFTER_STORING, *INSTEAD_OF_THE_ANSWER)

# The letter is taken as usual; only a stand-in that makes receipts later can meet these.
RECEIPTS = (FaultKind.RECEIPT_LATE, FaultKind.RECEIPT_LOST, FaultKind.RECEIPT_TWICE)
# Of letters on paper: left lying in the folder, or back from the postman some time after printing.
PAPER = (FaultKind.NEVER_FETCHED, FaultKind.RETURNED)

# Somebody signs, and what comes of it is not as it should be.
SIGNATURES = (
    FaultKind.SIGN_OTHER_DOCUMENT,
    FaultKind.SIGN_UNTRUSTED,
    FaultKind.SIGN_NO_ANSWER,
    FaultKind.SIGN_TWICE,
)
PUSHED = (*RECEIPTS, FaultKind.RECEIPT_REVERSED)
# The list of what waits says something else than what is there.
LISTED = (FaultKind.LISTED_BUT_GONE, FaultKind.LISTED_TWICE)

EBOKS_DISPATCH = "eboks.dispatch"
EBOKS_POLL = "eboks.poll"
CONTACTS, VIRK, CPR = "contacts", "virk", "cpr"
PRINT = "print"
DIGITAL_POST_SEND, DIGITAL_POST_RECEIPTS = "digital_post.send", "digital_post.receipts"
DIGITAL_POST_RECEIVE, DIGITAL_POST_ACKNOWLEDGE = "digital_post.receive", "digital_post.acknowledge"
SIGNING_BEGIN, SIGNING_ANSWER = "signing.begin", "signing.answer"
SF1601_SEND, SF1601_TOKEN, SF1601_LOOK_UP = "sf1601.send", "sf1601.token", "sf1601.lookup"
TARGETS = (
    *(EBOKS_DISPATCH, EBOKS_POLL, DIGITAL_POST_SEND, DIGITAL_POST_RECEIPTS),
    *(DIGITAL_POST_RECEIVE, DIGITAL_POST_ACKNOWLEDGE),
    *(SF1601_SEND, SF1601_TOKEN, SF1601_LOOK_UP),
    *(CONTACTS, VIRK, CPR, PRINT),
    *(SIGNING_BEGIN, SIGNING_ANSWER),
)
KINDS = {
    PRINT: (*RECEIPTS, *PAPER),
    SIGNING_ANSWER: SIGNATURES,
    SF1601_SEND: (*BEFORE_STORING, *AFTER_STORING, *PUSHED),
    DIGITAL_POST_SEND: (*BEFORE_STORING, *AFTER_STORING, *RECEIPTS),
    DIGITAL_POST_RECEIVE: (*BEFORE_STORING, *AFTER_STORING, *LISTED),
}


def kinds_of(target: str) -> tuple[FaultKind, ...]:
    """What can go wrong there."""
    return KINDS.get(target, (*BEFORE_STORING, *AFTER_STORING))

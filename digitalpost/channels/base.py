"""What every way out must be able to say and do. One small interface; HTTP stays behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from digitalpost.errors import Sentence
from digitalpost.identifiers import Identifier, IdentifierKind
from digitalpost.models import ChannelName, MailboxStatus

DEAD = "dead"  # code of a sentence: nobody is to write to this recipient by itself


class OutcomeKind(StrEnum):
    """What an answer from a channel means for the letter (design.md section 5)."""

    DELIVERED = "delivered"  # in the recipient's mailbox
    ACCEPTED = "accepted"  # the channel has it; ask again later
    PAPER = "paper"  # the channel sends it on paper
    RETRY = "retry"  # transport, 5xx, 429: the same message id again
    FIX_LETTER = "fix_letter"  # this letter cannot go this way; a person decides
    FIX_SETUP = "fix_setup"  # certificate, agreement: no letter can go; the channel pauses
    ALREADY_USED = "already_used"  # the id is known there: success after a retry
    UNKNOWN = "unknown"  # asked for, but the channel says nothing about this id


@dataclass(frozen=True)
class Outcome:
    """The answer to one call, read once and for all: nobody parses prose after this."""

    kind: OutcomeKind
    sentence: Sentence | None = None  # for staff: what happened and what to do
    receipt: Mapping[str, Any] = field(default_factory=dict)  # what the channel said, for filing
    retry_after: float | None = None  # seconds, when the channel asked for it
    is_ours: bool = False  # the fault is in our own house and says nothing about the channel


@dataclass(frozen=True)
class ReplyTo:
    """The message that a letter answers, as it named itself (protocols/memo.md, ReplyData)."""

    message_uuid: str
    reply_uuid: str = ""


@dataclass(frozen=True)
class Outgoing:
    """One letter on its way to one addressee."""

    message_id: str
    recipient: Identifier
    title: str
    content: bytes = field(repr=False)  # the finished PDF
    is_retry: bool = False  # an earlier attempt with this id may have come through
    # What stands on an envelope; the attention is a line of it, or empty.
    name: str = field(default="", repr=False)
    attention: str = field(default="", repr=False)
    address: tuple[str, ...] = field(default=(), repr=False)
    pages: int = 0
    # What a channel may say beside the letter: only one that can is given a letter that asks.
    reply: bool = False
    reply_by: date | None = None  # the last day to answer, in Denmark
    attention_to: Mapping[str, str] = field(default_factory=dict, repr=False)  # p_number, email ...
    case_number: str = ""
    # The end of the address where it is signed; whoever has it may read title and sender.
    sign_token: str = field(default="", repr=False)
    sign_by: date | None = None  # the last day to sign, in Denmark
    answers: ReplyTo | None = None  # the message that it answers
    on_paper: bool = False  # by a channel that can do both: the paper way was chosen


class MemoSender(Protocol):
    """What of the settings stands in a message: who sends."""

    @property
    def sender_cvr(self) -> str:
        """The sender's number."""

    @property
    def sender_name(self) -> str:
        """The sender's name."""

    @property
    def contact_point_id(self) -> str:
        """Where answers are routed to; empty: not said."""

    @property
    def signing_url(self) -> str:
        """Base address of the page where letters are signed; empty: no signing."""


@dataclass(frozen=True)
class Abilities:
    """What a channel can do for a letter: known from the settings, without asking anybody.

    ``reaches`` are the states of a mailbox in which the channel gets a letter through, None for a
    recipient whom nobody was asked about. On paper the mailbox does not matter.
    """

    kinds: frozenset[IdentifierKind] = frozenset(IdentifierKind)
    reaches: frozenset[MailboxStatus | None] = frozenset()
    is_paper: bool = False
    needs_address: bool = False
    can_reply: bool = False
    can_sign: bool = False
    can_name_attention: bool = False
    max_bytes: int | None = None  # of one letter's PDF; None: any size
    # What the same channel can do for somebody whom it does not reach digitally; None: nothing.
    on_paper: Abilities | None = None


@dataclass(frozen=True)
class WayOut:
    """A channel that is set up, as approval sees it: nothing is opened and nobody is called."""

    name: ChannelName
    can: Abilities
    # A fresh id in the channel's own form. Made once for a delivery, kept for each retry.
    new_message_id: Callable[[], str] = field(repr=False)
    # Exactly what would be handed over for a letter. Raises `Refused` when that can't be made.
    payload: Callable[[Outgoing], bytes] = field(repr=False)


class Channel(Protocol):
    """A way out. ``send`` and ``poll`` may be called from several threads at once."""

    name: ChannelName

    def new_message_id(self) -> str:
        """A fresh id in the channel's own form. Made once for a delivery, kept for each retry."""

    def send(self, outgoing: Outgoing) -> Outcome:
        """Hand the letter over. Never raises for what the network or the far side does."""

    def poll(self, message_ids: Sequence[str]) -> Mapping[str, Outcome]:
        """What has become of accepted letters; ids that the channel says nothing of are left out.

        Raises `ChannelUnreachable` when there was no answer to read.
        """

    def forget(self, message_ids: Sequence[str]) -> None:
        """Let go of what `poll` told of these letters, or of letters that nobody waits for any

        more: it is stored now. Losing this call is no harm, `poll` then tells it again. Never
        raises.
        """

    def close(self) -> None:
        """Close connections."""


@runtime_checkable
class BulkChannel(Channel, Protocol):
    """A way out that takes many letters in one call, each with an answer of its own."""

    at_once: int  # letters in one call; 1: it is not used

    def send_many(self, letters: Iterable[Outgoing]) -> Mapping[str, Outcome]:
        """Hand the letters over, each read when its turn comes. The answers by message id.

        A letter that can't be put into the channel's form is left out, and the others go. Never
        raises for what the network or the far side does.
        """


class ChannelUnreachable(Exception):  # noqa: N818 - a state, found while asking
    """There was no usable answer. The sentence says what staff need to know."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(str(outcome.sentence))

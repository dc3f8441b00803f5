"""The tables, one file a noun."""

from digitalpost.models.case import Case, CaseStatus, CaseType, Counter
from digitalpost.models.delivery import ChannelName, ChannelState, Delivery, DeliveryStatus
from digitalpost.models.document import Document, DocumentKind
from digitalpost.models.event import Event, EventHead
from digitalpost.models.keys import DataKey
from digitalpost.models.letter import FINAL_STATUSES, Letter, LetterStatus
from digitalpost.models.mailing import (
    LeftOutPage,
    Mailing,
    MailingChannel,
    MailingSource,
    MailingStatus,
)
from digitalpost.models.recipient import Recipient, RecipientUnit
from digitalpost.models.retention import RetentionRule, RetentionStart
from digitalpost.models.unit import Unit
from digitalpost.models.user import Role, User, user_units
from digitalpost.verdict import Verdict

__all__ = [
    "FINAL_STATUSES",
    "Case",
    "CaseStatus",
    "CaseType",
    "ChannelName",
    "ChannelState",
    "Counter",
    "DataKey",
    "Delivery",
    "DeliveryStatus",
    "Document",
    "DocumentKind",
    "Event",
    "EventHead",
    "LeftOutPage",
    "Letter",
    "LetterStatus",
    "Mailing",
    "MailingChannel",
    "MailingSource",
    "MailingStatus",
    "Recipient",
    "RecipientUnit",
    "RetentionRule",
    "RetentionStart",
    "Role",
    "Unit",
    "User",
    "Verdict",
    "user_units",
]

"""The tables, one file a noun."""

from digitalpost.models.alarm import (
    Alarm,
    AlarmKind,
    AlarmNotice,
    NoticeMedium,
    NoticeStatus,
    Watch,
)
from digitalpost.models.answer import Answer
from digitalpost.models.arrived import ArrivedReceipt, ArrivedStatus
from digitalpost.models.attachment import AttachmentStatus, MailingAttachment, MatchedBy
from digitalpost.models.attention import Attention
from digitalpost.models.case import Case, CaseStatus, CaseType, Counter
from digitalpost.models.delivery import (
    ChannelName,
    ChannelState,
    Delivery,
    DeliveryPurpose,
    DeliveryStatus,
    SendingStop,
    SentBefore,
)
from digitalpost.models.document import Document, DocumentKind
from digitalpost.models.event import Event, EventHead
from digitalpost.models.guardian import AgeRule, CopyDecision, GuardianCopy, GuardianSuggestion
from digitalpost.models.incoming import (
    FetchState,
    FileRole,
    IncomingFile,
    IncomingLetter,
    IncomingMessage,
    IncomingStatus,
    RoutedBy,
)
from digitalpost.models.keys import DataKey
from digitalpost.models.learned import (
    IncomingText,
    LearnedCount,
    LearnedLetter,
    NeverSuggested,
)
from digitalpost.models.letter import (
    FINAL_STATUSES,
    INCOMING_STATUSES,
    OPEN_INCOMING,
    Letter,
    LetterStatus,
    LetterWay,
)
from digitalpost.models.letter_copy import LetterCopy
from digitalpost.models.mailbox import Mailbox, MailboxSource, MailboxStatus
from digitalpost.models.mailing import (
    LeftOutPage,
    Mailing,
    MailingChannel,
    MailingSource,
    MailingStatus,
)
from digitalpost.models.recipient import Recipient, RecipientUnit
from digitalpost.models.register import RegisterName, RegisterState
from digitalpost.models.retention import RetentionRule, RetentionStart
from digitalpost.models.routing import Assignment, RoutingRule
from digitalpost.models.signing import OPEN_SIGNING, SigningStatus, SigningTask
from digitalpost.models.triage import (
    Absence,
    IncomingWord,
    LetterFollower,
    LetterNote,
    LetterPresence,
    SavedView,
)
from digitalpost.models.unit import Unit
from digitalpost.models.user import Role, User, user_units
from digitalpost.verdict import Verdict

__all__ = [
    "FINAL_STATUSES",
    "INCOMING_STATUSES",
    "OPEN_INCOMING",
    "OPEN_SIGNING",
    "Absence",
    "AgeRule",
    "Alarm",
    "AlarmKind",
    "AlarmNotice",
    "Answer",
    "ArrivedReceipt",
    "ArrivedStatus",
    "Assignment",
    "AttachmentStatus",
    "Attention",
    "Case",
    "CaseStatus",
    "CaseType",
    "ChannelName",
    "ChannelState",
    "CopyDecision",
    "Counter",
    "DataKey",
    "Delivery",
    "DeliveryPurpose",
    "DeliveryStatus",
    "Document",
    "DocumentKind",
    "Event",
    "EventHead",
    "FetchState",
    "FileRole",
    "GuardianCopy",
    "GuardianSuggestion",
    "IncomingFile",
    "IncomingLetter",
    "IncomingMessage",
    "IncomingStatus",
    "IncomingText",
    "IncomingWord",
    "LearnedCount",
    "LearnedLetter",
    "LeftOutPage",
    "Letter",
    "LetterCopy",
    "LetterFollower",
    "LetterNote",
    "LetterPresence",
    "LetterStatus",
    "LetterWay",
    "Mailbox",
    "MailboxSource",
    "MailboxStatus",
    "Mailing",
    "MailingAttachment",
    "MailingChannel",
    "MailingSource",
    "MailingStatus",
    "MatchedBy",
    "NeverSuggested",
    "NoticeMedium",
    "NoticeStatus",
    "Recipient",
    "RecipientUnit",
    "RegisterName",
    "RegisterState",
    "RetentionRule",
    "RetentionStart",
    "Role",
    "RoutedBy",
    "RoutingRule",
    "SavedView",
    "SendingStop",
    "SentBefore",
    "SigningStatus",
    "SigningTask",
    "Unit",
    "User",
    "Verdict",
    "Watch",
    "user_units",
]

"""What can happen: the kinds of events, with the words that staff read in the log."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """What can happen, as ``subject:action``, with the words that staff read."""

    MAILING_CREATED = "mailing:created"
    MAILING_PREPARED = "mailing:prepared"
    MAILING_FAILED = "mailing:failed"
    MAILING_CHANGED = "mailing:changed"
    MAILING_APPROVED = "mailing:approved"
    MAILING_CANCELLED = "mailing:cancelled"
    MAILING_DISPATCHING = "mailing:dispatching"
    MAILING_RECHECKED = "mailing:rechecked"
    MAILING_SENT = "mailing:sent"
    MAILING_EXPORTED = "mailing:exported"
    MAILING_REHEARSED = "mailing:rehearsed"
    MAILING_SENT_AGAIN = "mailing:sent_again"
    MAILING_LISTED = "mailing:listed"
    MAILING_ATTACHED = "mailing:attached"
    MAILING_DETACHED = "mailing:detached"
    FILE_INFECTED = "file:infected"
    FILE_DOWNLOADED = "file:downloaded"
    LETTER_REMOVED = "letter:removed"
    LETTER_RECIPIENT_CHOSEN = "letter:recipient_chosen"
    LETTER_CONFIRMED = "letter:confirmed"
    LETTER_SPLIT = "letter:split"
    LETTER_JOINED = "letter:joined"
    LETTER_PAGES_MOVED = "letter:pages_moved"
    LETTER_PAGES_ORDERED = "letter:pages_ordered"
    LETTER_PAGES_LEFT_OUT = "letter:pages_left_out"
    LETTER_PAGE_TAKEN_BACK = "letter:page_taken_back"
    LETTER_FILED = "letter:filed"
    LETTER_CANCELLED = "letter:cancelled"
    LETTER_ATTEMPTED = "letter:attempted"
    LETTER_ACCEPTED = "letter:accepted"
    LETTER_DELIVERED = "letter:delivered"
    LETTER_PAPER = "letter:paper"
    LETTER_ACTION = "letter:action"
    LETTER_OPENED = "letter:opened"
    LETTER_DOWNLOADED = "letter:downloaded"
    LETTER_COPIES_ACCEPTED = "letter:copies_accepted"
    LETTER_COPIES_DECLINED = "letter:copies_declined"
    LETTER_COPY_ADDED = "letter:copy_added"
    LETTER_COPY_REMOVED = "letter:copy_removed"
    LETTER_WAY_CHOSEN = "letter:way_chosen"
    LETTER_PRINTED = "letter:printed"
    LETTER_RETURNED = "letter:returned"
    LETTER_SENT_AGAIN = "letter:sent_again"
    LETTER_SIGNING_OPENED = "letter:signing_opened"
    LETTER_SIGNED = "letter:signed"
    LETTER_SIGNING_DECLINED = "letter:signing_declined"
    LETTER_SIGNATURE_REFUSED = "letter:signature_refused"
    LETTER_SIGNATURE_MISSING = "letter:signature_missing"
    LETTER_SIGNING_LATE = "letter:signing_late"
    LETTER_SIGNING_CLOSED = "letter:signing_closed"
    LETTER_ARRIVED = "letter:arrived"
    LETTER_ANSWERED = "letter:answered"
    LETTER_ASSIGNED = "letter:assigned"
    LETTER_FINISHED = "letter:finished"
    LETTER_REOPENED = "letter:reopened"
    LETTER_ACT_UNDONE = "letter:act_undone"
    LETTER_NOTED = "letter:noted"
    LETTER_TAGGED = "letter:tagged"
    CASE_OPENED = "case:opened"
    CASE_READ = "case:read"
    CASE_CHANGED = "case:changed"
    CASE_CLOSED = "case:closed"
    RECIPIENT_CREATED = "recipient:created"
    RECIPIENT_CHANGED = "recipient:changed"
    RECIPIENT_REVEALED = "recipient:revealed"
    RECIPIENT_ATTENTION_CHOSEN = "recipient:attention_chosen"
    USER_SIGNED_IN = "user:signed_in"
    USER_SIGNED_OUT = "user:signed_out"
    USER_SIGN_IN_FAILED = "user:sign_in_failed"
    USER_LOCKED = "user:locked"
    USER_CREATED = "user:created"
    USER_CHANGED = "user:changed"
    UNIT_CREATED = "unit:created"
    UNIT_CHANGED = "unit:changed"
    RULE_CREATED = "rule:created"
    RULE_CHANGED = "rule:changed"
    RULE_DELETED = "rule:deleted"
    ROUTING_RULE_CREATED = "routing:rule_created"
    ROUTING_RULE_CHANGED = "routing:rule_changed"
    ROUTING_RULE_DELETED = "routing:rule_deleted"
    ROUTING_RULE_SWITCHED = "routing:rule_switched"
    ROUTING_RULE_TRIED = "routing:rule_tried"
    ROUTING_NEVER = "routing:never"
    RECEIPT_REFUSED = "receipt:refused"
    RECEIPT_ORPHAN = "receipt:orphan"
    INCOMING_STORED = "incoming:stored"
    INCOMING_UNREADABLE = "incoming:unreadable"
    INCOMING_TRIED_AGAIN = "incoming:tried_again"
    INCOMING_REFUSED = "incoming:refused"
    CHANNEL_PAUSED = "channel:paused"
    CHANNEL_OPENED = "channel:opened"
    SENDING_STOPPED = "sending:stopped"
    SENDING_RELEASED = "sending:released"
    REGISTER_PAUSED = "register:paused"
    REGISTER_OPENED = "register:opened"
    REGISTER_ASKED = "register:asked"
    ALARM_OPENED = "alarm:opened"
    ALARM_CLOSED = "alarm:closed"
    ALARM_SEEN = "alarm:seen"

    @property
    def label(self) -> str:
        """The words that staff read in the log."""
        return _LABELS[self]


_LABELS = {
    EventKind.MAILING_CREATED: "Forsendelse oprettet",
    EventKind.MAILING_PREPARED: "Forsendelse klargjort",
    EventKind.MAILING_FAILED: "Klargøring mislykkedes",
    EventKind.MAILING_CHANGED: "Forsendelse ændret",
    EventKind.MAILING_APPROVED: "Forsendelse godkendt",
    EventKind.MAILING_CANCELLED: "Forsendelse annulleret",
    EventKind.MAILING_DISPATCHING: "Afsendelse begyndt",
    EventKind.MAILING_RECHECKED: "Modtagere tjekket igen på dagen",
    EventKind.MAILING_SENT: "Forsendelse sendt",
    EventKind.MAILING_EXPORTED: "Breve hentet ud som filer",
    EventKind.MAILING_REHEARSED: "Prøvekørsel gennemført",
    EventKind.MAILING_SENT_AGAIN: "Breve sat til at blive sendt igen",
    EventKind.MAILING_LISTED: "Opfølgningsliste hentet",
    EventKind.MAILING_ATTACHED: "Bilag lagt til",
    EventKind.MAILING_DETACHED: "Bilag fjernet",
    EventKind.FILE_INFECTED: "Fil med virus afvist",
    EventKind.FILE_DOWNLOADED: "Fil hentet, som den kom",
    EventKind.LETTER_REMOVED: "Brev taget ud af forsendelsen",
    EventKind.LETTER_RECIPIENT_CHOSEN: "Modtager valgt i gennemsyn",
    EventKind.LETTER_CONFIRMED: "Brev set igennem og fundet rigtigt",
    EventKind.LETTER_SPLIT: "Brev delt i to",
    EventKind.LETTER_JOINED: "To breve lagt sammen",
    EventKind.LETTER_PAGES_MOVED: "Sider flyttet til et andet brev",
    EventKind.LETTER_PAGES_ORDERED: "Sider i et brev byttet om",
    EventKind.LETTER_PAGES_LEFT_OUT: "Sider udeladt",
    EventKind.LETTER_PAGE_TAKEN_BACK: "Udeladt side lagt tilbage",
    EventKind.LETTER_FILED: "Brev lagt på sag",
    EventKind.LETTER_CANCELLED: "Brev annulleret",
    EventKind.LETTER_ATTEMPTED: "Forsøg på at sende",
    EventKind.LETTER_ACCEPTED: "Modtaget af kanalen",
    EventKind.LETTER_DELIVERED: "Leveret",
    EventKind.LETTER_PAPER: "Sendt på papir",
    EventKind.LETTER_ACTION: "Kræver handling",
    EventKind.LETTER_OPENED: "Brev åbnet",
    EventKind.LETTER_DOWNLOADED: "Brev hentet som fil",
    EventKind.LETTER_COPIES_ACCEPTED: "Kopi til forældre godkendt",
    EventKind.LETTER_COPIES_DECLINED: "Kopi til forældre valgt fra",
    EventKind.LETTER_COPY_ADDED: "Kopi tilføjet",
    EventKind.LETTER_COPY_REMOVED: "Kopi fjernet",
    EventKind.LETTER_WAY_CHOSEN: "Forsendelsesmåde valgt",
    EventKind.LETTER_PRINTED: "Brev markeret som printet",
    EventKind.LETTER_RETURNED: "Brev kom retur med posten",
    EventKind.LETTER_SENT_AGAIN: "Brev sat til at blive sendt igen",
    EventKind.LETTER_SIGNING_OPENED: "Modtager gik til underskrift",
    EventKind.LETTER_SIGNED: "Brev underskrevet",
    EventKind.LETTER_SIGNING_DECLINED: "Underskrift afvist af modtageren",
    EventKind.LETTER_SIGNATURE_REFUSED: "Underskrift kunne ikke godkendes",
    EventKind.LETTER_SIGNATURE_MISSING: "Underskrift mangler stadig",
    EventKind.LETTER_SIGNING_LATE: "Frist for underskrift overskredet",
    EventKind.LETTER_SIGNING_CLOSED: "Underskrift lukket af bruger",
    EventKind.LETTER_ARRIVED: "Brev modtaget",
    EventKind.LETTER_ANSWERED: "Svar godkendt",
    EventKind.LETTER_ASSIGNED: "Brev fordelt",
    EventKind.LETTER_FINISHED: "Brev meldt færdigt",
    EventKind.LETTER_REOPENED: "Brev taget op igen",
    EventKind.LETTER_ACT_UNDONE: "Fordeling fortrudt",
    EventKind.LETTER_NOTED: "Note skrevet på brev",
    EventKind.LETTER_TAGGED: "Mærker på brev ændret",
    EventKind.CASE_OPENED: "Sag oprettet",
    EventKind.CASE_READ: "Sag åbnet af bruger",
    EventKind.CASE_CHANGED: "Sag ændret",
    EventKind.CASE_CLOSED: "Sag lukket",
    EventKind.RECIPIENT_CREATED: "Modtager oprettet",
    EventKind.RECIPIENT_CHANGED: "Modtager ændret",
    EventKind.RECIPIENT_REVEALED: "CPR-nummer vist",
    EventKind.RECIPIENT_ATTENTION_CHOSEN: "P-nummer eller sagsbehandler valgt",
    EventKind.USER_SIGNED_IN: "Logget ind",
    EventKind.USER_SIGNED_OUT: "Logget ud",
    EventKind.USER_SIGN_IN_FAILED: "Forkert log-in",
    EventKind.USER_LOCKED: "Bruger spærret for en tid",
    EventKind.USER_CREATED: "Bruger oprettet",
    EventKind.USER_CHANGED: "Bruger ændret",
    EventKind.UNIT_CREATED: "Afdeling oprettet",
    EventKind.UNIT_CHANGED: "Afdeling ændret",
    EventKind.RULE_CREATED: "Kassationsregel oprettet",
    EventKind.RULE_CHANGED: "Kassationsregel ændret",
    EventKind.RULE_DELETED: "Kassationsregel slettet",
    EventKind.ROUTING_RULE_CREATED: "Fordelingsregel oprettet",
    EventKind.ROUTING_RULE_CHANGED: "Fordelingsregel ændret",
    EventKind.ROUTING_RULE_DELETED: "Fordelingsregel slettet",
    EventKind.ROUTING_RULE_SWITCHED: "Fordelingsregel slået til eller fra",
    EventKind.ROUTING_RULE_TRIED: "Fordelingsregel prøvet på det sidste års breve",
    EventKind.ROUTING_NEVER: "Forslag til fordeling valgt fra eller til",
    EventKind.RECEIPT_REFUSED: "Kvittering afvist",
    EventKind.RECEIPT_ORPHAN: "Kvittering uden brev",
    EventKind.INCOMING_STORED: "Post modtaget og gemt",
    EventKind.INCOMING_UNREADABLE: "Modtaget post kan ikke læses",
    EventKind.INCOMING_TRIED_AGAIN: "Modtaget post prøvet igen",
    EventKind.INCOMING_REFUSED: "Modtaget post afvist over for afsenderen",
    EventKind.CHANNEL_PAUSED: "Kanal sat på pause",
    EventKind.CHANNEL_OPENED: "Kanal åbnet igen",
    EventKind.SENDING_STOPPED: "Al afsendelse stoppet",
    EventKind.SENDING_RELEASED: "Afsendelse sat i gang igen",
    EventKind.REGISTER_PAUSED: "Register svarer ikke",
    EventKind.REGISTER_OPENED: "Register svarer igen",
    EventKind.REGISTER_ASKED: "Slog personer op i et register",
    EventKind.ALARM_OPENED: "Alarm åbnet",
    EventKind.ALARM_CLOSED: "Alarm lukket",
    EventKind.ALARM_SEEN: "Alarm set",
}

# What a person mends in the review of a mailing.
MENDS = (
    EventKind.LETTER_RECIPIENT_CHOSEN,
    EventKind.LETTER_CONFIRMED,
    EventKind.LETTER_SPLIT,
    EventKind.LETTER_JOINED,
    EventKind.LETTER_PAGES_MOVED,
    EventKind.LETTER_PAGES_ORDERED,
    EventKind.LETTER_PAGES_LEFT_OUT,
    EventKind.LETTER_PAGE_TAKEN_BACK,
)

# What a person chooses for a single letter there: undone by choosing again.
CHOICES = (
    EventKind.LETTER_WAY_CHOSEN,
    EventKind.LETTER_COPY_ADDED,
    EventKind.LETTER_COPY_REMOVED,
)

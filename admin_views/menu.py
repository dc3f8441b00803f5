"""Which pages there are, in the order of the menu, and the menu as the visitor may see it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app
from flask_admin.helpers import get_current_view

from admin_views.absence import AbsenceView
from admin_views.account import AccountView
from admin_views.arrived import ArrivedReceiptView
from admin_views.attachments import AttachmentsView
from admin_views.attention import AttentionView
from admin_views.board import BoardView
from admin_views.case_page import CaseView
from admin_views.cases import CasesView
from admin_views.console import ConsoleView
from admin_views.costs import CostsView
from admin_views.division import DivisionView
from admin_views.event_log import EventView
from admin_views.evidence import EvidenceView
from admin_views.follow import FollowView
from admin_views.front import FrontView
from admin_views.guardians import GuardiansView
from admin_views.inbox import InboxView
from admin_views.inbox_acts import InboxActsView
from admin_views.inbox_many import InboxManyView
from admin_views.incoming_letter import IncomingLetterView
from admin_views.letter_page import LetterView
from admin_views.letters import LettersView
from admin_views.mailings import MailingsView
from admin_views.mend import MendView
from admin_views.pick_recipient import PickRecipientView
from admin_views.printing import PrintingView
from admin_views.recipients import RecipientView
from admin_views.rehearsal import RehearsalView
from admin_views.retention_rules import RetentionRuleView
from admin_views.review_choices import ReviewChoicesView
from admin_views.routing_rules import RoutingRulesView
from admin_views.send import SendView
from admin_views.send_to import SendToView
from admin_views.sending import SendingView
from admin_views.signatures import SignaturesView
from admin_views.units import UnitView
from admin_views.unreadable import UnreadableView
from admin_views.users import UserView
from admin_views.visitor import current_visitor
from digitalpost.institution import Institution


@dataclass(frozen=True)
class Entry:
    """One line of the menu."""

    name: str
    address: str
    icon: str
    active: bool


def views(institution: Institution) -> list[ConsoleView]:
    """Every page of the console. The first is the front page."""
    return [
        FrontView(),
        SendView(),
        SendToView(),
        InboxView(),
        InboxActsView(),
        InboxManyView(),
        MailingsView(),
        MendView(),
        ReviewChoicesView(),
        AttachmentsView(),
        DivisionView(),
        GuardiansView(),
        RehearsalView(),
        SignaturesView(),
        PrintingView(),
        FollowView(),
        CasesView(),
        CaseView(),
        LettersView(),
        LetterView(),
        IncomingLetterView(),
        EvidenceView(),
        RecipientView(),
        AttentionView(),
        PickRecipientView(),
        BoardView(),
        UserView(),
        UnitView(),
        RoutingRulesView(),
        RetentionRuleView(),
        CostsView(),
        SendingView(),
        ArrivedReceiptView(),
        UnreadableView(),
        EventView(),
        AccountView(),
        AbsenceView(),
    ]


def groups() -> list[tuple[str, list[Entry]]]:
    """The menu of this visitor: groups with what the role may open, empty groups left out."""
    if current_visitor() is None:
        return []
    admin = current_app.extensions["admin"][0]
    current = get_current_view()
    shown = []
    for item in admin.menu():
        if not item.is_category():
            continue
        entries = [
            Entry(
                child.name,
                child.get_url(),
                getattr(child._view, "icon", "circle"),
                current is not None and child._view.endpoint in (current.endpoint, current.home),
            )
            for child in item.get_children()
        ]
        if entries:
            shown.append((item.name, entries))
    return shown


def attach(app: Flask) -> None:
    """Make the menu available to the base template, on error pages too."""
    app.jinja_env.globals.update(menu_groups=groups, visitor=current_visitor)

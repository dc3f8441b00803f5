"""What is done with the one letter that is open in the inbox; afterwards the next one is open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import flash, redirect, request
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import ConsoleView, whole_number
from admin_views.inbox_address import Place, place_of
from admin_views.texts import mark
from digitalpost.access import Actor
from digitalpost.danish_time import end_of
from digitalpost.db import Session
from digitalpost.errors import Refused
from digitalpost.incoming.assign import assign, finish, release, reopen
from digitalpost.incoming.inbox import neighbours
from digitalpost.incoming.learn import Suggestion, suggest
from digitalpost.incoming.lessons import never_suggest
from digitalpost.incoming.notes import write_note
from digitalpost.incoming.receivers import find_receiver, hand_to, receivers
from digitalpost.incoming.tags import set_tags
from digitalpost.incoming.together import follow
from digitalpost.incoming_settings import Naming
from digitalpost.models import Letter, RoutedBy, User


class InboxActsView(ConsoleView):
    """The buttons beside a letter."""

    permission = "incoming.assign"
    in_menu = False
    home = "inbox"

    def __init__(self) -> None:
        self._default_view = "give"
        super().__init__(name=mark("Indbakke"), endpoint="inbox_acts", url="/inbox/letter")

    @expose("/<int:letter_id>/assign", methods=("POST",))
    def give(self, letter_id: int) -> AnyResponse:
        """Hand the letter to whoever was named."""
        return self._hand_over(letter_id, give, request.form.get("to", "")[:200])

    @expose("/<int:letter_id>/accept", methods=("POST",))
    def accept(self, letter_id: int) -> AnyResponse:
        """Hand the letter to whoever is suggested; or never suggest that again."""
        target = request.form.get("target", "")[:16]
        naming = self.institution.settings.incoming.named
        never = request.form.get("never", "")
        if not never:
            return self._hand_over(letter_id, accept, target, naming)
        done = gettext("Det bliver ikke foreslået her mere.")
        self.act(refuse, target, naming, whole_number(never), row=(Letter, letter_id), done=done)
        return self._stay(letter_id)

    @expose("/<int:letter_id>/take", methods=("POST",))
    def take(self, letter_id: int) -> AnyResponse:
        """The visitor has it from now on; it stays open."""
        outcome = self.act(take, row=(Letter, letter_id))
        return self._stay(letter_id, did=outcome.value if outcome else "")

    @expose("/<int:letter_id>/release", methods=("POST",))
    def release(self, letter_id: int) -> AnyResponse:
        """Nobody has it from now on."""
        return self._hand_over(letter_id, lambda s, actor, one: release(s, actor, [one]))

    @expose("/<int:letter_id>/finish", methods=("POST",))
    def finish(self, letter_id: int) -> AnyResponse:
        """Nothing more is to be done."""
        return self._hand_over(letter_id, lambda s, actor, one: finish(s, actor, [one]))

    @expose("/<int:letter_id>/reopen", methods=("POST",))
    def reopen(self, letter_id: int) -> AnyResponse:
        """There is more to be done after all."""
        outcome = self.act(
            lambda s, actor, one: reopen(s, actor, [one]),
            row=(Letter, letter_id),
            done=gettext("Brevet er taget op igen."),
        )
        return self._stay(letter_id, did=outcome.value if outcome else "")

    @expose("/<int:letter_id>/deadline", methods=("POST",))
    def deadline(self, letter_id: int) -> AnyResponse:
        """By which day something must have happened."""
        done = gettext("Fristen er sat.")
        outcome = self.act(
            set_deadline, request.form.get("due", "")[:10], row=(Letter, letter_id), done=done
        )
        return self._stay(letter_id, did=outcome.value if outcome else "")

    @expose("/<int:letter_id>/note", methods=("POST",))
    def note(self, letter_id: int) -> AnyResponse:
        """A note for colleagues."""
        text = request.form.get("note", "").replace("\0", "")
        self.act(write_note, text, row=(Letter, letter_id), done=gettext("Noten er gemt."))
        return self._stay(letter_id)

    @expose("/<int:letter_id>/tags", methods=("POST",))
    def tags(self, letter_id: int) -> AnyResponse:
        """The letter's tags, instead of those it had."""
        text = request.form.get("tags", "").replace("\0", "")[:1000]
        self.act(set_tags, text, row=(Letter, letter_id), done=gettext("Mærkerne er gemt."))
        return self._stay(letter_id)

    @expose("/<int:letter_id>/follow", methods=("POST",))
    def follow(self, letter_id: int) -> AnyResponse:
        """Keep an eye on it, or no longer."""
        self.act(follow, row=(Letter, letter_id), on=request.form.get("on") == "1")
        return self._stay(letter_id)

    def _place(self) -> Place:
        return place_of(request.form, self.institution.vault)

    def _stay(self, letter_id: int, did: str = "") -> AnyResponse:
        if self.db.get(Letter, letter_id) is None:
            return redirect(self._place().url(did=did), code=303)
        return redirect(self._place().url(letter_id, did=did), code=303)

    def _hand_over(
        self, letter_id: int, use_case: Callable[..., str], *arguments: Any
    ) -> AnyResponse:
        """Do it, and open what comes after the letter in the list; at its end, what is before."""
        place = self._place()
        before, after = neighbours(self.db, self.actor, place.asked, letter_id)
        outcome = self.act(use_case, *arguments, row=(Letter, letter_id))
        if not outcome:
            return self._stay(letter_id)
        following = after or before
        if following is None:
            flash(gettext("Det var det sidste brev i listen."), "success")
        return redirect(place.url(following, did=outcome.value), code=303)


def give(session: Session, actor: Actor, letter: Letter, to: str) -> str:
    """Hand a letter to whoever ``to`` names."""
    return hand_to(session, actor, [letter], find_receiver(receivers(session, actor), to))


def accept(session: Session, actor: Actor, letter: Letter, target: str, naming: Naming) -> str:
    """Do as the program suggests, when that is still what was read."""
    found = _suggested(session, actor, letter, target, naming)
    reason = found.reasons[0].sentence if found.reasons else None
    return assign(
        session, actor, [letter],
        owner=found.user, unit=found.unit, how=RoutedBy.LEARNED, reason=reason,
    )  # fmt: skip


def refuse(
    session: Session, actor: Actor, letter: Letter, target: str, naming: Naming, number: int
) -> None:
    """Never suggest this again: a reason by its number from 1, or 0 for whom it names."""
    found = _suggested(session, actor, letter, target, naming)
    feature = found.reasons[number - 1].feature if 0 < number <= len(found.reasons) else None
    if feature is None:
        never_suggest(session, actor, letter, target=target)
    else:
        never_suggest(session, actor, letter, feature=feature)


def _suggested(
    session: Session, actor: Actor, letter: Letter, target: str, naming: Naming
) -> Suggestion:
    found = suggest(session, actor, letter, naming=naming)
    if found is None or found.target != target:
        raise Refused("Forslaget er et andet nu. Se det igennem.")
    return found


def take(session: Session, actor: Actor, letter: Letter) -> str:
    """Hand a letter to oneself."""
    return assign(session, actor, [letter], owner=session.get(User, actor.user_id))


def set_deadline(session: Session, actor: Actor, letter: Letter, day: str) -> str:
    """Let a letter's deadline be the end of a day. Raises `Refused` when it is no day."""
    try:
        due_at = end_of(date.fromisoformat(day))
    except (ValueError, OverflowError):
        raise Refused("Vælg en dag for fristen.") from None
    return assign(session, actor, [letter], due_at=due_at)

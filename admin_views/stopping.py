"""What staff are told when they stopped a mailing."""

from __future__ import annotations

from flask import flash
from flask_babel import gettext, ngettext

from admin_views.formatting import number
from digitalpost.mailings.cancel import Stopped


def say_stopped(stopped: Stopped) -> None:
    """How many letters were stopped, and what had left already: the truth about it."""
    if stopped.already_left:
        flash(
            gettext(
                "%(stopped)s breve blev stoppet. %(left)s var allerede sendt og kan ikke "
                "kaldes tilbage.",
                stopped=number(stopped.stopped),
                left=number(stopped.already_left),
            ),
            "note",
        )
        if stopped.partly:
            flash(
                gettext(
                    "%(partly)s af dem blev stoppet, før alle modtagere havde fået dem.",
                    partly=number(stopped.partly),
                ),
                "note",
            )
    else:
        flash(
            ngettext(
                "1 brev blev stoppet.",
                "%(shown)s breve blev stoppet.",
                stopped.stopped,
                shown=number(stopped.stopped),
            ),
            "success",
        )

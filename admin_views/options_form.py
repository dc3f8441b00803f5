"""The choices for a mailing as a form: what it shows, and what was typed into it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from flask_babel import gettext

from digitalpost.mailings.options import Options

_DANISH_DAY = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")


@dataclass(frozen=True)
class OptionsForm:
    """The fields as they stand, and under the name of a field what is wrong with it."""

    can_reply: bool = False
    reply_by: str = ""
    must_sign: bool = False
    sign_by: str = ""
    send_on: str = ""
    send_clock: str = ""
    arrive_by: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_chosen(self) -> bool:
        """Whether anything is asked for at all."""
        return self != OptionsForm(problems=self.problems)

    def with_problems(self, problems: Mapping[str, str]) -> OptionsForm:
        """The same fields, with what a use case said: the time of sending stands in two fields."""
        places = {"send_on" if code == "send_at" else code: text for code, text in problems.items()}
        return replace(self, problems=places)


def form_of(options: Options) -> OptionsForm:
    """The form as it stands for choices that were made before."""
    return OptionsForm(
        can_reply=options.can_reply,
        reply_by=options.reply_by.isoformat() if options.reply_by else "",
        must_sign=options.must_sign,
        sign_by=options.sign_by.isoformat() if options.sign_by else "",
        send_on=options.send_at.date().isoformat() if options.send_at else "",
        send_clock=f"{options.send_at:%H:%M}" if options.send_at else "",
        arrive_by=options.arrive_by.isoformat() if options.arrive_by else "",
    )


def typed_in(form: Mapping[str, str]) -> OptionsForm:
    """What was sent."""
    return OptionsForm(
        can_reply="can_reply" in form,
        reply_by=form.get("reply_by", "").strip(),
        must_sign="must_sign" in form,
        sign_by=form.get("sign_by", "").strip(),
        send_on=form.get("send_on", "").strip(),
        send_clock=form.get("send_clock", "").strip(),
        arrive_by=form.get("arrive_by", "").strip(),
    )


def read_options(form: OptionsForm) -> tuple[Options, OptionsForm]:
    """The choices that the fields say, and the form with what could not be read."""
    problems: dict[str, str] = {}
    days = {}
    for name, text in (
        ("reply_by", form.reply_by),
        ("sign_by", form.sign_by),
        ("send_on", form.send_on),
        ("arrive_by", form.arrive_by),
    ):
        days[name] = _day(text)
        if text and days[name] is None:
            problems[name] = gettext("Skriv datoen som dag, måned og år, fx 24.12.2026.")
    clock = _clock(form.send_clock)
    if form.send_clock and clock is None:
        problems["send_clock"] = gettext("Skriv klokkeslættet som timer og minutter, fx 8.30.")
    elif form.send_on and clock is None:
        problems["send_clock"] = gettext("Skriv også, hvad klokken er, når brevene skal sendes.")
    elif clock is not None and not form.send_on:
        problems["send_on"] = gettext("Skriv også, hvilken dag brevene skal sendes.")
    day = days["send_on"]
    send_at = datetime.combine(day, clock) if day is not None and clock is not None else None
    options = Options(
        form.can_reply,
        days["reply_by"],
        form.must_sign,
        days["sign_by"],
        send_at,
        days["arrive_by"],
    )
    return options, replace(form, problems=problems)


def _day(text: str) -> date | None:
    """A date as browsers send it, or as Danes write it."""
    danish = _DANISH_DAY.fullmatch(text)
    try:
        if danish is not None:
            return date(int(danish[3]), int(danish[2]), int(danish[1]))
        return date.fromisoformat(text)
    except ValueError:
        return None


def _clock(text: str) -> time | None:
    """A time as browsers send it, or as Danes write it."""
    found = re.fullmatch(r"(\d{1,2})[:.](\d{2})(?::\d{2})?", text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    return time(int(found[1]), int(found[2]))

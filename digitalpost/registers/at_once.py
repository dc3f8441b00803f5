"""Asking a register while somebody waits for the answer: briefly, and never inside a transaction.

The rounds of `rounds` ask about whole mailings in peace; this is for one company, or a few people,
that a clerk is looking at now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

from digitalpost.db import now
from digitalpost.errors import Refused, Sentence
from digitalpost.identifiers import Identifier
from digitalpost.institution import Institution
from digitalpost.models import RegisterName
from digitalpost.register_settings import RegisterSettings
from digitalpost.registers.line import RegisterSilent, Trouble
from digitalpost.registers.state import note_answer, note_silence, open_virk, pause_of
from digitalpost.registers.virk import Company, Virk

PATIENCE = 5.0  # seconds that a clerk waits for the units of a company

OpenVirk = Callable[[RegisterSettings], AbstractContextManager[Virk]]


@dataclass(frozen=True)
class CompanyAnswer:
    """What the CVR register said just now. Without a company, ``sentence`` says why."""

    company: Company | None
    sentence: Sentence | None = None


class NoAnswer(Exception):  # noqa: N818 - a state, found while asking
    """There is no answer for now. The sentence says why."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


def company_now(
    institution: Institution,
    identifier: Identifier,
    *,
    seconds: float = PATIENCE,
    open_with: OpenVirk = open_virk,
) -> CompanyAnswer:
    """The company with its production units, as the CVR register has them now. Never raises."""
    settings = hurried(institution.settings.registers, seconds)
    try:
        with asking(institution, RegisterName.VIRK), open_with(settings) as virk:
            company = virk.look_up(identifier)
    except NoAnswer as why:
        return CompanyAnswer(None, why.sentence)
    if company is None:
        return CompanyAnswer(None, Sentence("CVR-registret kender ikke virksomheden."))
    return CompanyAnswer(company)


@contextmanager
def asking(institution: Institution, register: RegisterName) -> Iterator[None]:
    """Around questions to one register: leaves it alone while it is paused, and notes answers.

    Raises `NoAnswer`. A register that was only too slow for somebody who waits is not paused for
    those who have time.
    """
    with institution.reading() as session:
        why_not = pause_of(session, register, now())
    if why_not is not None:
        raise NoAnswer(why_not)
    try:
        yield
    except Refused as refused:  # not set up
        raise NoAnswer(refused.sentences[0]) from None
    except RegisterSilent as silent:
        if silent.trouble is Trouble.FIX_SETUP:
            with institution.transaction() as session:
                note_silence(session, silent, now())
        raise NoAnswer(silent.sentence) from None
    with institution.transaction() as session:
        note_answer(session, register, now())


def hurried(settings: RegisterSettings, seconds: float) -> RegisterSettings:
    """The same registers, waited for so long at most."""
    return replace(
        settings,
        cpr=replace(settings.cpr, timeout=min(seconds, settings.cpr.timeout)),
        virk=replace(settings.virk, timeout=min(seconds, settings.virk.timeout)),
    )

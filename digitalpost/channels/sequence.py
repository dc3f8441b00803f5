"""Which way a letter goes out: the first of the institution's channels that reaches the addressee

and can do what the letter asks. Pure: whoever asks has read the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digitalpost.channels.base import Abilities, WayOut
from digitalpost.errors import Sentence
from digitalpost.identifiers import IdentifierKind
from digitalpost.models import ChannelName, LetterWay, MailboxStatus

_ON_PAPER = {
    LetterWay.REMOTE_PRINT: ChannelName.REMOTE_PRINT,
    LetterWay.LOCAL_PRINT: ChannelName.LOCAL_PRINT,
}


@dataclass(frozen=True)
class Wish:
    """What one addressee's letter asks of a channel, and what is known about the addressee."""

    way: LetterWay = LetterWay.DIGITAL
    kind: IdentifierKind | None = IdentifierKind.CPR  # None: nobody knows a number
    is_replacement: bool = False
    is_child: bool = False  # under 15
    mailbox: MailboxStatus | None = None  # as answered last; None: nobody was asked
    has_address: bool = False
    size: int = 0  # bytes of the PDF
    reply: bool = False
    sign: bool = False
    attention: bool = False


@dataclass(frozen=True)
class Choice:
    """The channel that a letter goes through, and why that one."""

    channel: ChannelName
    reason: Sentence
    on_paper: bool = False  # of a channel that can do both: the letter goes on paper


def choose(ways: Sequence[WayOut], wish: Wish) -> Choice | Sentence:
    """The first of ``ways`` that will do, with the reason; else the sentence that says why none.

    Paper that a person chose in review is that, and nothing else: what paper can't do (answer,
    sign) is not asked of it. Somebody who is under 15, and somebody who is registered as dead, is
    never written to by itself (protocols/guardian-and-signing.md, eboks-dispatch.md section 3).
    """
    if wish.way is LetterWay.HOLD:
        return Sentence("Brevet holdes tilbage. Det blev valgt i gennemsynet.")
    if wish.way is not LetterWay.DIGITAL:
        return _on_paper(ways, wish)
    if wish.mailbox is MailboxStatus.DEAD:
        return Sentence("Modtageren er registreret som død eller ophørt. Brevet bør ikke sendes.")
    if wish.is_child:
        return Sentence(
            "Modtageren er under 15 år og har ikke egen digital postkasse. Godkend kopi til "
            "forældrene, eller vælg at sende brevet på papir."
        )
    refusals: list[Sentence] = []
    for way in ways:
        why_not = refuses(way, wish)
        if why_not is None:
            reason = refusals[0] if refusals else _why_digital(way, wish)
            return Choice(way.name, reason, _goes_on_paper(way, wish))
        refusals.append(why_not)
    if not refusals:
        return Sentence("Der er ikke sat nogen forbindelse op. En administrator skal gøre det.")
    first, last = refusals[0], refusals[-1]
    if first == last:
        return first
    return Sentence("%(first)s %(last)s", {"first": first, "last": last})


def nobody_can(ways: Sequence[WayOut], *, reply: bool, sign: bool) -> list[Sentence]:
    """Why a whole mailing can't be sent as it is asked for, whoever the recipients are."""
    found = []
    if reply and not any(way.can.can_reply for way in ways):
        found.append(
            Sentence(
                "Brevene skal kunne besvares, men det kan ingen af de forbindelser, der er sat op. "
                "Slå svar fra, eller bed en administrator sætte Digital Post op."
            )
        )
    if sign and not any(way.can.can_sign for way in ways):
        found.append(
            Sentence(
                "Brevene skal underskrives, men det kan ingen af de forbindelser, der er sat op. "
                "Slå underskrift fra, eller bed en administrator sætte Digital Post op."
            )
        )
    return found


def refuses(way: WayOut, wish: Wish) -> Sentence | None:
    """Why this channel does not take the letter; None when it does."""
    can = way.can
    if can.on_paper is not None and _goes_on_paper(way, wish):
        can = can.on_paper
    if can.max_bytes is not None and wish.size > can.max_bytes:
        return Sentence(
            "Brevet fylder mere end %(most)s MB og kan ikke sendes gennem %(channel)s.",
            {"most": can.max_bytes // 1_000_000, "channel": way.name.label},
        )
    unreached = _unreached_on_paper(can, wish) if can.is_paper else _unreached_digitally(can, wish)
    if unreached is not None:
        return unreached
    for asked, able, text in (
        (wish.reply, can.can_reply, "%(channel)s kan ikke sende breve, der kan besvares."),
        (wish.sign, can.can_sign, "%(channel)s kan ikke sende breve, der skal underskrives."),
        (
            wish.attention,
            can.can_name_attention,
            "%(channel)s kan ikke sende til et P-nummer eller en bestemt sagsbehandler.",
        ),
    ):
        if asked and not able:
            return Sentence(text, {"channel": way.name.label})
    return None


def _goes_on_paper(way: WayOut, wish: Wish) -> bool:
    """Whether a channel that can do both takes this letter on paper."""
    return way.can.on_paper is not None and _unreached_digitally(way.can, wish) is not None


def _on_paper(ways: Sequence[WayOut], wish: Wish) -> Choice | Sentence:
    channel = _ON_PAPER[wish.way]
    way = next((one for one in ways if one.name is channel), None)
    if way is None:
        return Sentence(
            "Der er ingen forbindelse til %(channel)s. En administrator skal sætte den op.",
            {"channel": channel.label},
        )
    asked = Wish(has_address=wish.has_address, size=wish.size, kind=wish.kind)
    why_not = refuses(way, asked)
    return why_not or Choice(channel, Sentence("Valgt i gennemsynet."))


def _unreached_on_paper(can: Abilities, wish: Wish) -> Sentence | None:
    if can.needs_address and not wish.has_address:
        return Sentence("Der mangler en adresse. Skriv den på modtageren.")
    return None


def _unreached_digitally(can: Abilities, wish: Wish) -> Sentence | None:
    if wish.kind is None:
        return Sentence("Der er ikke noget nummer at sende digital post til.")
    if wish.is_replacement:
        return Sentence("Modtageren har et erstatnings-CPR, som ingen digital postkasse kender.")
    if wish.kind not in can.kinds or wish.mailbox not in can.reaches:
        return _no_mailbox(wish.mailbox)
    return None


def _no_mailbox(status: MailboxStatus | None) -> Sentence:
    if status is MailboxStatus.EXEMPT:
        return Sentence("Modtageren er fritaget for digital post.")
    return Sentence("Modtageren har ingen digital postkasse.")


def _why_digital(way: WayOut, wish: Wish) -> Sentence:
    """Why the preferred channel takes it."""
    if way.can.is_paper:
        return Sentence("Brevet sendes på papir.")
    unreached = _unreached_digitally(way.can, wish)
    if unreached is not None:
        text = "%(why)s %(channel)s sender brevet på papir."
        return Sentence(text, {"why": unreached, "channel": way.name.label})
    if wish.mailbox is MailboxStatus.REACHABLE:
        return Sentence("Modtageren har digital postkasse.")
    if wish.mailbox is None:
        return Sentence("Digital post er første valg. Postkassen er ikke slået op endnu.")
    return Sentence(
        "%(why)s %(channel)s sender brevet på papir.",
        {"why": _no_mailbox(wish.mailbox), "channel": way.name.label},
    )

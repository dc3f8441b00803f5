"""The evidence for one letter as a sheet to read and print: Danish, A4, with page numbers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Any

from digitalpost.archive.evidence import Evidence
from digitalpost.danish_time import local
from digitalpost.errors import Sentence, word
from digitalpost.models import ChannelName, DeliveryPurpose, DeliveryStatus
from digitalpost.pdf.sheet import set_sheet

_FOOTER = word("Bevis for brev %(letter)s · side %(page)s af %(pages)s")


def evidence_sheet(evidence: Evidence) -> bytes:
    """The sheet. Made outside any transaction: setting the text takes a moment."""
    facts = evidence.facts
    title = str(Sentence("Bevis for brev %(letter)s", {"letter": evidence.letter_id}))
    footer = _FOOTER % {"letter": evidence.letter_id, "page": "%(page)s", "pages": "%(pages)s"}
    parts = [f"<h1>{escape(title)}</h1>", *_letter(facts), *_deliveries(facts)]
    parts += [*_seen(facts), *_events(facts), *_control(evidence)]
    return set_sheet("".join(parts), title=title, footer=escape(footer))


def _letter(facts: Any) -> Iterable[str]:
    letter, content, approved = facts["letter"], facts["content"], facts["approved"] or {}
    yield _pairs(
        (word("Afsender"), facts["institution"]),
        (word("Titel"), letter["title"]),
        (word("Modtager"), _named(facts["recipient"])),
        (word("Sag"), letter["case"]),
        (word("Godkendt"), _moment(approved.get("at"))),
        (word("Godkendt af"), approved.get("by")),
        (word("Brevets størrelse"), _bytes(content["size"])),
    )
    yield _hash(word("Brevets fingeraftryk (SHA-256)"), content["sha256"])


def _deliveries(facts: Any) -> Iterable[str]:
    for one in facts["deliveries"]:
        place = Sentence("Aflevering %(number)s", {"number": one["number"]})
        yield f"<h2>{escape(str(place))}</h2>"
        yield _pairs(
            (DeliveryPurpose(one["purpose"]).label, _named(one["recipient"])),
            (word("Kanal"), ChannelName(one["channel"]).label),
            (word("Status"), DeliveryStatus(one["status"]).label),
            (word("Godkendt"), _moment(one["approved_at"])),
            (word("Seneste forsøg"), _moment(one["last_attempt_at"])),
            (word("Forsøg i alt"), str(one["attempts"])),
            (word("Modtaget af kanalen"), _moment(one["accepted_at"])),
            (word("Leveret"), _moment(one["delivered_at"])),
            (word("Afsluttet"), None if one["delivered_at"] else _moment(one["settled_at"])),
            (word("Regnes for fremme"), _day(one["counts_as_received_on"])),
            (word("Bemærkning"), one["problem"]),
        )
        yield _hash(word("Besked-id"), one["message_id"])
        if one["replaced_by"]:
            yield _hash(word("Sendt igen med besked-id"), one["replaced_by"])
        if one["receipt"]:
            yield _hash(word("Kvitteringens fingeraftryk (SHA-256)"), one["receipt"]["sha256"])
        else:
            yield f'<p class="what">{escape(word("Ingen kvittering."))}</p>'


def _seen(facts: Any) -> Iterable[str]:
    yield f"<h2>{escape(word('Hvem har set brevet her'))}</h2>"
    if not facts["seen_by"]:
        yield f"<p>{escape(word('Ingen.'))}</p>"
    for one in facts["seen_by"]:
        said = Sentence(
            "%(who)s: første gang %(first)s, sidste gang %(last)s (antal: %(times)s)",
            {
                "who": one["who"],
                "first": _moment(one["first"]),
                "last": _moment(one["last"]),
                "times": one["times"],
            },
        )
        yield f"<p>{escape(str(said))}</p>"


def _events(facts: Any) -> Iterable[str]:
    yield f"<h2>{escape(word('Hændelser i loggen'))}</h2>"
    for one in facts["events"]:
        yield f'<p class="what">{one["number"]} · {_moment(one["at"])} · {escape(one["who"])}</p>'
        yield f"<p>{escape(one['what'])}</p>"


def _control(evidence: Evidence) -> Iterable[str]:
    facts = evidence.facts
    yield f"<h2>{escape(word('Kontrol'))}</h2>"
    said = word(
        "Beviset er lavet ud fra brevets fil, kanalens kvitteringer og en log, som ingen kan "
        "rette i. Med filerne fra «Hent bevis» kan enhver regne fingeraftrykkene efter."
    )
    yield f"<p>{escape(said)}</p>"
    yield _pairs((word("Lavet"), _moment(facts["made_at"])), (word("Lavet af"), facts["made_by"]))
    yield _hash(word("Bevisets fingeraftryk (SHA-256)"), evidence.digest)


def _pairs(*pairs: tuple[str, str | None]) -> str:
    return "".join(
        f"<p><b>{escape(name)}:</b> {escape(value)}</p>" for name, value in pairs if value
    )


def _hash(name: str, value: str) -> str:
    return f'<p class="what">{escape(name)}</p><p class="mono">{escape(value)}</p>'


def _named(who: Any) -> str:
    number = f"{who['kind'].upper()} {who['number']}" if who["number"] else ""
    return ", ".join(part for part in (who["name"], number) if part)


def _moment(text: str | None) -> str | None:
    return f"{local(datetime.fromisoformat(text)):%d.%m.%Y kl. %H.%M.%S}" if text else None


def _day(text: str | None) -> str | None:
    return f"{datetime.fromisoformat(text):%d.%m.%Y}" if text else None


def _bytes(size: int) -> str:
    return str(Sentence("%(size)s byte", {"size": f"{size:,}".replace(",", ".")}))

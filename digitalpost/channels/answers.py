"""What failed HTTP calls come to, read alike for every channel (design.md section 5)."""

from __future__ import annotations

from typing import Any

import httpx

from digitalpost.channels.base import Outcome, OutcomeKind
from digitalpost.errors import Sentence, word
from digitalpost.models import ChannelName
from digitalpost.tls import is_about_certificates

_SETUP = {401, 403, 404}

_TRY_AGAIN = "%(channel)s svarer ikke lige nu (%(answer)s). Vi prøver igen af os selv."
_SETUP_WRONG = (
    "%(channel)s afviser forbindelsen (%(answer)s). Ingen breve er gået tabt; de venter. "
    "En administrator skal se på certifikat og aftale."
)


def transport_outcome(error: httpx.RequestError, channel: ChannelName) -> Outcome:
    """A call without an answer: certificates are about the set-up, all else passes by itself."""
    if is_about_certificates(error):
        values = {"channel": channel.label, "answer": word("certifikatet godkendes ikke")}
        return Outcome(OutcomeKind.FIX_SETUP, Sentence(_SETUP_WRONG, values))
    slow = isinstance(error, httpx.TimeoutException)
    what = word("intet svar i tide") if slow else word("ingen forbindelse")
    values = {"channel": channel.label, "answer": what}
    return Outcome(OutcomeKind.RETRY, Sentence(_TRY_AGAIN, values))


def refused_outcome(answer: httpx.Response, channel: ChannelName) -> Outcome:
    """An answer that is neither 2xx nor about an id that was used."""
    said = Sentence("svar %(status)s", {"status": answer.status_code})
    values = {"channel": channel.label, "answer": said}
    receipt = {"http_status": answer.status_code}
    if answer.status_code in _SETUP:
        return Outcome(OutcomeKind.FIX_SETUP, Sentence(_SETUP_WRONG, values), receipt)
    if answer.status_code == 429 or answer.status_code >= 500:
        return Outcome(
            OutcomeKind.RETRY,
            Sentence(_TRY_AGAIN, values),
            receipt,
            _retry_after(answer.headers.get("Retry-After", "")),
        )
    return Outcome(
        OutcomeKind.FIX_LETTER,
        Sentence(
            "%(channel)s tager ikke imod brevet (%(answer)s). Se brevet efter, og send det på en "
            "anden måde.",
            values,
        ),
        receipt,
    )


def read_json(answer: httpx.Response) -> Any:
    """The body as JSON, or nothing: errors come as JSON, text, XML or not at all."""
    try:
        return answer.json()
    except ValueError:
        return None


def _retry_after(header: str) -> float | None:
    return float(header) if header.isascii() and header.isdigit() else None

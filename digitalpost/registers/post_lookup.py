"""Who can get Digital Post, asked of the Serviceplatform (PostForespoerg) by authorities.

Source: protocols/sf1601.md section 3. One number in each address and a yes or no: it does not say
why somebody has no mailbox. The number is put in below httpx' own logging.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import httpx

from digitalpost.channels.sf1601.token import LOOK_UP, NoToken, TokenAuth
from digitalpost.identifiers import Identifier, IdentifierKind, age, birth_date
from digitalpost.models import MailboxStatus, RegisterName
from digitalpost.registers.contacts import FIELDS, NUMBER, OWN_MAILBOX_AGE, NumberInAddress
from digitalpost.registers.line import Line, RegisterSilent, Trouble
from digitalpost.sf1601_settings import Sf1601Settings
from digitalpost.tls import client_tls

_PATH = "/service/PostForespoerg_1/digitalpost"


class PostLookup:
    """The Serviceplatform as the register of contacts."""

    def __init__(self, settings: Sf1601Settings, *, timeout: float) -> None:
        """Raises `RegisterSilent` when the address or the certificate is no good."""
        self._at_once = max(settings.connections, 1)
        try:
            self._tokens = httpx.Client(
                verify=client_tls(settings.tls), timeout=timeout, trust_env=False
            )
            auth = TokenAuth(settings, LOOK_UP, self._tokens)
        except OSError:
            raise RegisterSilent(
                RegisterName.CONTACTS, Trouble.FIX_SETUP, "certifikatet kan ikke læses"
            ) from None
        self._line = Line(
            RegisterName.CONTACTS,
            settings.url or "",
            settings.tls,
            timeout=timeout,
            headers={"Accept": "application/json"},
            auth=auth,
            wrap=NumberInAddress,
        )

    def look_up(
        self, identifiers: Iterable[Identifier], *, on: date
    ) -> dict[Identifier, MailboxStatus]:
        """See `contacts.Contacts.look_up`."""
        wanted = list(dict.fromkeys(identifiers))
        asked = [one for one in wanted if not one.is_replacement]
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="post-lookup") as threads:
            answers = dict(zip(asked, threads.map(self._is_registered, asked), strict=True))
        return {one: _status(one, answers.get(one, False), on) for one in wanted}

    def close(self) -> None:
        """Close the connections."""
        self._line.close()
        self._tokens.close()

    def _is_registered(self, one: Identifier) -> bool:
        number = {NUMBER: (FIELDS[one.kind], one.number)}
        try:
            answer = self._line.ask("GET", _PATH, extensions=number)
        except NoToken as without:
            self._line.require_success(without.answer)
            raise self._line.unreadable() from None
        result = self._line.json_of(answer).get("result")
        if not isinstance(result, bool):
            raise self._line.unreadable()
        return result


def _status(one: Identifier, is_registered: bool, on: date) -> MailboxStatus:
    if is_registered:
        return MailboxStatus.REACHABLE
    born = birth_date(one.number) if one.kind is IdentifierKind.CPR else None
    if born is not None and not one.is_replacement and 0 <= age(born, on) < OWN_MAILBOX_AGE:
        return MailboxStatus.UNDER_15
    return MailboxStatus.UNKNOWN

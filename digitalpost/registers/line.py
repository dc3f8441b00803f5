"""The line to a register: HTTP over mutual TLS, and what each failure means for us."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import httpx

from digitalpost.environment import TlsSettings
from digitalpost.errors import Sentence, word
from digitalpost.models import RegisterName
from digitalpost.tls import client_tls, is_about_certificates

MOST_BYTES = 20_000_000  # more than any answer to a question of ours

_TRY_AGAIN = "%(register)s svarer ikke lige nu (%(answer)s). Vi spørger igen af os selv."
_SETUP_WRONG = (
    "%(register)s afviser forbindelsen (%(answer)s). "
    "En administrator skal se på certifikat og adgang."
)
_BAD_ADDRESS = word("adressen er skrevet forkert")
_NO_FILE = word("certifikatet kan ikke læses")


class Trouble(StrEnum):
    """What a failure means (design.md section 5). No letter is to blame for either."""

    RETRY = "retry"  # transport, 5xx, 429, an answer that cannot be read
    FIX_SETUP = "fix_setup"  # certificate, credentials, agreement


class RegisterSilent(Exception):  # noqa: N818 - a state, found while asking
    """There was no usable answer. The sentence says what staff need to know; no number in it."""

    def __init__(
        self,
        register: RegisterName,
        trouble: Trouble,
        answer: str | Sentence,
        retry_after: float | None = None,
    ) -> None:
        self.register = register
        self.trouble = trouble
        self.retry_after = retry_after  # seconds, when the register asked for it
        text = _TRY_AGAIN if trouble is Trouble.RETRY else _SETUP_WRONG
        self.sentence = Sentence(text, {"register": register.label, "answer": answer})
        super().__init__(str(self.sentence))


class Line:
    """Connections to one register, kept alive between questions."""

    def __init__(
        self,
        register: RegisterName,
        url: str,
        tls: TlsSettings,
        *,
        timeout: float,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | httpx.Auth | None = None,
        wrap: Callable[[httpx.BaseTransport], httpx.BaseTransport] | None = None,
    ) -> None:
        """Raises `RegisterSilent` when the address or the certificate is no good."""
        self.register = register
        try:
            context = client_tls(tls)
        except OSError:
            raise self._silent(Trouble.FIX_SETUP, _NO_FILE) from None
        transport: httpx.BaseTransport = httpx.HTTPTransport(verify=context)
        try:
            self._client = httpx.Client(
                base_url=url,
                transport=wrap(transport) if wrap else transport,
                timeout=timeout,
                headers=headers,
                auth=auth,
                trust_env=False,
            )
        except httpx.InvalidURL:
            raise self._silent(Trouble.FIX_SETUP, _BAD_ADDRESS) from None

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer, whatever its status. Raises `RegisterSilent` when there was none.

        The failed request holds a person's number, so it does not follow along as the cause.
        """
        try:
            answer = self._client.request(method, path, **request)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            silent = self._silent(Trouble.FIX_SETUP, _BAD_ADDRESS)
        except httpx.RequestError as error:
            if is_about_certificates(error):
                silent = self._silent(Trouble.FIX_SETUP, word("certifikatet godkendes ikke"))
            else:
                slow = isinstance(error, httpx.TimeoutException)
                what = word("intet svar i tide") if slow else word("ingen forbindelse")
                silent = self._silent(Trouble.RETRY, what)
        else:
            if len(answer.content) > MOST_BYTES:
                raise self.unreadable()
            return answer
        raise silent

    def require_success(self, answer: httpx.Response) -> httpx.Response:
        """The same answer when it is 2xx. Raises `RegisterSilent` otherwise."""
        if answer.is_success:
            return answer
        said = Sentence("svar %(status)s", {"status": answer.status_code})
        if answer.status_code == 429 or answer.status_code >= 500:
            after = answer.headers.get("Retry-After", "")
            raise self._silent(Trouble.RETRY, said, float(after) if after.isdigit() else None)
        raise self._silent(Trouble.FIX_SETUP, said)

    def json_of(self, answer: httpx.Response) -> dict[str, Any]:
        """The JSON object of a 2xx answer. Raises `RegisterSilent` for anything else."""
        self.require_success(answer)
        try:
            body = answer.json()
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise self.unreadable()
        return body

    def unreadable(self) -> RegisterSilent:
        """There was an answer, but it is not one to this question."""
        return self._silent(Trouble.RETRY, word("svaret kan ikke læses"))

    def refused(self, why: str) -> RegisterSilent:
        """The register says that we may not ask like this."""
        return self._silent(Trouble.FIX_SETUP, why)

    def failed(self, why: str) -> RegisterSilent:
        """The register could not answer now."""
        return self._silent(Trouble.RETRY, why)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _silent(
        self, trouble: Trouble, answer: str | Sentence, retry_after: float | None = None
    ) -> RegisterSilent:
        return RegisterSilent(self.register, trouble, answer, retry_after)


def json_body(value: Any) -> bytes:
    """A request body as JSON."""
    return json.dumps(value, ensure_ascii=False).encode()

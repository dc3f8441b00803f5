"""Sending one notice about an alarm: as e-mail by SMTP, or as a signed POST to another program."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

import httpx

from digitalpost.alarm_settings import MailSettings, WebhookSettings
from digitalpost.danish_time import local
from digitalpost.errors import Sentence

TIMEOUT = 20.0  # seconds for each step of a call
SIGNATURE = "X-DigitalPost-Signature"
MESSAGE_ID = "X-DigitalPost-Message"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class NotSent(Exception):  # noqa: N818 - a state: it is tried again
    """The notice did not go out. The text is the kind of failure only: no address, no password."""


@dataclass(frozen=True)
class Notice:
    """What is told: nothing about a person, only what stands on the board."""

    message_id: str  # the same in every attempt
    alarm_id: int
    institution: str
    kind: str
    subject: str
    label: str
    what: str
    to_do: str
    opened_at: datetime
    closed_at: datetime | None  # None: it has opened


def send_mail(settings: MailSettings, notice: Notice) -> None:
    """Hand the notice to the mail server. Raises `NotSent`.

    A password goes over an encrypted line only, unless the server is this machine.
    """
    context = ssl.create_default_context()
    try:
        with (
            smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT, context=context)
            if settings.is_tls
            else smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT)
        ) as line:
            line.ehlo_or_helo_if_needed()
            if not settings.is_tls and line.has_extn("starttls"):
                line.starttls(context=context)
            elif not settings.is_tls and settings.user and settings.host not in _LOOPBACK:
                raise NotSent("no encryption")
            if settings.user:
                line.login(settings.user, settings.password)
            line.send_message(_message(settings, notice))
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"{type(error).__name__} {error.smtp_code}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(type(error).__name__) from None


def send_webhook(settings: WebhookSettings, notice: Notice, at: datetime) -> None:
    """POST the notice with its signature. Anything but 2xx raises `NotSent`; no redirects."""
    body = json.dumps(_data(notice), ensure_ascii=False, sort_keys=True).encode()
    headers = {
        "Content-Type": "application/json",
        MESSAGE_ID: notice.message_id,
        SIGNATURE: signature(settings.secret, body, int(at.timestamp())),
    }
    try:
        with httpx.Client(timeout=TIMEOUT, trust_env=False) as client:
            answer = client.post(settings.url, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise NotSent(type(error).__name__) from None
    if not answer.is_success:
        raise NotSent(f"HTTP {answer.status_code}")


def signature(secret: str, body: bytes, at: int) -> str:
    """``t=<seconds since 1970>,v1=<HMAC-SHA256 of "t.body" in hexadecimal>``."""
    made = hmac.new(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256)
    return f"t={at},v1={made.hexdigest()}"


def _message(settings: MailSettings, notice: Notice) -> EmailMessage:
    message = EmailMessage()
    title = _OVER if notice.closed_at else _OPEN
    message["Subject"] = str(Sentence(title, {"label": notice.label, "name": notice.institution}))
    message["From"] = settings.sender
    message["To"] = ", ".join(settings.to)
    message["Date"] = format_datetime(notice.closed_at or notice.opened_at)
    message["Message-ID"] = f"<{notice.message_id}@{settings.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    since = Sentence("Alarmen åbnede %(when)s.", {"when": _moment(notice.opened_at)})
    lines = [notice.what, str(since)]
    if notice.closed_at:
        over = Sentence("Den lukkede af sig selv %(when)s.", {"when": _moment(notice.closed_at)})
        lines.append(str(over))
    else:
        lines += [notice.to_do, str(Sentence("Se mere på Tavle i DigitalPost."))]
    message.set_content("\n\n".join(lines) + "\n")
    return message


_OPEN = "Alarm: %(label)s (%(name)s)"
_OVER = "I orden igen: %(label)s (%(name)s)"


def _data(notice: Notice) -> Mapping[str, object]:
    return {
        "event": "alarm.closed" if notice.closed_at else "alarm.opened",
        "alarm": notice.alarm_id,
        "institution": notice.institution,
        "kind": notice.kind,
        "subject": notice.subject,
        "what": notice.what,
        "to_do": notice.to_do,
        "opened_at": notice.opened_at.astimezone(UTC).isoformat(),
        "closed_at": notice.closed_at.astimezone(UTC).isoformat() if notice.closed_at else None,
    }


def _moment(at: datetime) -> str:
    return f"{local(at):%d.%m.%Y kl. %H.%M}"

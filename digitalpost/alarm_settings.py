"""The settings of alarms: where notices about them go, by e-mail and by webhook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from digitalpost.environment import SettingsError

_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True)
class MailSettings:
    """The mail server that takes our notices, who sends them and who gets them."""

    host: str
    port: int
    is_tls: bool  # encrypted from the first byte (smtps); else STARTTLS where it is offered
    user: str
    password: str = field(repr=False)
    sender: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class WebhookSettings:
    """An address of another program, and the secret that its signatures are made with."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class AlarmSettings:
    """Both; None where notices are not sent that way. The console shows alarms in any case."""

    mail: MailSettings | None
    webhook: WebhookSettings | None


def read_alarm_settings(env: Mapping[str, str]) -> AlarmSettings:
    """From ALARM_*. Raises `SettingsError` for a half set-up: it would be silent when it counts."""
    return AlarmSettings(mail=_mail(env), webhook=_webhook(env))


def _mail(env: Mapping[str, str]) -> MailSettings | None:
    address = env.get("ALARM_SMTP_URL")
    to = tuple((env.get("ALARM_TO") or "").replace(",", " ").split())
    sender = env.get("ALARM_FROM") or ""
    if not address:
        if to or sender:
            raise SettingsError("ALARM_SMTP_URL mangler: alarmer kan ikke sendes som e-mail.")
        return None
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        # The address itself is not repeated: it may hold a password.
        raise SettingsError("ALARM_SMTP_URL skal være smtp://vært:587 eller smtps://vært:465.")
    if not sender or not to or not all(_is_address(one) for one in (sender, *to)):
        raise SettingsError("ALARM_FROM og ALARM_TO skal være e-mailadresser.")
    return MailSettings(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        is_tls=parts.scheme == "smtps",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        sender=sender,
        to=to,
    )


def _webhook(env: Mapping[str, str]) -> WebhookSettings | None:
    url, secret = env.get("ALARM_WEBHOOK_URL"), env.get("ALARM_WEBHOOK_SECRET") or ""
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError("ALARM_WEBHOOK_URL skal begynde med http:// eller https://.")
    if len(secret) < 16:
        raise SettingsError("ALARM_WEBHOOK_SECRET skal være mindst 16 tegn: den underskriver.")
    return WebhookSettings(url, secret)


def _is_address(text: str) -> bool:
    name, at, host = text.rpartition("@")
    return bool(name and at and host) and text.isascii() and text.isprintable()

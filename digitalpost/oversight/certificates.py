"""How long our certificates last: read from the files that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from digitalpost.environment import TlsSettings
from digitalpost.models import ChannelName, RegisterName
from digitalpost.settings import Settings

WARNINGS = (60, 30, 7, 0)  # days left; 0: it has run out


@dataclass(frozen=True)
class Certificate:
    """One file, and everything that shows it to the other side."""

    used_by: tuple[str, ...]  # names as in the settings; the first one names the certificate
    labels: tuple[str, ...]  # the words that staff see
    ends_at: datetime | None  # None: the file can't be read


def read_certificates(settings: Settings) -> list[Certificate]:
    """Each certificate of a channel or register that is set up, once. Reads files only."""
    by_file: dict[Path, list[ChannelName | RegisterName]] = {}
    for user, is_set_up, tls in _users(settings):
        if is_set_up and tls.certificate is not None:
            by_file.setdefault(tls.certificate.resolve(), []).append(user)
    return [
        Certificate(
            used_by=tuple(user.value for user in users),
            labels=tuple(user.label for user in users),
            ends_at=_end_of(path),
        )
        for path, users in by_file.items()
    ]


def warning_of(certificate: Certificate, at: datetime) -> int | None:
    """The smallest of `WARNINGS` that is reached; None when there is long to go."""
    if certificate.ends_at is None:
        return 0
    left = (certificate.ends_at - at).total_seconds() / 86_400
    reached = [days for days in WARNINGS if left <= days]
    return min(reached, default=None)


def _users(
    settings: Settings,
) -> Iterator[tuple[ChannelName | RegisterName, bool, TlsSettings]]:
    digital_post, registers = settings.channels.digital_post, settings.registers
    yield ChannelName.EBOKS, bool(settings.eboks.url), settings.eboks.tls
    yield ChannelName.DIGITAL_POST, bool(digital_post.url), digital_post.tls
    yield RegisterName.CONTACTS, bool(registers.contacts.url), registers.contacts.tls
    yield RegisterName.CPR, bool(registers.cpr.url), registers.cpr.tls
    yield RegisterName.VIRK, bool(registers.virk.url), registers.virk.tls


def _end_of(path: Path) -> datetime | None:
    """When the first certificate in the file, which is ours, runs out."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())[0].not_valid_after_utc
    except (OSError, ValueError):
        return None

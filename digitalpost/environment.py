"""Reading what an installation is told from outside: variables, small JSON files, the sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any


class SettingsError(ValueError):
    """A setting that cannot be used. The message is Danish and names the variable."""


@dataclass(frozen=True)
class TlsSettings:
    """How we know the other side, and how it knows us."""

    ca: Path | None  # the certificates that the server's own is checked against
    certificate: Path | None  # our client certificate
    key: Path | None  # and its private key


def read_tls(env: Mapping[str, str], prefix: str) -> TlsSettings:
    """The files named in PREFIX_CA, PREFIX_CERTIFICATE and PREFIX_KEY."""

    def path(name: str) -> Path | None:
        value = env.get(f"{prefix}_{name}")
        return Path(value) if value else None

    return TlsSettings(path("CA"), path("CERTIFICATE"), path("KEY"))


def whole_number(name: str, value: str) -> int:
    """The whole number in the variable ``name``. Raises `SettingsError`."""
    if not value.isdigit():
        raise SettingsError(f"{name} skal være et helt tal, ikke «{value}».")
    return int(value)


def seconds(name: str, value: str) -> float:
    """A time in seconds in the variable ``name``, more than nothing. Raises `SettingsError`."""
    try:
        found = float(value)
    except ValueError:
        found = 0.0
    if not 0 < found < 86_400:
        raise SettingsError(f"{name} skal være et antal sekunder, ikke «{value}».")
    return found


def days_in(name: str, value: str) -> frozenset[date]:
    """The days in the variable ``name``: ``2026-12-23`` and ranges ``2026-10-12/2026-10-16``.

    Raises `SettingsError`.
    """
    found: set[date] = set()
    for part in value.replace(",", " ").split():
        first, _, last = part.partition("/")
        try:
            day, end = date.fromisoformat(first), date.fromisoformat(last or first)
        except ValueError as error:
            raise SettingsError(f"{name} skal være dage som 2026-12-23, ikke «{part}».") from error
        if not timedelta(0) <= end - day <= timedelta(days=366):
            raise SettingsError(f"{name} skal være dage som 2026-12-23, ikke «{part}».")
        found |= {day + timedelta(days=one) for one in range((end - day).days + 1)}
    return frozenset(found)


@dataclass(frozen=True)
class Limits:
    """How many letters may be handed to a channel; 0: as many as there are."""

    per_minute: int = 0
    per_day: int = 0  # a day in Denmark


NO_LIMITS = Limits()


def read_limits(env: Mapping[str, str], prefix: str) -> Limits:
    """PREFIX_PER_MINUTE and PREFIX_PER_DAY. Raises `SettingsError`."""
    minute, day = f"{prefix}_PER_MINUTE", f"{prefix}_PER_DAY"
    return Limits(
        whole_number(minute, env.get(minute) or "0"), whole_number(day, env.get(day) or "0")
    )


def one_of(name: str, value: str, choices: tuple[str, ...]) -> str:
    """The value of the variable ``name`` when it is one of ``choices``. Raises `SettingsError`."""
    if value not in choices:
        raise SettingsError(f"{name} skal være {' eller '.join(choices)}, ikke «{value}».")
    return value


def with_defaults(env: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """``defaults``, and over them every variable that is set to something."""
    return {**defaults, **{name: value for name, value in env.items() if value}}


def sandbox_address(home: Path) -> dict[str, str]:
    """Where the sandbox of this home answers; empty when it has none."""
    return read_json(home / "sandbox" / "address.json")


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file; empty when there is no file. Raises `SettingsError`."""
    try:
        data = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise SettingsError(f"Filen {path} kan ikke læses.") from error
    return data if isinstance(data, dict) else {}

"""The settings of KOMBIT's Serviceplatform (SF1601), and of receipts that are sent to us."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from digitalpost.environment import (
    NO_LIMITS,
    Limits,
    SettingsError,
    TlsSettings,
    one_of,
    read_limits,
    read_tls,
    sandbox_address,
    seconds,
    whole_number,
    with_defaults,
)

POST_CATEGORIES = ("Economique", "Prioritaire", "Bulk", "Rekommanderet")


@dataclass(frozen=True)
class Sf1601Settings:
    """Our user system on the Serviceplatform (protocols/sf1601.md)."""

    url: str | None  # as in https://prod.serviceplatformen.dk
    sts_url: str  # the whole address that gives SAML tokens
    sender_cvr: str  # the authority that sends
    sender_name: str
    contact_point_id: str  # where answers are routed to; empty: not said
    memo_version: str
    path: str  # "kombi" or "memos": where Digital Post is handed in
    print_type: str  # number agreed with the print supplier; empty: nothing is sent on paper
    post_category: str  # how letters on paper are posted
    tls: TlsSettings
    timeout: float  # seconds for one call
    connections: int  # letters sent side by side
    max_bytes: int  # size of one letter's PDF
    is_sandbox: bool  # letters go to the stand-in of this home
    limits: Limits = NO_LIMITS
    signing_url: str = ""  # letters that must be signed go another way

    @property
    def is_set_up(self) -> bool:
        """Whether there is a line, tokens to use it with, and a number to send from."""
        return bool(self.url and self.sts_url and self.sender_cvr)


@dataclass(frozen=True)
class PushSettings:
    """Who may send us receipts. The reverse proxy checks the key and hands on the certificate."""

    certificate_header: str  # empty: nobody may, and the addresses are not there
    sf1601: frozenset[str]  # SHA-256 of the certificates that may speak for the Serviceplatform
    digital_post: frozenset[str]  # and for Digital Post
    own_cvr: str  # receipts of the Serviceplatform are for this authority

    @property
    def is_set_up(self) -> bool:
        """Whether anybody may send us anything."""
        return bool(self.certificate_header and (self.sf1601 or self.digital_post))


def read_sf1601_settings(
    env: Mapping[str, str], home: Path, *, institution: str, own_cvr: str
) -> Sf1601Settings:
    """The line from SF1601_*, else the sandbox's of this home. Raises `SettingsError`."""
    env, is_sandbox = with_sandbox(env, home)
    version = env.get("SF1601_MEMO_VERSION") or "1.2"
    category = env.get("SF1601_POST_CATEGORY") or POST_CATEGORIES[0]
    print_type = env.get("SF1601_PRINT_TYPE", "")
    if print_type:
        whole_number("SF1601_PRINT_TYPE", print_type)
    most = whole_number("SF1601_MAX_MB", env.get("SF1601_MAX_MB") or "70")
    return Sf1601Settings(
        url=(env.get("SF1601_URL") or "").rstrip("/") or None,
        sts_url=env.get("SF1601_STS_URL", ""),
        sender_cvr=env.get("SF1601_CVR") or own_cvr,
        sender_name=env.get("SF1601_NAME") or institution,
        contact_point_id=env.get("SF1601_CONTACT_POINT", ""),
        memo_version=one_of("SF1601_MEMO_VERSION", version, ("1.1", "1.2")),
        path=one_of("SF1601_PATH", env.get("SF1601_PATH") or "kombi", ("kombi", "memos")),
        print_type=print_type,
        post_category=one_of("SF1601_POST_CATEGORY", category, POST_CATEGORIES),
        tls=read_tls(env, "SF1601"),
        timeout=seconds("SF1601_TIMEOUT", env.get("SF1601_TIMEOUT") or "60"),
        connections=whole_number("SF1601_CONNECTIONS", env.get("SF1601_CONNECTIONS") or "8"),
        max_bytes=most * 1_000_000,
        is_sandbox=is_sandbox,
        limits=read_limits(env, "SF1601"),
    )


def read_push_settings(env: Mapping[str, str], *, own_cvr: str) -> PushSettings:
    """Who may send us receipts, from PUSH_*. Raises `SettingsError`."""
    return PushSettings(
        certificate_header=env.get("PUSH_CERTIFICATE_HEADER", "").strip(),
        sf1601=_fingerprints("PUSH_SF1601_FINGERPRINTS", env.get("PUSH_SF1601_FINGERPRINTS", "")),
        digital_post=_fingerprints(
            "PUSH_DIGITAL_POST_FINGERPRINTS", env.get("PUSH_DIGITAL_POST_FINGERPRINTS", "")
        ),
        own_cvr=env.get("SF1601_CVR") or own_cvr,
    )


_IN_SANDBOX = {
    "SF1601_URL": "sf1601",
    "SF1601_STS_URL": "sf1601_sts",
    "SF1601_CA": "ca",
    "SF1601_CERTIFICATE": "client_certificate",
    "SF1601_KEY": "client_key",
}


def with_sandbox(env: Mapping[str, str], home: Path) -> tuple[dict[str, str], bool]:
    """The variables with the sandbox's line where none is given, and whether it is used."""
    if env.get("SF1601_URL") or env.get("EBOKS_URL"):
        return dict(env), False
    address = sandbox_address(home)
    return with_defaults(
        env, {name: address.get(key, "") for name, key in _IN_SANDBOX.items()}
    ), True


def _fingerprints(name: str, value: str) -> frozenset[str]:
    """SHA-256 in hex, with or without colons, any number of them."""
    found = value.replace(",", " ").replace(":", "").lower().split()
    if not all(re.fullmatch("[0-9a-f]{64}", one) for one in found):
        raise SettingsError(f"{name} skal være SHA-256-fingeraftryk på 64 hextegn hver.")
    return frozenset(found)

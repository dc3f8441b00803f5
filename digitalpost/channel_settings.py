"""The settings of the ways out: their order, Digital Post, and the print provider's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
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
from digitalpost.sf1601_settings import (
    PushSettings,
    Sf1601Settings,
    read_push_settings,
    read_sf1601_settings,
)

# e-Boks first: many a school may only receive in Digital Post (protocols/digital-post-rest.md,
# section 2), and what e-Boks can't do goes on to the next.
CHANNELS = ("eboks", "digital_post", "remote_print", "local_print")
# Only authorities with an agreement have this one, so it is named by who wants it.
_NAMES = (*CHANNELS, "sf1601")


@dataclass(frozen=True)
class DigitalPostSettings:
    """Our sender system in Digital Post (protocols/digital-post-rest.md section 1)."""

    url: str | None  # up to and with the version, as in https://api.digitalpost.dk/apis/v1
    token: str = field(repr=False)  # identifies our system; the certificate is what counts
    sender_cvr: str  # who sends
    sender_name: str
    contact_point_id: str  # where answers are routed to; empty: not said
    memo_version: str
    tls: TlsSettings
    timeout: float  # seconds for one call
    connections: int  # letters sent side by side
    max_bytes: int  # size of one letter's PDF
    is_sandbox: bool  # letters go to the stand-in of this home
    limits: Limits = NO_LIMITS
    signing_url: str = ""  # base address of the page where letters are signed; empty: no signing
    at_once: int = 1  # letters in one call, in a container; 1: a call for each


@dataclass(frozen=True)
class RemotePrintSettings:
    """The print provider: letters are put into a folder, and its receipts are read from there."""

    folder: Path | None  # None: there is no provider
    max_bytes: int  # size of one letter's PDF
    is_sandbox: bool  # the folder is the stand-in's of this home
    limits: Limits = NO_LIMITS


@dataclass(frozen=True)
class ChannelSettings:
    """What decides which way a letter goes out, beside each channel's own settings."""

    sequence: tuple[str, ...]  # names of channels, the preferred one first
    prices: Mapping[str, int]  # øre for one letter, by the name of its channel
    digital_post: DigitalPostSettings
    sf1601: Sf1601Settings
    push: PushSettings
    remote_print: RemotePrintSettings


def read_channel_settings(
    env: Mapping[str, str],
    home: Path,
    sequence: str,
    prices: str,
    *,
    institution: str,
    own_cvr: str,
    signing_url: str = "",
) -> ChannelSettings:
    """The order in ``sequence``, and the lines from DIGITAL_POST_* and REMOTE_PRINT_*, else the

    sandbox's. As with the registers, the sandbox is not used once letters go to the real e-Boks
    (EBOKS_URL): its letters reach nobody. We send as ``institution`` with the number ``own_cvr``
    unless another is named; letters are signed at ``signing_url``. Raises `SettingsError`.
    """
    names = tuple(sequence.replace(",", " ").split())
    if not names or len(set(names)) < len(names) or not set(names) <= set(_NAMES):
        raise SettingsError(
            f"DIGITALPOST_CHANNELS skal være en rækkefølge af {', '.join(_NAMES)}, "
            f"ikke «{sequence}»."
        )
    folder = env.get("REMOTE_PRINT_FOLDER")
    is_sandbox = not folder and not env.get("EBOKS_URL")
    if is_sandbox:
        folder = sandbox_address(home).get("remote_print")
    most = whole_number("REMOTE_PRINT_MAX_MB", env.get("REMOTE_PRINT_MAX_MB") or "100")
    return ChannelSettings(
        sequence=names,
        prices=_prices(prices),
        digital_post=replace(
            _digital_post(env, home, institution, own_cvr), signing_url=signing_url
        ),
        sf1601=read_sf1601_settings(env, home, institution=institution, own_cvr=own_cvr),
        push=read_push_settings(env, own_cvr=own_cvr),
        remote_print=RemotePrintSettings(
            folder=Path(folder) if folder else None,
            max_bytes=most * 1_000_000,
            is_sandbox=is_sandbox,
            limits=read_limits(env, "REMOTE_PRINT"),
        ),
    )


def _prices(text: str) -> dict[str, int]:
    """Øre by channel, from ``eboks=0,85 local_print=28``: kroner for one letter."""
    prices = {}
    for word in text.split():
        name, _, kroner = word.partition("=")
        try:
            ore = Decimal(kroner.replace(",", ".")) * 100
        except InvalidOperation:
            ore = Decimal(-1)
        if name not in _NAMES or not ore.is_finite() or ore < 0 or ore != int(ore):
            raise SettingsError(
                "DIGITALPOST_PRICES skal være priser i kroner, fx «eboks=0,85 local_print=28», "
                f"ikke «{text}»."
            )
        prices[name] = int(ore)
    return prices


_DIGITAL_POST_IN_SANDBOX = {
    "DIGITAL_POST_URL": "digital_post",
    "DIGITAL_POST_TOKEN": "digital_post_token",
    "DIGITAL_POST_CA": "ca",
    "DIGITAL_POST_CERTIFICATE": "client_certificate",
    "DIGITAL_POST_KEY": "client_key",
}


def _digital_post(
    env: Mapping[str, str], home: Path, institution: str, own_cvr: str
) -> DigitalPostSettings:
    is_sandbox = not env.get("DIGITAL_POST_URL") and not env.get("EBOKS_URL")
    if is_sandbox:
        address = sandbox_address(home)
        names = _DIGITAL_POST_IN_SANDBOX.items()
        env = with_defaults(env, {name: address.get(key, "") for name, key in names})
    version = env.get("DIGITAL_POST_MEMO_VERSION") or "1.2"
    most = whole_number("DIGITAL_POST_MAX_MB", env.get("DIGITAL_POST_MAX_MB") or "70")
    connections = env.get("DIGITAL_POST_CONNECTIONS") or "8"
    return DigitalPostSettings(
        url=env.get("DIGITAL_POST_URL") or None,
        token=env.get("DIGITAL_POST_TOKEN", ""),
        sender_cvr=env.get("DIGITAL_POST_CVR") or own_cvr,
        sender_name=env.get("DIGITAL_POST_NAME") or institution,
        contact_point_id=env.get("DIGITAL_POST_CONTACT_POINT", ""),
        memo_version=one_of("DIGITAL_POST_MEMO_VERSION", version, ("1.1", "1.2")),
        tls=read_tls(env, "DIGITAL_POST"),
        timeout=seconds("DIGITAL_POST_TIMEOUT", env.get("DIGITAL_POST_TIMEOUT") or "60"),
        connections=whole_number("DIGITAL_POST_CONNECTIONS", connections),
        max_bytes=most * 1_000_000,
        is_sandbox=is_sandbox,
        limits=read_limits(env, "DIGITAL_POST"),
        at_once=whole_number("DIGITAL_POST_AT_ONCE", env.get("DIGITAL_POST_AT_ONCE") or "1"),
    )

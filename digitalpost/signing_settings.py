"""The settings of signing: our public page, the signing service, and whose signatures we trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from digitalpost.environment import (
    SettingsError,
    TlsSettings,
    read_tls,
    sandbox_address,
    seconds,
    whole_number,
    with_defaults,
)

_LONGEST_URL = 200  # with a token behind it, it must fit into a MeMo's 256 characters


@dataclass(frozen=True)
class SigningSettings:
    """What signing needs (protocols/guardian-and-signing.md part B)."""

    url: str  # public base address of our page, https; empty: there is none
    service_url: str | None
    key: Path | None  # our private key (PEM, P-256): the parameters are signed with it
    trust_roots: Path | None  # certificates (PEM) of the issuers whose signatures count
    tls: TlsSettings
    timeout: float  # seconds for one call
    remind_days: int  # without a signature for so long, its owner is told
    is_sandbox: bool

    @property
    def is_set_up(self) -> bool:
        """Whether letters can be sent that must be signed."""
        return bool(self.url and self.service_url and self.key and self.trust_roots)


def read_signing_settings(
    env: Mapping[str, str], home: Path, *, console: tuple[str, int]
) -> SigningSettings:
    """From SIGNING_*, else the sandbox's; as with the registers, not once EBOKS_URL is set.

    ``console`` is where the console answers: in the sandbox the page is there. Raises
    `SettingsError`.
    """
    is_sandbox = not env.get("SIGNING_SERVICE_URL") and not env.get("EBOKS_URL")
    if is_sandbox:
        address = sandbox_address(home)
        host, port = console
        host = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104
        found = {
            "SIGNING_SERVICE_URL": address.get("signing", ""),
            "SIGNING_TOKEN_KEY": address.get("client_key", ""),
            "SIGNING_TRUST_ROOTS": address.get("signing_ca", ""),
            "SIGNING_URL": f"https://{host}:{port}",
        }
        env = with_defaults(env, found)
    url = (env.get("SIGNING_URL") or "").rstrip("/")
    if url and (not url.startswith("https://") or len(url) > _LONGEST_URL):
        raise SettingsError("SIGNING_URL skal være en kort adresse, der begynder med https://.")
    service = env.get("SIGNING_SERVICE_URL") or None
    if service and not service.startswith(("https://", "http://127.0.0.1:")):
        raise SettingsError("SIGNING_SERVICE_URL skal begynde med https://.")
    days = whole_number("SIGNING_REMIND_DAYS", env.get("SIGNING_REMIND_DAYS") or "3")
    return SigningSettings(
        url=url,
        service_url=service.rstrip("/") if service else None,
        key=_path(env, "SIGNING_TOKEN_KEY"),
        trust_roots=_path(env, "SIGNING_TRUST_ROOTS"),
        tls=read_tls(env, "SIGNING"),
        timeout=seconds("SIGNING_TIMEOUT", env.get("SIGNING_TIMEOUT") or "30"),
        remind_days=days,
        is_sandbox=is_sandbox,
    )


def _path(env: Mapping[str, str], name: str) -> Path | None:
    value = env.get(name)
    return Path(value) if value else None

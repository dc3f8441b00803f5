"""The settings of the three registers: who can get Digital Post, CPR, and CVR (Virk)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from digitalpost.environment import (
    TlsSettings,
    one_of,
    read_tls,
    sandbox_address,
    seconds,
    whole_number,
    with_defaults,
)
from digitalpost.sf1601_settings import Sf1601Settings, read_sf1601_settings


@dataclass(frozen=True)
class ContactsSettings:
    """The contact register of Digital Post (protocols/digital-post-rest.md sections 1 and 5)."""

    # Up to and with the version, as in https://api.digitalpost.dk/apis/v1; the platform's if asked.
    url: str | None
    token: str = field(repr=False)  # identifies our system; the certificate is what counts
    tls: TlsSettings
    timeout: float  # seconds for one call
    lookup: str  # "body": numbers in the body, many at once; "query": one in each address
    max_age: timedelta  # an answer older than this is asked for again
    platform: Sf1601Settings | None  # the Serviceplatform is asked instead


@dataclass(frozen=True)
class CprSettings:
    """The CPR replica SF1520 (protocols/guardian-and-signing.md section A)."""

    url: str | None  # the whole address of the service, with path and version
    namespace_version: int  # the number at the end of the contract's XML namespace
    service_agreement: str  # UUIDs of the agreement with KOMBIT
    user_system: str
    user: str
    service: str
    municipality_cvr: str  # the authority on whose behalf we ask; empty: not said
    tls: TlsSettings
    timeout: float


@dataclass(frozen=True)
class VirkSettings:
    """The CVR register (protocols/virk-cvr.md)."""

    url: str | None  # as in http://distribution.virk.dk/cvr-permanent
    user: str
    password: str = field(repr=False)
    company_path: str  # the typed paths may go away, so they can be changed
    unit_path: str
    tls: TlsSettings
    timeout: float


@dataclass(frozen=True)
class RegisterSettings:
    """All three. A register without an address is not set up, and the pages say so."""

    contacts: ContactsSettings
    cpr: CprSettings
    virk: VirkSettings

    @property
    def any_is_set_up(self) -> bool:
        """Whether there is anything to ask."""
        return bool(self.contacts.url or self.cpr.url or self.virk.url)


def read_register_settings(
    env: Mapping[str, str], home: Path, *, institution: str = "", own_cvr: str = ""
) -> RegisterSettings:
    """The registers from CONTACTS_*, CPR_* and VIRK_*, else the sandbox's of this home.

    The sandbox's people are invented: as soon as letters go to the real e-Boks (EBOKS_URL), its
    registers are not asked. Raises `SettingsError`.
    """
    sandbox = {} if env.get("EBOKS_URL") else sandbox_address(home)
    return RegisterSettings(
        contacts=_contacts(
            _with_sandbox(env, sandbox, "CONTACTS", _CONTACTS_IN_SANDBOX),
            read_sf1601_settings(env, home, institution=institution, own_cvr=own_cvr),
        ),
        cpr=_cpr(_with_sandbox(env, sandbox, "CPR", _CPR_IN_SANDBOX)),
        virk=_virk(_with_sandbox(env, sandbox, "VIRK", _VIRK_IN_SANDBOX)),
    )


_CONTACTS_IN_SANDBOX = {"CONTACTS_URL": "contacts", "CONTACTS_TOKEN": "contacts_token"}
_CPR_IN_SANDBOX = {
    "CPR_URL": "cpr",
    "CPR_SERVICE_AGREEMENT": "cpr_service_agreement",
    "CPR_USER_SYSTEM": "cpr_user_system",
    "CPR_USER": "cpr_user",
    "CPR_SERVICE": "cpr_service",
}
_VIRK_IN_SANDBOX = {
    "VIRK_URL": "virk",
    "VIRK_USER": "virk_user",
    "VIRK_PASSWORD": "virk_password",
}
_TLS_IN_SANDBOX = {"CA": "ca", "CERTIFICATE": "client_certificate", "KEY": "client_key"}


def _with_sandbox(
    env: Mapping[str, str],
    sandbox: Mapping[str, str],
    prefix: str,
    names: Mapping[str, str],
) -> dict[str, str]:
    """The variables, with the sandbox's address, keys and certificates where none is given."""
    if env.get(f"{prefix}_URL"):
        return dict(env)
    keys = {**names, **{f"{prefix}_{name}": key for name, key in _TLS_IN_SANDBOX.items()}}
    return with_defaults(env, {name: sandbox.get(key, "") for name, key in keys.items()})


def _contacts(env: Mapping[str, str], platform: Sf1601Settings) -> ContactsSettings:
    source = env.get("CONTACTS_SOURCE") or "digital_post"
    ask_platform = one_of("CONTACTS_SOURCE", source, ("digital_post", "sf1601")) == "sf1601"
    platform_url = platform.url if platform.is_set_up else None
    age = whole_number("CONTACTS_MAX_AGE_HOURS", env.get("CONTACTS_MAX_AGE_HOURS") or "24")
    return ContactsSettings(
        url=platform_url if ask_platform else env.get("CONTACTS_URL") or None,
        token=env.get("CONTACTS_TOKEN", ""),
        tls=read_tls(env, "CONTACTS"),
        timeout=seconds("CONTACTS_TIMEOUT", env.get("CONTACTS_TIMEOUT") or "30"),
        lookup=one_of("CONTACTS_LOOKUP", env.get("CONTACTS_LOOKUP") or "body", ("body", "query")),
        max_age=timedelta(hours=age),
        platform=platform if ask_platform else None,
    )


def _cpr(env: Mapping[str, str]) -> CprSettings:
    version = env.get("CPR_NAMESPACE_VERSION") or "4"
    return CprSettings(
        url=env.get("CPR_URL") or None,
        namespace_version=whole_number("CPR_NAMESPACE_VERSION", version),
        service_agreement=env.get("CPR_SERVICE_AGREEMENT", ""),
        user_system=env.get("CPR_USER_SYSTEM", ""),
        user=env.get("CPR_USER", ""),
        service=env.get("CPR_SERVICE", ""),
        municipality_cvr=env.get("CPR_MUNICIPALITY_CVR", ""),
        tls=read_tls(env, "CPR"),
        timeout=seconds("CPR_TIMEOUT", env.get("CPR_TIMEOUT") or "30"),
    )


def _virk(env: Mapping[str, str]) -> VirkSettings:
    return VirkSettings(
        url=env.get("VIRK_URL") or None,
        user=env.get("VIRK_USER", ""),
        password=env.get("VIRK_PASSWORD", ""),
        company_path=env.get("VIRK_COMPANY_PATH") or "/virksomhed/_search",
        unit_path=env.get("VIRK_UNIT_PATH") or "/produktionsenhed/_search",
        tls=read_tls(env, "VIRK"),
        timeout=seconds("VIRK_TIMEOUT", env.get("VIRK_TIMEOUT") or "30"),
    )

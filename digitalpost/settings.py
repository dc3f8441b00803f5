"""Every setting, read from the environment once, with its default and what it means."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from digitalpost.alarm_settings import AlarmSettings, read_alarm_settings
from digitalpost.channel_settings import CHANNELS, ChannelSettings, read_channel_settings
from digitalpost.environment import (
    NO_LIMITS,
    Limits,
    TlsSettings,
    days_in,
    one_of,
    read_json,
    read_limits,
    read_tls,
    sandbox_address,
    seconds,
    whole_number,
    with_defaults,
)
from digitalpost.environment import SettingsError as SettingsError
from digitalpost.incoming_settings import IncomingSettings, read_incoming_settings
from digitalpost.post_days import Calendar
from digitalpost.register_settings import RegisterSettings, read_register_settings
from digitalpost.signing_settings import SigningSettings, read_signing_settings


@dataclass(frozen=True)
class EboksSettings:
    """The sender agreement with e-Boks (protocols/eboks-dispatch.md sections 1-3)."""

    url: str | None  # base address; None when no line is set up
    mode: str  # "proxy" (JSON answers and status poll) or "direct" (empty answers, no poll)
    system_id: str  # dispatch system number given by e-Boks
    client_id: str  # identifies the customer at the proxy; empty in direct mode
    content_type_id: str  # document type agreed with e-Boks
    ca: Path | None  # the certificates that the server's own is checked against
    certificate: Path | None  # our client certificate
    key: Path | None  # and its private key
    timeout: float  # seconds for one call
    connections: int  # letters sent side by side
    max_bytes: int  # size of one letter's PDF
    is_sandbox: bool  # letters go to the stand-in of this home, not to e-Boks
    limits: Limits = NO_LIMITS

    @property
    def tls(self) -> TlsSettings:
        """How the two sides know each other."""
        return TlsSettings(self.ca, self.certificate, self.key)


@dataclass(frozen=True)
class ConversionSettings:
    """How files that are no PDF become one, and who looks for malware in them."""

    soffice: str  # LibreOffice's program; empty: the one on PATH
    gotenberg_url: str | None  # a Gotenberg server takes LibreOffice's place
    office_seconds: int  # longest time for one Office file
    office_memory: int  # bytes of address space for LibreOffice
    office_reads: tuple[str, ...]  # folders that LibreOffice may read beside the system's
    office_max_bytes: int  # largest file that it may write
    clamd_url: str | None  # tcp://host:port or unix:/path; None: files are not scanned
    clamd_seconds: int  # longest silence of the scanner
    clamd_optional: bool  # True: files pass when the scanner gives no answer


@dataclass(frozen=True)
class Settings:
    """What one institution's installation is told from outside."""

    home: Path  # all state of the installation
    database_url: str
    redis_url: str | None  # None: a queue server of our own on a unix socket in home
    documents_url: str  # folder (file://) or bucket (s3://) of the document store
    master_key: str | None  # base64 of 32 bytes; None: read from master_key_file
    master_key_file: Path
    institution_name: str
    institution_address: tuple[str, ...]  # lines of it, for letters that are written here
    own_cvr: frozenset[str]  # our own CVR numbers: never a recipient found in a file
    host: str
    port: int
    web_workers: int
    web_threads: int
    workers: int  # job workers under `run`
    processes: int  # child processes that read and cut PDF files, per job
    hold_seconds: int  # undo window between approval and dispatch
    lease_seconds: int  # how long a claim stands before someone else may take it over
    confirm_above: int  # from this many letters the clerk types the number
    doubtful_percent: int  # more red letters than this share need a supervisor's approval
    max_upload_bytes: int
    max_pages: int
    ocr: str  # "auto": pages without text are read by Tesseract where it is installed; or "off"
    give_up_hours: int  # a letter that could not be sent for so long needs a person
    session_hours: int  # sign-in ends after so long without a click
    secure_cookies: bool  # cookies over HTTPS only
    trust_proxy: bool  # believe X-Forwarded-* from the reverse proxy in front
    demo: bool
    calendar: Calendar  # how long post takes, and when the institution is closed
    conversion: ConversionSettings
    channels: ChannelSettings
    eboks: EboksSettings
    registers: RegisterSettings
    signing: SigningSettings
    alarms: AlarmSettings
    incoming: IncomingSettings

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the environment (README lists every variable). Raises `SettingsError`."""
        env = dict(os.environ if environ is None else environ)
        home = Path(env.get("DIGITALPOST_HOME") or "instance").resolve()
        saved = read_json(home / "settings.json")  # chosen at `init`; the environment wins

        def text(name: str, default: str) -> str:
            return env.get(f"DIGITALPOST_{name}") or str(saved.get(name.lower(), default))

        def number(name: str, default: int) -> int:
            return whole_number(f"DIGITALPOST_{name}", text(name, str(default)))

        def flag(name: str, default: bool) -> bool:
            return text(name, "1" if default else "0").lower() in {"1", "true", "yes", "ja"}

        demo = flag("DEMO", False)
        console = (text("HOST", "127.0.0.1"), number("PORT", 8000))
        signing = read_signing_settings(env, home, console=console)
        institution = text("INSTITUTION", "DigitalPost")
        own_cvr = frozenset(text("OWN_CVR", "").replace(",", " ").split())
        cvr = min(own_cvr, default="")
        channels = read_channel_settings(
            env,
            home,
            text("CHANNELS", " ".join(CHANNELS)),
            text("PRICES", _DEMO_PRICES if demo else ""),
            institution=institution,
            own_cvr=cvr,
            signing_url=signing.url if signing.is_set_up else "",
        )
        return cls(
            home=home,
            database_url=env.get("DATABASE_URL") or f"sqlite:///{home / 'digitalpost.db'}",
            redis_url=env.get("REDIS_URL") or None,
            documents_url=text("DOCUMENTS_URL", (home / "documents").as_uri()),
            master_key=env.get("DIGITALPOST_MASTER_KEY") or None,
            master_key_file=Path(text("MASTER_KEY_FILE", str(home / "keys" / "master.key"))),
            institution_name=institution,
            institution_address=tuple(
                line.strip() for line in text("ADDRESS", "").split(";") if line.strip()
            ),
            own_cvr=own_cvr,
            host=console[0],
            port=console[1],
            web_workers=number("WEB_WORKERS", 2),
            web_threads=number("WEB_THREADS", 8),
            workers=number("WORKERS", 2),
            processes=number("PROCESSES", min(os.cpu_count() or 1, 4)),
            hold_seconds=number("HOLD_SECONDS", 30 if demo else 600),
            lease_seconds=number("LEASE_SECONDS", 30),
            confirm_above=number("CONFIRM_ABOVE", 1),
            doubtful_percent=number("DOUBTFUL_PERCENT", 20),
            max_upload_bytes=number("MAX_UPLOAD_MB", 500) * 1_000_000,
            max_pages=number("MAX_PAGES", 60_000),
            ocr=one_of("DIGITALPOST_OCR", text("OCR", "auto"), ("auto", "off")),
            give_up_hours=number("GIVE_UP_HOURS", 24),
            session_hours=number("SESSION_HOURS", 10),
            secure_cookies=flag("SECURE_COOKIES", False),
            trust_proxy=flag("TRUST_PROXY", False),
            demo=demo,
            calendar=Calendar(
                number("POST_DAYS", 5),
                days_in("DIGITALPOST_CLOSED_DAYS", text("CLOSED_DAYS", "")),
            ),
            conversion=_conversion(env, text, number, flag),
            channels=channels,
            eboks=_eboks(env, home),
            registers=read_register_settings(env, home, institution=institution, own_cvr=cvr),
            signing=signing,
            alarms=read_alarm_settings(env),
            incoming=read_incoming_settings(env, is_sandbox=channels.digital_post.is_sandbox),
        )


# Invented, so that the school of the demonstration sees what sending costs.
_DEMO_PRICES = "eboks=0,85 digital_post=0,60 remote_print=11,50 local_print=28"


def _conversion(
    env: Mapping[str, str],
    text: Callable[[str, str], str],
    number: Callable[[str, int], int],
    flag: Callable[[str, bool], bool],
) -> ConversionSettings:
    clamd_url = env.get("CLAMD_URL") or None
    if clamd_url and not clamd_url.startswith(("tcp://", "unix:/")):
        raise SettingsError("CLAMD_URL skal begynde med tcp:// eller unix:/.")
    gotenberg_url = env.get("GOTENBERG_URL") or None
    if gotenberg_url and not gotenberg_url.startswith(("http://", "https://")):
        raise SettingsError("GOTENBERG_URL skal begynde med http:// eller https://.")
    return ConversionSettings(
        soffice=text("SOFFICE", ""),
        gotenberg_url=gotenberg_url,
        office_seconds=number("OFFICE_SECONDS", 120),
        office_memory=number("OFFICE_MEMORY_MB", 4000) * 1_000_000,
        office_reads=tuple(filter(None, text("OFFICE_READS", "").split(":"))),
        office_max_bytes=number("OFFICE_MAX_MB", 500) * 1_000_000,
        clamd_url=clamd_url,
        clamd_seconds=number("CLAMD_SECONDS", 60),
        clamd_optional=flag("CLAMD_OPTIONAL", False),
    )


def _eboks(env: dict[str, str], home: Path) -> EboksSettings:
    """The e-Boks line from EBOKS_*; without EBOKS_URL the sandbox of this home, if it has one."""
    is_sandbox = not env.get("EBOKS_URL")
    if is_sandbox:
        address = sandbox_address(home)
        found = {
            "EBOKS_URL": address.get("eboks", ""),
            "EBOKS_MODE": address.get("mode", "proxy"),
            "EBOKS_SYSTEM_ID": address.get("system_id", ""),
            "EBOKS_CLIENT_ID": address.get("client_id", ""),
            "EBOKS_CA": address.get("ca", ""),
            "EBOKS_CERTIFICATE": address.get("client_certificate", ""),
            "EBOKS_KEY": address.get("client_key", ""),
        }
        env = with_defaults(env, found)
    mode = one_of("EBOKS_MODE", env.get("EBOKS_MODE") or "proxy", ("proxy", "direct"))
    tls = read_tls(env, "EBOKS")
    return EboksSettings(
        url=env.get("EBOKS_URL") or None,
        mode=mode,
        system_id=env.get("EBOKS_SYSTEM_ID") or "3994",
        client_id=env.get("EBOKS_CLIENT_ID", "") if mode == "proxy" else "",
        content_type_id=env.get("EBOKS_CONTENT_TYPE_ID") or "100234",
        ca=tls.ca,
        certificate=tls.certificate,
        key=tls.key,
        timeout=seconds("EBOKS_TIMEOUT", env.get("EBOKS_TIMEOUT") or "60"),
        connections=whole_number("EBOKS_CONNECTIONS", env.get("EBOKS_CONNECTIONS") or "8"),
        max_bytes=whole_number("EBOKS_MAX_MB", env.get("EBOKS_MAX_MB") or "30") * 1_000_000,
        is_sandbox=is_sandbox,
        limits=read_limits(env, "EBOKS"),
    )

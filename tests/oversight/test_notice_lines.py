"""The lines that notices go out on: encrypted, to a server that proves itself, or not at all."""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from digitalpost.db import now
from digitalpost.environment import SettingsError
from digitalpost.institution import Institution
from digitalpost.models import AlarmNotice, NoticeMedium
from digitalpost.oversight.notices import send_notices
from digitalpost.oversight.watch import watch
from tests.make import make_institution, make_settings
from tests.oversight.certificate import write_certificate
from tests.oversight.making import pause_channel
from tests.oversight.servers import mail_server

SECRET = "en hemmelighed på 20 tegn"
MAIL = {"ALARM_FROM": "vagt@egely.example", "ALARM_TO": "drift@egely.example"}


def problems(institution: Institution) -> list[str | None]:
    with institution.reading() as session:
        return list(session.scalars(sa.select(AlarmNotice.problem).order_by(AlarmNotice.id)))


def test_a_password_is_not_sent_in_the_clear_to_another_machine(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digitalpost.oversight.post._LOOPBACK", set())  # as if it were elsewhere
    with mail_server() as box:
        institution = make_institution(
            tmp_path / "home", tables=False, DATABASE_URL=database_url, **MAIL,
            ALARM_SMTP_URL=f"smtp://vagt:hemmeligt@127.0.0.1:{box.port}",
        )  # fmt: skip
        try:
            pause_channel(institution, minutes=10)
            watch(institution)
            assert send_notices(institution, NoticeMedium.MAIL) == 0
            assert problems(institution) == ["no encryption"]
            assert box.logins == box.mails == []
        finally:
            institution.close()


def test_without_settings_alarms_stand_in_the_console_alone(
    database_url: str, tmp_path: Path
) -> None:
    institution = make_institution(tmp_path / "home", tables=False, DATABASE_URL=database_url)
    try:
        pause_channel(institution, minutes=10)
        assert watch(institution)
        assert problems(institution) == []
    finally:
        institution.close()


@pytest.mark.parametrize(
    "environ",
    [
        {"ALARM_SMTP_URL": "http://mail.egely.example", **MAIL},
        {"ALARM_SMTP_URL": "smtp://:587", **MAIL},
        {"ALARM_SMTP_URL": "smtp://u:hemmeligt@mail.egely.example:telefon", **MAIL},
        {"ALARM_SMTP_URL": "smtp://mail.egely.example"},
        {"ALARM_SMTP_URL": "smtp://mail.egely.example", "ALARM_FROM": "vagt", "ALARM_TO": "it"},
        {"ALARM_SMTP_URL": "smtp://mail.egely.example", **MAIL, "ALARM_FROM": "a@b\nBcc:c@d"},
        MAIL,
        {"ALARM_WEBHOOK_URL": "ftp://egely.example", "ALARM_WEBHOOK_SECRET": SECRET},
        {"ALARM_WEBHOOK_URL": "https://egely.example/alarm"},
        {"ALARM_WEBHOOK_URL": "https://egely.example/alarm", "ALARM_WEBHOOK_SECRET": "kort"},
    ],
)
def test_half_a_set_up_is_refused_at_the_start_without_telling_the_password(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with pytest.raises(SettingsError, match="ALARM_") as refused:
        make_settings(tmp_path, **environ)
    assert "hemmeligt" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("is_trusted", [True, False])
def test_mail_goes_encrypted_to_a_server_that_can_prove_who_it_is_and_to_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, is_trusted: bool
) -> None:
    certificate = write_certificate(tmp_path / "mail.pem", now() + timedelta(days=300))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    way = {"tls" if scheme == "smtps" else "starttls": context}
    with mail_server(**way) as box:
        institution = make_institution(
            tmp_path / "home", **MAIL,
            ALARM_SMTP_URL=f"{scheme}://vagt:hemmeligt@127.0.0.1:{box.port}",
        )  # fmt: skip
        try:
            pause_channel(institution, minutes=10)
            watch(institution)
            assert send_notices(institution, NoticeMedium.MAIL) == is_trusted
            assert len(box.logins) == len(box.mails) == is_trusted
            assert box.is_encrypted == (is_trusted and scheme == "smtp")
            if not is_trusted:
                assert problems(institution) == ["SSLCertVerificationError"]
        finally:
            institution.close()

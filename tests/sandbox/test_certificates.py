"""The sandbox's certificates are made once, are readable by their owner only, and are required."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sandbox.certificates import make_certificates, make_expired_client, make_foreign_client
from tests.sandbox_server import RunningSandbox


def test_certificates_are_made_once(tmp_path: Path) -> None:
    first = make_certificates(tmp_path / "certificates")
    before = {file.name: file.read_bytes() for file in (tmp_path / "certificates").iterdir()}
    assert make_certificates(tmp_path / "certificates") == first
    after = {file.name: file.read_bytes() for file in (tmp_path / "certificates").iterdir()}
    assert after == before


def test_a_lost_client_certificate_is_made_anew_by_the_same_authority(tmp_path: Path) -> None:
    paths = make_certificates(tmp_path)
    authority = paths.ca.read_bytes()
    paths.client_cert.unlink()
    make_certificates(tmp_path)
    assert paths.ca.read_bytes() == authority
    assert paths.client_cert.exists()


def test_keys_can_be_read_by_their_owner_only(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    make_expired_client(tmp_path)
    make_foreign_client(tmp_path)
    keys = list(tmp_path.glob("*.key"))
    assert len(keys) == 8
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


def test_a_client_without_a_certificate_is_refused(sandbox: RunningSandbox) -> None:
    with (
        sandbox.client(verify=sandbox.ssl_context(without=True)) as client,
        pytest.raises(httpx.TransportError),
    ):
        client.get("/rest/client/12/")
    assert sandbox.counts()["requests"] == 0


@pytest.mark.parametrize("make", [make_expired_client, make_foreign_client])
def test_an_expired_or_foreign_certificate_is_refused(
    sandbox: RunningSandbox, make: Callable[[Path], tuple[Path, Path]]
) -> None:
    certificate, key = make(sandbox.certificates.ca.parent)
    with (
        sandbox.client(verify=sandbox.ssl_context(certificate, key)) as client,
        pytest.raises(httpx.TransportError),
    ):
        client.get("/rest/client/12/")
    assert sandbox.counts()["requests"] == 0


def test_a_client_can_tell_the_sandbox_from_somebody_else(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    other = make_certificates(tmp_path)
    stranger = ssl.create_default_context(cafile=str(other.ca))
    with sandbox.client(verify=stranger) as client, pytest.raises(httpx.ConnectError):
        client.get("/rest/client/12/")


def test_plain_http_is_not_answered_on_the_tls_port(sandbox: RunningSandbox) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(sandbox.eboks_url.replace("https", "http"), trust_env=False)
    assert sandbox.counts()["requests"] == 0

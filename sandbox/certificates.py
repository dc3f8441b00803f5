"""Certificates for mutual TLS with the stand-ins, made by a certificate authority of their own.

Only tests and exercises trust this authority. Files that exist are kept, so clients that hold a
path keep working over restarts.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_FOR = timedelta(days=3650)


@dataclass(frozen=True)
class Certificates:
    """Where the files are. Keys can be read by their owner only."""

    ca: Path
    server_cert: Path
    server_key: Path
    client_cert: Path
    client_key: Path
    signing_ca: Path  # vouches for those who sign letters
    broker_cert: Path  # of the message broker that pushes receipts
    broker_key: Path


@dataclass(frozen=True)
class _Pair:
    """A certificate with its key, in memory."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def certificate_paths(folder: Path) -> Certificates:
    """The files that `make_certificates` makes in ``folder``, whether they exist yet or not."""
    return Certificates(
        ca=folder / "ca.crt",
        server_cert=folder / "server.crt",
        server_key=folder / "server.key",
        client_cert=folder / "client.crt",
        client_key=folder / "client.key",
        signing_ca=folder / "signing-ca.crt",
        broker_cert=folder / "broker.crt",
        broker_key=folder / "broker.key",
    )


def make_certificates(folder: Path) -> Certificates:
    """Make the authority, the server's and the client's certificate, keeping those that exist."""
    paths = certificate_paths(folder)
    with _locked(folder):
        _authority(folder, "signing-ca", "Øvelsesmiljø underskrift-CA")
        authority = _authority(folder, "ca", "Øvelsesmiljø CA")
        if not (paths.server_cert.exists() and paths.server_key.exists()):
            _write(paths.server_cert, paths.server_key, _make_server(authority))
        if not (paths.client_cert.exists() and paths.client_key.exists()):
            _write(paths.client_cert, paths.client_key, _make_client(authority))
        if not (paths.broker_cert.exists() and paths.broker_key.exists()):
            _write(paths.broker_cert, paths.broker_key, _make_client(authority))
    return paths


def make_signing_authority(folder: Path) -> tuple[Path, Path]:
    """Certificate and key of the authority that vouches for those who sign letters."""
    with _locked(folder):
        _authority(folder, "signing-ca", "Øvelsesmiljø underskrift-CA")
    return folder / "signing-ca.crt", folder / "signing-ca.key"


def make_unknown_authority(folder: Path) -> tuple[Path, Path]:
    """Certificate and key of an authority that nobody trusts, for faults."""
    with _locked(folder):
        _authority(folder, "foreign-ca", "En anden CA")
    return folder / "foreign-ca.crt", folder / "foreign-ca.key"


def make_expired_client(folder: Path) -> tuple[Path, Path]:
    """Certificate and key of a client whose certificate ran out yesterday, for tests."""
    certificate, key = folder / "expired-client.crt", folder / "expired-client.key"
    with _locked(folder):
        if not (certificate.exists() and key.exists()):
            authority = _authority(folder, "ca", "Øvelsesmiljø CA")
            yesterday = datetime.now(UTC) - timedelta(days=1)
            _write(certificate, key, _make_client(authority, ends=yesterday))
    return certificate, key


def make_foreign_client(folder: Path) -> tuple[Path, Path]:
    """Certificate and key of a client that another authority vouches for, for tests."""
    certificate, key = folder / "foreign-client.crt", folder / "foreign-client.key"
    with _locked(folder):
        if not (certificate.exists() and key.exists()):
            authority = _authority(folder, "foreign-ca", "En anden CA")
            _write(certificate, key, _make_client(authority))
    return certificate, key


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    # Two processes may start at once; without the lock each would make its own authority.
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _authority(folder: Path, name: str, common_name: str) -> _Pair:
    certificate_file, key_file = folder / f"{name}.crt", folder / f"{name}.key"
    if certificate_file.exists() and key_file.exists():
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{key_file} does not hold a key of the kind made here")
        return _Pair(x509.load_pem_x509_certificate(certificate_file.read_bytes()), key)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(common_name)
    builder = (
        _builder(subject, key.public_key(), subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(sign_certificates=True), critical=True)
    )
    pair = _Pair(builder.sign(key, hashes.SHA256()), key)
    _write(certificate_file, key_file, pair)
    return pair


def _make_server(authority: _Pair) -> _Pair:
    names = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    return _make_leaf(
        authority,
        "localhost",
        ExtendedKeyUsageOID.SERVER_AUTH,
        names=x509.SubjectAlternativeName(names),
    )


def _make_client(authority: _Pair, *, ends: datetime | None = None) -> _Pair:
    return _make_leaf(authority, "Øvelsesskolen", ExtendedKeyUsageOID.CLIENT_AUTH, ends=ends)


def _make_leaf(
    authority: _Pair,
    common_name: str,
    usage: x509.ObjectIdentifier,
    *,
    names: x509.SubjectAlternativeName | None = None,
    ends: datetime | None = None,
) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    builder = (
        _builder(
            _subject(common_name),
            key.public_key(),
            issuer.subject,
            authority.key.public_key(),
            ends=ends,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(sign_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    )
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    return _Pair(builder.sign(authority.key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePublicKey,
    *,
    ends: datetime | None = None,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    ends = ends or now + VALID_FOR
    # An hour back, so that a clock that lags a little does not refuse a fresh certificate.
    starts = min(now, ends) - timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
    )


def _subject(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DK"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "DigitalPost øvelsesmiljø"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _key_usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(certificate_file: Path, key_file: Path, pair: _Pair) -> None:
    key = pair.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _replace(key_file, key, mode=0o600)
    _replace(
        certificate_file, pair.certificate.public_bytes(serialization.Encoding.PEM), mode=0o644
    )


def _replace(file: Path, content: bytes, *, mode: int) -> None:
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
    part.replace(file)

"""Keys: encrypted numbers, encrypted documents, blind index, erasure by destroying a key.

Three floors. The *master key* (file or environment, never in the database) gives, through HKDF,
the keys below it. A *data key* belongs to one case, recipient or mailing and is stored wrapped by
the master key. A *content key* belongs to one document and is stored wrapped by a data key, so a
document moves from a mailing to a case by wrapping 32 bytes anew, and destroying a case's data key
makes everything under it unreadable for ever.

AES-256-GCM with random 96-bit nonces (NIST SP 800-38D); HMAC-SHA-256 for the blind index.
"""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from digitalpost.errors import Damaged
from digitalpost.settings import Settings, SettingsError

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16


class Vault:
    """Seals and opens with keys derived from one master key."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != KEY_BYTES:
            raise SettingsError("Hovednøglen skal være 32 bytes skrevet som base64.")
        self._master = master_key
        self._wrapping = self.derive("wrap data keys")
        self._index = self.derive("blind index")
        self._log = self.derive("event log")

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key of its own for ``purpose``; the same every time."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(self._master)

    def new_data_key(self) -> tuple[bytes, bytes]:
        """A fresh data key and the same key wrapped for storing."""
        key = os.urandom(KEY_BYTES)
        return key, seal(self._wrapping, key, b"data key")

    def unwrap_data_key(self, wrapped: bytes) -> bytes:
        """The data key behind a stored one. Raises `Damaged` under another master key."""
        return unseal(self._wrapping, wrapped, b"data key")

    def blind_index(self, kind: str, value: str) -> bytes:
        """A keyed fingerprint to look a secret up by equality; says nothing without the key."""
        return hmac.digest(self._index, f"{kind}:{value}".encode(), sha256)

    def chain(self, previous: bytes, line: bytes) -> bytes:
        """The link that ties one line of the event log to the line before."""
        return hmac.digest(self._log, previous + sha256(line).digest(), sha256)


def seal(key: bytes, plaintext: bytes, purpose: bytes) -> bytes:
    """Nonce and ciphertext; ``purpose`` must be the same when it is opened."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, purpose)


def unseal(key: bytes, sealed: bytes | memoryview, purpose: bytes) -> bytes:
    """What `seal` was given. Raises `Damaged` when a byte, the key or the purpose differs."""
    whole = memoryview(sealed)  # big files are not copied once more
    try:
        return AESGCM(key).decrypt(whole[:NONCE_BYTES], whole[NONCE_BYTES:], purpose)
    except (InvalidTag, ValueError) as error:
        raise Damaged("Krypterede data passer ikke til nøglen.") from error


def seal_stream(key: bytes, plaintext: Iterable[bytes], purpose: bytes) -> Iterator[bytes]:
    """As `seal`, piece by piece: together the pieces are what `seal` would have given."""
    nonce = os.urandom(NONCE_BYTES)
    sealer = Cipher(AES(key), GCM(nonce)).encryptor()
    sealer.authenticate_additional_data(purpose)
    yield nonce
    for piece in plaintext:
        yield sealer.update(piece)
    yield sealer.finalize() + sealer.tag


def unseal_stream(key: bytes, sealed: Iterable[bytes], purpose: bytes) -> Iterator[bytes]:
    """What `seal_stream` was given, piece by piece. Nothing of it may be used before the end.

    Raises `Damaged` as `unseal`, but only after the last piece: until then a changed byte is not
    seen.
    """
    pieces = iter(sealed)
    held = b""
    while len(held) < NONCE_BYTES and (piece := next(pieces, b"")):
        held += piece
    if len(held) < NONCE_BYTES:
        raise Damaged("Krypterede data passer ikke til nøglen.")
    opener = Cipher(AES(key), GCM(held[:NONCE_BYTES])).decryptor()
    opener.authenticate_additional_data(purpose)
    held = held[NONCE_BYTES:]
    for piece in pieces:
        held += piece
        if len(held) > TAG_BYTES:
            yield opener.update(held[:-TAG_BYTES])
            held = held[-TAG_BYTES:]
    try:
        yield opener.update(held[:-TAG_BYTES]) + opener.finalize_with_tag(held[-TAG_BYTES:])
    except (InvalidTag, ValueError) as error:
        raise Damaged("Krypterede data passer ikke til nøglen.") from error


def open_vault(settings: Settings) -> Vault:
    """The vault of an installation. Raises `SettingsError` when there is no master key yet."""
    encoded = settings.master_key
    if encoded is None:
        try:
            encoded = settings.master_key_file.read_text()
        except FileNotFoundError as error:
            raise SettingsError(
                f"Der er ingen hovednøgle i {settings.master_key_file}. "
                "Kør først: python app.py init"
            ) from error
    try:
        return Vault(base64.b64decode(encoded.strip(), validate=True))
    except ValueError as error:
        raise SettingsError("Hovednøglen skal være 32 bytes skrevet som base64.") from error


def make_master_key(path: Path) -> bool:
    """Write a new master key, readable by the owner only. False when there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return True

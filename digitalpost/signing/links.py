"""The addresses that addressees get, and the words that the signing service answers with.

Both are made of random seeds under a key that is not in the database, and only hashes of them are
looked up: who reads the database alone can open no page and give no answer.
"""

from __future__ import annotations

import base64
import hmac
import os
from hashlib import sha256

from digitalpost.vault import Vault

_LENGTH = 43  # characters of 256 bits
_SEED_BYTES = 16


def new_seed() -> bytes:
    """What a link or an answer's word is made of."""
    return os.urandom(_SEED_BYTES)


def token_of(vault: Vault, seed: bytes) -> str:
    """The last part of the address of an addressee's page: no id, no number, not to be guessed."""
    return _made_of(vault.derive("signing links"), seed)


def state_of(vault: Vault, seed: bytes) -> str:
    """The word that the signing service must give back with its answer."""
    return _made_of(vault.derive("signing answers"), seed)


def hash_of(word: str) -> str:
    """What a token or a state is looked up by."""
    return sha256(word.encode()).hexdigest()


def can_be_one(word: str) -> bool:
    """Whether it has the form of a token or a state at all."""
    return len(word) == _LENGTH and word.isascii()


def _made_of(key: bytes, seed: bytes) -> str:
    made = hmac.digest(key, seed, sha256)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")

"""What a person searched for, sealed before it stands in an address.

Names and numbers are typed into search fields, and addresses end in logs, histories and
bookmarks (design.md invariant 10). So the form is posted, and the address of the list that it
leads to carries the words encrypted under a key of the house.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

from digitalpost.errors import Damaged
from digitalpost.vault import Vault, seal, unseal

_PURPOSE = b"search words"


def sealed(vault: Vault, words: str) -> str:
    """The words as an address may hold them."""
    box = seal(vault.derive("search words"), words.encode("utf-8", "replace"), _PURPOSE)
    return urlsafe_b64encode(box).rstrip(b"=").decode()


def opened(vault: Vault, token: str) -> str:
    """The words behind `sealed`; nothing when the address was tampered with or is not ours."""
    try:
        box = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        return unseal(vault.derive("search words"), box, _PURPOSE).decode()
    except (Damaged, UnicodeError, binascii.Error, ValueError):
        return ""

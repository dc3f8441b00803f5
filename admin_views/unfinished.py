"""Work that was sent after the session had run out: kept over the sign-in, sealed, never stored.

The fields of the form travel in the sign-in page as one sealed value that only the same user, on
the same day, gets back as a form with one button. Files cannot be carried; the page says so.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass

from flask import request

from admin_views.visitor import institution, previous_user_id
from digitalpost.errors import Damaged
from digitalpost.vault import seal, unseal

MAX_BYTES = 300_000
KEEP_SECONDS = 12 * 3600
_PURPOSE = b"unfinished form"


@dataclass(frozen=True)
class Unfinished:
    """A form as it was sent: where to, and what stood in it."""

    path: str
    fields: list[tuple[str, str]]
    had_files: bool


def seal_request() -> str:
    """This POST as a sealed value; empty when there is nothing to keep or nobody to keep it for."""
    user_id = previous_user_id()
    if request.method != "POST" or user_id is None:
        return ""
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name != "csrf_token" and "password" not in name
    ]
    text = json.dumps(
        {
            "user": user_id,
            "at": time.time(),
            "path": request.full_path.rstrip("?"),
            "fields": fields,
            "files": any(file.filename for file in request.files.values()),
        }
    ).encode()
    if len(text) > MAX_BYTES:
        return ""
    return base64.urlsafe_b64encode(seal(_key(), text, _PURPOSE)).decode()


def unseal_for(user_id: int, sealed: str) -> Unfinished | None:
    """The form again, if it was this user's and is not too old."""
    if not sealed:
        return None
    try:
        found = json.loads(unseal(_key(), base64.urlsafe_b64decode(sealed), _PURPOSE))
    except (Damaged, ValueError):
        return None
    if found["user"] != user_id or time.time() - found["at"] > KEEP_SECONDS:
        return None
    fields = [(str(name), str(value)) for name, value in found["fields"]]
    return Unfinished(found["path"], fields, bool(found["files"]))


def _key() -> bytes:
    return institution().vault.derive("unfinished form")

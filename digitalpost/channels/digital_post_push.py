"""A receipt as Digital Post sends it to a system with a ``receiptEndpoint``: JSON, one at a time.

Source: protocols/digital-post-rest.md sections 2 and 3.
"""

from __future__ import annotations

import json

from digitalpost.channels.told import MOST_BYTES, Told, Unreadable, make_told

_FIELDS = ("receiptStatus", "errorCode", "errorMessage", "timeStamp")


def read_receipt(body: bytes) -> Told:
    """The receipt. Raises `Unreadable`."""
    if len(body) > MOST_BYTES:
        raise Unreadable("too large")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error
    if not isinstance(said, dict) or not isinstance(said.get("receiptStatus"), str):
        raise Unreadable("not a receipt")
    return make_told(
        str(said.get("messageUUID") or ""),
        str(said.get("transmissionId") or ""),
        {name: str(said[name]) for name in _FIELDS if isinstance(said.get(name), str)},
        body,
    )

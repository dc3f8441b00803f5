"""Whether a message that came from outside can be read at all, found without harm to us."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import IO, BinaryIO, cast

from digitalpost.errors import Sentence
from digitalpost.memo.message import Message
from digitalpost.memo.read import TooManyFiles, UnreadableMemo, read_memo

log = logging.getLogger(__name__)

_IN_MEMORY = 2_000_000  # bytes of a message whose files need no folder
_TOO_LARGE = Sentence("Meddelelsen er større end det, Digital Post kan bære.")
_TOO_MANY = Sentence("Meddelelsen har flere filer, end et brev kan have.")
_UNREADABLE = "Meddelelsen følger ikke formatet for Digital Post (%(why)s)."
_OTHER_ID = Sentence("Meddelelsen har et andet id end det, Digital Post gav den.")


def why_unreadable(
    raw: IO[bytes], *, size: int, max_bytes: int, message_uuid: str
) -> Sentence | None:
    """Why nobody can read the message, or None. ``size`` is that of ``raw`` in bytes.

    The whole of it is read, also the base64 of its files, since only what was read may be
    acknowledged. Files of a large one go into a folder that is gone afterwards.
    """
    if size > max_bytes:
        return _TOO_LARGE
    try:
        message = _read(cast(BinaryIO, raw), size)
    except TooManyFiles:
        return _TOO_MANY
    except UnreadableMemo as wrong:
        return Sentence(_UNREADABLE, {"why": str(wrong)})
    except Exception as error:
        # Whatever somebody's file makes a reader say: one message must not stop the others.
        log.warning("A message could not be read: %s", type(error).__name__)
        return Sentence(_UNREADABLE, {"why": type(error).__name__})
    if message.header.message_uuid.lower() != message_uuid:
        return _OTHER_ID
    return None


def _read(raw: BinaryIO, size: int) -> Message:
    if size < _IN_MEMORY:
        return read_memo(raw)
    with tempfile.TemporaryDirectory(prefix="incoming-") as folder:
        return read_memo(raw, folder=Path(folder))

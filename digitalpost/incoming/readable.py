"""Whether a letter can be made of a message that came from outside, found without harm to us."""

from __future__ import annotations

import logging
import shutil
import tempfile
from pathlib import Path
from typing import IO

from digitalpost.errors import Sentence
from digitalpost.incoming.unpack import Unreadable, unpack

log = logging.getLogger(__name__)

_TOO_LARGE = Sentence("Meddelelsen er større end det, Digital Post kan bære.")
_OTHER_ID = Sentence("Meddelelsen har et andet id end det, Digital Post gav den.")
_STRANGE = "Meddelelsen følger ikke formatet for Digital Post (%(what)s)."


def why_unreadable(
    raw: IO[bytes], *, size: int, max_bytes: int, message_uuid: str
) -> Sentence | None:
    """Why no letter can be made of the message, or None. ``size`` is that of ``raw`` in bytes.

    The whole of it is read as filing does, also the base64 of its files: only what was read may be
    acknowledged. It lies in a folder meanwhile that is gone afterwards.
    """
    if size > max_bytes:
        return _TOO_LARGE
    with tempfile.TemporaryDirectory(prefix="incoming-") as folder:
        source = Path(folder) / "message.xml"
        with source.open("wb") as file:
            shutil.copyfileobj(raw, file)
        try:
            message = unpack(source, Path(folder))
        except Unreadable as unreadable:
            return unreadable.sentence
        except Exception as error:
            # Whatever somebody's file makes a reader say: one message must not stop the others.
            log.warning("A message could not be read: %s", type(error).__name__)
            return Sentence(_STRANGE, {"what": type(error).__name__})
    return _OTHER_ID if message.message_uuid != message_uuid else None

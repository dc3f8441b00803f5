"""Remote print: a provider that fetches letters from a folder and leaves its receipts there.

Protocol, ours and the provider's: ``outgoing/<id>.pdf`` is the letter, ``outgoing/<id>.json`` its
manifest, written last, so that a manifest never stands beside half a letter. The provider writes
``receipts/<id>.json`` before it takes either away, and prints an id once, however often it comes.
A letter that the postman brings back is told of by ``returned/<id>.json``; we take that away.
File names hold the message id and nothing else.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import uuid
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digitalpost.channel_settings import RemotePrintSettings
from digitalpost.channels.base import Abilities, ChannelUnreachable, Outcome, OutcomeKind, Outgoing
from digitalpost.errors import Sentence
from digitalpost.models import ChannelName

_SETUP = {errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EROFS}


class RemotePrintChannel:
    """One print provider's folder."""

    name = ChannelName.REMOTE_PRINT

    def __init__(self, settings: RemotePrintSettings) -> None:
        """Raises `OSError` when the folder is not there, so that the channel pauses."""
        if settings.folder is None or not settings.folder.is_dir():
            raise FileNotFoundError("no folder for remote print")
        self._outgoing = settings.folder / "outgoing"
        self._receipts = settings.folder / "receipts"
        for folder in (self._outgoing, self._receipts):
            folder.mkdir(exist_ok=True)

    def new_message_id(self) -> str:
        """A fresh id; see the module's `new_message_id`."""
        return new_message_id()

    def send(self, outgoing: Outgoing) -> Outcome:
        """Put the letter into the folder, unless it was put there before: an id goes in once."""
        name = outgoing.message_id
        receipt = {"file": f"outgoing/{name}.json", "sha256": _sha256(outgoing.content)}
        try:
            # In this order: the provider writes its receipt before it takes the manifest away.
            manifest_is_there = (self._outgoing / f"{name}.json").exists()
            if manifest_is_there or (self._receipts / f"{name}.json").exists():
                return Outcome(OutcomeKind.ACCEPTED, receipt=receipt)
            _write(self._outgoing / f"{name}.pdf", outgoing.content)
            _write(self._outgoing / f"{name}.json", manifest(outgoing))
        except OSError as error:
            return _failed(error)
        return Outcome(OutcomeKind.ACCEPTED, receipt=receipt)

    def poll(self, message_ids: Sequence[str]) -> Mapping[str, Outcome]:
        """What the receipts say; ids without one, or with half of one, are left out."""
        found: dict[str, Outcome] = {}
        for message_id in message_ids:
            try:
                text = (self._receipts / f"{message_id}.json").read_bytes()
            except FileNotFoundError:
                continue
            except OSError as error:
                raise ChannelUnreachable(_failed(error)) from error
            outcome = _outcome(text, message_id)
            if outcome is not None:
                found[message_id] = outcome
        return found

    def forget(self, message_ids: Sequence[str]) -> None:
        """Take back a letter that the provider never fetched: it is sent another way by now."""
        for name in message_ids:
            if (self._receipts / f"{name}.json").exists():
                continue
            with suppress(OSError):
                (self._outgoing / f"{name}.json").unlink(missing_ok=True)
                (self._outgoing / f"{name}.pdf").unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is kept open."""


def returned(settings: RemotePrintSettings) -> list[str]:
    """The ids of letters that came back and that nobody has taken in yet. Looks, and no more."""
    folder = _returned(settings)
    if folder is None:
        return []
    try:
        with os.scandir(folder) as found:
            names = [one.name for one in found if one.is_file()]
    except OSError:
        return []  # no folder: nothing came back; or it is away for a moment
    ours = [name.removesuffix(".json") for name in names if name.endswith(".json")]
    return sorted(one for one in ours if one and not one.startswith("."))


def forget_returned(
    settings: RemotePrintSettings, message_ids: Sequence[str], known: Collection[str]
) -> None:
    """What is stored now goes; what is about nobody's letter is put aside as ``<id>.unknown``."""
    folder = _returned(settings)
    for message_id in message_ids if folder is not None else ():
        assert folder is not None
        note = folder / f"{message_id}.json"
        if message_id in known:
            note.unlink(missing_ok=True)
        elif note.exists():
            note.replace(note.with_suffix(".unknown"))


def _returned(settings: RemotePrintSettings) -> Path | None:
    return settings.folder / "returned" if settings.folder is not None else None


def abilities(settings: RemotePrintSettings) -> Abilities:
    """Paper to whoever has an address."""
    return Abilities(
        is_paper=True, needs_address=True, can_name_attention=True, max_bytes=settings.max_bytes
    )


def new_message_id() -> str:
    """32 hex characters."""
    return uuid.uuid4().hex


def manifest(outgoing: Outgoing) -> bytes:
    """What the provider is told about a letter: the envelope, and how to see that it is whole."""
    lines = [outgoing.name, *(outgoing.address)]
    if outgoing.attention:
        lines.insert(1, f"Att.: {outgoing.attention}")
    content: dict[str, Any] = {
        "message_id": outgoing.message_id,
        "file": f"{outgoing.message_id}.pdf",
        "sha256": _sha256(outgoing.content),
        "bytes": len(outgoing.content),
        "pages": outgoing.pages,
        "recipient": {"name": outgoing.name, "address": lines},
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, content: bytes) -> None:
    """The whole file or none, on the disk itself when this returns."""
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _failed(error: OSError) -> Outcome:
    if error.errno in _SETUP:
        return Outcome(
            OutcomeKind.FIX_SETUP,
            Sentence(
                "Mappen til fjernprint kan ikke bruges. Brevene venter. En administrator skal se "
                "på mappen og dens rettigheder."
            ),
        )
    return Outcome(
        OutcomeKind.RETRY,
        Sentence("Brevet kunne ikke lægges i mappen til fjernprint. Vi prøver igen af os selv."),
    )


def _outcome(text: bytes, message_id: str) -> Outcome | None:
    """What one receipt means; None for one that can't be read (yet) or is about another letter."""
    try:
        receipt = json.loads(text)
    except ValueError:
        return None
    if not isinstance(receipt, dict) or receipt.get("message_id") != message_id:
        return None
    kept = {"answer": receipt, "read_at": datetime.now(UTC).isoformat()}
    match receipt.get("status"):
        case "printed":
            return Outcome(OutcomeKind.PAPER, Sentence("Brevet er printet og sendt."), kept)
        case "rejected":
            return Outcome(
                OutcomeKind.FIX_LETTER,
                Sentence(
                    "Printleverandøren afviste brevet. Se adresse og fil efter, og send det på en "
                    "anden måde."
                ),
                kept,
            )
        case "received":
            return Outcome(OutcomeKind.ACCEPTED, receipt=kept)
    return None

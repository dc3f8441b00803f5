"""Our mail in Digital Post (REST_PULL): listed, downloaded, acknowledged, taken off the list.

Source: protocols/digital-post-rest.md section 4. A message is up to 99.5 MB, so it is read piece by
piece into a file and never lies whole in memory.
"""

from __future__ import annotations

import tempfile
import uuid
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import IO

import httpx

from digitalpost.channel_settings import DigitalPostSettings
from digitalpost.channels.answers import read_json, refused_outcome, transport_outcome
from digitalpost.channels.base import ChannelUnreachable
from digitalpost.channels.digital_post import is_message_uuid
from digitalpost.db import now
from digitalpost.models import ChannelName
from digitalpost.tls import client_tls

AT_A_TIME = 1000  # ids on a page of the list
CONNECTIONS = 4
_IN_MEMORY = 1_000_000  # bytes of a message; larger ones lie in a temporary file
_GONE = {404, 410}
_DONE_BEFORE = {404, 409, 410}


@dataclass(frozen=True)
class Listed:
    """One page of the list."""

    ids: tuple[str, ...]
    total: int  # on the whole list
    is_last: bool
    strange: int  # ids that are not of the known form, and so are not in ``ids``


class Told(StrEnum):
    """What the channel says to a receipt or a removal."""

    TAKEN = "taken"
    BEFORE = "before"  # it was done before, or the message is gone
    REFUSED = "refused"  # it does not take this one; others it may


class DigitalPostReceiver:
    """One recipient system in Digital Post. May be used from several threads at once."""

    name = ChannelName.DIGITAL_POST

    def __init__(self, settings: DigitalPostSettings, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        self._client = httpx.Client(
            base_url=settings.url or "",
            headers={"Authorization": f"Basic {settings.token}"},
            verify=client_tls(settings.tls),
            timeout=settings.timeout,
            limits=limits,
            trust_env=False,
        )

    def list(self, page: int) -> Listed:
        """One page of the ids that wait, from 0. Raises `ChannelUnreachable`."""
        answer = self._call("GET", "/memos/", params={"page": page, "size": AT_A_TIME})
        said = read_json(answer)
        if not answer.is_success or not isinstance(said, dict):
            raise self._unreachable(answer)
        listed = [str(one) for one in said.get("content") or ()]
        ids = tuple(one.lower() for one in listed if is_message_uuid(one))
        total = said.get("totalElements")
        return Listed(
            ids,
            total=total if isinstance(total, int) else len(listed),
            is_last=not isinstance(said.get("next"), dict),
            strange=len(listed) - len(ids),
        )

    def download(self, message_uuid: str) -> IO[bytes] | None:
        """The message in a file that is the caller's to close; None when it is not there any more.

        What is larger than a message can be is cut off one byte after that, which no reader takes
        for a whole message. Raises `ChannelUnreachable`.
        """
        file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the caller closes it
        try:
            with self._client.stream("GET", f"/memos/{message_uuid}") as answer:
                if answer.status_code in _GONE:
                    file.close()
                    return None
                if not answer.is_success:
                    raise self._unreachable(answer)
                size = 0
                for piece in answer.iter_bytes():
                    piece = piece[: self._max_bytes + 1 - size]
                    size += len(piece)
                    file.write(piece)
                    if size > self._max_bytes:
                        break
        except httpx.RequestError as error:
            file.close()
            raise ChannelUnreachable(transport_outcome(error, self.name)) from error
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def acknowledge(self, message_uuid: str, *, is_readable: bool) -> Told:
        """Give the business receipt: the message is ours now, or (``INVALID``) can't be read.

        Raises `ChannelUnreachable`.
        """
        receipt = {
            "transmissionId": str(uuid.uuid4()),
            "messageUUID": message_uuid,
            "timeStamp": now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "receiptStatus": "COMPLETED" if is_readable else "INVALID",
        }
        if not is_readable:
            receipt |= {"errorCode": "memo.invalid", "errorMessage": "The message can't be read"}
        return self._told(self._call("POST", f"/memos/{message_uuid}/receipt", json=receipt))

    def remove(self, message_uuid: str) -> Told:
        """Take the message off the list. Raises `ChannelUnreachable`."""
        return self._told(self._call("DELETE", f"/memos/{message_uuid}"))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _told(self, answer: httpx.Response) -> Told:
        if answer.is_success:
            return Told.TAKEN
        if answer.status_code in _DONE_BEFORE:
            return Told.BEFORE
        if answer.status_code in (400, 422):
            return Told.REFUSED
        raise self._unreachable(answer)

    def _call(self, method: str, path: str, **options: object) -> httpx.Response:
        try:
            return self._client.request(method, path, **options)  # type: ignore[arg-type]
        except httpx.RequestError as error:
            raise ChannelUnreachable(transport_outcome(error, self.name)) from error

    def _unreachable(self, answer: httpx.Response) -> ChannelUnreachable:
        return ChannelUnreachable(refused_outcome(answer, self.name))

"""Sending a dispatch to the sandbox as a client would."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.sandbox_server import RunningSandbox, make_dispatch

# Gives up on a slow answer, but never on a busy machine's handshake.
IMPATIENT = httpx.Timeout(30, read=0.5)


def put_dispatch(
    sandbox: RunningSandbox,
    client: httpx.Client,
    *,
    message_id: str | None = None,
    body: bytes | None = None,
    content_type: str | None = "application/xml",
    **fields: Any,
) -> httpx.Response:
    """PUT a letter; a new id and an ordinary letter unless something else is said."""
    return client.put(
        sandbox.dispatch_path(message_id or sandbox.new_message_id()),
        content=make_dispatch(**fields) if body is None else body,
        headers={"Content-Type": content_type} if content_type else {},
    )


def poll(sandbox: RunningSandbox, client: httpx.Client, *message_ids: str) -> httpx.Response:
    """Ask the proxy where letters are."""
    return client.get(
        f"/rest/messages/{sandbox.client_id}/",
        params=[("message_id", message_id) for message_id in message_ids],
    )


def wait_until(it_is_so: Callable[[], bool]) -> None:
    """Look again and again until it is so."""
    deadline = time.monotonic() + 20
    while not it_is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)

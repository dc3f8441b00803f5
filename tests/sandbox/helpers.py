"""Sending a dispatch to the sandbox as a client would."""

from __future__ import annotations

from typing import Any

import httpx

from tests.sandbox_server import RunningSandbox, make_dispatch


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

"""Sending a dispatch to the sandbox as a client would."""

from __future__ import annotations

import base64
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


def ask_contacts(
    sandbox: RunningSandbox, client: httpx.Client, *, token: str | None = None, **query: str
) -> httpx.Response:
    """Ask the contact register about one number."""
    return client.get(
        sandbox.address["contacts"] + "/contacts/",
        params=query,
        headers={"Authorization": f"Basic {token or sandbox.address['contacts_token']}"},
    )


def ask_contacts_about_many(
    sandbox: RunningSandbox, client: httpx.Client, body: Any, **query: str
) -> httpx.Response:
    """Ask the contact register about many numbers, which then stand in no URL."""
    return client.request(
        "GET",
        sandbox.address["contacts"] + "/contacts/",
        params={"isBulkLookup": "true"} | query,
        json=body,
        headers={"Authorization": f"Basic {sandbox.address['contacts_token']}"},
    )


def search_virk(
    sandbox: RunningSandbox,
    client: httpx.Client,
    query: Any,
    *,
    path: str = "/virksomhed/_search",
    password: str | None = None,
    **rest: Any,
) -> httpx.Response:
    """Search the CVR register."""
    user = sandbox.address["virk_user"]
    given = f"{user}:{password or sandbox.address['virk_password']}"
    return client.post(
        sandbox.address["virk"] + path,
        json={"query": query} | rest,
        headers={"Authorization": f"Basic {base64.b64encode(given.encode()).decode()}"},
    )


def virk_documents(answer: httpx.Response) -> list[dict[str, Any]]:
    """What was found, without the root object's name."""
    assert answer.status_code == 200, answer.text
    found = [hit["_source"] for hit in answer.json()["hits"]["hits"]]
    return [inside for one in found for inside in one.values()]


def wait_until(it_is_so: Callable[[], bool]) -> None:
    """Look again and again until it is so."""
    deadline = time.monotonic() + 20
    while not it_is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)

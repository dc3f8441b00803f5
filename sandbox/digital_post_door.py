"""The door of Digital Post's REST interface: its address, who may come in, how it says no.

Written only from protocols/digital-post-rest.md section 1.
"""

from __future__ import annotations

import base64

from flask import Blueprint, Response, jsonify, request

PATH = "/apis/v1"

# The invented school's system in Digital Post: system id and API token.
TOKEN = base64.b64encode(
    b"5b1f0e0a-3c52-4a2e-9b0d-6f1f6f5a9d01:0c6f2d7e-8a41-4f0b-8d55-2f9b6f3f7e02"
).decode()


def only_our_system(blueprint: Blueprint) -> None:
    """Nobody but the school's own system may call."""

    def know_the_system() -> tuple[Response, int] | None:
        if request.headers.get("Authorization") != f"Basic {TOKEN}":
            return no(401, "unauthorized", "Unknown system")
        return None

    blueprint.before_request(know_the_system)


def no(
    status: int, code: str, message: str, field_errors: list[dict[str, object]] | None = None
) -> tuple[Response, int]:
    """An error in the form that every call has."""
    said = {"code": code, "message": message, "fieldErrors": field_errors or []}
    return jsonify(said), status


def a_page(shown: list[str], *, page: int, size: int, total: int) -> Response:
    """One page of a list of ids."""
    pages = -(-total // size)
    return jsonify(
        {
            "content": shown,
            "number": page,
            "size": size,
            "previous": {"page": page - 1, "size": size, "ordering": []} if page else None,
            "next": {"page": page + 1, "size": size, "ordering": []} if page + 1 < pages else None,
            "totalElements": total,
            "totalPages": pages,
        }
    )

"""How a row's number stands in an address: in one spelling only."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter


class RowNumber(IntegerConverter):
    """Plain digits, few enough to be a number of ours.

    The stock converter takes the digits of every script, and thousands of them, at which Python
    itself refuses to read a number.
    """

    regex = r"[0-9]{1,12}"


def attach(app: Flask) -> None:
    """Let ``<int:...>`` in every address mean plain digits."""
    app.url_map.converters["int"] = RowNumber

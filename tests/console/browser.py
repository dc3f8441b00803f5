"""A browser without windows: keeps cookies, finds the token of a form, signs in."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.make import PASSWORD

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """One visitor's browser."""

    def __init__(self, console: Flask) -> None:
        self.console = console
        self.client = console.test_client()

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, buffered=True, **options)

    def token(self) -> str:
        """The token that forms on our pages carry."""
        page = self.client.get("/account/password")
        if page.status_code != 200:
            page = self.client.get("/account/sign-in")
        found = _TOKEN.search(page.text)
        assert found is not None, page.text
        return found[1]

    def post(self, path: str, *, token: str | None = None, **fields: Any) -> TestResponse:
        """Send a form as the browser does after loading a page of ours."""
        data = {"csrf_token": self.token() if token is None else token, **fields}
        return self.client.post(path, data=data, headers={"Origin": "http://localhost"})

    def search(self, view: str, words: str) -> TestResponse:
        """Send a list's search form, and open the list that it leads to."""
        answer = self.post(f"/{view}/search", q=words)
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["Location"])

    def sign_in(self, email: str, password: str = PASSWORD, **fields: Any) -> TestResponse:
        """Sign in."""
        return self.post("/account/sign-in", email=email, password=password, **fields)


def signed_in(console: Flask, email: str) -> Browser:
    """A browser of somebody who has signed in."""
    browser = Browser(console)
    answer = browser.sign_in(email)
    assert answer.status_code == 303, answer.text
    return browser

"""Fetching mail from the command line, and a sandbox that has some."""

from __future__ import annotations

from pathlib import Path

from tests.cli.site import Site
from tests.incoming.fetching.outbox import SchoolPost
from tests.sandbox_server import start_sandbox


def test_fetch_says_what_became_of_the_mail(tmp_path: Path) -> None:
    site = Site(tmp_path / "home")
    site.call("init")
    nobody = site.call("fetch", code=1)
    assert nobody["fetched"] == 0 and "Digital Post" in nobody["errors"][0]["message"]
    with start_sandbox(site.home) as sandbox:
        post = SchoolPost(sandbox)
        for _ in range(3):
            post.put()
        post.put(b"<a/>")
        first = site.call("fetch")
        assert first == {
            "fetched": 4, "duplicates": 0, "unreadable": 1, "routed": 0, "unrouted": 3,
        }  # fmt: skip
        again = site.call("fetch")
        assert again == {
            "fetched": 0, "duplicates": 1, "unreadable": 0, "routed": 0, "unrouted": 0,
        }  # fmt: skip

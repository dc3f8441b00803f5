"""Fetching mail from the command line, and a sandbox that has some."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import sqlalchemy as sa

from tests.cli.site import Site, wait_for
from tests.incoming.fetching.outbox import SchoolPost, make_memo, new_uuid
from tests.sandbox_server import start_sandbox


def letters_in(site: Site) -> int:
    engine = sa.create_engine(f"sqlite:///{site.home / 'digitalpost.db'}")
    with engine.connect() as connection:
        found = connection.scalar(sa.text("SELECT count(*) FROM incoming_letters"))
    engine.dispose()
    return int(found or 0)


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


def test_a_running_site_fetches_and_files_by_itself(tmp_path: Path) -> None:
    site = Site(tmp_path / "home", INCOMING_EVERY="1")
    site.call("init")
    with site.running():
        address = json.loads((site.home / "sandbox" / "address.json").read_text())["mailbox"]
        for _ in range(3):
            memo = make_memo(new_uuid())
            httpx.post(f"{address}/api/outbox", content=memo, trust_env=False).raise_for_status()
        wait_for(lambda: letters_in(site) == 3, seconds=60)
        wait_for(lambda: all(one["deleted_at"] for one in site.sandbox("/api/outbox")), seconds=30)
        assert {one["status"] for one in site.sandbox("/api/outbox")} == {"COMPLETED"}

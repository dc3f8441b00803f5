"""Balancing the books from the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from tests.cli.site import ROOT, Site
from tests.inputs.people import make_people
from tests.inputs.word import write_word_merge

HEAPS = ("delivered", "paper", "failed", "cancelled", "open")


def test_the_books_balance_until_a_letter_is_lost_and_then_the_command_says_so(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path / "home", EBOKS_URL="https://127.0.0.1:9")
    site.call("init")
    empty = site.call("balance")
    assert empty["balances"] and empty["mailings"] == empty["checks"] == empty["alarms"] == []
    assert len(empty["days"]) == 7
    merge = write_word_merge(tmp_path / "flettebrev.pdf", make_people(4))
    mailing = site.call("prepare", merge)["mailing"]
    site.call("approve", mailing, "--confirm", 4, "--copies", "decline")
    books = site.call("balance", "--days", 2)
    assert books["balances"]
    [one], [today, yesterday] = books["mailings"], books["days"]
    assert (one["mailing"], one["created"], one["open"], one["difference"]) == (mailing, 4, 4, 0)
    assert (today["mailings"], today["created"], yesterday["created"]) == (1, 4, 0)
    assert books["total"]["created"] == sum(books["total"][heap] for heap in HEAPS) == 4

    engine = sa.create_engine(f"sqlite:///{tmp_path / 'home' / 'digitalpost.db'}")
    with engine.begin() as connection:
        last = connection.scalar(sa.text("SELECT max(id) FROM letters"))
        connection.execute(sa.text(f"DELETE FROM deliveries WHERE letter_id = {last}"))
        connection.execute(sa.text(f"DELETE FROM letters WHERE id = {last}"))
    engine.dispose()
    lost = site.call("balance", code=1)
    assert not lost["balances"]
    assert lost["mailings"][0]["difference"] == lost["days"][0]["difference"] == 1
    [found] = [one for one in lost["checks"] if one["check"] == "unbalanced"]
    assert (found["count"], found["ids"], found["about"]) == (1, [mailing], "mailing")
    spoken = subprocess.run(
        [sys.executable, "app.py", "balance"], cwd=ROOT, env=site.environ, capture_output=True,
        text=True,
    )  # fmt: skip
    assert spoken.returncode == 1
    assert spoken.stdout.startswith("REGNSKABET GÅR IKKE OP: 4 lavet = 0 leveret")
    assert "difference 1" in spoken.stdout
    refused = site.call("balance", "--days", 0, code=1)
    assert "1 til 366" in refused["errors"][0]["message"]

"""The dry run from the command line: the whole report, and not a row moved."""

from __future__ import annotations

from pathlib import Path

from tests.cli.site import Site
from tests.inputs.people import make_people
from tests.inputs.word import write_word_merge


def test_a_dry_run_says_what_would_happen_and_leaves_the_mailing_as_it_was(tmp_path: Path) -> None:
    site = Site(tmp_path / "home", EBOKS_URL="https://127.0.0.1:9")
    site.call("init")
    merge = write_word_merge(tmp_path / "flettebrev.pdf", make_people(4))
    mailing = site.call("prepare", merge)["mailing"]
    report = site.call("rehearse", mailing)
    assert report["letters"] == report["built"] == report["new_cases"] == 4
    assert report["deliveries"] == {"eboks": 4}
    assert report["refused"] == report["held"] == report["problems"] == []
    assert site.call("status", mailing)["counts"] == {"Kladde": 4}
    assert site.call("verify")["ok"]
    site.call("rehearse", 99, code=1)
    site.call("approve", mailing, "--confirm", 4, "--copies", "decline")
    again = site.call("rehearse", mailing, code=1)
    assert "allerede godkendt" in again["refused"][0]

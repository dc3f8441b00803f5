"""The command that says how good the suggestions are."""

from __future__ import annotations

from pathlib import Path

from digitalpost.institution import open_institution
from tests.cli.site import Site
from tests.incoming.school import School
from tests.make import make_settings


def test_what_people_routed_is_learned_and_its_accuracy_printed(tmp_path: Path) -> None:
    site = Site(tmp_path / "home", EBOKS_URL="https://127.0.0.1:9")
    site.call("init")
    assert site.call("suggestions") == {"learned_now": 0, "months": []}
    institution = open_institution(make_settings(tmp_path / "home", **site.environ))
    school = School(institution)
    for _ in range(6):
        school.assign(school.boss, [school.letter()], owner_id=school.clerk_id)
    institution.close()
    said = site.call("suggestions")
    assert said["learned_now"] == 6
    [month] = said["months"]
    assert (month["routed"], month["suggested"], month["accuracy"]) == (6, 0, 0.0)
    assert site.call("suggestions")["learned_now"] == 0

"""Letters cut from one file are parts of their own, however many ties their pages had."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inputs import engines
from tests.inputs.people import Person, make_people
from tests.inputs.tied import TIES, write_tied
from tests.pdf.making import make_letters

# What a letter has that a part cut by qpdf lacks: title, language, maker and the like. Weighs only
# in files as small as these; benchmarks/prepare.py compares the sizes of real merges.
OWN_WORDS = 400  # bytes


@settings(max_examples=20, deadline=None)
@given(
    ties=st.lists(st.sampled_from(sorted(TIES)), min_size=1, max_size=7, unique=True),
    people=st.integers(2, 3),
    pages_each=st.integers(1, 2),
    shared=st.booleans(),
)
def test_nothing_of_one_letter_can_be_reached_from_another(
    ties: list[str], people: int, pages_each: int, shared: bool
) -> None:
    names = make_people(people)
    with tempfile.TemporaryDirectory() as folder:
        path = write_tied(
            Path(folder) / "tied.pdf", names, ties, pages_each=pages_each, shared=shared
        )
        made = make_letters(path)
        assert [letter.number for letter in made.plan.letters] == [one.cpr for one in names]
        for letter, person in zip(made.letters, names, strict=True):
            assert letter.problem is None, letter.problem
            assert_only(letter.stored, person, names)
            check_by_qpdf(letter.stored, Path(folder) / "letter.pdf")
        ours = sum(letter.size for letter in made.letters)
        assert ours <= 1.02 * size_by_qpdf(path, pages_each) + OWN_WORDS * people


def assert_only(data: bytes, person: Person, people: list[Person]) -> None:
    everything = engines.everything_in(data)
    for one in people:
        assert not engines.find_number(one.cpr, everything)
        assert one == person or not engines.find_words(one.name, everything)
    assert engines.find_words(person.name, everything)


def check_by_qpdf(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    done = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def size_by_qpdf(path: Path, pages_each: int) -> int:
    """Bytes of all letters as qpdf cuts them."""
    subprocess.run(
        ["qpdf", f"--split-pages={pages_each}", str(path), str(path.parent / "part.pdf")],
        capture_output=True,
        check=False,  # 3: done, with warnings
    )
    return sum(part.stat().st_size for part in path.parent.glob("part-*.pdf"))

"""What the hostile files are made with: a case, and the plain letter that each starts from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from tests.inputs.nasty import in_plain_sight
from tests.inputs.sheets import Sheets, show
from tests.inputs.written import write_number

__all__ = ["Case", "Expected", "around", "content", "in_form", "named", "per_sign", "show"]


class Expected(StrEnum):
    """What has to become of a file."""

    CLEAN = "clean"  # every letter is made, and no engine finds the number in it
    PAGE = "page"  # its letter is stopped with a sentence that names the page
    FILE = "file"  # it is refused whole, because no page can be named
    HELD = "held"  # any of these, as machine and library go: but nothing gets out, nothing hangs


@dataclass(frozen=True)
class Case:
    """One file: ``write(path, cpr)`` makes it. ``slow`` ones use up a limit when they are met."""

    write: Callable[[Path, str], object]
    expected: Expected = Expected.CLEAN
    slow: bool = False


def slow(case: Case) -> Case:
    """The same case, said to use up a limit."""
    return replace(case, slow=True)


def content(
    draw: Callable[[str], str],
    expected: Expected = Expected.CLEAN,
    *,
    entries: str = "",
    slow: bool = False,
) -> Case:
    """A page whose content, drawn for the number with its hyphen, is the hiding place."""

    def write(path: Path, cpr: str) -> None:
        with Sheets(path) as pdf:
            pdf.page(in_plain_sight(cpr) + draw(write_number(cpr)), entries=entries)

    return Case(write, expected, slow)


def around(
    add: Callable[[Sheets, str, str], object],
    expected: Expected = Expected.CLEAN,
    *,
    slow: bool = False,
) -> Case:
    """A file in which ``add`` puts page and hiding place, given the plain page content."""

    def write(path: Path, cpr: str) -> None:
        with Sheets(path) as pdf:
            add(pdf, write_number(cpr), in_plain_sight(cpr))

    return Case(write, expected, slow)


def named(add: Callable[[Sheets, str], str]) -> Callable[[Sheets, str, str], object]:
    """A page with resources of its own: ``add`` gives "resources|more content"."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        resources, _, more = add(pdf, number).partition("|")
        pdf.page(plain + more, resources=resources)

    return put


def in_form(pdf: Sheets, inner: str, entries: str = "", resources: str = "") -> int:
    """A Form XObject of the size of a page with resources beside the font."""
    own = (
        "" if "/Resources" in entries else (f"/Resources<</Font<</F1 {pdf.font} 0 R>>{resources}>>")
    )
    return pdf.stream(inner, f"/Type/XObject/Subtype/Form/BBox[0 0 595 842]{entries}{own}")


def per_sign(number: str, step: Callable[[int, str], str]) -> str:
    """Operators for each sign, one after the other; ``step(at, sign)`` makes them."""
    return "".join(step(at, sign) for at, sign in enumerate(number))

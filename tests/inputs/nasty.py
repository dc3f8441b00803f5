"""Every place where a CPR number hides in a PDF, as one small file each (notes/pdf.md, section 5).

Each file is a letter with the number in plain sight on its first page, and once more in the hiding
place. "removed" means that no engine may find it in the finished letter; "refused" that no method
can be sure, so the letter has to stop and say why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.inputs import letters, nasty_parts
from tests.inputs.people import Person
from tests.inputs.rawpdf import literal
from tests.inputs.sheets import Sheets, show
from tests.inputs.word import write_word_merge
from tests.inputs.written import CPR_FORMS, write_number

REMOVED, REFUSED = "removed", "refused"


@dataclass(frozen=True)
class Nasty:
    """One file: how it is written, and what has to become of the number in it."""

    write: Callable[[Path | str, str], Path]
    expected: str = REMOVED

    def __call__(self, path: Path | str, cpr: str) -> Path:
        return self.write(path, cpr)


def in_plain_sight(cpr: str) -> str:
    """The line that says whose letter it is, on every file's first page."""
    return show(f"CPR-nr.: {write_number(cpr)}", y=700) + show("Et brev til en elev.", y=640)


def _content(draw: Callable[[str], str], entries: str = "") -> Nasty:
    """A page whose content, drawn for the number with its hyphen, is the hiding place."""

    def write(path: Path | str, cpr: str) -> Path:
        with Sheets(path) as pdf:
            pdf.page(in_plain_sight(cpr) + draw(write_number(cpr)), entries=entries)
        return Path(path)

    return Nasty(write)


def _around(add: Callable[[Sheets, str, str], None]) -> Nasty:
    """A file in which ``add`` puts page and hiding place, given the plain page content."""

    def write(path: Path | str, cpr: str) -> Path:
        with Sheets(path) as pdf:
            add(pdf, write_number(cpr), in_plain_sight(cpr))
        return Path(path)

    return Nasty(write)


def _form(form: str) -> Nasty:
    """A letter in Word's manner with the number in one written form, cut over three runs."""

    def write(path: Path | str, cpr: str) -> Path:
        person = Person("Asta Lyng Drejerup", cpr, ("Ørnevej 1", "9993 Østerkær"))
        return write_word_merge(path, [person], pages_each=1, written=form, logo=False)

    return Nasty(write)


def _second_page(write_page: Callable[[Path | str, Person], Path], page: int) -> Nasty:
    """A plain first page and then one page of another file, with the same number on it."""

    def write(path: Path | str, cpr: str) -> Path:
        person = Person("Asta Lyng Drejerup", cpr, ("Ørnevej 1", "9993 Østerkær"))
        return nasty_parts.join_page(Path(path), letters.write_letter, write_page, person, page)

    return Nasty(write, REFUSED)


def _per_sign(number: str, step: Callable[[int], tuple[float, float]], turn: str) -> str:
    places = [step(at) for at in range(len(number))]
    return "".join(
        f"BT /F1 12 Tf {turn} {x:.1f} {y:.1f} Tm {literal(sign)} Tj ET\n"
        for sign, (x, y) in zip(number, places, strict=True)
    )


def _kerned(number: str) -> str:
    return f"BT /F1 12 Tf 70 600 Td [{' -700 '.join(map(literal, number))}] TJ ET\n"


NASTY: dict[str, Nasty] = {
    "outside the crop box": _content(lambda n: show(n, y=20), "/CropBox[0 100 595 842]"),
    "outside the media box": _content(lambda n: show(n, x=700, y=900)),
    "layer switched off": _around(nasty_parts.hide_in_layer),
    "replacement text": _content(lambda n: f"/Span<</ActualText{literal(n)}>>BDC\n{show(n)}EMC\n"),
    "replacement text over other glyphs": _content(
        lambda n: f"/Span<</ActualText{literal(n)}>>BDC\n{show('se bilag')}EMC\n"
    ),
    "replacement text hides the glyphs": _content(
        lambda n: f"/Span<</ActualText(se bilag)>>BDC\n{show(n)}EMC\n"
    ),
    "alternative text": _content(lambda n: f"/Figure<</Alt{literal(n)}>>BDC\n{show('x')}EMC\n"),
    "spaced by Tc": _content(lambda n: show(n, before="8 Tc")),
    "spaced by TJ": _content(_kerned),
    **{f"written with {form}": _form(form) for form in CPR_FORMS},
    "split over runs": _content(lambda n: show(n[:3]) + show(n[3:8], x=90) + show(n[8:], x=121)),
    "split over lines": _content(lambda n: show(n[:7]) + show(n[7:], y=585)),
    "signs below each other": _content(
        lambda n: _per_sign(n, lambda at: (300, 600 - 13 * at), "1 0 0 1")
    ),
    "turned by 90 degrees": _content(
        lambda n: f"BT /F1 12 Tf 0 1 -1 0 300 300 Tm {literal(n)} Tj ET\n"
    ),
    "turned by 45 degrees": _content(
        lambda n: f"BT /F1 12 Tf .7071 .7071 -.7071 .7071 300 300 Tm {literal(n)} Tj ET\n"
    ),
    "turned page": _content(show, "/Rotate 90"),
    "form XObject header": _around(nasty_parts.show_in_form),
    "render mode 3": _content(lambda n: show(n, before="3 Tr")),
    "white on white": _content(lambda n: f"1 g\n{show(n)}0 g\n"),
    "tiny": _content(lambda n: show(n, size=0.5)),
    "under an image": _around(nasty_parts.hide_under_image),
    "clipped away": _content(lambda n: f"q 0 0 10 10 re W n\n{show(n)}Q\n"),
    "free text annotation": _around(nasty_parts.add_free_text),
    "form field": _around(nasty_parts.add_form_field),
    "note annotation": _around(nasty_parts.add_note),
    "link address": _around(nasty_parts.add_link),
    "launch action": _around(nasty_parts.add_launch),
    "bookmark": _around(nasty_parts.add_bookmark),
    "document information": _around(nasty_parts.add_information),
    "XMP": _around(nasty_parts.add_xmp),
    "attachment": _around(nasty_parts.add_attachment),
    "page labels": _around(nasty_parts.add_page_labels),
    "piece information": _around(nasty_parts.add_piece_information),
    "structure alternative": _around(nasty_parts.add_structure),
    "XFA": _around(nasty_parts.add_xfa),
    "JavaScript": _around(nasty_parts.add_script),
    "old revision": Nasty(nasty_parts.write_old_revision),
    "scanned page": _second_page(letters.write_scan_in_the_middle, 1),
    "font without Unicode": _second_page(letters.write_font_without_unicode, 0),
}

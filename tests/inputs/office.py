"""Merge letters exported by the real LibreOffice, which lays out ODT documents written by us.

Plain styles and the logo in a page header let it lay out 1,000 letters as one document in about 16
seconds (pictures in the text took minutes). The result is kept outside the tree by what went in.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Sequence
from html import escape
from pathlib import Path

from tests.inputs import wording
from tests.inputs.people import Company, Person
from tests.inputs.written import label_of, write_number

# Beyond this, several exports are put together by qpdf: layout grows faster than the letters do.
LETTERS_IN_ONE_DOCUMENT = 1000
SECONDS_FOR_ONE_DOCUMENT = 900  # a machine with much to do
_TYPE = "application/vnd.oasis.opendocument.text"
_NAMESPACES = " ".join(
    f'xmlns:{short}="{address}"'
    for short, address in {
        **{
            short: f"urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"
            for short, long in {
                "office": "office",
                "text": "text",
                "style": "style",
                "draw": "drawing",
                "fo": "xsl-fo-compatible",
                "svg": "svg-compatible",
            }.items()
        },
        "xlink": "http://www.w3.org/1999/xlink",
    }.items()
)


class OfficeMissingError(RuntimeError):
    """LibreOffice or qpdf isn't installed, or LibreOffice wrote nothing."""


def cache_folder() -> Path:
    """Where exports are kept: ``DIGITALPOST_TEST_CACHE``, else the user's own cache folder."""
    named = os.environ.get("DIGITALPOST_TEST_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(home) / "digitalpost-tests"


def write_office_merge(
    path: Path | str,
    people: Sequence[Person | Company],
    *,
    pages_each: int = 2,
    number_on: str = "first",
    written: str = "hyphen",
) -> Path:
    """One letter of ``pages_each`` pages to each of ``people``, exported by LibreOffice.

    Options as `write_word_merge`. The first export of a kind takes seconds; the next time it
    is copied from `cache_folder`. Raises `OfficeMissingError` with the install step.
    """
    parts = [
        _kept(_content(people[at : at + LETTERS_IN_ONE_DOCUMENT], pages_each, number_on, written))
        for at in range(0, len(people), LETTERS_IN_ONE_DOCUMENT)
    ]
    if len(parts) == 1:
        return Path(shutil.copyfile(parts[0], path))
    join = ["qpdf", "--deterministic-id", "--empty", "--pages", *map(str, parts), "--", str(path)]
    _run(join, SECONDS_FOR_ONE_DOCUMENT)
    return Path(path)


def _kept(content: str) -> Path:
    """One document as PDF, exported unless that was done before."""
    mark = hashlib.sha256("\0".join([_STYLES, content]).encode()).hexdigest()[:32]
    kept = cache_folder() / f"office-{mark}.pdf"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="office-", dir=kept.parent) as folder:
            _export(content, Path(folder)).replace(kept)
    return kept


def _export(content: str, folder: Path) -> Path:
    name = _write_odt(folder / "letters.odt", content)
    command = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}"]
    command += ["--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    _run([*command, str(name)], SECONDS_FOR_ONE_DOCUMENT)
    made = name.with_suffix(".pdf")
    if not made.exists():
        raise OfficeMissingError("LibreOffice wrote nothing.")
    return made


def _run(command: Sequence[str], seconds: int) -> None:
    if not shutil.which(command[0]):
        raise OfficeMissingError("Run: sudo apt-get install libreoffice-writer-nogui qpdf")
    subprocess.run(command, check=True, capture_output=True, timeout=seconds)


def _write_odt(path: Path, content: str) -> Path:
    files = {"content.xml": content, "styles.xml": _STYLES}
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>'
        for name, kind in {
            "/": _TYPE,
            "content.xml": "text/xml",
            "styles.xml": "text/xml",
            "Pictures/logo.jpg": "image/jpeg",
        }.items()
    )
    space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _TYPE, zipfile.ZIP_STORED)
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr("Pictures/logo.jpg", wording.make_logo())
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{space}" manifest:version="1.2">'
            f"{entries}</manifest:manifest>",
        )
    return path


def _content(
    people: Sequence[Person | Company], pages_each: int, number_on: str, written: str
) -> str:
    body: list[str] = []
    for person in people:
        number = write_number(person.number, written)
        for page in range(pages_each):
            shown = number if page == 0 or number_on == "every" else ""
            body += _page(person, shown, page)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMESPACES} '
        'office:version="1.2"><office:automatic-styles>'
        '<style:style style:name="Letter" style:family="paragraph" '
        'style:parent-style-name="Address" style:master-page-name="First">'
        '<style:paragraph-properties style:page-number="1"/></style:style>'
        '<style:style style:name="Next" style:family="paragraph" style:parent-style-name="Body">'
        '<style:paragraph-properties fo:break-before="page"/></style:style>'
        "</office:automatic-styles><office:body><office:text>"
        f"{''.join(body)}</office:text></office:body></office:document-content>"
    )


def _page(person: Person | Company, number: str, page: int) -> list[str]:
    label = label_of(person.number)
    if page:
        lines = [_paragraph("Next", f"Vedr. {number}" if number else wording.TITLE)]
    else:
        lines = [
            _paragraph("Letter", person.name),
            *(_paragraph("Address", line) for line in person.address),
            *([_paragraph("Number", f"{label} {number}")] if number else []),
            _paragraph("Title", wording.TITLE),
            _paragraph("Body", f"Kære {person.name.split()[0]}"),
        ]
    return [*lines, *(_paragraph("Body", text) for text in wording.PAGES[min(page, 1)])]


def _paragraph(style: str, text: str) -> str:
    return f'<text:p text:style-name="{style}">{escape(text)}</text:p>'


def _style(name: str, size: float, above: float, below: float, more: str = "") -> str:
    return (
        f'<style:style style:name="{name}" style:family="paragraph"><style:paragraph-properties '
        f'fo:margin-top="{above}pt" fo:margin-bottom="{below}pt"/><style:text-properties '
        f'style:font-name="Liberation Sans" fo:font-size="{size}pt" {more}/></style:style>'
    )


def _master(name: str, head: str) -> str:
    follow = ' style:next-style-name="Follow"' if name == "First" else ""
    return (
        f'<style:master-page style:name="{name}" style:page-layout-name="A4"{follow}>'
        f'<style:header><text:p text:style-name="Small">{head}</text:p></style:header>'
        f'<style:footer><text:p text:style-name="Small">{escape(wording.FOOTER)} · Side '
        "<text:page-number/></text:p></style:footer></style:master-page>"
    )


_STYLES = (
    f'<?xml version="1.0" encoding="UTF-8"?><office:document-styles {_NAMESPACES} '
    'office:version="1.2"><office:font-face-decls><style:font-face style:name="Liberation Sans" '
    'svg:font-family="Liberation Sans"/></office:font-face-decls><office:styles>'
    + _style("Address", 10.5, 0, 0)
    + _style("Number", 10.5, 24, 24)
    + _style("Title", 14, 0, 10, 'fo:font-weight="bold"')
    + _style("Body", 10.5, 0, 6)
    + _style("Small", 8, 0, 0)
    + '</office:styles><office:automatic-styles><style:page-layout style:name="A4">'
    '<style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm" '
    'fo:margin-top="1.5cm" fo:margin-bottom="1.5cm" fo:margin-left="2cm" fo:margin-right="2cm"/>'
    '<style:header-style><style:header-footer-properties fo:margin-bottom="0.6cm"/>'
    "</style:header-style><style:footer-style><style:header-footer-properties "
    'fo:margin-top="0.6cm"/></style:footer-style></style:page-layout></office:automatic-styles>'
    "<office:master-styles>"
    + _master(
        "First",
        '<draw:frame text:anchor-type="as-char" svg:width="7.4cm" svg:height="2.5cm">'
        '<draw:image xlink:href="Pictures/logo.jpg" xlink:type="simple"/></draw:frame>',
    )
    + _master("Follow", escape(wording.SCHOOL))
    + "</office:master-styles></office:document-styles>"
)

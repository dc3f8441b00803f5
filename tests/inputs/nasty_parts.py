"""The hiding places of `nasty.py` that need objects of their own, beside the page's content."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import pikepdf

from tests.inputs import wording
from tests.inputs.people import Person
from tests.inputs.rawpdf import literal
from tests.inputs.sheets import Sheets, show


def hide_in_layer(pdf: Sheets, number: str, plain: str) -> None:
    """An optional content layer that is switched off."""
    layer = pdf.add("<</Type/OCG/Name(Intern)>>")
    pdf.catalog = f"/OCProperties<</OCGs[{layer} 0 R]/D<</OFF[{layer} 0 R]/Order[{layer} 0 R]>>>>"
    pdf.page(
        f"{plain}/OC /L1 BDC\n{show(number)}EMC\n", resources=f"/Properties<</L1 {layer} 0 R>>"
    )


def show_in_form(pdf: Sheets, number: str, plain: str) -> None:
    """A header that is drawn once and used by the page as a Form XObject."""
    form = pdf.form(show(number, y=800))
    pdf.page(f"{plain}/Head Do\n", resources=f"/XObject<</Head {form} 0 R>>")


def hide_under_image(pdf: Sheets, number: str, plain: str) -> None:
    """A picture laid over the number."""
    image = pdf.stream(
        wording.make_logo(),
        "/Type/XObject/Subtype/Image/Width 560/Height 190/ColorSpace/DeviceRGB"
        "/BitsPerComponent 8/Filter/DCTDecode",
        pack=False,
    )
    pdf.page(
        f"{plain}{show(number)}q 280 0 0 95 60 560 cm /Logo Do Q\n",
        resources=f"/XObject<</Logo {image} 0 R>>",
    )


def add_free_text(pdf: Sheets, number: str, plain: str) -> None:
    """A visible comment on the page, with its own appearance."""
    look = _appearance(pdf, number)
    _annotated(
        pdf,
        plain,
        f"/Subtype/FreeText/F 4/Contents{literal(number)}/DA(/F1 12 Tf 0 g)/AP<</N {look} 0 R>>",
    )


def add_form_field(pdf: Sheets, number: str, plain: str) -> None:
    """A filled form field."""
    look = _appearance(pdf, number)
    field = _annotated(
        pdf,
        plain,
        f"/Subtype/Widget/FT/Tx/T(nummer)/F 4/V{literal(number)}/DV{literal(number)}"
        f"/DA(/F1 12 Tf 0 g)/AP<</N {look} 0 R>>",
    )
    pdf.catalog = f"/AcroForm<</Fields[{field} 0 R]/DR<</Font<</F1 {pdf.font} 0 R>>>>>>"


def add_note(pdf: Sheets, number: str, plain: str) -> None:
    """A yellow note, closed, with the number in its text."""
    _annotated(pdf, plain, f"/Subtype/Text/Contents{literal(number)}/T(Kontoret)/Open false")


def add_link(pdf: Sheets, number: str, plain: str) -> None:
    """A link whose address carries the number."""
    address = f"https://lindevang.example/elev?nummer={number}"
    _annotated(pdf, plain, f"/Subtype/Link/A<</S/URI/URI{literal(address)}>>")


def add_launch(pdf: Sheets, number: str, plain: str) -> None:
    """A link that opens a file named by the number."""
    _annotated(pdf, plain, f"/Subtype/Link/A<</S/Launch/F{literal(f'{number}.docx')}>>")


def add_bookmark(pdf: Sheets, number: str, plain: str) -> None:
    """A bookmark with the number as its title."""
    page = pdf.page(plain)
    outlines = pdf.reserve()
    entry = pdf.add(
        f"<</Title{literal(f'Brev til {number}')}/Parent {outlines} 0 R/Dest[{page} 0 R/Fit]>>"
    )
    pdf.add(f"<</Type/Outlines/First {entry} 0 R/Last {entry} 0 R/Count 1>>", outlines)
    pdf.catalog = f"/Outlines {outlines} 0 R"


def add_information(pdf: Sheets, number: str, plain: str) -> None:
    """The document's title and keywords."""
    pdf.page(plain)
    pdf.info = pdf.add(f"<</Title{literal(f'Brev {number}')}/Keywords{literal(number)}>>")


def add_xmp(pdf: Sheets, number: str, plain: str) -> None:
    """The document's title once more, as XMP."""
    pdf.page(plain)
    xmp = (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt>'
        f'<rdf:li xml:lang="x-default">{number}</rdf:li></rdf:Alt></dc:title>'
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )
    pdf.catalog = f"/Metadata {pdf.stream(xmp, '/Type/Metadata/Subtype/XML')} 0 R"


def add_attachment(pdf: Sheets, number: str, plain: str) -> None:
    """A file inside the file, named by the number and holding it."""
    pdf.page(plain)
    file = pdf.stream(f"Nummer {number}", "/Type/EmbeddedFile")
    name = literal(f"{number}.txt")
    spec = pdf.add(f"<</Type/Filespec/F{name}/UF{name}/EF<</F {file} 0 R>>>>")
    pdf.catalog = f"/Names<</EmbeddedFiles<</Names[{name} {spec} 0 R]>>>>"


def add_page_labels(pdf: Sheets, number: str, plain: str) -> None:
    """A page that is called by the number instead of "1"."""
    pdf.page(plain)
    pdf.catalog = f"/PageLabels<</Nums[0<</P{literal(number)}>>]>>"


def add_piece_information(pdf: Sheets, number: str, plain: str) -> None:
    """What a drawing program keeps for itself on a page."""
    when = "/LastModified(D:20260601080000Z)"
    pdf.page(plain, entries=f"{when}/PieceInfo<</App<<{when}/Private{literal(number)}>>>>")


def add_structure(pdf: Sheets, number: str, plain: str) -> None:
    """A tag with the number as what a screen reader says."""
    tree, element, page = pdf.reserve(), pdf.reserve(), pdf.reserve()
    pdf.page(f"/P <</MCID 0>> BDC\n{plain}EMC\n", entries="/StructParents 0", number=page)
    pdf.add(
        f"<</Type/StructElem/S/P/P {tree} 0 R/Pg {page} 0 R/K 0/Alt{literal(number)}"
        f"/ActualText{literal(number)}>>",
        element,
    )
    pdf.add(f"<</Type/StructTreeRoot/K {element} 0 R/ParentTree<</Nums[0[{element} 0 R]]>>>>", tree)
    pdf.catalog = f"/StructTreeRoot {tree} 0 R/MarkInfo<</Marked true>>"


def add_xfa(pdf: Sheets, number: str, plain: str) -> None:
    """An XML form beside the page."""
    pdf.page(plain)
    xml = f"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><nummer>{number}</nummer></xdp:xdp>"
    pdf.catalog = f"/AcroForm<</Fields[]/XFA {pdf.stream(xml)} 0 R>>"


def add_script(pdf: Sheets, number: str, plain: str) -> None:
    """A script that runs when the file is opened."""
    pdf.page(plain)
    script = pdf.add(f"<</S/JavaScript/JS{literal(f'var nummer = {number!r};')}>>")
    pdf.catalog = f"/OpenAction {script} 0 R/Names<</JavaScript<</Names[(a) {script} 0 R]>>>>"


def write_old_revision(path: Path | str, cpr: str) -> Path:
    """A page on which the number was once written twice, as a saved change still remembers."""
    number = f"{cpr[:6]}-{cpr[6:]}"
    plain = show(f"CPR-nr.: {number}", y=700)
    with Sheets(path) as pdf:
        pdf.page(plain + show(f"Gammel note om {number}"))
        stream = pdf.pages[0] - 1
    old = Path(path).read_bytes()
    last = int(old.rsplit(b"startxref", 1)[1].split()[0])
    packed = zlib.compress(plain.encode())
    new = b"%d 0 obj\n<</Filter/FlateDecode/Length %d>>\nstream\n" % (stream, len(packed))
    new += packed + b"\nendstream\nendobj\n"
    table = b"xref\n%d 1\n%010d 00000 n \n" % (stream, len(old))
    trailer = b"trailer\n<</Size %d/Root 1 0 R/Prev %d>>\n" % (pdf.pages[0] + 1, last)
    end = b"startxref\n%d\n%%%%EOF\n" % (len(old) + len(new))
    Path(path).write_bytes(old + new + table + trailer + end)
    return Path(path)


def join_page(
    path: Path,
    write_first: Callable[[Path | str, Person], Path],
    write_next: Callable[[Path | str, Person], Path],
    person: Person,
    page: int,
) -> Path:
    """The file of ``write_first`` with one page of the file of ``write_next`` behind it."""
    other = path.with_suffix(".part")
    try:
        with (
            pikepdf.open(write_first(path, person), allow_overwriting_input=True) as whole,
            pikepdf.open(write_next(other, person)) as part,
        ):
            whole.pages.append(part.pages[page])
            whole.save(path, deterministic_id=True)
    finally:
        other.unlink(missing_ok=True)
    return path


def _appearance(pdf: Sheets, number: str) -> int:
    return pdf.stream(
        show(number, x=4, y=4),
        f"/Type/XObject/Subtype/Form/BBox[0 0 160 20]/Resources<</Font<</F1 {pdf.font} 0 R>>>>",
    )


def _annotated(pdf: Sheets, plain: str, entries: str) -> int:
    page = pdf.reserve()
    note = pdf.add(f"<</Type/Annot/Rect[70 560 230 580]/P {page} 0 R{entries}>>")
    pdf.page(plain, entries=f"/Annots[{note} 0 R]", number=page)
    return note

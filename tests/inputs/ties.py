"""Ways in which two letters of one file hang together, so that a careless cut takes both.

Each file holds one page for each of two people. A letter cut out of it names only its own person:
neither the number nor the name of the other may be anywhere in it (notes/pdf.md, section 4).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.inputs.people import Person
from tests.inputs.rawpdf import literal
from tests.inputs.sheets import Sheets, show
from tests.inputs.written import write_number


def secret_of(person: Person) -> str:
    """What a tie says of a person: the name and the number."""
    return f"{person.name} {write_number(person.cpr)}"


def _plain(person: Person) -> str:
    return (
        show(person.name, y=740)
        + show(f"CPR-nr.: {write_number(person.cpr)}", y=700)
        + show("Et brev til en elev.", y=660)
    )


def _tie_by_link(pdf: Sheets, people: tuple[Person, Person], pages: tuple[int, int]) -> None:
    for person, page, other in zip(people, pages, pages[::-1], strict=True):
        note = pdf.add(f"<</Type/Annot/Subtype/Link/Rect[70 500 200 520]/Dest[{other} 0 R/Fit]>>")
        pdf.page(_plain(person), entries=f"/Annots[{note} 0 R]", number=page)


def _tie_by_field(pdf: Sheets, people: tuple[Person, Person], pages: tuple[int, int]) -> None:
    parent = pdf.reserve()
    widgets = []
    for person, page in zip(people, pages, strict=True):
        value = literal(secret_of(person))
        look = pdf.stream(
            show(secret_of(person), x=2, y=4, size=8),
            f"/Type/XObject/Subtype/Form/BBox[0 0 260 20]/Resources<</Font<</F1 {pdf.font} 0 R>>>>",
        )
        widgets.append(
            pdf.add(
                f"<</Type/Annot/Subtype/Widget/Rect[70 500 330 520]/P {page} 0 R/F 4/FT/Tx"
                "/DA(/F1 8 Tf 0 g)"
                f"/T(felt{page})/V{value}/Parent {parent} 0 R/AP<</N {look} 0 R>>>>"
            )
        )
        pdf.page(_plain(person), entries=f"/Annots[{widgets[-1]} 0 R]", number=page)
    kids = " ".join(f"{widget} 0 R" for widget in widgets)
    pdf.add(f"<</T(brev)/Kids[{kids}]>>", parent)
    pdf.catalog = f"/AcroForm<</Fields[{parent} 0 R]/DR<</Font<</F1 {pdf.font} 0 R>>>>>>"


def _tie_by_tags(pdf: Sheets, people: tuple[Person, Person], pages: tuple[int, int]) -> None:
    tree = pdf.reserve()
    elements = []
    for at, (person, page) in enumerate(zip(people, pages, strict=True)):
        pdf.page(
            f"/P <</MCID 0>> BDC\n{_plain(person)}EMC\n",
            entries=f"/StructParents {at}",
            number=page,
        )
        elements.append(
            pdf.add(
                f"<</Type/StructElem/S/P/P {tree} 0 R/Pg {page} 0 R/K 0"
                f"/Alt{literal(secret_of(person))}>>"
            )
        )
    rows = " ".join(f"{at}[{element} 0 R]" for at, element in enumerate(elements))
    kids = " ".join(f"{element} 0 R" for element in elements)
    pdf.add(f"<</Type/StructTreeRoot/K[{kids}]/ParentTree<</Nums[{rows}]>>>>", tree)
    pdf.catalog = f"/StructTreeRoot {tree} 0 R/MarkInfo<</Marked true>>"


def _tie_by_thread(pdf: Sheets, people: tuple[Person, Person], pages: tuple[int, int]) -> None:
    thread, beads = pdf.reserve(), (pdf.reserve(), pdf.reserve())
    for at, (person, page) in enumerate(zip(people, pages, strict=True)):
        other = beads[1 - at]
        pdf.add(
            f"<</Type/Bead/T {thread} 0 R/N {other} 0 R/V {other} 0 R/P {page} 0 R"
            "/R[50 50 500 700]>>",
            beads[at],
        )
        pdf.page(_plain(person), entries=f"/B[{beads[at]} 0 R]", number=page)
    title = literal(" og ".join(secret_of(person) for person in people))
    pdf.add(f"<</Type/Thread/F {beads[0]} 0 R/I<</Title{title}>>>>", thread)
    pdf.catalog = f"/Threads[{thread} 0 R]"


def _tie_by_resources(pdf: Sheets, people: tuple[Person, Person], pages: tuple[int, int]) -> None:
    forms = [pdf.form(show(f"Underskrift {secret_of(person)}", y=500)) for person in people]
    named = "".join(f"/Sign{at} {form} 0 R" for at, form in enumerate(forms))
    shared = pdf.add(f"<</Font<</F1 {pdf.font} 0 R>>/XObject<<{named}>>>>")
    for at, (person, page) in enumerate(zip(people, pages, strict=True)):
        pdf.page(f"{_plain(person)}/Sign{at} Do\n", entries=f"/Resources {shared} 0 R", number=page)


def _tie_by_inherited_resources(
    pdf: Sheets, people: tuple[Person, Person], pages: tuple[int, int]
) -> None:
    forms = [pdf.form(show(f"Underskrift {secret_of(person)}", y=500)) for person in people]
    named = "".join(f"/Sign{at} {form} 0 R" for at, form in enumerate(forms))
    pdf.page_tree = f"/Resources<</Font<</F1 {pdf.font} 0 R>>/XObject<<{named}>>>>"
    for at, (person, page) in enumerate(zip(people, pages, strict=True)):
        pdf.page(f"{_plain(person)}/Sign{at} Do\n", number=page)


def _tie_by_bookmarks(pdf: Sheets, people: tuple[Person, Person], pages: tuple[int, int]) -> None:
    outlines, entries = pdf.reserve(), (pdf.reserve(), pdf.reserve())
    for at, (person, page) in enumerate(zip(people, pages, strict=True)):
        pdf.page(_plain(person), number=page)
        beside = f"/Prev {entries[0]} 0 R" if at else f"/Next {entries[1]} 0 R"
        pdf.add(
            f"<</Title{literal(secret_of(person))}/Parent {outlines} 0 R{beside}"
            f"/Dest[{page} 0 R/Fit]>>",
            entries[at],
        )
    first, last = entries
    pdf.add(f"<</Type/Outlines/First {first} 0 R/Last {last} 0 R/Count 2>>", outlines)
    pdf.catalog = f"/Outlines {outlines} 0 R"


def _tie_by_names(pdf: Sheets, people: tuple[Person, Person], pages: tuple[int, int]) -> None:
    rows = []
    for person, page, other in zip(people, pages, people[::-1], strict=True):
        target = literal(secret_of(other))
        note = pdf.add(f"<</Type/Annot/Subtype/Link/Rect[70 500 200 520]/Dest{target}>>")
        pdf.page(_plain(person), entries=f"/Annots[{note} 0 R]", number=page)
        rows.append((secret_of(person), f"{literal(secret_of(person))}[{page} 0 R/Fit]"))
    pdf.catalog = f"/Names<</Dests<</Names[{''.join(row for _, row in sorted(rows))}]>>>>"


def _tie_by_attachments(pdf: Sheets, people: tuple[Person, Person], pages: tuple[int, int]) -> None:
    rows = []
    for at, (person, page) in enumerate(zip(people, pages, strict=True)):
        pdf.page(_plain(person), number=page)
        file = pdf.stream(secret_of(person).encode("cp1252"), "/Type/EmbeddedFile")
        name = literal(f"{at} {secret_of(person)}.txt")
        spec = pdf.add(f"<</Type/Filespec/F{name}/EF<</F {file} 0 R>>>>")
        rows.append(f"{name} {spec} 0 R")
    pdf.catalog = f"/Names<</EmbeddedFiles<</Names[{''.join(rows)}]>>>>"


def _tie_by_layers(pdf: Sheets, people: tuple[Person, Person], pages: tuple[int, int]) -> None:
    layers = [pdf.add(f"<</Type/OCG/Name{literal(secret_of(person))}>>") for person in people]
    every = " ".join(f"{layer} 0 R" for layer in layers)
    pdf.catalog = f"/OCProperties<</OCGs[{every}]/D<</Order[{every}]>>>>"
    for person, page, layer in zip(people, pages, layers, strict=True):
        pdf.page(
            f"/OC /L1 BDC\n{_plain(person)}EMC\n",
            resources=f"/Properties<</L1 {layer} 0 R>>",
            number=page,
        )


_Tie = Callable[[Sheets, tuple[Person, Person], tuple[int, int]], None]


def _file_of(tie: _Tie) -> Callable[[Path | str, Person, Person], Path]:
    def write(path: Path | str, first: Person, second: Person) -> Path:
        with Sheets(path) as pdf:
            tie(pdf, (first, second), (pdf.reserve(), pdf.reserve()))
        return Path(path)

    return write


TIES: dict[str, Callable[[Path | str, Person, Person], Path]] = {
    "link to the other page": _file_of(_tie_by_link),
    "form fields with one parent": _file_of(_tie_by_field),
    "tags": _file_of(_tie_by_tags),
    "article thread": _file_of(_tie_by_thread),
    "shared resources": _file_of(_tie_by_resources),
    "inherited resources": _file_of(_tie_by_inherited_resources),
    "bookmarks": _file_of(_tie_by_bookmarks),
    "named destinations": _file_of(_tie_by_names),
    "attachments": _file_of(_tie_by_attachments),
    "layers": _file_of(_tie_by_layers),
}

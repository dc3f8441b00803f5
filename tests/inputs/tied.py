"""Files whose letters hang together in several ways at once: each tie adds to the same file.

`ties.py` has one file for each tie; here any of them are put together, with letters of one or two
pages whose resources may be shared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.inputs.people import Person
from tests.inputs.rawpdf import literal
from tests.inputs.sheets import Sheets, show
from tests.inputs.ties import secret_of
from tests.inputs.written import write_number


@dataclass
class _Leaf:
    """One page in the making."""

    number: int
    person: Person
    content: str
    entries: str = ""
    annotations: list[int] = field(default_factory=list)
    resources: dict[str, str] = field(default_factory=dict)


@dataclass
class Tied:
    """A file in the making: its leaves in order, and what the catalogue will say."""

    pdf: Sheets
    leaves: list[_Leaf]
    shared: bool
    catalog: list[str] = field(default_factory=list)
    names: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    fields: list[int] = field(default_factory=list)

    def others(self, leaf: _Leaf) -> _Leaf:
        """A page of somebody else's."""
        return next(one for one in self.leaves if one.person != leaf.person)

    def resource(self, leaf: _Leaf, kind: str, name: str, value: str) -> None:
        """Puts ``value`` into the resources: of all pages when they are shared."""
        for one in self.leaves if self.shared else [leaf]:
            one.resources[kind] = one.resources.get(kind, "") + f"/{name} {value}"

    def form(self, text: str, y: int = 300) -> int:
        """A form that shows ``text``."""
        return self.pdf.form(show(text, y=y))


Tie = Callable[[Tied], None]


def _links(tied: Tied) -> None:
    for leaf in tied.leaves:
        to = tied.others(leaf)
        note = f"<</Type/Annot/Subtype/Link/Rect[9 9 99 99]/Dest[{to.number} 0 R/Fit]>>"
        leaf.annotations.append(tied.pdf.add(note))


def _named_links(tied: Tied) -> None:
    for leaf in tied.leaves:
        to = tied.others(leaf)
        target = literal(secret_of(to.person))
        leaf.annotations.append(
            tied.pdf.add(f"<</Type/Annot/Subtype/Link/Rect[9 9 99 99]/Dest{target}>>")
        )
        tied.names.setdefault("Dests", []).append((target, f"[{to.number} 0 R/Fit]"))


def _fields(tied: Tied) -> None:
    parent, widgets = tied.pdf.reserve(), []
    for leaf in tied.leaves:
        value = literal(secret_of(leaf.person))
        widgets.append(
            tied.pdf.add(
                f"<</Type/Annot/Subtype/Widget/Rect[70 450 330 470]/P {leaf.number} 0 R/F 4/FT/Tx"
                f"/DA(/F1 8 Tf 0 g)/T(felt{leaf.number})/V{value}/Parent {parent} 0 R>>"
            )
        )
        leaf.annotations.append(widgets[-1])
    kids = " ".join(f"{widget} 0 R" for widget in widgets)
    tied.pdf.add(f"<</T(brev)/Kids[{kids}]>>", parent)
    tied.fields.append(parent)


def _answers(tied: Tied) -> None:
    numbers = [tied.pdf.reserve() for _ in tied.leaves]
    for at, leaf in enumerate(tied.leaves):
        to = numbers[at - 1]
        note = (
            f"<</Type/Annot/Subtype/Text/Rect[9 9 20 20]/Contents{literal(secret_of(leaf.person))}"
            f"/IRT {to} 0 R>>"
        )
        leaf.annotations.append(tied.pdf.add(note, numbers[at]))


def _tags(tied: Tied) -> None:
    tree, rows, kids = tied.pdf.reserve(), "", ""
    for at, leaf in enumerate(tied.leaves):
        leaf.entries += f"/StructParents {at}"
        leaf.content = f"/P <</MCID 0>> BDC\n{leaf.content}EMC\n"
        element = tied.pdf.add(
            f"<</Type/StructElem/S/P/P {tree} 0 R/Pg {leaf.number} 0 R/K 0"
            f"/Alt{literal(secret_of(leaf.person))}>>"
        )
        rows, kids = rows + f"{at}[{element} 0 R]", kids + f"{element} 0 R "
    tied.pdf.add(f"<</Type/StructTreeRoot/K[{kids}]/ParentTree<</Nums[{rows}]>>>>", tree)
    tied.catalog.append(f"/StructTreeRoot {tree} 0 R/MarkInfo<</Marked true>>")


def _thread(tied: Tied) -> None:
    thread, beads = tied.pdf.reserve(), [tied.pdf.reserve() for _ in tied.leaves]
    for at, leaf in enumerate(tied.leaves):
        before, after = beads[at - 1], beads[(at + 1) % len(beads)]
        tied.pdf.add(
            f"<</Type/Bead/T {thread} 0 R/N {after} 0 R/V {before} 0 R/P {leaf.number} 0 R"
            "/R[50 50 500 700]>>",
            beads[at],
        )
        leaf.entries += f"/B[{beads[at]} 0 R]"
    title = literal(" og ".join(secret_of(leaf.person) for leaf in tied.leaves))
    tied.pdf.add(f"<</Type/Thread/F {beads[0]} 0 R/I<</Title{title}>>>>", thread)
    tied.catalog.append(f"/Threads[{thread} 0 R]")


def _bookmarks(tied: Tied) -> None:
    top, rows = tied.pdf.reserve(), [tied.pdf.reserve() for _ in tied.leaves]
    for at, leaf in enumerate(tied.leaves):
        beside = f"/Next {rows[at + 1]} 0 R" if at + 1 < len(rows) else ""
        tied.pdf.add(
            f"<</Title{literal(secret_of(leaf.person))}/Parent {top} 0 R{beside}"
            f"/Dest[{leaf.number} 0 R/Fit]>>",
            rows[at],
        )
    tied.pdf.add(f"<</First {rows[0]} 0 R/Last {rows[-1]} 0 R/Count {len(rows)}>>", top)
    tied.catalog.append(f"/Outlines {top} 0 R")


def _attachments(tied: Tied) -> None:
    for at, leaf in enumerate(tied.leaves):
        file = tied.pdf.stream(secret_of(leaf.person).encode("cp1252"), "/Type/EmbeddedFile")
        name = literal(f"{at} {secret_of(leaf.person)}.txt")
        spec = f"<</Type/Filespec/F{name}/EF<</F {file} 0 R>>>>"
        tied.names.setdefault("EmbeddedFiles", []).append((name, spec))


def _layers(tied: Tied) -> None:
    layers = [
        tied.pdf.add(f"<</Type/OCG/Name{literal(secret_of(leaf.person))}>>") for leaf in tied.leaves
    ]
    every = " ".join(f"{layer} 0 R" for layer in layers)
    tied.catalog.append(f"/OCProperties<</OCGs[{every}]/D<</OFF[{every}]/Order[{every}]>>>>")
    together = tied.pdf.add(f"<</Type/OCMD/OCGs[{every}]>>")
    for at, leaf in enumerate(tied.leaves):
        leaf.content += f"/OC /Lag{at} BDC {show('Et lag.', y=350)}EMC\n"
        tied.resource(leaf, "Properties", f"Lag{at}", f"{together} 0 R")


def _signatures(tied: Tied) -> None:
    for at, leaf in enumerate(tied.leaves):
        form = tied.form(f"Underskrift {secret_of(leaf.person)}")
        tied.resource(leaf, "XObject", f"Sign{at}", f"{form} 0 R")
        leaf.content += f"/Sign{at} Do\n"


def _patterns(tied: Tied) -> None:
    for at, leaf in enumerate(tied.leaves):
        tile = tied.pdf.stream(
            f"% {leaf.person.name}\n0 0 1 1 re f".encode("cp1252"),
            "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 9/YStep 9/Resources<<>>",
        )
        tied.resource(leaf, "Pattern", f"Flise{at}", f"{tile} 0 R")
        if leaf is not tied.leaves[0]:
            leaf.content += f"q /Pattern cs /Flise{at} scn 9 9 9 9 re f Q\n"


def _masks(tied: Tied) -> None:
    for at, leaf in enumerate(tied.leaves):
        group = tied.form(leaf.person.name)
        state = tied.pdf.add(f"<</SMask<</S/Luminosity/G {group} 0 R>>>>")
        tied.resource(leaf, "ExtGState", f"Maske{at}", f"{state} 0 R")
        if at % 2:
            leaf.content += f"q /Maske{at} gs 9 9 9 9 re f Q\n"


def _drawn_fonts(tied: Tied) -> None:
    for at, leaf in enumerate(tied.leaves):
        glyph = tied.pdf.stream(f"500 0 d0 % {leaf.person.name}\n".encode("cp1252"))
        font = tied.pdf.add(
            "<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[.001 0 0 .001 0 0]"
            f"/CharProcs<</a {glyph} 0 R>>/Encoding<</Differences[97/a]>>/FirstChar 97/LastChar 97"
            "/Widths[500]/Resources<<>>>>"
        )
        tied.resource(leaf, "Font", f"Haand{at}", f"{font} 0 R")
        if at % 2:
            leaf.content += f"BT /Haand{at} 12 Tf 9 9 Td (a) Tj ET\n"


def _nested_signatures(tied: Tied) -> None:
    both = "".join(
        f"/Sign{at} {tied.form(secret_of(leaf.person), 270)} 0 R"
        for at, leaf in enumerate(tied.leaves)
    )
    for at, leaf in enumerate(tied.leaves):
        frame = tied.pdf.stream(
            f"/Sign{at} Do",
            f"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<<{both}>>>>",
        )
        tied.resource(leaf, "XObject", f"Ramme{at}", f"{frame} 0 R")
        leaf.content += f"/Ramme{at} Do\n"


def _logo_with_history(tied: Tied) -> None:
    words = " og ".join(secret_of(leaf.person) for leaf in tied.leaves)
    kept = tied.pdf.stream(words.encode("cp1252"), "/Type/Metadata/Subtype/XML")
    logo = tied.pdf.stream(
        bytes(16),
        "/Type/XObject/Subtype/Image/Width 4/Height 4/BitsPerComponent 8/ColorSpace/DeviceGray"
        f"/Metadata {kept} 0 R/PieceInfo<</App<</Private{literal(words)}>>>>",
    )
    for leaf in tied.leaves:
        leaf.resources["XObject"] = leaf.resources.get("XObject", "") + f"/Logo {logo} 0 R"
        leaf.content += "q 9 0 0 9 500 800 cm /Logo Do Q\n"


def _page_data(tied: Tied) -> None:
    for leaf in tied.leaves:
        to = tied.others(leaf)
        words = literal(secret_of(to.person))
        leaf.entries += f"/PieceInfo<</App<</Private[{words} {to.number} 0 R]>>>>"
        leaf.entries += f"/AA<</O<</S/GoTo/D[{to.number} 0 R/Fit]>>>>"


TIES: dict[str, Tie] = {
    "links": _links,
    "links by name": _named_links,
    "fields": _fields,
    "answers": _answers,
    "tags": _tags,
    "thread": _thread,
    "bookmarks": _bookmarks,
    "attachments": _attachments,
    "layers": _layers,
    "signatures": _signatures,
    "patterns": _patterns,
    "masks": _masks,
    "drawn fonts": _drawn_fonts,
    "nested signatures": _nested_signatures,
    "logo with a history": _logo_with_history,
    "page data": _page_data,
}


def write_tied(
    path: Path, people: Sequence[Person], ties: Sequence[str], *, pages_each: int, shared: bool
) -> Path:
    """Letters to ``people`` in one file, tied in all of these ways."""
    with Sheets(path) as pdf:
        leaves = [
            _Leaf(pdf.reserve(), person, _words(person, page))
            for person in people
            for page in range(pages_each)
        ]
        tied = Tied(pdf, leaves, shared)
        for name in ties:
            TIES[name](tied)
        for leaf in leaves:
            notes = " ".join(f"{note} 0 R" for note in leaf.annotations)
            fonts = f"/F1 {pdf.font} 0 R" + leaf.resources.pop("Font", "")
            listed = "".join(f"/{kind}<<{named}>>" for kind, named in leaf.resources.items())
            pdf.page(
                leaf.content,
                entries=f"{leaf.entries}/Resources<</Font<<{fonts}>>{listed}>>"
                + (f"/Annots[{notes}]" if notes else ""),
                number=leaf.number,
            )
        pdf.catalog = "".join(tied.catalog) + _named_and_fields(tied)
    return path


def _words(person: Person, page: int) -> str:
    number = show(f"CPR-nr.: {write_number(person.cpr)}", y=700) if page == 0 else ""
    return show(person.name, y=740) + number + show(f"Et brev, side {page + 1}.", y=660)


def _named_and_fields(tied: Tied) -> str:
    trees = "".join(
        f"/{tree}<</Names[{''.join(key + value for key, value in sorted(set(rows)))}]>>"
        for tree, rows in tied.names.items()
    )
    fields = " ".join(f"{one} 0 R" for one in tied.fields)
    form = f"/AcroForm<</Fields[{fields}]/DR<</Font<</F1 {tied.pdf.font} 0 R>>>>>>"
    return (f"/Names<<{trees}>>" if trees else "") + (form if fields else "")

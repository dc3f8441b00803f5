"""Numbers beside the pages: in the catalogue, its name trees, the tags, and what hangs on them."""

from __future__ import annotations

from tests.inputs.hostile.kit import Case, Expected, around, show
from tests.inputs.rawpdf import literal, text_string
from tests.inputs.sheets import Sheets


def _catalog(entries: str, expected: Expected = Expected.CLEAN) -> Case:
    """Entries of the catalogue. N: the number, UTF16: in UTF-16, FILE: a stream, PAGE: the page."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        page = pdf.page(plain)
        kept = pdf.stream(f"Nummer {number}", "/Type/EmbeddedFile")
        pdf.catalog = (
            entries.replace("FILE", f"{kept} 0 R")
            .replace("PAGE", f"{page} 0 R")
            .replace("UTF16", text_string(number))
            .replace("NUM", literal(number))
        )

    return around(put, expected)


def _tags(entries: str) -> Case:
    """A tagged page; entries of its one element."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        tree, element, page = pdf.reserve(), pdf.reserve(), pdf.reserve()
        pdf.page(f"/P <</MCID 0>> BDC\n{plain}EMC\n", entries="/StructParents 0", number=page)
        filled = entries.replace("NUM", literal(number))
        pdf.add(f"<</Type/StructElem/S/P/P {tree} 0 R/Pg {page} 0 R/K 0{filled}>>", element)
        pdf.add(
            f"<</Type/StructTreeRoot/K {element} 0 R/ParentTree<</Nums[0[{element} 0 R]]>>"
            f"/IDTree<</Names[{literal(number)} {element} 0 R]>>/RoleMap<</{number}/P>>"
            f"/ClassMap<</{number}<</O/Layout>>>>>>",
            tree,
        )
        pdf.catalog = f"/StructTreeRoot {tree} 0 R/MarkInfo<</Marked true>>"

    return around(put)


def _article(pdf: Sheets, number: str, plain: str) -> None:
    """An article thread with the number in its title."""
    page, bead, thread = pdf.reserve(), pdf.reserve(), pdf.reserve()
    pdf.add(f"<</Type/Thread/F {bead} 0 R/I<</Title{literal(number)}>>>>", thread)
    pdf.add(
        f"<</Type/Bead/T {thread} 0 R/N {bead} 0 R/V {bead} 0 R/P {page} 0 R/R[0 0 9 9]>>", bead
    )
    pdf.page(plain, entries=f"/B[{bead} 0 R]", number=page)
    pdf.catalog = f"/Threads[{thread} 0 R]"


def _template(pdf: Sheets, number: str, plain: str) -> None:
    """A page that is in no page tree, only in a name tree: a template."""
    stream = pdf.stream(show(number))
    hidden = pdf.add(
        f"<</Type/Template/MediaBox[0 0 595 842]/Contents {stream} 0 R"
        f"/Resources<</Font<</F1 {pdf.font} 0 R>>>>>>"
    )
    pdf.page(plain)
    pdf.catalog = f"/Names<</Templates<</Names[{literal(number)} {hidden} 0 R]>>>>"


def _outline(pdf: Sheets, number: str, plain: str) -> None:
    """A bookmark in UTF-16 that opens a web page."""
    pdf.page(plain)
    top = pdf.reserve()
    entry = pdf.add(
        f"<</Title{text_string(number)}/Parent {top} 0 R/A<</S/URI/URI{literal(number)}>>>>"
    )
    pdf.add(f"<</Type/Outlines/First {entry} 0 R/Last {entry} 0 R/Count 1>>", top)
    pdf.catalog = f"/Outlines {top} 0 R"


def _identifier(pdf: Sheets, number: str, plain: str) -> None:
    """Information in UTF-16, and keys of somebody's own."""
    pdf.page(plain)
    pdf.info = pdf.add(
        f"<</Title{text_string(number)}/Author{literal(number)}/{number}(x)/Sag{literal(number)}>>"
    )


_NAMES = "/Names<</{tree}<</Names[NUM {value}]>>>>"
CASES: dict[str, Case] = {
    "bookmark in UTF-16": around(_outline),
    "information in UTF-16 and under own keys": around(_identifier),
    "named place": _catalog(_NAMES.format(tree="Dests", value="[PAGE/Fit]")),
    "old named place": _catalog("/Dests<</Elev[PAGE/Fit]/Note NUM>>"),
    "attachment in a tree of two levels": _catalog(
        "/Names<</EmbeddedFiles<</Kids[<</Limits[NUM NUM]/Names[NUM<</Type/Filespec/F NUM"
        "/Desc NUM/EF<</F FILE>>>>]>>]>>>>"
    ),
    "portfolio": _catalog(
        "/Collection<</Type/Collection/Schema<</a<</Subtype/S/N NUM>>>>/D NUM>>"
        + _NAMES.format(tree="EmbeddedFiles", value="<</F NUM/CI<</a NUM>>/EF<</F FILE>>>>")
    ),
    "associated file": _catalog("/AF[<</Type/Filespec/F NUM/AFRelationship/Data/EF<</F FILE>>>>]"),
    "script in a name tree": _catalog(_NAMES.format(tree="JavaScript", value="<</JS NUM>>")),
    "script at closing": _catalog("/AA<</WC<</S/JavaScript/JS NUM>>>>"),
    "program to start": _catalog("/OpenAction<</S/Launch/Win<</F NUM/P NUM>>>>"),
    "place to open at": _catalog("/OpenAction[PAGE/XYZ 0 0 0]/PageMode/UseNone"),
    "base of all links": _catalog("/URI<</Base NUM>>"),
    "form with XML in pieces": _catalog("/AcroForm<</Fields[]/XFA[(a) FILE(b) FILE]>>"),
    "output intent": _catalog(
        "/OutputIntents[<</S/GTS_PDFA1/OutputConditionIdentifier NUM/Info NUM>>]"
    ),
    "private data of the file": _catalog("/PieceInfo<</App<</LastModified(D:2026)/Private NUM>>>>"),
    "language": _catalog("/Lang NUM"),
    "permissions and legal words": _catalog("/Perms<</Note NUM>>/Legal<</Attestation NUM>>"),
    "long-term signature data": _catalog("/DSS<</Certs[FILE]/VRI<</A<</TU NUM>>>>>>"),
    "web capture": _catalog(
        "/SpiderInfo<</V 1/C[<</URL NUM>>]>>" + _NAMES.format(tree="URLS", value="<</S/SPS>>")
    ),
    "renditions": _catalog(_NAMES.format(tree="Renditions", value="<</S/MR/N NUM>>")),
    "other presentations": _catalog(
        _NAMES.format(tree="AlternatePresentations", value="<</Type/SlideShow>>")
    ),
    "document parts": _catalog("/DPartRoot<</Type/DPartRoot/NodeNameList[NUM]>>"),
    "requirements": _catalog("/Requirements[<</S/EnableJavaScripts/Note NUM>>]"),
    "extensions": _catalog("/Extensions<</ADBE<</BaseVersion/1.7/URL NUM>>>>"),
    "page labels in UTF-16": _catalog("/PageLabels<</Nums[0<</P UTF16/S/D>>]>>"),
    "template page": around(_template),
    "article": around(_article),
    "tag with a title": _tags("/T NUM/ID NUM"),
    "tag with attributes": _tags("/A<</O/UserProperties/P[<</N NUM/V NUM>>]>>/C/Klasse"),
    "tag with an expansion": _tags("/E NUM/Lang NUM"),
    "tag with a file": _tags("/AF[<</F NUM>>]/Phoneme NUM"),
}

"""Pages of odd shapes and page trees of odd growth, with the number where it is hard to place."""

from __future__ import annotations

from tests.inputs.hostile.kit import Case, Expected, around, show
from tests.inputs.rawpdf import literal
from tests.inputs.sheets import Sheets

HELD, FILE = Expected.HELD, Expected.FILE


def _page(entries: str, expected: Expected = Expected.CLEAN, *, slow: bool = False) -> Case:
    """A page with these entries and the number once more on it."""
    return around(
        lambda pdf, number, plain: pdf.page(plain + show(number), entries=entries),
        expected,
        slow=slow,
    )


def _tree(kids: str, count: str, expected: Expected = Expected.CLEAN) -> Case:
    """One page, and a page tree written by hand; PAGE and TREE are their numbers."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        page = pdf.page(plain + show(number))
        top = pdf.reserve()
        filled = kids.replace("PAGE", f"{page} 0 R").replace("TREE", f"{pdf.tree} 0 R")
        pdf.add(f"<</Type/Pages/Kids[{filled}]/Count {count}>>", top)
        pdf.catalog = f"/Pages {top} 0 R"

    return around(put, expected)


def _inherited(pdf: Sheets, number: str, plain: str) -> None:
    """Box, turn and resources come from three levels up."""
    page, low, middle = pdf.reserve(), pdf.reserve(), pdf.reserve()
    stream = pdf.stream(plain + show(number))
    pdf.add(f"<</Type/Page/Parent {low} 0 R/Contents {stream} 0 R>>", page)
    pdf.add(f"<</Type/Pages/Parent {middle} 0 R/Kids[{page} 0 R]/Count 1/Rotate 90>>", low)
    pdf.add(
        f"<</Type/Pages/Parent {pdf.tree} 0 R/Kids[{low} 0 R]/Count 1"
        f"/Resources<</Font<</F1 {pdf.font} 0 R>>>>>>",
        middle,
    )
    pdf.page_tree = "/MediaBox[0 0 595 842]/CropBox[0 50 595 842]"
    pdf.pages.append(middle)


def _deep_tree(pdf: Sheets, number: str, plain: str) -> None:
    """A page below 200 nodes with one child each."""
    page = pdf.reserve()
    nodes = pdf.reserve(200)
    stream = pdf.stream(plain + show(number))
    pdf.add(
        f"<</Type/Page/Parent {nodes + 199} 0 R/MediaBox[0 0 595 842]/Contents {stream} 0 R"
        f"/Resources<</Font<</F1 {pdf.font} 0 R>>>>>>",
        page,
    )
    for at in range(200):
        parent = pdf.tree if at == 0 else nodes + at - 1
        child = page if at == 199 else nodes + at + 1
        pdf.add(f"<</Type/Pages/Parent {parent} 0 R/Kids[{child} 0 R]/Count 1>>", nodes + at)
    pdf.pages.append(nodes)


def _contents(body: str, expected: Expected = HELD) -> Case:
    """A good page, and one whose /Contents is ``body``; PAGE is that page itself."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        pdf.page(plain)
        page = pdf.reserve()
        pdf.add(
            f"<</Type/Page/Parent {pdf.tree} 0 R/MediaBox[0 0 595 842]"
            f"/Contents {body.replace('PAGE', f'{page} 0 R')}>>",
            page,
        )
        pdf.pages.append(page)

    return around(put, expected)


def _extra(entries: str, expected: Expected = Expected.CLEAN) -> Case:
    """The number in an entry of the page that nobody draws; STREAM holds it as well."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        kept = pdf.stream(f"Nummer {number}")
        filled = entries.replace("NUMBER", literal(number)).replace("STREAM", f"{kept} 0 R")
        pdf.page(plain, entries=filled)

    return around(put, expected)


def _thumbnail(pdf: Sheets, number: str, plain: str) -> None:
    kept = pdf.stream(
        (number * 10)[:100],
        "/Type/XObject/Subtype/Image/Width 10/Height 10/ColorSpace/DeviceGray/BitsPerComponent 8",
    )
    pdf.page(plain, entries=f"/Thumb {kept} 0 R")


_OFFSET = "/MediaBox[-200 -100 900 1100]/CropBox[-50 20 595 842]/UserUnit 1.5"
CASES: dict[str, Case] = {
    **{f"turned by {turn}": _page(f"/Rotate {turn}") for turn in (180, 270, -90, 450)},
    "turned by 45": _page("/Rotate 45", HELD),
    **{
        f"turned by {turn}, offset and scaled": _page(f"/Rotate {turn}{_OFFSET}")
        for turn in (0, 90, 180, 270)
    },
    "user unit of zero": _page("/UserUnit 0", HELD),
    "user unit of 1000": _page("/UserUnit 1000", HELD),
    "box of negative numbers": _page("/MediaBox[-595 -842 595 842]"),
    "box written backwards": _page("/MediaBox[595 842 0 0]"),
    "box of decimals": _page("/MediaBox[0.0 -.5 595.276 841.89]"),
    "box far away": _page("/MediaBox[10000 10000 10595 10842]"),
    "box of no size": _page("/MediaBox[0 0 0 0]", HELD),
    "box of one point": _page("/MediaBox[0 0 1 1]"),
    "box of 200 inches": _page("/MediaBox[0 0 14400 14400]"),
    "box of a billion points": _page("/MediaBox[0 0 1000000000 1000000000]", HELD),
    "box that overflows": _page("/MediaBox[0 0 1e40 99999999999999999999]", HELD),
    "box of words": _page("/MediaBox[/a(b)null true]", HELD),
    "box of two numbers": _page("/MediaBox[595 842]", HELD),
    "no box": _page("/MediaBox null", HELD),
    "crop box outside the page": _page("/CropBox[2000 2000 3000 3000]", HELD),
    "crop box of no size": _page("/CropBox[100 100 100 100]", HELD),
    "all five boxes": _page(
        "/CropBox[0 0 500 800]/BleedBox[0 0 400 700]/TrimBox[9 9 90 90]/ArtBox[1 1 2 2]"
    ),
    "all inherited": around(_inherited),
    "below two hundred nodes": around(_deep_tree, HELD),
    "page given twice": _tree("PAGE PAGE", "2", HELD),
    "children that are nothing": _tree("null TREE 999 0 R 42", "3", HELD),
    "count too high": _tree("TREE", "50", HELD),
    "count below zero": _tree("TREE", "-7", HELD),
    "count of two billion": _tree("TREE", "2147483647", HELD),
    "tree within itself": _tree("TREE TREE", "2", HELD),
    "no content": _contents("null"),
    "content that is a word": _contents("/Ord"),
    "content that is the page": _contents("PAGE"),
    "content that is a list of itself": _contents("[[PAGE][PAGE null 77 0 R]]"),
    "resources that are a list": _page("/Resources[1 2 3]", HELD),
    "annotations that are nonsense": _page("/Annots[null 42(x)[/a]<<>> 999 0 R]"),
    "annotations that are a word": _page("/Annots/Ord"),
    "thumbnail": around(_thumbnail),
    "actions of the page": _extra("/AA<</O<</S/JavaScript/JS NUMBER>>>>"),
    "metadata of the page": _extra("/Metadata STREAM"),
    "view port": _extra("/VP[<</Type/Viewport/BBox[0 0 9 9]/Name NUMBER>>]"),
    "files that belong to the page": _extra(
        "/AF[<</Type/Filespec/F NUMBER/EF<</F STREAM>>>>]"
    ),
    "separation": _extra("/SeparationInfo<</DeviceColorant NUMBER>>"),
    "key of our own": _extra("/Nummer NUMBER"),
    "key called by the number": _extra("/0102031234 true"),
    "group of the page": _extra("/Group<</S/Transparency/Note NUMBER>>"),
    "duration and transition": _extra("/Dur 1/Trans<</S/Wipe/Note NUMBER>>"),
}  # fmt: skip

"""A few bare pages in Helvetica, to which a test file adds the one thing that it is about."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from tests.inputs.rawpdf import RawPdf, literal


class Sheets(RawPdf):
    """A PDF file whose pages share one font; closes itself as a complete file."""

    def __init__(self, path: Path | str) -> None:
        super().__init__(path)
        self.root, self.tree = self.reserve(), self.reserve()
        self.font = self.add(
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
        )
        self.pages: list[int] = []
        self.catalog = ""
        self.page_tree = ""

    def page(self, content: str, *, entries: str = "", resources: str = "", number: int = 0) -> int:
        """Adds a page; ``entries`` go into its dictionary, ``resources`` beside the font."""
        stream = self.stream(content)
        number = number or self.reserve()
        own = f"/Resources<</Font<</F1 {self.font} 0 R>>{resources}>>"
        if "/Resources" in entries or "/Resources" in self.page_tree:
            own = ""
        box = "" if "/MediaBox" in entries else "/MediaBox[0 0 595 842]"
        self.add(
            f"<</Type/Page/Parent {self.tree} 0 R{box}{own}/Contents {stream} 0 R{entries}>>",
            number,
        )
        self.pages.append(number)
        return number

    def form(self, content: str, entries: str = "") -> int:
        """Adds a Form XObject of the size of a page."""
        return self.stream(
            content,
            f"/Type/XObject/Subtype/Form/BBox[0 0 595 842]{entries}"
            f"/Resources<</Font<</F1 {self.font} 0 R>>>>",
        )

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None
    ) -> None:
        kids = " ".join(f"{page} 0 R" for page in self.pages)
        self.add(f"<</Type/Pages/Count {len(self.pages)}/Kids[{kids}]{self.page_tree}>>", self.tree)
        self.add(f"<</Type/Catalog/Pages {self.tree} 0 R{self.catalog}>>", self.root)
        super().__exit__(kind, e, t)


def show(text: str, x: float = 70, y: float = 600, size: float = 12, before: str = "") -> str:
    """Operators that show ``text``; ``before`` are operators inside the text object."""
    return f"BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm {before} {literal(text)} Tj ET\n"

"""Was nothing but signatures put on top of our bytes? Then whoever signed saw what we sent.

A signed file begins with our bytes, but whoever writes after them may show other pages and sign
those. pyHanko's own comparison looks at what came *after* a signature; this looks at what came
before the first, and asks for less than that allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.diff_analysis.commons import compare_dicts

# What signing adds to a document's catalog; none of it shows.
_IN_CATALOG = frozenset(
    {"/AcroForm", "/DSS", "/Extensions", "/Metadata", "/Perms", "/Version", "/Info"}
)
_IN_FORM = frozenset({"/Fields", "/SigFlags", "/DR", "/DA"})
# What a signature field may say; not among them: scripts and other acts.
_IN_FIELD = frozenset(
    {"/Type", "/Subtype", "/FT", "/T", "/TU", "/F", "/Ff", "/Rect", "/P", "/V", "/AP", "/AS"}
    | {"/MK", "/DA", "/DR", "/BS", "/Border", "/Lock", "/SV", "/Kids", "/Parent"}
)
_LARGEST_STAMP = 0.15  # of the page: a visible signature must not cover the letter
_DEEPEST = 50


def is_only_signed(reader: PdfFileReader, original: bytes) -> bool:
    """Whether the file that ``reader`` has read is ``original`` with signatures, seen as a whole.

    The caller has compared the bytes. May raise what pyHanko raises over a wreck.
    """
    ours = PdfFileReader(BytesIO(original), strict=False)
    count = ours.xrefs.total_revisions
    if reader.xrefs.hybrid_xrefs_present or reader.xrefs.total_revisions <= count:
        return False
    for revision in range(count):
        # The newer part must build on ours, not merely stand behind it.
        start = ours.xrefs.get_startxref_for_revision(revision)
        if reader.xrefs.get_startxref_for_revision(revision) != start:
            return False
    base = reader.get_historical_resolver(count - 1)
    pages = list(_pages(base, base.root.raw_get("/Pages"), 0))
    return (
        base.root_ref.idnum == reader.root_ref.idnum
        and all(_may_change(base, reader, ref, pages) for ref in _changed(reader, count))
        and all(_shows_the_same(base, reader, page) for page in pages)
        and _is_form_of_signatures(base, reader)
    )


def _changed(reader: PdfFileReader, first: int) -> set[Any]:
    """The objects of ours that a later revision replaces or removes."""
    known = {
        _key(ref)
        for revision in range(first)
        for ref in reader.xrefs.explicit_refs_in_revision(revision)
    }
    later: set[Any] = set()
    for revision in range(first, reader.xrefs.total_revisions):
        later |= set(reader.xrefs.explicit_refs_in_revision(revision))
        later |= set(reader.xrefs.refs_freed_in_revision(revision))
    return {ref for ref in later if _key(ref) in known}


def _may_change(base: Any, reader: Any, ref: Any, pages: list[Any]) -> bool:
    key = _key(ref)
    if key == _key(base.root_ref):
        return compare_dicts(base.root, reader.root, _IN_CATALOG, raise_exc=False)
    for page in pages:
        if key == _key(page):
            old, new = base(page), reader.get_object(ref)
            return compare_dicts(old, new, frozenset({"/Annots"}), raise_exc=False)
        if key == _indirect(base(page), "/Annots"):
            return True  # what is in them is looked at beside each page
    # Who made it, and when: never on a page.
    return key in {
        _indirect(base.trailer_view, "/Info"),
        _indirect(base.root, "/Metadata"),
        _indirect(base.root, "/AcroForm"),
    }


def _shows_the_same(base: Any, reader: Any, page: Any) -> bool:
    """Whether a page got nothing but signature fields, none of them big."""
    old = base(page)
    new = reader.get_object(generic.Reference(page.idnum, page.generation, reader))
    before = list(map(_key, _raw_items(old, "/Annots")))
    after = _raw_items(new, "/Annots")
    if before != [_key(one) for one in after[: len(before)]]:
        return False
    room = _area(_inherited(new, "/MediaBox"))
    covered = 0.0
    for one in after[len(before) :]:
        widget = one.get_object()
        if not _is_signature_field(widget) or _get(widget, "/Subtype") != "/Widget":
            return False
        covered += _area(_get(widget, "/Rect"))
    return covered == 0 or covered <= room * _LARGEST_STAMP


def _is_form_of_signatures(base: HistoricalResolver, reader: PdfFileReader) -> bool:
    """Whether every field that came to the form is one for a signature."""
    form = _get(reader.root, "/AcroForm")
    old = _get(base.root, "/AcroForm")
    had = set(old.keys()) if old is not None else set()
    if not isinstance(form, generic.DictionaryObject) or not set(form.keys()) - had <= _IN_FORM:
        return False
    before = list(map(_key, _raw_items(old, "/Fields"))) if old is not None else []
    after = _raw_items(form, "/Fields")
    if before != [_key(one) for one in after[: len(before)]]:
        return False
    return all(_is_signature_field(one.get_object()) for one in after[len(before) :])


def _is_signature_field(field: Any, deep: int = 0) -> bool:
    if not isinstance(field, generic.DictionaryObject) or not set(field.keys()) <= _IN_FIELD:
        return False
    kind = _inherited(field, "/FT")
    if kind != "/Sig" or deep > 1:
        return False
    kids = _get(field, "/Kids")
    return kids is None or all(_is_signature_field(kid.get_object(), deep + 1) for kid in kids)


def _pages(base: HistoricalResolver, node: Any, deep: int) -> Iterator[Any]:
    """The references of the pages, in order."""
    if deep > _DEEPEST:
        raise ValueError("pages in pages without end")
    at = node.get_object()
    if "/Kids" not in at:
        yield node.reference
        return
    kids = at["/Kids"]
    for number in range(len(kids)):
        yield from _pages(base, kids.raw_get(number), deep + 1)


def _raw_items(holder: Any, key: str) -> list[Any]:
    """The entries of an array as they stand: references, not what they point to."""
    if key not in holder:
        return []
    array = holder[key]
    return [array.raw_get(number) for number in range(len(array))]


def _get(holder: Any, key: str) -> Any:
    """What an entry says, wherever it stands; pyHanko's own ``get`` gives the reference."""
    return holder[key] if key in holder else None  # noqa: SIM401 - see above


def _inherited(node: Any, key: str) -> Any:
    for _ in range(_DEEPEST):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            break
        node = node["/Parent"]
    return None


def _indirect(holder: Any, key: str) -> tuple[int, int] | None:
    """The number of the object that an entry points to; None for one that stands there itself."""
    value = holder.raw_get(key) if key in holder else None
    return _key(value) if isinstance(value, generic.IndirectObject) else None


def _key(ref: Any) -> tuple[int, int]:
    return (ref.idnum, ref.generation)


def _area(box: Any) -> float:
    if box is None:
        return 0.0
    left, bottom, right, top = (float(one) for one in box)
    return abs((right - left) * (top - bottom))

"""What a page carries besides its visible text: replacement texts and things it never draws.

Both can hold a number, or a piece of somebody else's letter, that reading the page does not show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pymupdf import mupdf

from digitalpost.pdf.source import page_object, resources_of, stream_of

_NAMES = re.compile(rb"/([^\s/<>\[\](){}%]+)")
_FEW = 4  # names are looked for one by one, many by taking down all that the content names
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_IN_BRACKETS = rb"\((?:[^()\\]|\\.)*+\)"
for _ in range(6):  # brackets in a string go in pairs, and rarely deep
    _IN_BRACKETS = rb"\((?:[^()\\]|\\.|" + _IN_BRACKETS + rb")*+\)"
_STRING = rb"(?:" + _IN_BRACKETS + rb"|<(?!<)[0-9A-Fa-f\s]*+>)"
# A name right before a string stands in the properties of marked content, and nowhere else. The
# name may be written with escapes, and any of them may be read out: only a language says nothing.
# Begins with the slash, and gives no sign back, so that a page is searched by leaps.
_SAYS = rb"/(?!Lang[\s(<])[^\s/<>\[\](){}%]++\s*+"
_REPLACED = re.compile(_SAYS + rb"\[?\s*+(?:\(|<(?!<))")
_REPLACEMENT = re.compile(
    rb"(?P<shown>" + _STRING + rb")|" + _SAYS + rb"(?:" + _STRING + rb"|\[(?:[^\[\]()<>]|"
    + _STRING + rb")*+\])",
    re.DOTALL,
)  # fmt: skip
_REPLACEMENT_KEYS = ("ActualText", "Alt", "E")
_KINDS = ("XObject", "Pattern", "Properties", "ExtGState", "Font")
# What programs keep with a form or a picture for themselves; nothing of it is drawn.
_BAGGAGE = ("Metadata", "PieceInfo", "OPI", "Ref", "Alternates", "AF", "Measure", "PtData", "OC")
_MAX_DEPTH = 30
# Points of all pictures of a page: a page of A3 at 600 dots an inch has 70 million.
MOST_POINTS = 100_000_000
# A font's table of what its signs mean; the largest fonts need less than a megabyte.
_MOST_MEANINGS = 8_000_000
_DEFLATES_TO = 1032  # times its length, at the most


@dataclass(frozen=True)
class Traces:
    """What a page carries.

    ``replaced``: some text stands in for other glyphs. ``untidy``: something is never drawn.
    ``forms``: parts of the page are drawn from elsewhere. ``points``: how many its pictures have.
    ``heavy``: a font of it takes too long to read.
    """

    replaced: bool = False
    untidy: bool = False
    forms: bool = False
    points: int = 0
    heavy: bool = False

    def __or__(self, other: Traces) -> Traces:
        return Traces(
            self.replaced or other.replaced,
            self.untidy or other.untidy,
            self.forms or other.forms,
            self.points + other.points,
            self.heavy or other.heavy,
        )


NO_TRACES = Traces()
_TOO_DEEP = Traces(replaced=True, untidy=True, forms=True)


def traces_of(page: Any, content: bytes, seen: dict[int, Traces]) -> Traces:
    """What a page with this content, and the forms it draws, carry.

    ``seen`` remembers forms and pictures that many pages share.
    """
    return traces_in(resources_of(page), content, seen)


def traces_in(resources: Any, content: bytes, seen: dict[int, Traces]) -> Traces:
    """What a page with these resources and this content carries; else as `traces_of`."""
    return _look(resources, content, seen, 0)


def strip_replacement_text(document: Any, page: Any) -> None:
    """Remove every /ActualText, /Alt and /E from the page, its properties and its forms."""
    content = page.read_contents() or b""
    bare = _without_replacement(content)
    if bare != content:
        xref = document.get_new_xref()
        document.update_object(xref, "<<>>")
        document.update_stream(xref, bare)
        page.set_contents(xref)
    _strip_resources(document, resources_of(page), set(), 0)


def _without_replacement(content: bytes) -> bytes:
    return _REPLACEMENT.sub(lambda match: match["shown"] or b"", content)


def _look(resources: Any, content: bytes, seen: dict[int, Traces], depth: int) -> Traces:
    replaced = _REPLACED.search(content) is not None
    untidy = False
    named = _Named(content)
    below = NO_TRACES
    for kind in _KINDS:
        entries = list(_entries(resources, kind))
        for name, value in entries:
            if kind == "Font" and not _font(value, seen, depth).forms:
                below |= seen[mupdf.pdf_to_num(value)]
                continue
            form = _drawn_from(kind, value)
            if kind == "ExtGState" and form is None:
                continue  # widths and colours: nothing that could be another's
            untidy = untidy or not named.has(name.encode(), few=len(entries) <= _FEW)
            if kind == "Properties":
                replaced = replaced or _has_any(value, _REPLACEMENT_KEYS)
                untidy = untidy or _is_layer(value)
            elif kind == "Font":
                below |= seen[mupdf.pdf_to_num(value)]
            elif kind == "XObject" or form is not None:
                below |= _look_into(value if form is None else form, form, seen, depth)
    return Traces(replaced, untidy) | below


class _Named:
    """Which names stand in drawing orders."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._all: set[bytes] | None = None

    def has(self, name: bytes, *, few: bool) -> bool:
        """Whether a name does. With ``few`` to ask about it is looked for by itself first."""
        if few and self._all is None and _as_named(name).search(self._content):
            return True
        if self._all is None:
            self._all = _names_in(self._content)
        return name in self._all


@lru_cache(maxsize=1024)
def _as_named(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"/" + re.escape(name) + rb"(?![^\s/<>\[\](){}%])")


def _look_into(value: Any, form: Any, seen: dict[int, Traces], depth: int) -> Traces:
    """What a form, or a picture (``form`` is None then), carries."""
    if depth >= _MAX_DEPTH:
        return _TOO_DEEP
    xref = mupdf.pdf_to_num(value)
    if xref not in seen:
        seen[xref] = NO_TRACES  # a form that draws itself ends here
        own = Traces(untidy=_has_any(value, _BAGGAGE), forms=form is not None)
        if form is None:
            seen[xref] = own | Traces(points=_points(value))
        else:
            inner = mupdf.pdf_dict_gets(form, "Resources")
            seen[xref] = own | _look(inner, stream_of(form), seen, depth + 1)
    return seen[xref]


def _font(font: Any, seen: dict[int, Traces], depth: int) -> Traces:
    """What a font carries; ``forms`` tells that each of its letters is a drawing (Type 3)."""
    xref = mupdf.pdf_to_num(font)
    if xref not in seen:
        seen[xref] = NO_TRACES
        own = Traces(heavy=_says_too_much(mupdf.pdf_dict_gets(font, "ToUnicode")))
        if mupdf.pdf_to_name(mupdf.pdf_dict_gets(font, "Subtype")) == "Type3":
            content = b"\n".join(stream_of(glyph) for _, glyph in _entries(font, "CharProcs"))
            inner = mupdf.pdf_dict_gets(font, "Resources")
            own |= _look(inner, content, seen, depth + 1) | Traces(forms=True)
        seen[xref] = own
    return seen[xref]


def _says_too_much(meanings: Any) -> bool:
    if not mupdf.pdf_is_stream(meanings):
        return False
    packed = mupdf.pdf_to_int(mupdf.pdf_dict_gets(meanings, "Length"))
    one_filter = mupdf.pdf_array_len(mupdf.pdf_dict_gets(meanings, "Filter")) < 2
    if one_filter and 0 < packed * _DEFLATES_TO <= _MOST_MEANINGS:
        return False
    return len(stream_of(meanings)) > _MOST_MEANINGS


def _entries(resources: Any, kind: str) -> Iterator[tuple[str, Any]]:
    entries = mupdf.pdf_dict_gets(resources, kind)
    for index in range(mupdf.pdf_dict_len(entries)):
        name = mupdf.pdf_to_name(mupdf.pdf_dict_get_key(entries, index))
        yield name, mupdf.pdf_dict_get_val(entries, index)


def _names_in(content: bytes) -> set[bytes]:
    """Every name in the drawing orders, as it is meant: ``/A#42`` is AB."""
    names = set(_NAMES.findall(content))
    escaped = [name for name in names if b"#" in name]
    return names.union(
        _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), name) for name in escaped
    )


def _drawn_from(kind: str, value: Any) -> Any:
    """The stream of drawing orders behind an entry of the resources; None where there is none."""
    if kind == "XObject":
        named = mupdf.pdf_to_name(mupdf.pdf_dict_gets(value, "Subtype"))
        return value if named == "Form" else None
    if kind == "Pattern":
        return value if mupdf.pdf_is_stream(value) else None
    if kind == "ExtGState":
        group = mupdf.pdf_dict_gets(mupdf.pdf_dict_gets(value, "SMask"), "G")
        return group if mupdf.pdf_is_stream(group) else None
    return None


def _points(picture: Any) -> int:
    """How many points a picture and its mask have, as it says itself."""
    total = 0
    for one in (picture, mupdf.pdf_dict_gets(picture, "SMask")):
        wide, tall = (
            mupdf.pdf_to_int(mupdf.pdf_dict_gets(one, key)) for key in ("Width", "Height")
        )
        total += max(wide, 0) * max(tall, 0)
    return total


def _strip_resources(document: Any, resources: Any, done: set[int], depth: int) -> None:
    for kind in _KINDS:
        for _, value in _entries(resources, kind):
            if kind == "Properties":
                for key in _REPLACEMENT_KEYS:
                    mupdf.pdf_dict_dels(value, key)
                continue
            form = _drawn_from(kind, value)
            xref = mupdf.pdf_to_num(form) if form is not None else 0
            if not xref or xref in done or depth >= _MAX_DEPTH:
                continue
            done.add(xref)
            content = document.xref_stream(xref) or b""
            bare = _without_replacement(content)
            if bare != content:
                document.update_stream(xref, bare)
            _strip_resources(document, mupdf.pdf_dict_gets(form, "Resources"), done, depth + 1)


def _has_any(value: Any, keys: tuple[str, ...]) -> bool:
    return any(mupdf.pdf_dict_gets(value, key).m_internal for key in keys)


def _is_layer(value: Any) -> bool:
    # All layers are on, so what says which is which has no use (see source.py).
    return mupdf.pdf_to_name(mupdf.pdf_dict_gets(value, "Type")) in ("OCG", "OCMD")


def tidy(document: Any, page: Any) -> bool:
    """Make the page's resources hold only what it draws. True if its content had to be rewritten.

    A trimmed copy of the dictionary is enough, unless a form in it has such resources as well.
    """
    content = page.read_contents() or b""
    names = _names_in(content)
    trimmed = mupdf.pdf_copy_dict(resources_of(page))
    for kind in _KINDS:
        entries = mupdf.pdf_dict_gets(trimmed, kind)
        if not mupdf.pdf_dict_len(entries):
            continue
        kept = mupdf.pdf_copy_dict(entries)
        for name, value in list(_entries(trimmed, kind)):
            if name.encode() not in names or _is_layer(value):
                mupdf.pdf_dict_dels(kept, name)
        mupdf.pdf_dict_puts(trimmed, kind, kept)
    mupdf.pdf_dict_puts(page_object(page), "Resources", trimmed)
    _drop_baggage(trimmed, set(), 0)
    if not traces_of(page, content, {}).untidy:
        return False
    page.clean_contents(sanitize=1)
    return True


def _drop_baggage(resources: Any, done: set[int], depth: int) -> None:
    """Take out of every form and picture what no reader draws. Other letters want it gone too."""
    for kind in _KINDS:
        for name, value in list(_entries(resources, kind)):
            if kind == "Properties" and depth and _is_layer(value):
                mupdf.pdf_dict_dels(mupdf.pdf_dict_gets(resources, kind), name)
            form = _drawn_from(kind, value)
            held = value if kind == "XObject" else form
            xref = mupdf.pdf_to_num(held) if held is not None else 0
            if not xref or xref in done or depth >= _MAX_DEPTH:
                continue
            done.add(xref)
            for key in _BAGGAGE:
                mupdf.pdf_dict_dels(held, key)
            if form is not None:
                _drop_baggage(mupdf.pdf_dict_gets(form, "Resources"), done, depth + 1)

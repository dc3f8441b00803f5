"""What a page carries besides its visible text: replacement texts and things it never draws.

Both can hold a number, or a piece of somebody else's letter, that reading the page does not show.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pymupdf import mupdf

from digitalpost.pdf.source import page_object, resources_of, stream_of

_NAMES = re.compile(rb"/([^\s/<>\[\](){}%]+)")
_FEW = 4  # names are looked for one by one, many by taking down all that the content names
_NESTED = rb"\((?:[^()\\]|\\.)*\)"
_STRING = rb"(?:\((?:[^()\\]|\\.|\((?:[^()\\]|\\.|" + _NESTED + rb")*\))*\)|<[0-9A-Fa-f\s]*>(?!>))"
_REPLACEMENT = re.compile(rb"/(?:ActualText|Alt|E)\s*" + _STRING, re.DOTALL)
_REPLACEMENT_KEYS = ("ActualText", "Alt", "E")
_KINDS = ("XObject", "Pattern", "Properties")
_MAX_DEPTH = 8


@dataclass(frozen=True)
class Traces:
    """What a page carries.

    ``replaced``: some text stands in for other glyphs. ``untidy``: something is never drawn.
    ``forms``: parts of the page are drawn from elsewhere.
    """

    replaced: bool = False
    untidy: bool = False
    forms: bool = False

    def __or__(self, other: Traces) -> Traces:
        return Traces(
            self.replaced or other.replaced,
            self.untidy or other.untidy,
            self.forms or other.forms,
        )


NO_TRACES = Traces()


def traces_of(document: Any, page: Any, content: bytes, seen: dict[int, Traces]) -> Traces:
    """What a page with this content, and the forms it draws, carry.

    ``seen`` remembers forms that many pages share.
    """
    return traces_in(resources_of(page), content, seen)


def traces_in(resources: Any, content: bytes, seen: dict[int, Traces]) -> Traces:
    """What a page with these resources and this content carries; else as `traces_of`."""
    return _look(resources, content, seen, 0)


def strip_replacement_text(document: Any, page: Any) -> None:
    """Remove every /ActualText, /Alt and /E from the page, its properties and its forms."""
    content = page.read_contents() or b""
    bare = _REPLACEMENT.sub(b"", content)
    if bare != content:
        xref = document.get_new_xref()
        document.update_object(xref, "<<>>")
        document.update_stream(xref, bare)
        page.set_contents(xref)
    _strip_resources(document, resources_of(page), set(), 0)


def _look(resources: Any, content: bytes, seen: dict[int, Traces], depth: int) -> Traces:
    replaced = b"ActualText" in content or b"/Alt" in content
    untidy = False
    names: set[bytes] | None = None
    below = NO_TRACES
    for kind in _KINDS:
        entries = mupdf.pdf_dict_gets(resources, kind)
        few = mupdf.pdf_dict_len(entries) <= _FEW
        for index in range(mupdf.pdf_dict_len(entries)):
            name = mupdf.pdf_to_name(mupdf.pdf_dict_get_key(entries, index)).encode()
            value = mupdf.pdf_dict_get_val(entries, index)
            if few:
                untidy = untidy or _as_named(name).search(content) is None
            else:
                names = set(_NAMES.findall(content)) if names is None else names
                untidy = untidy or name not in names
            if kind == "Properties":
                replaced = replaced or _has_replacement(value)
            elif depth < _MAX_DEPTH and _is_content(kind, value):
                below |= _look_into(value, seen, depth) | Traces(forms=True)
    return Traces(replaced, untidy) | below


@lru_cache(maxsize=1024)
def _as_named(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"/" + re.escape(name) + rb"(?![^\s/<>\[\](){}%])")


def _look_into(form: Any, seen: dict[int, Traces], depth: int) -> Traces:
    xref = mupdf.pdf_to_num(form)
    if xref not in seen:
        seen[xref] = NO_TRACES  # a form that draws itself ends here
        inner = mupdf.pdf_dict_gets(form, "Resources")
        seen[xref] = _look(inner, stream_of(form), seen, depth + 1)
    return seen[xref]


def _strip_resources(document: Any, resources: Any, done: set[int], depth: int) -> None:
    for kind in _KINDS:
        entries = mupdf.pdf_dict_gets(resources, kind)
        for index in range(mupdf.pdf_dict_len(entries)):
            value = mupdf.pdf_dict_get_val(entries, index)
            if kind == "Properties":
                for key in _REPLACEMENT_KEYS:
                    mupdf.pdf_dict_dels(value, key)
                continue
            xref = mupdf.pdf_to_num(value)
            if xref in done or depth >= _MAX_DEPTH or not _is_content(kind, value):
                continue
            done.add(xref)
            content = document.xref_stream(xref) or b""
            bare = _REPLACEMENT.sub(b"", content)
            if bare != content:
                document.update_stream(xref, bare)
            _strip_resources(document, mupdf.pdf_dict_gets(value, "Resources"), done, depth + 1)


def _is_content(kind: str, value: Any) -> bool:
    if kind == "XObject":
        return bool(mupdf.pdf_to_name(mupdf.pdf_dict_gets(value, "Subtype")) == "Form")
    return bool(mupdf.pdf_is_stream(value))


def _has_replacement(value: Any) -> bool:
    return any(mupdf.pdf_dict_gets(value, key).m_internal for key in _REPLACEMENT_KEYS)


def tidy(document: Any, page: Any) -> bool:
    """Make the page's resources hold only what it draws. True if its content had to be rewritten.

    A trimmed copy of the dictionary is enough, unless a form in it has such resources as well.
    """
    content = page.read_contents() or b""
    names = set(_NAMES.findall(content))
    trimmed = mupdf.pdf_copy_dict(resources_of(page))
    for kind in _KINDS:
        entries = mupdf.pdf_dict_gets(trimmed, kind)
        if not mupdf.pdf_dict_len(entries):
            continue
        kept = mupdf.pdf_copy_dict(entries)
        for index in range(mupdf.pdf_dict_len(entries)):
            name = mupdf.pdf_to_name(mupdf.pdf_dict_get_key(entries, index))
            if name.encode() not in names:
                mupdf.pdf_dict_dels(kept, name)
        mupdf.pdf_dict_puts(trimmed, kind, kept)
    mupdf.pdf_dict_puts(page_object(page), "Resources", trimmed)
    if not traces_of(document, page, content, {}).untidy:
        return False
    page.clean_contents(sanitize=1)
    return True

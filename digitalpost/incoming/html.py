"""A letter that came as a web page, made harmless: text, tables and pictures of its own, no more.

The first wall of three: what is left is shown in a frame that may run nothing, under a policy that
loads nothing from anywhere (`admin_views/incoming_files.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import nh3

from digitalpost.conversion.text import decode

_BLOCKS = {"p", "br", "div", "hr", "blockquote", "pre", "center", "address"}
_TEXT = {"span", "b", "strong", "i", "em", "u", "s", "sup", "sub", "small", "font", "code", "q"}
_HEADS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_LISTS = {"ul", "ol", "li", "dl", "dt", "dd"}
_TABLES = {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
_TAGS = _BLOCKS | _TEXT | _HEADS | _LISTS | _TABLES | {"img"}
_ATTRIBUTES = {
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
    "img": {"src", "alt"},
}
# What stands between these tags is never text that somebody wrote to us.
_DROPPED = {"script", "style", "head", "title", "noscript", "iframe", "object", "svg", "math"}
_PICTURES = tuple(f"data:image/{kind};base64," for kind in ("png", "jpeg", "gif"))


@dataclass(frozen=True)
class SafeHtml:
    """What may be shown of a page."""

    html: str
    left_out: bool  # pictures that lie somewhere else were not fetched


def make_safe(content: bytes) -> SafeHtml:
    """The page without scripts, styles, forms, links and anything that would be loaded.

    Raises `Refused` when it is no text.
    """
    left_out = False

    def keep(tag: str, attribute: str, value: str) -> str | None:
        nonlocal left_out
        if (tag, attribute) == ("img", "src") and not value.lower().startswith(_PICTURES):
            left_out = True
            return None
        return value

    html = nh3.clean(
        decode(content),
        tags=_TAGS,
        clean_content_tags=_DROPPED,
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        # Let through to `keep`, which drops all but pictures that are in the letter itself.
        url_schemes={"data", "http", "https", "cid"},
        link_rel=None,
    )
    return SafeHtml(html, left_out)

"""Pictures of finished pages: made when asked for, kept in memory for a while, never on disk."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from flask import Flask, Response, current_app

from digitalpost.archive.proofs import proof_of
from digitalpost.pdf.pool import Workers
from digitalpost.pdf.previews import LIMITS, count_pages, draw_letter

WIDTHS = (320, 900, 1400)  # pixels: a thumbnail, a page beside the list, a page to read closely
_MOST_BYTES = 48_000_000

Key = tuple[str, int, int]  # the file's hash (and what else tells pictures apart), page, width


class PageImages:
    """The newest pictures of this process, by the file's hash. Access is checked before asking."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._size = 0
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._keeping = Lock()
        self._drawing = Lock()  # one child draws, one page at a time
        self.workers = Workers(1, limits=LIMITS)

    def get(self, key: Key, read: Callable[[], bytes], draw: Callable[[bytes], bytes]) -> bytes:
        """The picture of one page, made by ``draw`` of the bytes that ``read`` gives, or kept.

        Raises `ValueError` when the page can't be drawn.
        """
        kept = self._find(key)
        if kept is not None:
            return kept
        data = read()
        with self._drawing:
            kept = self._find(key)
            if kept is None:
                kept = draw(data)
                self._keep(key, kept)
        return kept

    def count(self, data: bytes, filetype: str) -> int:
        """How many pages a file that came has; 0 when it can't be opened."""
        with self._drawing:
            return count_pages(data, filetype=filetype, workers=self.workers)

    def _find(self, key: Key) -> bytes | None:
        with self._keeping:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def _keep(self, key: Key, picture: bytes) -> None:
        with self._keeping:
            self._kept[key] = picture
            self._size += len(picture)
            while self._size > self._most and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self._size -= len(old)


def attach(app: Flask) -> None:
    """Give the application its pictures, and its templates the proof that stands beside them."""
    app.extensions["page_images"] = PageImages()
    app.jinja_env.globals["proof_of"] = proof_of


def count(data: bytes, filetype: str) -> int:
    """How many pages a file that came has, counted in a child; 0 when it can't be opened."""
    images: PageImages = current_app.extensions["page_images"]
    return images.count(data, filetype)


def picture(
    sha256: str, page: int, width: int, read: Callable[[], bytes], filetype: str = "pdf"
) -> Response:
    """The answer with one page as a PNG, which no browser and no proxy may keep."""
    images: PageImages = current_app.extensions["page_images"]
    width = min((one for one in WIDTHS if one >= width), default=WIDTHS[-1])
    drawn = images.get(
        (sha256, page, width),
        read,
        lambda data: draw_letter(
            data, page, width=width, workers=images.workers, filetype=filetype
        ),
    )
    answer = Response(drawn, mimetype="image/png")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def overlay(
    sha256: str,
    page: int,
    whose: str,
    read: Callable[[], bytes],
    draw: Callable[[bytes], bytes],
) -> Response:
    """The answer with what lies over the picture of one page of one letter, as an SVG.

    Letters to different people may be the same bytes and are framed differently: ``whose`` tells
    them apart.
    """
    images: PageImages = current_app.extensions["page_images"]
    drawn = images.get((f"{sha256}/{whose}", page, 0), read, draw)
    answer = Response(drawn, mimetype="image/svg+xml")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer

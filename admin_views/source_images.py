"""Pictures of source pages, for mending: drawn a few at a time in a child, kept in memory."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, abort, current_app

from admin_views.page_images import PageImages

WIDTH = 900
BLOCK = 6  # pages drawn at once, because the whole file has to be opened each time
_MOST_BYTES = 24_000_000


class SourceImages(PageImages):
    """Beside those of finished pages: a slow file here must hold up nothing there."""

    def get_block(
        self, sha256: str, page: int, draw: Callable[[range], dict[int, bytes]]
    ) -> bytes | None:
        """The picture of a page; ``draw`` makes those around it as well. None: can't be drawn."""
        kept = self._find((sha256, page, WIDTH))
        if kept is not None:
            return kept
        with self._drawing:
            kept = self._find((sha256, page, WIDTH))
            if kept is not None:
                return kept
            first = page - (page - 1) % BLOCK
            drawn = draw(range(first, first + BLOCK))
            for number, picture in drawn.items():
                self._keep((sha256, number, WIDTH), picture)
            return drawn.get(page)


def attach(app: Flask) -> None:
    """Give the application its pictures of source pages."""
    app.extensions["source_images"] = SourceImages(_MOST_BYTES)


def source_picture(sha256: str, page: int, draw: Callable[[range], dict[int, bytes]]) -> Response:
    """The answer with one source page as a PNG, which no browser and no proxy may keep; or 404."""
    images: SourceImages = current_app.extensions["source_images"]
    found = images.get_block(sha256, page, draw)
    if found is None:
        abort(404)
    answer = Response(found, mimetype="image/png")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer

"""Texts that are written down before a request says in which language to show them."""

from __future__ import annotations

from flask_babel import gettext

from digitalpost.errors import Refused, Sentence


def mark(text: str) -> str:
    """Danish text that `gettext` translates when shown. Extracted with ``pybabel -k mark``."""
    return text


def say(sentence: Sentence) -> str:
    """A domain sentence in the reader's language, with where it belongs in front."""
    text = gettext(sentence.text)
    text = text % sentence.values if sentence.values else text
    if sentence.file and sentence.page:
        return gettext(
            "%(file)s, side %(page)s: %(text)s",
            file=sentence.file, page=sentence.page, text=text,
        )  # fmt: skip
    if sentence.file:
        return gettext("%(file)s: %(text)s", file=sentence.file, text=text)
    if sentence.page:
        return gettext("Side %(page)s: %(text)s", page=sentence.page, text=text)
    return text


def say_stored(stored: dict[str, object] | None) -> str:
    """A sentence that was stored in a row (status_reason, problem), in the reader's language."""
    if not stored:
        return ""
    values = stored.get("values")
    page, file = stored.get("page"), stored.get("file")
    return say(
        Sentence(
            str(stored.get("text", "")),
            dict(values) if isinstance(values, dict) else {},
            page=page if isinstance(page, int) else None,
            file=file if isinstance(file, str) else None,
        )
    )


def say_all(refused: Refused) -> list[str]:
    """Every reason of a refusal."""
    return [say(sentence) for sentence in refused.sentences]

"""What a use case may say no with: a Danish sentence that a clerk can act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sentence:
    """One message to a person: Danish source text, the values to put in it, and where it belongs.

    ``text`` is a gettext message id with ``%(name)s`` places; ``values`` fills them: words of ours
    are message ids too, or sentences of their own. ``page`` is the page of the source file counted
    from 1, ``file`` the name the user gave it. The edge (console or command line)
    translates ``text`` before filling it in; ``str()`` is the Danish.
    """

    text: str
    values: dict[str, Any] = field(default_factory=dict)
    page: int | None = None
    file: str | None = None
    code: str = ""

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text

    def as_json(self) -> dict[str, Any]:
        """For a JSON column; `sentence_of` reads it back."""
        return {
            "text": self.text,
            "values": {
                name: value.as_json() if isinstance(value, Sentence) else value
                for name, value in self.values.items()
            },
            "page": self.page,
            "file": self.file,
            "code": self.code,
        }


def sentence_of(stored: dict[str, Any]) -> Sentence:
    """The sentence that `Sentence.as_json` stored."""
    values = {
        name: sentence_of(value) if isinstance(value, dict) else value
        for name, value in (stored.get("values") or {}).items()
    }
    return Sentence(**{**stored, "values": values})


def word(text: str) -> str:
    """Danish words that are put into a sentence, or shown alone; marked here for translation."""
    return text


class Refused(Exception):  # noqa: N818 - reads as a sentence: the use case refused
    """A use case said no. Carries every reason found, not only the first. Never a CPR number."""

    def __init__(self, text: str | Sequence[Sentence], /, **values: Any) -> None:
        self.sentences: list[Sentence] = (
            [Sentence(text, values)] if isinstance(text, str) else list(text)
        )
        super().__init__(" ".join(str(sentence) for sentence in self.sentences))


class Forbidden(Refused):
    """The actor may not do this. Views answer 403, or 404 where the thing itself is hidden."""


class Damaged(Exception):  # noqa: N818 - a state of stored data, found on read
    """Stored bytes do not match what was written: wrong hash, wrong key, or missing."""

"""What of a letter the suggestions learn from: words, sender, contact point, attention person.

A feature is stored as a blind index: without the institution's key it says nothing, and it is
shown only beside a letter that has the feature in clear. Danish endings are taken off words by a
short table (`stem`): a stemmer from Snowball would do little more, and neither takes compounds
apart, which is what Danish is made of; the start of a long word therefore counts as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from digitalpost.incoming.facts import Facts
from digitalpost.incoming.folding import fold, parts_of
from digitalpost.models.learned import FEATURE_BYTES
from digitalpost.vault import Vault

MOST_WORDS = 150  # different words of one text
_START = 6  # letters of a long word that count by themselves
_LONG = 9
_ENDINGS = re.compile(r"(?:erne|ernes|ene|enes|erens|eren|ers|ens|ets|er|en|et|es|e|s)$")
_HOLDS_DIGIT = re.compile(r"\d")
# Words of every letter: what is common weighs nothing anyway, and these save room.
_EVERYWHERE = frozenset(
    """
    af alle alt at da de dem den der deres det dig din dit du efter eller en er et for fra få før
    gerne god ham han har havde hej hende her hilsen hun hvad hvis hvor i ikke ind jeg jer jeres kan
    kh kunne kære lige man med meget men mig min mine mit mvh må ned nu når og også om op os over på
    sig skal skulle som så tak til ud under var ved venlig venlige vi vil ville være vores
    """.split()  # noqa: SIM905 - easier to read as a text
)


class FeatureKind(StrEnum):
    """Where a feature was found."""

    SENDER = "sender"
    SENDER_KIND = "sender_kind"
    CONTACT_POINT = "contact_point"
    ATTENTION = "attention"
    TITLE = "title"  # a word of the title
    WORD = "word"  # a word of the letter or the title
    START = "start"  # the first letters of a long word there
    FILE = "file"  # a word of a file name


@dataclass(frozen=True)
class Feature:
    """One feature of a letter: ``index`` is what is stored, ``shown`` how people read it."""

    kind: FeatureKind
    index: bytes
    shown: str


def features_of(vault: Vault, facts: Facts) -> list[Feature]:
    """The features of a letter, each once, in an order that does not change."""
    found: dict[tuple[FeatureKind, str], str] = {}
    for kind, value, shown in (
        (FeatureKind.SENDER, facts.sender_index, facts.sender_name),
        (FeatureKind.SENDER_KIND, facts.sender_kind or "", facts.sender_kind or ""),
        (FeatureKind.CONTACT_POINT, facts.contact_point_id, facts.contact_point),
        (FeatureKind.ATTENTION, fold(facts.attention), facts.attention),
    ):
        if value:
            found[kind, str(value)] = shown
    # The letter is signed by its sender: the name is one feature, not one more for each part.
    names = set(parts_of(facts.sender_name))
    title = [word for word in _telling(parts_of(facts.title)) if word not in names]
    text = [word for word in _telling(parts_of(facts.text)) if word not in names]
    for word in title:
        found.setdefault((FeatureKind.TITLE, stem(word)), word)
    for word in list(dict.fromkeys([*title, *text]))[:MOST_WORDS]:
        found.setdefault((FeatureKind.WORD, stem(word)), word)
        if len(word) >= _LONG:
            found.setdefault((FeatureKind.START, word[:_START]), f"{word[:_START]}…")
    for name in facts.attachment_names[:20]:
        for word in _telling(parts_of(name)):
            found.setdefault((FeatureKind.FILE, stem(word)), word)
    return [
        Feature(kind, index_of(vault, kind, value), shown) for (kind, value), shown in found.items()
    ]


def index_of(vault: Vault, kind: FeatureKind, value: str) -> bytes:
    """What is stored of a feature."""
    return vault.blind_index(f"routing {kind.value}", value)[:FEATURE_BYTES]


def stem(word: str) -> str:
    """A folded word without Danish endings, of 3 letters or more: ``elev`` for ``elevernes``."""
    bare = word
    for _ in range(2):
        cut = _ENDINGS.sub("", bare)
        if len(cut) < 3:
            break
        bare = cut
    return bare


def _telling(words: Iterable[str]) -> Iterable[str]:
    """Words that can tell letters apart: no fillers, nothing with digits, no single letters."""
    return (
        word
        for word in words
        if len(word) > 1 and word not in _EVERYWHERE and not _HOLDS_DIGIT.search(word)
    )

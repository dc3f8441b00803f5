"""Learns from people's routing whom a letter is for, and suggests it with reasons (L5).

A model of our own and not scikit-learn's: it must learn from each correction at once, forget one
letter exactly (undone, or erased with its case), live in two tables of counts that every machine
shares, and tell a clerk why in the counts themselves ("14 af 15 gik til Mette"). Naive Bayes over
such counts does all of that in a page of code; a fitted model would have to be trained anew, kept
as a file that nobody can read, and explained by another model.

For each feature of a letter the share of each target among the letters that had it is set against
the target's share of all letters; the logarithms are added up. Two things make it fit for little
data and vague letters: a feature that is spread over many targets is nearly left out (`_purity`),
and only the strongest count, since the words of a letter say much the same thing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from digitalpost.access import Actor, across_units, require
from digitalpost.db import Session
from digitalpost.errors import Sentence
from digitalpost.incoming.facts import Facts, facts_of
from digitalpost.incoming.features import Feature, FeatureKind, features_of
from digitalpost.incoming.learn_words import reason_of
from digitalpost.incoming.named import named_person
from digitalpost.incoming_settings import Naming
from digitalpost.models import (
    IncomingLetter,
    LearnedCount,
    Letter,
    NeverSuggested,
    Unit,
    User,
)

EVERYTHING = b""  # the feature that every letter has: counts the letters of a target
REASONS = 3
_STRONGEST = 12  # features that are added up
# Letters that a feature must be met with before it is half believed: a word may stand there by
# chance, but whoever chose a contact point or a person meant something by it.
_CAUTION, _LITTLE_CAUTION = 1.0, 0.2
_MEANT = frozenset({FeatureKind.SENDER, FeatureKind.CONTACT_POINT, FeatureKind.ATTENTION})
_HABIT = 0.5  # what it is worth that a target gets much of the mail anyway
_FEWEST = 5  # letters that must have been learned from before anything is suggested
_SURE = 0.8


@dataclass(frozen=True)
class Reason:
    """Why: the sentence, and the feature behind it for "never suggest this"."""

    sentence: Sentence
    feature: Feature | None = None


@dataclass(frozen=True)
class Suggestion:
    """Whom a letter should go to: a person or a unit."""

    target: str  # "user:3" or "unit:2"
    name: str
    user: User | None
    unit: Unit | None
    confidence: float  # from 0 to 1
    reasons: tuple[Reason, ...]

    @property
    def is_sure(self) -> bool:
        """Whether it is worth saying without a "perhaps"."""
        return self.confidence >= _SURE


@dataclass(frozen=True)
class Score:
    """One target's standing for a letter; ``told`` are its features, strongest first."""

    target: str
    value: float
    confidence: float
    told: tuple[tuple[Feature, int, int], ...]  # feature, letters to the target, letters in all


def suggest(
    session: Session, actor: Actor, letter: Letter, *, naming: Naming = Naming.SUGGEST
) -> Suggestion | None:
    """The best suggestion for an incoming letter, or None when there is nothing to go by.

    A person whom the letter names comes first, unless ``naming`` (setting INCOMING_NAMED) is off;
    else what was learned in the letter's unit.
    """
    require(actor, "incoming.read", letter)
    incoming = session.scalars(
        select(IncomingLetter).where(IncomingLetter.letter_id == letter.id)
    ).one_or_none()
    if incoming is None:
        return None
    facts = facts_of(session, letter, incoming)
    never = nevers_of(session, letter.unit_id)
    named = None if naming is Naming.OFF else named_person(session, facts)
    if named is not None and f"user:{named.user.id}" not in never.targets:
        return Suggestion(
            f"user:{named.user.id}", named.user.name, named.user, None, 1.0,
            (Reason(named.reason),),
        )  # fmt: skip
    for score in scores(session, letter.unit_id, facts, never):
        found = _as_suggestion(session, score)
        if found is not None:
            return found
    return None


@dataclass(frozen=True)
class Nevers:
    """What is never suggested in a unit, and never a reason."""

    features: frozenset[bytes] = frozenset()
    targets: frozenset[str] = frozenset()


def nevers_of(session: Session, unit_id: int) -> Nevers:
    """What people of the unit have said never to suggest."""
    rows = session.execute(
        select(NeverSuggested.feature, NeverSuggested.target).where(
            NeverSuggested.unit_id == unit_id
        )
    ).all()
    return Nevers(
        frozenset(bytes(row.feature) for row in rows if row.feature),
        frozenset(row.target for row in rows if row.target),
    )


def scores(
    session: Session, unit_id: int, facts: Facts, never: Nevers | None = None
) -> list[Score]:
    """How targets stand for a letter that came to a unit, best first; those with no reason left
    out."""
    never = never or nevers_of(session, unit_id)
    features = [one for one in features_of(session.vault, facts) if one.index not in never.features]
    counts = _counts(session, unit_id, [EVERYTHING, *(one.index for one in features)])
    return score_all(features, counts, never.targets)


def score_all(
    features: Sequence[Feature],
    counts: Mapping[bytes, Mapping[str, int]],
    never: frozenset[str] = frozenset(),
) -> list[Score]:
    """The scores from counts that were read already: letters by feature and target."""
    letters = {target: n for target, n in counts.get(EVERYTHING, {}).items() if n > 0}
    total = sum(letters.values())
    if total < _FEWEST:
        return []
    known = []
    for feature in features:
        by_target = counts.get(feature.index, {})
        if met := sum(by_target.values()):
            caution = _LITTLE_CAUTION if feature.kind in _MEANT else _CAUTION
            purity = _purity(by_target, letters, total, caution)
            known.append((feature, by_target, met, caution, purity))
    found = []
    for target, count in letters.items():
        if target in never:
            continue
        share = count / total
        evidence = []
        for feature, by_target, met, caution, purity in known:
            here = by_target.get(target, 0)
            believed = (here + caution * share) / (met + caution)
            evidence.append((purity * math.log(believed / share), feature, here, met))
        evidence.sort(key=lambda one: -abs(one[0]))
        value = _HABIT * math.log(share) + sum(one[0] for one in evidence[:_STRONGEST])
        told = tuple(
            (feature, here, met)
            for weight, feature, here, met in sorted(evidence, key=lambda one: -one[0])
            if weight > 0 and here
        )
        found.append((value, target, told))
    top = max((value for value, _, _ in found), default=0.0)
    whole = sum(math.exp(value - top) for value, _, _ in found) or 1.0
    return [
        Score(target, value, math.exp(value - top) / whole, told)
        for value, target, told in sorted(found, key=lambda one: (-one[0], one[1]))
        if told
    ]


def _purity(
    by_target: Mapping[str, int], letters: Mapping[str, int], total: int, caution: float
) -> float:
    """How much a feature tells: 1 when all its letters went one way, near 0 when anywhere."""
    met = sum(by_target.values())
    most = max(
        (here + caution * letters.get(target, 0) / total) / (met + caution)
        for target, here in by_target.items()
    )
    return most * most


def _counts(
    session: Session, unit_id: int, indexes: Sequence[bytes]
) -> dict[bytes, dict[str, int]]:
    found: dict[bytes, dict[str, int]] = defaultdict(dict)
    for start in range(0, len(indexes), 500):
        for feature, target, count in session.execute(
            select(LearnedCount.feature, LearnedCount.target, LearnedCount.count).where(
                LearnedCount.unit_id == unit_id,
                LearnedCount.feature.in_(indexes[start : start + 500]),
            )
        ):
            found[bytes(feature)][target] = count
    return found


def _as_suggestion(session: Session, score: Score) -> Suggestion | None:
    """The suggestion of a target who can take it; None for one who is gone."""
    kind, _, number = score.target.partition(":")
    user = unit = None
    with across_units(session):
        if kind == "user":
            user = session.get(User, int(number))
            if user is None or not user.is_active:
                return None
        else:
            unit = session.get(Unit, int(number))
            if unit is None:
                return None
    name = user.name if user is not None else str(unit)
    reasons: list[Reason] = []
    said: set[str] = set()
    for feature, here, met in score.told:
        key = feature.shown.rstrip("…")[:5]
        if key in said:  # the same word from title and text, or its start, is one reason
            continue
        said.add(key)
        reasons.append(Reason(reason_of(feature, name, here, met), feature))
    return Suggestion(score.target, name, user, unit, score.confidence, tuple(reasons[:REASONS]))

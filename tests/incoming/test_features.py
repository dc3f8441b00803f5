"""What suggestions learn from a letter, and how well they do on mail that they have not seen."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

import pytest

from digitalpost.identifiers import IdentifierKind
from digitalpost.incoming.facts import Facts
from digitalpost.incoming.features import FeatureKind, features_of, stem
from digitalpost.incoming.learn import EVERYTHING, score_all
from digitalpost.vault import Vault
from sandbox.generate import YEAR, planned
from sandbox.mail_plan import ATTENTION, CONTACT_POINT, HISTORY, NOTHING, SENDER, Planned

VAULT = Vault(b"k" * 32)
CORRECTIONS, GOAL = 200, 0.90


@pytest.mark.parametrize(
    ("word", "bare"),
    [
        ("elevernes", "elev"),
        ("eleverne", "elev"),
        ("elev", "elev"),
        ("faktura", "faktura"),
        ("fakturaen", "faktura"),
        ("su", "su"),
        ("det", "det"),
        ("klagens", "klag"),
        ("klage", "klag"),
    ],
)
def test_a_word_is_the_same_with_and_without_its_endings(word: str, bare: str) -> None:
    assert stem(word) == bare


def test_a_letter_has_each_feature_once_and_no_fillers_numbers_or_names_of_its_sender() -> None:
    facts = Facts(
        sender_kind=IdentifierKind.CPR,
        sender_index="ab",
        sender_name="Karla Eksempel",
        contact_point="Bogholderi",
        contact_point_id="cp-1",
        attention="Mette KIRK",
        title="Om eksamensplanen",
        text="Hej. Jeg har ikke eksamensplanen for 2026. Hilsen Karla Eksempel",
        attachment_names=("plan_over_prøver.pdf",),
    )
    found = features_of(VAULT, facts)
    shown = {(one.kind, one.shown) for one in found}
    assert (FeatureKind.SENDER, "Karla Eksempel") in shown
    assert (FeatureKind.CONTACT_POINT, "Bogholderi") in shown
    assert (FeatureKind.ATTENTION, "Mette KIRK") in shown
    assert (FeatureKind.TITLE, "eksamensplanen") in shown
    assert (FeatureKind.START, "eksame…") in shown
    assert (FeatureKind.FILE, "prøver") in shown
    words = {one.shown for one in found if one.kind is FeatureKind.WORD}
    assert words == {"eksamensplanen"}
    assert len({one.index for one in found}) == len(found)
    assert {len(one.index) for one in found} == {8}
    other = features_of(Vault(b"x" * 32), facts)
    assert {one.index for one in found}.isdisjoint(one.index for one in other)


def facts(plan: Planned) -> Facts:
    point, label = plan.contact_point or ("", "")
    return Facts(
        sender_kind=IdentifierKind(plan.id_type.lower()),
        sender_index=VAULT.blind_index(plan.id_type, plan.number).hex(),
        sender_name=plan.name,
        contact_point=label,
        contact_point_id=point,
        attention=plan.attention,
        title=plan.title,
        text="\n".join(plan.lines),
        attachment_names=plan.files,
    )


def clue(plan: Planned) -> tuple[str, object, str]:
    """What one must have met before to know whom the letter is for."""
    kind = SENDER if plan.reason == HISTORY else plan.reason
    about: dict[str, object] = {
        SENDER: plan.number, CONTACT_POINT: plan.contact_point, ATTENTION: plan.attention,
    }  # fmt: skip
    return kind, about.get(kind), plan.target


def test_after_200_corrections_nine_of_ten_suggestions_are_right() -> None:
    """On the 400 letters after them whose reason was among the corrections."""
    plans = list(planned(YEAR, today=date(2026, 5, 1), count=6000))[-600:]
    taught, held = plans[:CORRECTIONS], plans[CORRECTIONS:]
    counts: dict[bytes, Counter[str]] = defaultdict(Counter)
    for plan in taught:
        for index in {EVERYTHING, *(one.index for one in features_of(VAULT, facts(plan)))}:
            counts[index][plan.target] += 1
    met = {clue(plan) for plan in taught}
    hits = []
    for plan in held:
        if plan.reason == NOTHING or clue(plan) not in met:
            continue
        best = next(iter(score_all(features_of(VAULT, facts(plan)), counts)), None)
        hits.append(best is not None and best.target == plan.target)
    assert len(hits) > 200
    assert sum(hits) / len(hits) >= GOAL

"""Reasons for a suggestion in plain Danish, with the counts behind them."""

from __future__ import annotations

from digitalpost.db import Session
from digitalpost.errors import Sentence
from digitalpost.incoming.features import Feature, FeatureKind
from digitalpost.models import Unit, User

_SAID = {
    FeatureKind.SENDER: "Breve fra samme afsender: %(here)s af %(met)s gik til %(name)s",
    FeatureKind.CONTACT_POINT: ("Kontaktpunktet «%(what)s»: %(here)s af %(met)s gik til %(name)s"),
    FeatureKind.ATTENTION: "Stilet til «%(what)s»: %(here)s af %(met)s gik til %(name)s",
    FeatureKind.TITLE: "«%(what)s» i emnet: %(here)s af %(met)s gik til %(name)s",
    FeatureKind.WORD: "Ordet «%(what)s»: %(here)s af %(met)s gik til %(name)s",
    FeatureKind.START: "Ord, der begynder med «%(what)s»: %(here)s af %(met)s gik til %(name)s",
    FeatureKind.FILE: "«%(what)s» i et bilags navn: %(here)s af %(met)s gik til %(name)s",
}
_KINDS = {
    "cpr": "Breve fra personer: %(here)s af %(met)s gik til %(name)s",
    "cvr": "Breve fra virksomheder: %(here)s af %(met)s gik til %(name)s",
}


def reason_of(feature: Feature, name: str, here: int, met: int) -> Sentence:
    """One reason: of the letters with this feature, so many went to the target."""
    text = _KINDS[feature.shown] if feature.kind is FeatureKind.SENDER_KIND else _SAID[feature.kind]
    return Sentence(text, {"what": feature.shown, "name": name, "here": here, "met": met})


_NEVER = {
    FeatureKind.SENDER: "Grund: at afsenderen er %(what)s",
    FeatureKind.SENDER_KIND: "Grund: at afsenderen er en person eller en virksomhed",
    FeatureKind.CONTACT_POINT: "Grund: kontaktpunktet «%(what)s»",
    FeatureKind.ATTENTION: "Grund: at brevet er stilet til «%(what)s»",
    FeatureKind.TITLE: "Grund: «%(what)s» i emnet",
    FeatureKind.WORD: "Grund: ordet «%(what)s»",
    FeatureKind.START: "Grund: ord, der begynder med «%(what)s»",
    FeatureKind.FILE: "Grund: «%(what)s» i et bilags navn",
}


def never_words(session: Session, target: str, kind: str, shown: str) -> Sentence:
    """What is never suggested: a target, or a feature of ``kind`` as a reason."""
    if not target:
        return Sentence(_NEVER[FeatureKind(kind)], {"what": shown})
    model: type[User | Unit] = User if target.startswith("user:") else Unit
    found = session.get(model, int(target.partition(":")[2]))
    return Sentence("Modtager: %(name)s", {"name": str(found) if found is not None else ""})

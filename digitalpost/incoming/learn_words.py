"""Reasons for a suggestion in plain Danish, with the counts behind them."""

from __future__ import annotations

from digitalpost.errors import Sentence
from digitalpost.incoming.features import Feature, FeatureKind

_SAID = {
    FeatureKind.SENDER: "Breve fra samme afsender: %(here)s af %(met)s gik til %(name)s",
    FeatureKind.CONTACT_POINT: ("Kontaktpunktet »%(what)s«: %(here)s af %(met)s gik til %(name)s"),
    FeatureKind.ATTENTION: "Stilet til »%(what)s«: %(here)s af %(met)s gik til %(name)s",
    FeatureKind.TITLE: "»%(what)s« i emnet: %(here)s af %(met)s gik til %(name)s",
    FeatureKind.WORD: "Ordet »%(what)s«: %(here)s af %(met)s gik til %(name)s",
    FeatureKind.START: "Ord, der begynder med »%(what)s«: %(here)s af %(met)s gik til %(name)s",
    FeatureKind.FILE: "»%(what)s« i et bilags navn: %(here)s af %(met)s gik til %(name)s",
}
_KINDS = {
    "cpr": "Breve fra personer: %(here)s af %(met)s gik til %(name)s",
    "cvr": "Breve fra virksomheder: %(here)s af %(met)s gik til %(name)s",
}


def reason_of(feature: Feature, name: str, here: int, met: int) -> Sentence:
    """One reason: of the letters with this feature, so many went to the target."""
    text = _KINDS[feature.shown] if feature.kind is FeatureKind.SENDER_KIND else _SAID[feature.kind]
    return Sentence(text, {"what": feature.shown, "name": name, "here": here, "met": met})

"""Commands that end in each way a command can end."""

from __future__ import annotations

from argparse import Namespace

from cli.answers import Answer
from digitalpost.errors import Refused, Sentence
from digitalpost.settings import Settings


def answer(arguments: Namespace, settings: Settings) -> Answer:
    """All went well."""
    return Answer({"mailing": 12, "name": "Sølvi"}, ["Forsendelse 12 er klar."])


def refuse(arguments: Namespace, settings: Settings) -> Answer:
    """Two reasons, one with a place."""
    raise Refused([Sentence("Siden er tom.", page=3, file="breve.pdf"), Sentence("Prøv igen.")])


def break_down(arguments: Namespace, settings: Settings) -> Answer:
    """An error of ours whose text holds a number."""
    raise RuntimeError("010190-1234")

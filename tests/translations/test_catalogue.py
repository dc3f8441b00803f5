"""The English catalogue is complete: nothing missing, nothing left over, the same places."""

from __future__ import annotations

import ast
import gettext
import importlib
import pkgutil
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from jinja2 import Environment, nodes

import admin_views
import digitalpost
from translations.catalogue import (
    LANGUAGES,
    all_texts,
    compile_catalogue,
    faults,
    read_catalogue,
    texts_of_python,
)
from translations.source import ROOT, read_modules

DANISH = re.compile(
    r"[æøåÆØÅ]|\b(?:af|af|den|der|det|du|en|er|et|fra|har|ikke|kan|med|må|og|på|skal|som|til|vi)\b"
    r"(?=.* )"
)
# Danish that is read by machines or by the operator at the command line, which speaks Danish only.
NOT_SHOWN = {
    "admin_views/push.py": "^Kan ikke modtage lige nu$",  # told to a program
    "digitalpost/channels/sf1601/status.py": "^(Afleveret|Opdatering) ",  # as they come
    "digitalpost/sf1601_settings.py": "SHA-256-fingeraftryk",
    "digitalpost/access.py": r"Operatør ved kommandolinjen",
    "digitalpost/alarm_settings.py": r"^ALARM_",
    "digitalpost/archive/filed.py": r" har ikke (det dokument, det blev lagt på|de filer, det kom)",
    "digitalpost/channel_settings.py": r"DIGITALPOST_(CHANNELS|PRICES) skal være|^, ikke «",
    "digitalpost/environment.py": r" skal være |, ikke «| kan ikke læses\.$",
    "digitalpost/events.py": r"Loggen|Hændelse|er ændret eller flyttet|der står noget forkert",
    "digitalpost/incoming_settings.py": r"^Indgående post$",  # the name of a case type
    "digitalpost/incoming/letterhead.py": r"^Kære |kære\|hej",  # in the letter itself
    "digitalpost/mailings/compare.py": r"\[",
    "digitalpost/pdf/clues.py": r"\(\?|\[|^K[æÆ]",
    "digitalpost/pdf/labels.py": r"\(\?",
    "digitalpost/pdf/near.py": r"\[|^OoQ",
    "digitalpost/pdf/names.py": r"^.$|\[",
    "digitalpost/pdf/numbers.py": r"\(\?",
    "digitalpost/registers/virk.py": r"^[A-ZØ]+$",
    "digitalpost/settings.py": r"EBOKS_MODE|_URL skal ",
    "digitalpost/vault.py": r"Hovednøglen|Der er ingen hovednøgle|\. Kør først",
}
SAYERS = {"_", "gettext", "mark", "Sentence", "Refused", "Forbidden"}


def catalogue_texts(catalogue: Catalog) -> set[str]:
    """Every Danish text in a catalogue, both numbers of it."""
    ids = [message.id for message in catalogue if message.id]
    return {text for one in ids for text in ([one] if isinstance(one, str) else one)}


@pytest.fixture(scope="module")
def known() -> set[str]:
    """The Danish texts of the English catalogue."""
    return catalogue_texts(read_catalogue("en"))


def test_the_catalogue_holds_exactly_the_texts_of_the_program(known: set[str]) -> None:
    texts = {text for one in all_texts() for text in ([one] if isinstance(one, str) else one)}
    assert sorted(texts - known) == [], "run: make translations"
    assert sorted(known - texts) == [], "run: make translations"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_with_the_same_places(language: str) -> None:
    assert list(faults(read_catalogue(language))) == []


def test_no_text_is_put_together_at_run_time() -> None:
    assert texts_of_python().lost == set()


def test_a_missing_a_doubtful_and_a_misplaced_translation_are_faults() -> None:
    catalogue = Catalog(locale="en")
    catalogue.add("Ja", "Yes")
    catalogue.add("Side %(page)s", "Page %(page)s")
    catalogue.add(("%(num)s brev", "%(num)s breve"), ("%(num)s letter", "%(num)s letters"))
    assert list(faults(catalogue)) == []
    catalogue.add("Nej", "")
    catalogue.add("Måske", "Perhaps", flags={"fuzzy"})
    catalogue.add("Sag %(number)s", "Case %(nummer)s")
    catalogue.add(("%(num)s side", "%(num)s sider"), ("%(num)s page", ""))
    assert [fault.partition(": ")[2] for fault in faults(catalogue)] == [
        "Nej", "Måske", "Sag %(number)s", "%(num)s side",
    ]  # fmt: skip


def literal_texts(known_modules: list[str]) -> Iterator[tuple[str, str]]:
    """By a second way: what stands in a sayer's first place, names looked up as Python does."""
    for name, module in read_modules().items():
        if name not in known_modules:
            continue
        running = importlib.import_module(name)
        for node in ast.walk(module.tree):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            sayer = node.func.id if isinstance(node.func, ast.Name) else ""
            first = node.args[0]
            if sayer not in SAYERS:
                continue
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield f"{module.path}:{node.lineno}", first.value
            elif isinstance(first, ast.Name) and isinstance(getattr(running, first.id, 0), str):
                yield f"{module.path}:{node.lineno}", getattr(running, first.id)


def test_what_stands_in_a_refusal_or_a_sentence_is_in_the_catalogue(known: set[str]) -> None:
    names = [
        one.name
        for package in (admin_views, digitalpost)
        for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    said = list(literal_texts(names))
    assert len(said) > 200
    assert [(place, text) for place, text in said if text not in known] == []


def test_every_label_of_every_state_is_in_the_catalogue(known: set[str]) -> None:
    for one in pkgutil.walk_packages(digitalpost.__path__, "digitalpost."):
        importlib.import_module(one.name)
    kinds = [kind for kind in StrEnum.__subclasses__() if hasattr(kind, "label")]
    ours = [kind for kind in kinds if kind.__module__.startswith("digitalpost")]
    labels = {member.label for kind in ours for member in kind}  # type: ignore[attr-defined]
    assert len(labels) > 60
    assert {label for label in labels if not label.isupper()} <= known, "CPR and CVR stay"


def danish_in_python() -> Iterator[tuple[str, int, str]]:
    for module in read_modules().values():
        for node in ast.walk(module.tree):
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                continue
            is_docstring = isinstance(module.parents[node], ast.Expr)
            not_shown = NOT_SHOWN.get(module.path)
            if is_docstring or (not_shown and re.search(not_shown, node.value)):
                continue
            if DANISH.search(node.value):
                yield module.path, node.lineno, node.value


def test_no_danish_in_python_is_outside_the_catalogue(known: set[str]) -> None:
    """Whatever way it takes to the page. Not shown to anybody? Then say so in NOT_SHOWN."""
    assert [place for place in danish_in_python() if place[2] not in known] == []


def test_no_words_in_templates_are_outside_the_catalogue(known: set[str]) -> None:
    loose = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        source = path.read_text("utf-8")
        page = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", source, flags=re.S)
        spoken = re.findall(r'\b(?:alt|title|aria-label|placeholder)="([^"]+)"', page)
        shown = re.sub(r'<[^>]*>|&\w+;|\b[\w-]+="[^"]*"', " ", page)
        loose += [(path.name, word) for word in [*re.findall(r"[^\W\d]{3,}", shown), *spoken]]
        tree = Environment().parse(source)
        for part in tree.find_all(nodes.Const):
            text = part.value
            if isinstance(text, str) and DANISH.search(text) and text not in known:
                loose.append((path.name, text))
    assert loose == []


def test_a_compiled_catalogue_is_read_by_gettext(tmp_path: Path) -> None:
    compile_catalogue("en", tmp_path)
    english = gettext.translation("messages", tmp_path, ["en"])
    assert english.gettext("Fortrydelsestid") == "Time to undo"
    assert english.ngettext("%(num)s dag", "%(num)s dage", 2) == "%(num)s days"

"""Keeping `translations/<language>/LC_MESSAGES/messages.po` in step with the program's texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

from translations.python_texts import Finder, Found
from translations.source import ROOT, read_modules

TRANSLATIONS = ROOT / "translations"
LANGUAGES = ("en",)  # Danish is the source and has no catalogue
_SAYERS = frozenset({"_", "gettext", "ngettext"})
_PLACE = re.compile(r"%\((\w+)\)[sd]")


def texts_of_python(root: Path = ROOT) -> Found:
    """The texts in our packages, see `python_texts`."""
    return Finder(read_modules(root)).run()


def texts_of_templates(root: Path = ROOT) -> dict[str | tuple[str, str], set[str]]:
    """The texts in templates, with the files they stand in."""
    found: dict[str | tuple[str, str], set[str]] = {}
    for path in sorted((root / "templates").rglob("*.html")):
        tree = Environment().parse(path.read_text("utf-8"))  # noqa: S701 - read, not rendered
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in _SAYERS:
                strings = [one for part in call.args[:2] for one in _constants(part)]
                keys = (
                    [tuple(strings)] if call.node.name == "ngettext" else _constants(call.args[0])
                )
                for key in keys:
                    found.setdefault(key, set()).add(path.relative_to(root).as_posix())
    return found


def _constants(part: nodes.Node) -> list[str]:
    """The strings that an argument in a template can be."""
    match part:
        case nodes.Const(value=str() as text):
            return [text] if text.strip() else []
        case nodes.CondExpr(expr1=one, expr2=other) | nodes.Or(left=one, right=other):
            return [*_constants(one), *(_constants(other) if other else [])]
    return []


def all_texts(root: Path = ROOT) -> dict[str | tuple[str, str], set[str]]:
    """Every text that the console may show, with the files it stands in."""
    found = {text: set(paths) for text, paths in texts_of_python(root).texts.items()}
    for text, paths in texts_of_templates(root).items():
        found.setdefault(text, set()).update(paths)
    return found


def catalogue_path(language: str) -> Path:
    """Where the translations into a language are kept."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def read_catalogue(language: str) -> Catalog:
    """The translations into a language; empty when there are none yet."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> Catalog:
    """Put new texts in, take unused ones out, keep every translation. Written only if changed."""
    old = read_catalogue(language)
    new = Catalog(
        locale=language,
        project="DigitalPost",
        version="1",
        msgid_bugs_address="-",
        last_translator="-",
        language_team="-",
        creation_date=old.creation_date,  # a date of today would make two branches differ
        revision_date=old.revision_date,
        fuzzy=False,
    )
    new.header_comment = f"# Texts of the console, Danish to {language}: make translations"
    for text, paths in sorted(all_texts().items(), key=lambda one: str(one[0])):
        known = old.get(text if isinstance(text, str) else text[0])
        kept = known.string if known is not None and known.id == text else ""
        new.add(text, kept, locations=[(path, None) for path in sorted(paths)])  # type: ignore[misc]
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, new, width=100)
    return new


def compile_catalogue(language: str, into: Path = TRANSLATIONS) -> None:
    """Write the file that the console reads. Not kept in git: `make install` makes it."""
    path = into / language / "LC_MESSAGES" / "messages.mo"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_mo(file, read_catalogue(language))


def faults(catalogue: Catalog) -> Iterator[str]:
    """What is not translated, or whose places differ from those of the source."""
    for message in catalogue:
        if not message.id:
            continue
        sources = (message.id,) if isinstance(message.id, str) else tuple(message.id)
        strings = (message.string,) if isinstance(message.string, str) else tuple(message.string)
        if message.fuzzy or not strings or not all(one.strip() for one in strings):
            yield f"not translated: {sources[0]}"
        elif not {_places(one) for one in strings} <= {_places(one) for one in sources}:
            yield f"other places: {sources[0]}"


def _places(text: str) -> frozenset[str]:
    return frozenset(_PLACE.findall(text))

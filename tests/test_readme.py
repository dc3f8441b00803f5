"""The README names every setting and every command, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from cli.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def settings_that_are_read() -> set[str]:
    source = (ROOT / "digitalpost" / "settings.py").read_text()
    short = re.findall(r"\b(?:text|number|flag)\(\s*\"([A-Z_]+)\"", source)
    whole = re.findall(
        r"\"((?:DIGITALPOST|EBOKS|DATABASE|REDIS|CLAMD|GOTENBERG)_[A-Z_]+)\"", source
    )
    return {f"DIGITALPOST_{name}" for name in short} | (set(whole) - set(short))


def test_every_setting_is_in_the_readme_and_no_other() -> None:
    named = set(
        re.findall(
            r"\b((?:DIGITALPOST|EBOKS)_[A-Z_]+|(?:DATABASE|REDIS|CLAMD|GOTENBERG)_URL)\b", README
        )
    )
    assert named == settings_that_are_read()


def test_every_command_is_in_the_readme() -> None:
    missing = [command.name for command in COMMANDS if f"`{command.name}" not in README]
    assert not missing


def test_the_licence_of_the_pdf_engine_is_named() -> None:
    assert "PyMuPDF" in README
    assert "AGPL" in README

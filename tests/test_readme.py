"""The README names every setting and every command, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from cli.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PREFIXES = (
    "DIGITALPOST|DIGITAL_POST|SF1601|PUSH|REMOTE_PRINT|EBOKS|SIGNING|CONTACTS|CPR|VIRK"
    "|CLAMD|GOTENBERG|ALARM|INCOMING"
)
README = (ROOT / "README.md").read_text()


def settings_that_are_read() -> set[str]:
    folder = ROOT / "digitalpost"
    source = "".join(path.read_text() for path in sorted(folder.glob("*settings.py")))
    short = re.findall(r"\b(?:text|number|flag)\(\s*\"([A-Z_]+)\"", source)
    whole = set(re.findall(rf"\"((?:{PREFIXES}|DATABASE|REDIS)_[A-Z_]+)\"", source)) - set(short)
    certificates = [
        f"{prefix}_{name}"
        for prefix in re.findall(r"read_tls\(env, \"([A-Z0-9_]+)\"\)", source)
        for name in ("CA", "CERTIFICATE", "KEY")
    ]
    limits = [
        f"{prefix}_{name}"
        for prefix in re.findall(r"read_limits\(env, \"([A-Z0-9_]+)\"\)", source)
        for name in ("PER_MINUTE", "PER_DAY")
    ]
    return {f"DIGITALPOST_{name}" for name in short} | whole | {*certificates, *limits}


def test_every_setting_is_in_the_readme_and_no_other() -> None:
    named = set(re.findall(rf"\b((?:{PREFIXES})_[A-Z_]+|DATABASE_URL|REDIS_URL)\b", README))
    assert named == settings_that_are_read()


def test_every_command_is_in_the_readme() -> None:
    missing = [command.name for command in COMMANDS if f"`{command.name}" not in README]
    assert not missing


def test_the_licence_of_the_pdf_engine_is_named() -> None:
    assert "PyMuPDF" in README
    assert "AGPL" in README

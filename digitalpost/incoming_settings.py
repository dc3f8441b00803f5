"""The settings of incoming mail: how often it is fetched, into whose queue, when to be worried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from digitalpost.environment import one_of, seconds, whole_number

MOST_BYTES = 99_500_000  # the largest message that Digital Post carries (protocols/memo.md)


class Naming(StrEnum):
    """What is done with a letter that names a person of ours and that no rule takes."""

    SUGGEST = "suggest"  # shown beside the letter
    ROUTE = "route"  # handed to that person
    OFF = "off"


@dataclass(frozen=True)
class IncomingSettings:
    """How mail comes in. Where it is fetched from stands with the sender system."""

    unit: str = ""  # name of the unit that gets what nobody has routed; empty: the first one
    case_type: str = "Indgående post"  # of the cases of what belongs to no other; made if missing
    every: float = 300.0  # seconds between two fetches; 0: mail is not fetched
    # Digital Post switches off a receiver that does not fetch; when is not in its documents that
    # we have (protocols/digital-post-rest.md section 4), so this number is ours.
    cutoff_days: int = 30
    folder: Path | None = None  # where an SFTP server of ours puts containers; None: nowhere
    max_bytes: int = MOST_BYTES
    named: Naming = Naming.SUGGEST


def read_incoming_settings(env: Mapping[str, str], *, is_sandbox: bool) -> IncomingSettings:
    """From INCOMING_*. The sandbox is asked more often. Raises `SettingsError`."""
    every = env.get("INCOMING_EVERY") or ("15" if is_sandbox else "300")
    folder = env.get("INCOMING_FOLDER")
    days = env.get("INCOMING_CUTOFF_DAYS") or "30"
    named = env.get("INCOMING_NAMED") or Naming.SUGGEST
    return IncomingSettings(
        unit=env.get("INCOMING_UNIT", "").strip(),
        case_type=env.get("INCOMING_CASE_TYPE", "").strip()[:100] or IncomingSettings.case_type,
        every=0.0 if every.strip() == "0" else seconds("INCOMING_EVERY", every),
        cutoff_days=whole_number("INCOMING_CUTOFF_DAYS", days),
        folder=Path(folder) if folder else None,
        named=Naming(one_of("INCOMING_NAMED", named, tuple(Naming))),
    )

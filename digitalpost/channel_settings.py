"""The settings of the ways out: in which order they are tried, and the print provider's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from digitalpost.environment import SettingsError, sandbox_address, whole_number

CHANNELS = ("digital_post", "eboks", "remote_print", "local_print")


@dataclass(frozen=True)
class RemotePrintSettings:
    """The print provider: letters are put into a folder, and its receipts are read from there."""

    folder: Path | None  # None: there is no provider
    max_bytes: int  # size of one letter's PDF
    is_sandbox: bool  # the folder is the stand-in's of this home


@dataclass(frozen=True)
class ChannelSettings:
    """What decides which way a letter goes out, beside each channel's own settings."""

    sequence: tuple[str, ...]  # names of channels, the preferred one first
    remote_print: RemotePrintSettings


def read_channel_settings(env: Mapping[str, str], home: Path, sequence: str) -> ChannelSettings:
    """The order in ``sequence``, and the provider from REMOTE_PRINT_*, else the sandbox's.

    As with the registers, the sandbox's provider is not used once letters go to the real e-Boks
    (EBOKS_URL): its letters are printed nowhere. Raises `SettingsError`.
    """
    names = tuple(sequence.replace(",", " ").split())
    if not names or len(set(names)) < len(names) or not set(names) <= set(CHANNELS):
        raise SettingsError(
            f"DIGITALPOST_CHANNELS skal være en rækkefølge af {', '.join(CHANNELS)}, "
            f"ikke «{sequence}»."
        )
    folder = env.get("REMOTE_PRINT_FOLDER")
    is_sandbox = not folder and not env.get("EBOKS_URL")
    if is_sandbox:
        folder = sandbox_address(home).get("remote_print")
    most = whole_number("REMOTE_PRINT_MAX_MB", env.get("REMOTE_PRINT_MAX_MB") or "100")
    return ChannelSettings(
        sequence=names,
        remote_print=RemotePrintSettings(
            folder=Path(folder) if folder else None,
            max_bytes=most * 1_000_000,
            is_sandbox=is_sandbox,
        ),
    )

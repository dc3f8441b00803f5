"""Which channels this installation has, opened on demand."""

from __future__ import annotations

from digitalpost.channels.base import Channel
from digitalpost.channels.eboks import EboksChannel
from digitalpost.errors import Refused
from digitalpost.models import ChannelName
from digitalpost.settings import Settings


def open_channel(settings: Settings, name: ChannelName) -> Channel:
    """The channel by name; close it after use. Raises `Refused` when it is not set up."""
    if name is ChannelName.EBOKS and settings.eboks.url:
        return EboksChannel(settings.eboks)
    raise Refused(
        "Der er ingen forbindelse til %(channel)s. En administrator skal sætte den op.",
        channel=name.label,
    )

"""Which channels this installation has: what they can do, and opened on demand."""

from __future__ import annotations

from functools import partial

from digitalpost.channels import digital_post, eboks, local_print, remote_print
from digitalpost.channels.base import Channel, WayOut
from digitalpost.channels.digital_post import DigitalPostChannel
from digitalpost.channels.eboks import EboksChannel
from digitalpost.channels.local_print import LocalPrintChannel
from digitalpost.channels.remote_print import RemotePrintChannel
from digitalpost.channels.sf1601 import channel as sf1601
from digitalpost.channels.sf1601.channel import Sf1601Channel
from digitalpost.channels.sf1601.message import kombi_request
from digitalpost.environment import NO_LIMITS, Limits
from digitalpost.errors import Refused
from digitalpost.models import ChannelName
from digitalpost.settings import Settings


def open_channel(settings: Settings, name: ChannelName) -> Channel:
    """The channel by name; close it after use. Raises `Refused` when it is not set up."""
    if name is ChannelName.EBOKS and settings.eboks.url:
        return EboksChannel(settings.eboks)
    if name is ChannelName.DIGITAL_POST and _has_digital_post(settings):
        return DigitalPostChannel(settings.channels.digital_post)
    if name is ChannelName.SF1601 and settings.channels.sf1601.is_set_up:
        return Sf1601Channel(settings.channels.sf1601)
    if name is ChannelName.REMOTE_PRINT and settings.channels.remote_print.folder:
        return RemotePrintChannel(settings.channels.remote_print)
    if name is ChannelName.LOCAL_PRINT:
        return LocalPrintChannel()
    raise Refused(
        "Der er ingen forbindelse til %(channel)s. En administrator skal sætte den op.",
        channel=name.label,
    )


def ways_out(settings: Settings) -> list[WayOut]:
    """The channels that are set up, in the order in which the institution wants them tried."""
    names = [ChannelName(name) for name in settings.channels.sequence]
    return [way for name in names if (way := _way(settings, name)) is not None]


def _way(settings: Settings, name: ChannelName) -> WayOut | None:
    if name is ChannelName.EBOKS and settings.eboks.url:
        return WayOut(
            name,
            eboks.abilities(settings.eboks),
            partial(eboks.new_message_id, settings.eboks),
            partial(eboks.payload, settings.eboks),
        )
    post = settings.channels.digital_post
    if name is ChannelName.DIGITAL_POST and _has_digital_post(settings):
        return WayOut(
            name,
            digital_post.abilities(post),
            digital_post.new_message_id,
            partial(digital_post.payload, post),
        )
    platform = settings.channels.sf1601
    if name is ChannelName.SF1601 and platform.is_set_up:
        return WayOut(
            name,
            sf1601.abilities(platform),
            sf1601.new_message_id,
            partial(kombi_request, platform),
        )
    provider = settings.channels.remote_print
    if name is ChannelName.REMOTE_PRINT and provider.folder:
        return WayOut(
            name,
            remote_print.abilities(provider),
            remote_print.new_message_id,
            remote_print.manifest,
        )
    if name is ChannelName.LOCAL_PRINT:
        return WayOut(name, local_print.ABILITIES, local_print.new_message_id, local_print.payload)
    return None


def limits_of(settings: Settings, name: ChannelName) -> Limits:
    """How many letters may be handed to a channel. Our own printer has no limit."""
    if name is ChannelName.EBOKS:
        return settings.eboks.limits
    if name is ChannelName.DIGITAL_POST:
        return settings.channels.digital_post.limits
    if name is ChannelName.REMOTE_PRINT:
        return settings.channels.remote_print.limits
    if name is ChannelName.SF1601:
        return settings.channels.sf1601.limits
    return NO_LIMITS


def _has_digital_post(settings: Settings) -> bool:
    """Whether there is a line, and a number to send from."""
    post = settings.channels.digital_post
    return bool(post.url and post.sender_cvr)


def calls_at_once(settings: Settings, name: ChannelName) -> tuple[int, float]:
    """How many letters a channel takes side by side, and the seconds that one call may take."""
    if name is ChannelName.DIGITAL_POST:
        post = settings.channels.digital_post
        return post.connections, post.timeout
    if name is ChannelName.SF1601:
        platform = settings.channels.sf1601
        return platform.connections, platform.timeout
    return settings.eboks.connections, settings.eboks.timeout

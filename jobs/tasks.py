"""What a worker can be asked to do. Each task opens the institution, calls one use case, ends.

Tasks take an id or a channel's name, return nothing, and may be lost, doubled or late: the rows
say what is to be done. The engine is made inside the job, because a connection must not be shared
with the process that the job's own was forked from.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from digitalpost.institution import Institution, open_institution
from digitalpost.models import ChannelName, NoticeMedium
from digitalpost.settings import Settings
from digitalpost.sweep import close_settled_mailing

# Name of each task and the seconds after which it is broken off. A task that is broken off leaves
# a claim behind, and another job goes on where it stopped when the claim's lease has run out.
TASKS = {
    "prepare_mailing": 3600,
    "finish_letters": 3600,
    "dispatch": 900,
    "poll_receipts": 300,
    "join_receipts": 300,
    "close_mailing": 60,
    "check_mailboxes": 1800,
    "rehearse": 1800,
    "recheck_mailing": 1800,
    "note_returned": 300,
    "watch_signatures": 600,
    "fetch_incoming": 900,
    "take_in_folder": 900,
    "file_incoming": 600,
    "learn_routing": 300,
    "watch": 120,
    "send_notices": 600,
}


def load_ahead() -> None:
    """Load what preparing needs before a job is forked, or each would spend half a second on it.

    PyMuPDF is loaded and not used: it does not like to be forked after that, and only the
    children of a job, which are started afresh, open files.
    """
    import digitalpost.mailings.prepare
    import digitalpost.mailings.remake  # noqa: F401


def prepare_mailing(mailing_id: int) -> None:
    """Read, split and clean the files of one mailing, up to review; then attach what goes along."""
    # Imported here: the clock and the web name tasks without doing them.
    from digitalpost.mailings.prepare import prepare
    from digitalpost.mailings.remake import finish_letters

    with _institution() as institution:
        prepare(institution, mailing_id)
        finish_letters(institution, mailing_id)


def finish_letters(mailing_id: int) -> None:
    """Make the letters again that were mended in the review of one mailing."""
    from digitalpost.mailings.remake import finish_letters

    with _institution() as institution:
        finish_letters(institution, mailing_id)


def dispatch(channel: str) -> None:
    """Send what is due on one channel, for a while; the clock asks again when more is due."""
    from digitalpost.deliveries.dispatch import dispatch_due

    with _institution() as institution:
        dispatch_due(institution, ChannelName(channel))


def poll_receipts(channel: str) -> None:
    """Ask one channel what became of the letters that it accepted."""
    from digitalpost.deliveries import dispatch

    with _institution() as institution:
        dispatch.poll_receipts(institution, ChannelName(channel))


def join_receipts(channel: str) -> None:
    """Join the receipts that one channel sent us to their letters."""
    from digitalpost.deliveries import join

    with _institution() as institution:
        join.join_receipts(institution, ChannelName(channel))


def close_mailing(mailing_id: int) -> None:
    """Close a mailing that has nothing more to send."""
    with _institution() as institution:
        close_settled_mailing(institution, mailing_id)


def check_mailboxes(mailing_id: int) -> None:
    """Ask the registers about the recipients of one mailing: mailboxes, names, guardians."""
    from digitalpost.registers import rounds

    with _institution() as institution:
        rounds.check_mailboxes(institution, mailing_id)


def rehearse(mailing_id: int) -> None:
    """Make the dry run of one mailing that somebody asked for."""
    from digitalpost.mailings.rehearse import rehearse_if_asked

    with _institution() as institution:
        rehearse_if_asked(institution, mailing_id)


def recheck_mailing(mailing_id: int) -> None:
    """Look again at the recipients of one postponed mailing whose time has come."""
    from digitalpost.deliveries.on_the_day import recheck_on_the_day

    with _institution() as institution:
        recheck_on_the_day(institution, mailing_id)


def note_returned(_channel: str) -> None:
    """Take in what the print provider got back from the postman."""
    from digitalpost.deliveries import returned

    with _institution() as institution:
        returned.note_returned(institution)


def watch_signatures(_what: str) -> None:
    """Remind of signatures that are missing, and let those be late whose last day is over."""
    from digitalpost.signing import tasks

    with _institution() as institution:
        tasks.watch_signatures(institution)


def fetch_incoming(_channel: str) -> None:
    """Fetch the mail that waits for us, for a while; the clock asks again when more is due."""
    from digitalpost.incoming.fetch import fetch_due

    with _institution() as institution:
        fetch_due(institution)


def take_in_folder(_what: str) -> None:
    """Take in the messages that were put into a folder of ours."""
    from digitalpost.incoming import containers

    with _institution() as institution:
        containers.take_in_folder(institution)


def learn_routing(_what: str) -> None:
    """Let the suggestions learn from what people have routed since the last time."""
    from digitalpost.incoming import lessons

    with _institution() as institution:
        lessons.learn_due(institution)


def file_incoming(_what: str) -> None:
    """File the messages that are stored, for a while."""
    from digitalpost.incoming.due import file_due

    with _institution() as institution:
        file_due(institution)


def watch(_number: int) -> None:
    """Look for what stands still or is wrong, and open or close alarms."""
    from digitalpost.oversight.watch import watch as look

    with _institution() as institution:
        look(institution)


def send_notices(medium: str) -> None:
    """Send what is to be told about alarms, by e-mail or to a webhook."""
    from digitalpost.oversight import notices

    with _institution() as institution:
        notices.send_notices(institution, NoticeMedium(medium))


@contextmanager
def _institution() -> Iterator[Institution]:
    """The institution of this process's environment, closed again at the end of the job."""
    institution = open_institution(Settings.from_env(os.environ))
    try:
        yield institution
    finally:
        institution.close()

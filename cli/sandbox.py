"""The command around the stand-in for the outside world: start it, or print where it is."""

from __future__ import annotations

from argparse import Namespace

from cli.answers import Answer
from digitalpost.errors import Refused
from digitalpost.settings import Settings


def sandbox(arguments: Namespace, settings: Settings) -> int | Answer:
    """Serve the sandbox until SIGTERM, or with --urls print its addresses and key files."""
    from sandbox import server

    folder = settings.home / "sandbox"
    if not arguments.urls:
        return server.serve(folder, port=arguments.port)
    try:
        address = server.read_address(folder)
    except FileNotFoundError as error:
        raise Refused(
            "Prøveverdenen har ingen adresse endnu. Start den med «python app.py run» eller "
            "«python app.py sandbox»."
        ) from error
    width = max(len(name) for name in address) + 2
    return Answer(dict(address), [f"{name + ':':<{width}} {address[name]}" for name in address])

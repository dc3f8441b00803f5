"""The command around the stand-in for the outside world: start it, say where it is, fill it."""

from __future__ import annotations

from argparse import Namespace

from cli.answers import DONE, Answer
from digitalpost.errors import Refused
from digitalpost.settings import Settings


def sandbox(arguments: Namespace, settings: Settings) -> int | Answer:
    """Serve the sandbox until SIGTERM, or with --urls print its addresses and key files.

    With --deliver put mail for the school there, whether or not it runs.
    """
    from sandbox.address import AlreadyRunning, choose_ports
    from sandbox.server import PortTaken, serve

    if arguments.urls:
        return _urls(settings)
    if arguments.deliver:
        return _deliver(settings, arguments.deliver)
    folder = settings.home / "sandbox"
    tls_port, http_port = choose_ports(folder)
    try:
        serve(
            folder,
            tls_port=arguments.tls_port or tls_port,
            http_port=arguments.port or http_port,
            mode=arguments.mode,
        )
    except AlreadyRunning as error:
        raise Refused("Øvelsesmiljøet kører allerede for %(home)s.", home=settings.home) from error
    except PortTaken as error:
        raise Refused("Øvelsesmiljøets port er optaget. Vælg en anden med --port.") from error
    return DONE


def _urls(settings: Settings) -> Answer:
    """Its ports are chosen once and kept, so the answer holds before it is started too."""
    from sandbox.address import choose_ports, read_address
    from sandbox.certificates import make_certificates

    folder = settings.home / "sandbox"
    make_certificates(folder / "certificates")
    if read_address(folder) is None:
        choose_ports(folder)
    address = read_address(folder) or {}
    width = max(map(len, address), default=0) + 2
    return Answer(dict(address), [f"{name + ':':<{width}} {address[name]}" for name in address])


def _deliver(settings: Settings, what: str) -> Answer:
    from sandbox.database import Database
    from sandbox.generate import deliver

    database = Database(settings.home / "sandbox" / "sandbox.db")
    try:
        delivered = deliver(database, what)
    finally:
        database.close()
    line = f"{delivered} meddelelser til skolen ligger i øvelsesmiljøet. Hent dem med «fetch»."
    return Answer({"delivered": delivered}, [line])

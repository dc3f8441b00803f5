"""The command `run`: every part of the site at once, under one supervisor."""

from __future__ import annotations

import os
import signal
from argparse import Namespace

from cli.answers import DONE, Answer, show
from cli.demo import DEMO_PASSWORD, sign_ins
from cli.services import bring_up_to_date, with_port
from digitalpost.errors import Refused
from digitalpost.settings import Settings
from jobs.server import QueueServer, answers
from jobs.supervisor import (
    Child,
    Supervisor,
    accepts_connections,
    answers_ok,
    open_port,
    python_command,
    read_json,
)

WEB_PATIENCE = 90.0  # seconds; a small machine imports slowly the first time
OTHERS_PATIENCE = 20.0


def run(arguments: Namespace, settings: Settings) -> int:
    """Start every part of the site under one supervisor and stay until Ctrl-C."""
    settings = with_port(arguments, settings)
    if not settings.master_key and not settings.master_key_file.exists():
        raise Refused(
            "Der er ingen installation i %(home)s. Opret den med «python app.py init», eller "
            "med «python app.py init --demo», hvis du vil prøve.",
            home=str(settings.home),
        )
    say = _hush if arguments.json else _say
    server = QueueServer(settings.home)
    if not server.acquire():
        raise Refused(
            "DigitalPost kører allerede for %(home)s. Stop det dér med Ctrl-C først.",
            home=str(settings.home),
        )
    supervisor = Supervisor(settings.home / "logs", say)
    try:
        with open_port(settings.host, settings.port) as listener:
            supervisor.listen_for_signals()
            say("DigitalPost starter ...")
            bring_up_to_date(settings)
            answer = _start(supervisor, server, listener.fileno(), arguments, settings)
            if not supervisor.stopping.is_set():
                show(answer, as_json=arguments.json)
            supervisor.watch()
    finally:
        supervisor.stop()
        server.release()
    say("DigitalPost er stoppet.")
    return DONE


def _start(
    supervisor: Supervisor,
    server: QueueServer,
    listener: int,
    arguments: Namespace,
    settings: Settings,
) -> Answer:
    """Start all children in their order; the answer when the site does, or when told to stop."""
    env = _start_queue(supervisor, server, settings)
    sandbox = _start_sandbox(supervisor, arguments, settings, env)
    site = _start_site(supervisor, settings, env, listener)
    address = f"http://{_printable(settings.host)}:{settings.port}"
    if not supervisor.wait_until(lambda: answers_ok(f"{address}/healthz"), wait=WEB_PATIENCE):
        _give_up(supervisor, "Webserveren svarer ikke. Se %(log)s.", site)
    return _ready(settings, address, sandbox)


def _start_queue(
    supervisor: Supervisor, server: QueueServer, settings: Settings
) -> dict[str, str] | None:
    """Start or find the queue server; what its users must know, or None where there is none."""
    if settings.redis_url:
        if not answers(settings.redis_url, wait=10):
            raise Refused("Køserveren i REDIS_URL svarer ikke. Er den startet?")
        return {"REDIS_URL": settings.redis_url}
    if not server.available:
        supervisor.say(
            "Der er ingen køserver på maskinen, så uret gør arbejdet selv, én ting ad gangen. "
            "Det går hurtigere med en: apt install redis-server"
        )
        return None
    child = supervisor.start(
        Child("queue", server.command(), pass_fds=server.inherited, stops_last=True)
    )
    if not supervisor.wait_until(lambda: answers(server.url, wait=0), wait=OTHERS_PATIENCE):
        _give_up(supervisor, "Køserveren startede ikke. Se %(log)s.", child)
    return {"REDIS_URL": server.url}


def _start_sandbox(
    supervisor: Supervisor, arguments: Namespace, settings: Settings, env: dict[str, str] | None
) -> dict[str, str]:
    """Start the stand-in for the outside world, unless a real line is set up; its addresses."""
    if arguments.no_sandbox or os.environ.get("EBOKS_URL"):
        return {}
    file = settings.home / "sandbox" / "address.json"
    child = supervisor.start(Child("sandbox", python_command("sandbox"), env or {}))
    # The workers read its address when they send: it has to stand there first.
    if not supervisor.wait_until(
        lambda: accepts_connections(read_json(file).get("mailbox", "")), wait=OTHERS_PATIENCE
    ):
        _give_up(supervisor, "Øvelsesmiljøet startede ikke. Se %(log)s.", child)
    return read_json(file)


def _start_site(
    supervisor: Supervisor, settings: Settings, env: dict[str, str] | None, listener: int
) -> Child:
    command = python_command("web", "--port", str(settings.port), "--fd", str(listener))
    site = supervisor.start(Child("web", command, env or {}, pass_fds=(listener,)))
    if env is not None:
        for number in range(1, settings.workers + 1):
            # Killed at once with us: its job would go on for minutes after a polite signal.
            name, death = f"worker-{number}", signal.SIGKILL
            supervisor.start(Child(name, python_command("worker"), env, death_signal=death))
    supervisor.start(Child("clock", python_command("clock"), env or {}))
    return site


def _give_up(supervisor: Supervisor, sentence: str, child: Child) -> None:
    """A part did not come up: say which. Not when Ctrl-C came while we waited."""
    if not supervisor.stopping.is_set():
        raise Refused(sentence, log=supervisor.log_path(child))


def _ready(settings: Settings, address: str, sandbox: dict[str, str]) -> Answer:
    lines = [f"DigitalPost er klar:      {address}"]
    mailbox = sandbox.get("mailbox")
    if mailbox:
        lines.append(f"Modtagerens postkasse:    {mailbox}")
    if settings.demo:
        lines += ["", f"Log ind med adgangskoden {DEMO_PASSWORD} som:"]
        lines += [f"  {email} ({role})" for email, role in sign_ins()]
    else:
        lines.append("Log ind med den bruger, der blev oprettet med «python app.py init».")
    lines += ["", f"Loggene ligger i {settings.home / 'logs'}. Stop med Ctrl-C."]
    data = {"address": address, "mailbox": mailbox, "logs": str(settings.home / "logs")}
    return Answer({**data, "pid": os.getpid()}, lines)


def _printable(host: str) -> str:
    """The host as it stands in an address."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _say(line: str) -> None:
    print(line, flush=True)


def _hush(line: str) -> None:
    """Under --json the one object is all that is printed; the logs have the rest."""

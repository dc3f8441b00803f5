"""A running sandbox for tests: the real server, over real mutual TLS, in a folder of its own."""

from __future__ import annotations

import base64
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

import httpx

from sandbox.address import read_address
from sandbox.certificates import certificate_paths

REPOSITORY = Path(__file__).resolve().parent.parent
START_SECONDS = 30


def start_sandbox(tmp_path: Path, *, mode: str = "proxy", **settings: Any) -> RunningSandbox:
    """Start a sandbox in ``tmp_path / "sandbox"``; ``settings`` are those of the API.

    Use it as a context manager, or call `RunningSandbox.stop` at the end.
    """
    sandbox = RunningSandbox(tmp_path / "sandbox", mode)
    if settings:
        sandbox.settings(**settings)
    return sandbox


class RunningSandbox:
    """A sandbox process, the addresses and certificates to reach it, and its API."""

    def __init__(self, home: Path, mode: str = "proxy") -> None:
        self.home = home
        self.mode = mode
        self._start()
        self.certificates = certificate_paths(home / "certificates")

    def __enter__(self) -> RunningSandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def ssl_context(
        self, certificate: Path | None = None, key: Path | None = None, *, without: bool = False
    ) -> ssl.SSLContext:
        """TLS that trusts the sandbox; with its client certificate, another, or ``without``."""
        context = ssl.create_default_context(cafile=str(self.certificates.ca))
        if not without:
            context.load_cert_chain(
                certificate or self.certificates.client_cert, key or self.certificates.client_key
            )
        return context

    @contextmanager
    def client(self, **options: Any) -> Iterator[httpx.Client]:
        """An HTTP client for the e-Boks port, with the client certificate."""
        options = {"verify": self.ssl_context(), "timeout": 30, "trust_env": False} | options
        with httpx.Client(base_url=self.eboks_url, **options) as client:
            yield client

    def new_message_id(self) -> str:
        """An id as a client of the proxy makes it."""
        return self.system_id.zfill(6) + self.client_id + uuid4().hex

    def dispatch_path(self, message_id: str) -> str:
        """Where a dispatch with this id is PUT."""
        return f"/int/rest/srv.svc/3/dispatchsystem/{self.system_id}/dispatches/{message_id}"

    def counts(self) -> dict[str, int]:
        """``dispatches``, ``requests`` and ``by_recipient_max``."""
        return dict(self.api("GET", "/api/counts").json())

    def dispatches(self) -> list[dict[str, Any]]:
        """Every stored dispatch, oldest first."""
        return list(self.api("GET", "/api/dispatches").json())

    def requests(self) -> list[dict[str, Any]]:
        """Every request to the stand-ins with its answer, oldest first."""
        return list(self.api("GET", "/api/requests").json())

    def content(self, message_id: str) -> bytes:
        """The file that was sent with this id."""
        return self.api("GET", f"/api/dispatches/{message_id}/content").content

    def fault(self, kind: str, **how: Any) -> None:
        """Switch a fault on: ``count`` (one if nothing is said) or ``for_seconds``; ``seconds``."""
        if "for_seconds" not in how:
            how.setdefault("count", 1)
        self.api("PUT", "/api/faults", json={"kind": kind, **how})

    def clear_faults(self) -> None:
        """Switch every fault off."""
        self.api("DELETE", "/api/faults")

    def settings(self, **changes: Any) -> None:
        """Change ``mode``, ``duplicate_status``, ``postprocessing_seconds``, ``latency_ms``."""
        self.api("PUT", "/api/settings", json=changes)

    def person(self, number: str) -> dict[str, Any]:
        """Who has a CPR or CVR number: ``id``, ``known``, ``set`` and ``facts``."""
        return dict(self.api("POST", "/api/people", json={"number": number}).json())

    def set_person(self, number: str, **facts: Any) -> dict[str, Any]:
        """Set by hand what is true of a person or company; replaces what was set before."""
        name = self.person(number)["id"]
        return dict(self.api("PUT", f"/api/people/{name}", json=facts).json())

    def forget_people(self) -> None:
        """Undo all that `set_person` has set."""
        self.api("DELETE", "/api/people")

    def prints(self) -> list[dict[str, Any]]:
        """Every letter that the print provider got, newest first."""
        return list(self.api("GET", "/api/prints").json())

    def printed(self, message_id: str) -> bytes:
        """The PDF that was printed with this id."""
        return self.api("GET", f"/print/{message_id}").content

    def empty(self) -> None:
        """Forget what was received; faults and settings stay."""
        self.api("DELETE", "/api/dispatches")
        self.api("DELETE", "/api/prints")

    def api(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Call the API and insist on success."""
        with self.pages() as client:
            return client.request(method, path, **options).raise_for_status()

    def pages(self, **options: Any) -> httpx.Client:
        """An HTTP client for the plain port with the pages and the API."""
        # Without a context of ours httpx reads all authorities of the machine, each time.
        plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        options = {"verify": plain, "timeout": 30, "trust_env": False} | options
        return httpx.Client(base_url=self.mailbox_url, **options)

    def kill(self) -> None:
        """As ``kill -9`` on the process that was started."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def restart(self) -> None:
        """Start again in the same folder, after `kill` or `stop`."""
        if self.process.poll() is None:
            self.stop()
        self._start()

    def stop(self) -> int:
        """Ask it to end, and return its exit status. It must have been quiet all along."""
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(timeout=15)
        noise = self._output.read_text()
        assert noise == "", noise
        return status

    def _start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self._output = self.home / "output.txt"
        before = _written_at(self.home / "address.json")
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "sandbox",
                 "--home", str(self.home), "--mode", self.mode],
                cwd=REPOSITORY, env=_environment(), stdout=output, stderr=output,
            )  # fmt: skip
        self._wait_for_the_ports(before)

    def _wait_for_the_ports(self, before: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            address = read_address(self.home)
            if address is not None and _written_at(self.home / "address.json") != before:
                self.address = address
                self.eboks_url, self.mailbox_url = address["eboks"], address["mailbox"]
                self.system_id, self.client_id = address["system_id"], address["client_id"]
                try:
                    self.counts()
                    return
                except httpx.TransportError:
                    # Ports are chosen and written down a moment before they take connections.
                    pass
            time.sleep(0.05)
        raise AssertionError(f"the sandbox did not start: {self._output.read_text()}")


def make_dispatch(
    *,
    recipient: str = "0101901234",
    recipient_type: str = "P",
    nationality: str = "DK",
    content_type_id: str = "100234",
    title: str = "Svar på ansøgning om skoleplads",
    content: bytes = b"%PDF-1.4 et brev",
    extension: str = "pdf",
) -> bytes:
    """The XML of a dispatch as protocols/eboks-dispatch.md section 2 shows it."""
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<Dispatch xmlns="urn:eboks:en:3.0.0">
  <DispatchRecipient>
    <Id>{escape(recipient)}</Id>
    <Type>{escape(recipient_type)}</Type>
    <Nationality>{escape(nationality)}</Nationality>
  </DispatchRecipient>
  <ContentTypeId>{escape(content_type_id)}</ContentTypeId>
  <Title>{escape(title)}</Title>
  <Content>
    <Data>{base64.b64encode(content).decode()}</Data>
    <FileExtension>{escape(extension)}</FileExtension>
  </Content>
</Dispatch>
""".encode()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}


def _written_at(file: Path) -> int:
    return file.stat().st_mtime_ns if file.exists() else 0

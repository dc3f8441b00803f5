"""The sandbox keeps what it took, keeps its ports, keeps connections alive, and ends cleanly."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.address import AlreadyRunning, choose_ports, read_address, running_alone
from tests.sandbox.helpers import IMPATIENT, poll, put_dispatch
from tests.sandbox_server import REPOSITORY, RunningSandbox, make_dispatch, start_sandbox


def test_what_was_taken_is_still_there_after_a_kill(tmp_path: Path) -> None:
    with start_sandbox(tmp_path, postprocessing_seconds=3600) as sandbox:
        taken = []
        with sandbox.client() as client:
            for _ in range(5):
                message_id = sandbox.new_message_id()
                put_dispatch(sandbox, client, message_id=message_id, recipient="0101900001")
                taken.append(message_id)
        address, stored = sandbox.address, sandbox.dispatches()

        sandbox.kill()
        sandbox.restart()

        assert sandbox.address == address
        assert sandbox.dispatches() == stored
        with sandbox.client() as client:
            assert put_dispatch(sandbox, client, message_id=taken[0]).status_code == 409
            polled = poll(sandbox, client, *taken).json()
        assert [one["recipients"][0]["post_processing_status"] for one in polled] == ["pending"] * 5


def test_a_kill_in_the_middle_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    with start_sandbox(tmp_path) as sandbox:

        def send_until_it_dies(_: int) -> list[str]:
            answered = []
            with sandbox.client() as client:
                try:
                    while True:
                        message_id = sandbox.new_message_id()
                        put_dispatch(sandbox, client, message_id=message_id)
                        answered.append(message_id)
                        if len(answered) == 10:
                            os.kill(sandbox.process.pid, signal.SIGKILL)
                except httpx.TransportError:
                    return answered

        with ThreadPoolExecutor(4) as clerks:
            answered = {one for some in clerks.map(send_until_it_dies, range(4)) for one in some}
        sandbox.process.wait(timeout=10)
        sandbox.restart()
        assert len(answered) >= 10
        assert answered <= {one["message_id"] for one in sandbox.dispatches()}


@pytest.mark.parametrize("wanted", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_even_while_an_answer_is_slow(
    tmp_path: Path, wanted: signal.Signals
) -> None:
    with start_sandbox(tmp_path) as sandbox:
        sandbox.fault("slow_after_storing", seconds=600)
        with sandbox.client(timeout=IMPATIENT) as client, pytest.raises(httpx.ReadTimeout):
            put_dispatch(sandbox, client)
        sandbox.process.send_signal(wanted)
        assert sandbox.process.wait(timeout=10) == 0


def test_ports_stay_the_same_and_change_only_when_taken(tmp_path: Path) -> None:
    first = choose_ports(tmp_path)
    assert choose_ports(tmp_path) == first
    with socket.socket() as other:
        other.bind(("127.0.0.1", first[1]))
        other.listen()
        second = choose_ports(tmp_path)
    assert first[1] not in second
    address = read_address(tmp_path)
    assert address is not None
    assert tuple(urlsplit(address[name]).port for name in ("eboks", "mailbox")) == second


def test_no_address_is_known_before_ports_are_chosen(tmp_path: Path) -> None:
    assert read_address(tmp_path / "nowhere") is None


def test_one_folder_has_one_sandbox_at_a_time(sandbox: RunningSandbox) -> None:
    assert choose_ports(sandbox.home) == tuple(
        urlsplit(sandbox.address[name]).port for name in ("eboks", "mailbox")
    )
    with pytest.raises(AlreadyRunning), running_alone(sandbox.home):
        pass


def test_a_port_that_is_taken_is_named(sandbox: RunningSandbox, tmp_path: Path) -> None:
    taken = urlsplit(sandbox.mailbox_url).port
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox", "--home", str(tmp_path), "--port", str(taken)],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert str(taken) in ended.stderr
    assert "Traceback" not in ended.stderr


def test_only_this_machine_can_reach_it(sandbox: RunningSandbox) -> None:
    for name in ("eboks", "mailbox"):
        port = urlsplit(sandbox.address[name]).port
        with socket.socket() as stranger:
            stranger.settimeout(2)
            # Another address of this machine's own: a server on all addresses would answer.
            assert stranger.connect_ex(("127.0.0.2", port)) != 0


def test_a_tls_connection_serves_one_letter_after_the_other(sandbox: RunningSandbox) -> None:
    address = urlsplit(sandbox.eboks_url)
    connection = http.client.HTTPSConnection(
        address.netloc, timeout=10, context=sandbox.ssl_context()
    )
    with closing(connection):
        connection.connect()
        first = connection.sock
        for size in (10, 200_000, 1):
            connection.request(
                "PUT",
                sandbox.dispatch_path(sandbox.new_message_id()),
                make_dispatch(content=b"%PDF" + b"x" * size),
                {"Content-Type": "application/xml"},
            )
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            assert connection.sock is first
    assert sandbox.counts()["dispatches"] == 3


def test_silent_connections_do_not_keep_others_out(sandbox: RunningSandbox) -> None:
    address = urlsplit(sandbox.eboks_url)
    silent = [socket.create_connection((address.hostname, address.port)) for _ in range(100)]
    try:
        with sandbox.client() as client:
            assert put_dispatch(sandbox, client).status_code == 200
    finally:
        for connection in silent:
            connection.close()


def test_tls_1_2_will_do(sandbox: RunningSandbox) -> None:
    context = sandbox.ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with sandbox.client(verify=context) as client:
        assert put_dispatch(sandbox, client).status_code == 200

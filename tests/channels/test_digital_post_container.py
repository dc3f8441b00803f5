"""Many letters in one call to Digital Post: packed together, answered one by one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest

from digitalpost.channels.base import OutcomeKind, Outgoing
from digitalpost.channels.digital_post import DigitalPostChannel
from digitalpost.channels.digital_post_container import MOST_BYTES
from tests.channels.test_digital_post import ANNA, COMPANY, EXEMPT, PDF, make_outgoing, settings_of
from tests.sandbox_server import RunningSandbox, start_sandbox

Opener = Callable[[], DigitalPostChannel]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with start_sandbox(tmp_path_factory.mktemp("home")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    running.clear_faults()
    running.settings(postprocessing_seconds=0, duplicate_memo="receipt", latency_ms=0)
    running.empty()
    return running


@pytest.fixture
def open_line(sandbox: RunningSandbox) -> Iterator[Opener]:
    opened: list[DigitalPostChannel] = []

    def open_one() -> DigitalPostChannel:
        opened.append(DigitalPostChannel(settings_of(sandbox, at_once=50)))
        return opened[-1]

    yield open_one
    for channel in opened:
        channel.close()


def calls(sandbox: RunningSandbox) -> int:
    return sum(one["method"] == "POST" for one in sandbox.requests())


def kinds(channel: DigitalPostChannel, letters: list[Outgoing]) -> list[OutcomeKind]:
    told = channel.send_many(iter(letters))
    return [told[letter.message_id].kind for letter in letters]


def polled(channel: DigitalPostChannel, letters: list[Outgoing]) -> list[OutcomeKind]:
    told = channel.poll([letter.message_id for letter in letters])
    return [told[letter.message_id].kind for letter in letters]


def test_letters_come_whole_and_each_has_its_own_receipt(
    sandbox: RunningSandbox, open_line: Opener
) -> None:
    letters = [make_outgoing(number, title=f"Brev til {number[-4:]}") for number in (ANNA, COMPANY)]
    letters.append(make_outgoing(EXEMPT))
    assert kinds(open_line(), letters) == [OutcomeKind.ACCEPTED] * 3
    assert calls(sandbox) == 1
    assert all(sandbox.content(letter.message_id) == PDF for letter in letters[:2])
    delivered, fix = OutcomeKind.DELIVERED, OutcomeKind.FIX_LETTER
    assert polled(open_line(), letters) == [delivered, delivered, fix]


@pytest.mark.parametrize("how", ["receipt", "error"])
def test_a_container_that_comes_twice_is_no_second_letter(
    sandbox: RunningSandbox, open_line: Opener, how: str
) -> None:
    sandbox.settings(duplicate_memo=how)
    letters = [make_outgoing(), make_outgoing(COMPANY)]
    sandbox.fault("drop_after_storing", target="digital_post.send")
    assert kinds(open_line(), letters) == [OutcomeKind.RETRY] * 2
    assert kinds(open_line(), letters) == [OutcomeKind.ACCEPTED] * 2
    assert sandbox.counts()["dispatches"] == 2
    # What is said of the second copy changes nothing about the first.
    assert polled(open_line(), letters) == [OutcomeKind.DELIVERED] * 2


def test_only_the_word_that_an_id_was_used_is_waited_with(
    sandbox: RunningSandbox, open_line: Opener
) -> None:
    sandbox.settings(duplicate_memo="error", postprocessing_seconds=600)
    letters = [make_outgoing(), make_outgoing(COMPANY)]
    for _ in range(2):
        kinds(open_line(), letters)
    assert polled(open_line(), letters) == [OutcomeKind.ACCEPTED] * 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("drop_before_storing", OutcomeKind.RETRY),
        ("answer_503", OutcomeKind.RETRY),
        ("answer_429", OutcomeKind.RETRY),
        ("answer_500", OutcomeKind.RETRY),
        ("wrong_body", OutcomeKind.ACCEPTED),
    ],
)
def test_what_happens_to_a_container_happens_to_each_letter_in_it(
    sandbox: RunningSandbox, open_line: Opener, fault: str, kind: OutcomeKind
) -> None:
    sandbox.fault(fault, target="digital_post.send", seconds=7)
    assert kinds(open_line(), [make_outgoing(), make_outgoing(COMPANY)]) == [kind] * 2


def test_letters_of_a_container_that_is_refused_go_one_by_one(
    sandbox: RunningSandbox, open_line: Opener
) -> None:
    sandbox.fault("answer_400", target="digital_post.send")
    letters = [make_outgoing(), make_outgoing(COMPANY)]
    assert kinds(open_line(), letters) == [OutcomeKind.ACCEPTED] * 2
    assert calls(sandbox) == 3
    assert polled(open_line(), letters) == [OutcomeKind.DELIVERED] * 2


def test_large_letters_go_alone_and_full_containers_are_sent(
    sandbox: RunningSandbox, open_line: Opener
) -> None:
    large = make_outgoing(content=b"%PDF-1.7 " + b"x" * 2_000_000)
    most = make_outgoing(content=b"%PDF-1.7 " + b"x" * 1_900_000)
    many = [dataclasses.replace(most, message_id=make_outgoing().message_id) for _ in range(25)]
    assert MOST_BYTES < 1.9e6 * 4 / 3 * 25
    assert set(kinds(open_line(), [large, *many])) == {OutcomeKind.ACCEPTED}
    assert calls(sandbox) == 3
    assert sandbox.counts()["dispatches"] == 26


def test_without_a_letter_for_it_no_container_is_sent(
    sandbox: RunningSandbox, open_line: Opener
) -> None:
    assert open_line().send_many(iter([])) == {}
    assert kinds(open_line(), [make_outgoing(content=b"%PDF-1.7 " + b"x" * 2_000_000)])
    assert calls(sandbox) == 1

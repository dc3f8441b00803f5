"""Two who fetch at once, and whoever dies on the way: nothing is lost, nothing comes twice."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from digitalpost.documents import find_damaged
from digitalpost.incoming import fetch, store
from digitalpost.incoming.fetch import fetch_due
from digitalpost.incoming.store import store_message
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, Document
from tests.incoming.fetching.outbox import (
    SchoolPost,
    make_due,
    make_memo,
    messages,
    new_uuid,
)


def test_two_who_fetch_at_once_take_turns(school: Institution, post: SchoolPost) -> None:
    for _ in range(20):
        post.put()
    found: list[fetch.Fetched] = []
    threads = [threading.Thread(target=lambda: found.append(fetch_due(school))) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(one.is_busy for one in found) == 3
    assert len(messages(school)) == 20
    assert {one["receipts"] for one in post.rows()} == {1}


def test_two_who_store_the_same_message_at_once_store_it_once(school: Institution) -> None:
    message_uuid = new_uuid()
    raw = make_memo(message_uuid)
    stored: list[int | None] = []
    together = threading.Barrier(4)

    def bring() -> None:
        together.wait()
        stored.append(store_message(school, raw, message_uuid, ChannelName.DIGITAL_POST))

    threads = [threading.Thread(target=bring) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len([one for one in stored if one is not None]) == 1
    with school.reading() as session:
        paths = set(session.scalars(sa.select(Document.path)))
        kept = set(session.store.list_folder(next(iter(paths)).partition("/")[0]))
        assert len(paths) == 1 and kept == paths  # nothing of the others is left


def test_a_poller_that_died_is_taken_over_when_its_lease_is_over(
    school: Institution, post: SchoolPost
) -> None:
    post.put()

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "write_down", die)
        with pytest.raises(KeyboardInterrupt):
            fetch_due(school)
    assert fetch_due(school, at_once=True).is_busy
    make_due(school)
    assert len(fetch_due(school).stored) == 1


class Died(BaseException):
    """As if the process had ended here."""


def _before(patch: pytest.MonkeyPatch, module: object, name: str) -> None:
    def die(*_: object, **__: object) -> None:
        raise Died

    patch.setattr(module, name, die)


def _after(patch: pytest.MonkeyPatch, module: object, name: str) -> None:
    real = getattr(module, name)

    def die(*arguments: object, **options: object) -> None:
        real(*arguments, **options)
        raise Died

    patch.setattr(module, name, die)


@pytest.mark.parametrize("place", [_before, _after])
@pytest.mark.parametrize(
    ("module", "name"),
    [
        (fetch, "prepare"),
        (store, "_add"),
        (store, "_write_rows"),
        (fetch, "write_down"),
        (fetch.DigitalPostReceiver, "acknowledge"),
        (fetch, "note_told"),
        (fetch.DigitalPostReceiver, "remove"),
        (fetch, "note_removed"),
    ],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
def test_whoever_dies_between_two_steps_loses_nothing_and_doubles_nothing(
    school: Institution,
    post: SchoolPost,
    place: Callable[[pytest.MonkeyPatch, object, str], None],
    module: object,
    name: str,
) -> None:
    put = [post.put() for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        place(patch, module, name)
        with pytest.raises(Died):
            fetch_due(school)
    for one in post.rows():
        if one["acknowledged_at"]:
            assert one["message_uuid"] in {row.message_uuid for row in messages(school)}
    make_due(school)
    fetch_due(school)
    assert sorted(one.message_uuid for one in messages(school)) == sorted(put)
    assert post.waiting() == []
    assert {one["status"] for one in post.rows()} == {"COMPLETED"}
    assert all(one.told_at and one.removed_at for one in messages(school))
    with school.reading() as session:
        assert list(find_damaged(session)) == []

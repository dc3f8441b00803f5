"""Large files in the store: sealed and opened piece by piece, the same as in one go."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from digitalpost import storage
from digitalpost.errors import Damaged
from digitalpost.storage import ObjectStore

SIZES = (0, 1, 11, 4095, 4096, 4097, 8192, 50_000)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    monkeypatch.setattr(storage, "_PIECE", 4096)
    return ObjectStore((tmp_path / "store").as_uri())


@pytest.mark.parametrize("size", SIZES)
def test_a_file_comes_back_as_it_was_whichever_way_it_is_fetched(store, tmp_path, size):
    content = os.urandom(size)
    (tmp_path / "given").write_bytes(content)
    stored = store.put_file("folder", tmp_path / "given")
    assert (stored.size, stored.sha256) == (size, sha256(content).hexdigest())
    assert store.get(stored.path, stored.content_key, stored.sha256) == content
    store.get_file(stored.path, stored.content_key, stored.sha256, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content
    in_one_go = store.put("folder", content)
    store.get_file(in_one_go.path, in_one_go.content_key, in_one_go.sha256, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content
    assert sorted(store.list_folder("folder")) == sorted([stored.path, in_one_go.path])


@pytest.mark.parametrize("place", [0, 11, 12, 4096, 9000, -16, -1])
def test_a_changed_byte_leaves_no_file(store, tmp_path, place):
    (tmp_path / "given").write_bytes(os.urandom(10_000))
    stored = store.put_file("folder", tmp_path / "given")
    lies = tmp_path / "store" / stored.path
    sealed = bytearray(lies.read_bytes())
    sealed[place] ^= 1
    lies.write_bytes(sealed)
    assert_refused(store, stored.path, stored.content_key, stored.sha256, tmp_path)


def test_an_object_that_is_missing_cut_off_or_another_leaves_no_file(store, tmp_path):
    (tmp_path / "given").write_bytes(os.urandom(10_000))
    stored, other = (store.put_file("folder", tmp_path / "given") for _ in range(2))
    lies = tmp_path / "store" / stored.path
    whole = lies.read_bytes()
    for cut in (0, 5, 12, 20, 5000, len(whole) - 1):
        lies.write_bytes(whole[:cut])
        assert_refused(store, stored.path, stored.content_key, stored.sha256, tmp_path)
    lies.write_bytes(whole)
    assert_refused(store, stored.path, other.content_key, stored.sha256, tmp_path)
    assert_refused(store, stored.path, stored.content_key, sha256(b"").hexdigest(), tmp_path)
    lies.unlink()
    assert_refused(store, stored.path, stored.content_key, stored.sha256, tmp_path)


def test_a_changed_file_is_not_said_to_have_a_wrong_key(store, tmp_path):
    (tmp_path / "given").write_bytes(b"indhold")
    stored = store.put_file("folder", tmp_path / "given")
    (tmp_path / "store" / stored.path).write_bytes(os.urandom(40))
    with pytest.raises(Damaged, match="ændret"):
        store.get_file(stored.path, stored.content_key, stored.sha256, tmp_path / "back")
    other = store.put("folder", b"andet")
    with pytest.raises(Damaged, match="nøglen"):
        store.get_file(other.path, stored.content_key, other.sha256, tmp_path / "back")


def assert_refused(store: ObjectStore, path: str, key: bytes, expected: str, folder: Path) -> None:
    with pytest.raises(Damaged):
        store.get_file(path, key, expected, folder / "back")
    assert not (folder / "back").exists()

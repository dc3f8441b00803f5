"""Containers of messages, as by SFTP: all of it is stored before the file goes; bombs stay shut."""

from __future__ import annotations

import io
import lzma
import os
import tarfile
from pathlib import Path

import pytest

from digitalpost.errors import sentence_of
from digitalpost.incoming import containers
from digitalpost.incoming.containers import take_file, take_in_folder
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, IncomingStatus
from digitalpost.sweep import due_work
from tests.incoming.fetching.outbox import make_memo, messages, new_uuid

DIGITAL_POST = ChannelName.DIGITAL_POST


def pack(entries: dict[str, bytes], *, form: int = lzma.FORMAT_ALONE) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return lzma.compress(plain.getvalue(), format=form)


def pack_strange(kind: bytes, name: str) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry)
    return lzma.compress(plain.getvalue(), format=lzma.FORMAT_ALONE)


def put(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "post.tar.lzma"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("form", [lzma.FORMAT_ALONE, lzma.FORMAT_XZ])
def test_every_message_of_a_container_is_stored_once(
    school: Institution, tmp_path: Path, form: int
) -> None:
    ids = [new_uuid() for _ in range(5)]
    path = put(tmp_path, pack({f"{one}.xml": make_memo(one) for one in ids}, form=form))
    assert len(take_file(school, path, DIGITAL_POST)) == 5
    assert take_file(school, path, DIGITAL_POST) == []
    assert [one.message_uuid for one in messages(school)] == ids
    assert {one.status for one in messages(school)} == {IncomingStatus.STORED}


def test_a_single_message_is_stored_under_the_id_that_it_names(
    school: Institution, tmp_path: Path
) -> None:
    one = new_uuid()
    take_file(school, put(tmp_path, make_memo(one.upper())), DIGITAL_POST)
    assert [row.message_uuid for row in messages(school)] == [one]


def test_an_archive_inside_is_a_message_that_cannot_be_read(
    school: Institution, tmp_path: Path
) -> None:
    one = new_uuid()
    inner = pack({f"{one}.xml": make_memo(one)})
    take_file(school, put(tmp_path, pack({f"{new_uuid()}.xml": inner})), DIGITAL_POST)
    assert [row.status for row in messages(school)] == [IncomingStatus.UNREADABLE]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"ikke en samling", "ikke en samling"),
        (pack({f"{new_uuid()}.xml": b"x" * 5000})[:-40], "ikke en samling"),
        (pack_strange(tarfile.SYMTYPE, f"{new_uuid()}.xml"), "andet end meddelelser"),
        (pack_strange(tarfile.DIRTYPE, "mappe"), "andet end meddelelser"),
        (pack({"../../ud.xml": b"<a/>"}), "andet end meddelelser"),
        (pack({"brev.xml": b"<a/>"}), "andet end meddelelser"),
        (pack({f"{new_uuid()}.exe": b"MZ"}), "andet end meddelelser"),
        (pack({f"{new_uuid()}.xml": bytes(99_600_000)}), "fylder langt mere"),
    ],
    ids=["no archive", "cut off", "link", "folder", "path", "name", "suffix", "bomb"],
)
def test_a_container_that_means_harm_is_kept_whole_and_shown(
    school: Institution, tmp_path: Path, content: bytes, says: str
) -> None:
    path = put(tmp_path, content)
    take_file(school, path, DIGITAL_POST)
    last = messages(school)[-1]
    assert last.status is IncomingStatus.UNREADABLE
    assert last.problem and says in str(sentence_of(last.problem))
    take_file(school, path, DIGITAL_POST)
    assert len(messages(school)) == 1
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == sorted(
        {"post.tar.lzma", "digitalpost.db"} & {one.name for one in tmp_path.iterdir()}
        | {one.name for one in tmp_path.iterdir() if one.name.startswith("digitalpost.db")}
    )


def test_a_bomb_is_stopped_while_it_is_unpacked(
    school: Institution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "_RATIO_COUNTS_FROM", 1_000_000)
    path = put(tmp_path, pack({f"{new_uuid()}.xml": bytes(50_000_000)}))
    assert path.stat().st_size < 20_000
    take_file(school, path, DIGITAL_POST)
    (one,) = messages(school)
    assert one.problem and "fylder langt mere" in str(sentence_of(one.problem))


def test_more_messages_than_the_limit_are_refused_but_those_before_are_kept(
    school: Institution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "MOST_MESSAGES", 3)
    ids = [new_uuid() for _ in range(4)]
    path = put(tmp_path, pack({f"{one}.xml": make_memo(one) for one in ids}))
    assert len(take_file(school, path, DIGITAL_POST)) == 4  # three, and the container itself
    assert [one.message_uuid for one in messages(school)][:3] == ids[:3]


def test_files_in_the_folder_are_taken_when_they_are_whole_and_removed_when_stored(
    school: Institution, tmp_path: Path
) -> None:
    folder = tmp_path / "sftp"
    folder.mkdir()
    object.__setattr__(school.settings.incoming, "folder", folder)
    one, two = new_uuid(), new_uuid()
    whole, coming = folder / "a.tar.lzma", folder / "b.xml"
    whole.write_bytes(pack({f"{one}.xml": make_memo(one)}))
    coming.write_bytes(make_memo(two))
    os.utime(whole, (1, 1))
    assert ("take_in_folder", "due") in due_work(school)
    take_in_folder(school)
    assert [row.message_uuid for row in messages(school)] == [one]
    assert [path.name for path in folder.iterdir()] == ["b.xml"]
    assert ("take_in_folder", "due") not in due_work(school)

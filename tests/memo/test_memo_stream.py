"""Messages are read as a stream: huge, odd and hostile ones cost neither memory nor time."""

from __future__ import annotations

import tracemalloc
from base64 import b64encode, encodebytes
from pathlib import Path

import pytest

from digitalpost.memo.documents import AdditionalDocument
from digitalpost.memo.read import TooManyFiles, UnreadableMemo, read_memo
from digitalpost.memo.write import write_memo
from tests.memo.test_memo import PDF, make_body, make_message


def test_files_go_to_a_folder_without_being_in_memory(tmp_path: Path) -> None:
    """Ninety megabytes must not be held, let alone ten copies of them."""
    content = bytes(range(256)) * 40_000
    xml = bytes(write_memo(make_message(body=make_body()), "1.2"))
    start, end = xml.split(b64encode(PDF.content))
    path = tmp_path / "message.xml"
    # As encoders of mail write it: 76 characters a line.
    path.write_bytes(start + encodebytes(content) + end)
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            message = read_memo(file, folder=tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(content) / 3
    assert message.body is not None
    [read] = message.body.main_document.files
    assert read.content == b""
    assert read.path is not None
    assert read.path.read_bytes() == content


@pytest.mark.parametrize(
    "base64", [b"QQ", b"QQ==QQ==", b"QQ=", b"Q Q = =x", b"\xc3\xa6QQQ", b"QQ=="],
    ids=["half", "after the end", "one sign", "trailing", "letters", "fine"],
)  # fmt: skip
@pytest.mark.parametrize("blanks", [b"", b"\n", b"\r\n  "])
def test_base64_is_read_in_any_layout_and_refused_when_wrong(base64: bytes, blanks: bytes) -> None:
    xml = bytes(write_memo(make_message(), "1.2"))
    xml = xml.replace(b64encode(PDF.content), blanks + base64[:2] + blanks + base64[2:] + blanks)
    if base64 == b"QQ==":
        message = read_memo(xml)
        assert message.body is not None
        assert message.body.main_document.files[0].content == b"A"
        return
    with pytest.raises(UnreadableMemo):
        read_memo(xml)


def test_more_files_than_a_letter_has_are_refused_early() -> None:
    many = (AdditionalDocument(files=(PDF,)),) * 10_000
    xml = bytes(write_memo(make_message(body=make_body(additional_documents=many)), "1.2"))
    with pytest.raises(TooManyFiles):
        read_memo(xml)


def test_deep_and_long_texts_are_kept_out(tmp_path: Path) -> None:
    xml = bytes(write_memo(make_message(), "1.2"))
    deep = b"<x>" * 200_000 + b"</x>" * 200_000
    with pytest.raises(UnreadableMemo):
        read_memo(xml.replace(b"<memo:label>Svar", b"<memo:label>" + b"a" * 200_000 + b"Svar"))
    assert read_memo(xml.replace(b"<memo:label>Svar", deep + b"<memo:label>Svar"))
    other = xml.replace(b"<memo:label>Svar", b"<y>" + deep[: len(deep) // 2] + b"<memo:label>Svar")
    with pytest.raises(UnreadableMemo):
        read_memo(other)

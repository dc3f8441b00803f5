"""A signed file is the letter that we sent, signed under a trusted issuer, or we say what it is."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pikepdf
import pymupdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

from digitalpost.pdf.child import Limits
from digitalpost.pdf.pool import Workers
from digitalpost.signing.check import check_signed_pdf
from digitalpost.signing.child import LIMITS, check_signed
from digitalpost.signing.verdicts import SignatureKind
from tests.signing.authority import (
    make_authority,
    make_pdf,
    make_signer,
    sign,
    sign_for_archiving,
    write_on,
)

LETTER = make_pdf()


def kind(signed: bytes, original: bytes = LETTER) -> str:
    return check_signed_pdf(signed, original, make_authority().pem).kind.value


def with_changed_byte(signed: bytes) -> bytes:
    """One letter of the page's text is another, in place: the file stays readable."""
    at = signed.index(b"stream") + 12
    return signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]


def with_its_end_twice(signed: bytes) -> bytes:
    return signed + signed[-40:]


def as_scan(pdf: bytes) -> bytes:
    """As when somebody prints, signs with a pen and scans."""
    picture = pymupdf.open(stream=pdf)[0].get_pixmap(dpi=60)
    scan = pymupdf.open()
    scan.new_page().insert_image(pymupdf.Rect(0, 0, 595, 842), pixmap=picture)
    return bytes(scan.tobytes())


def behind(pdf: bytes, other: bytes) -> bytes:
    """Our bytes, and after them a whole document of somebody else's that does not build on them."""
    moved = len(pdf)
    document = pikepdf.open(BytesIO(other))
    out = BytesIO()
    document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    body, _, tail = out.getvalue().partition(b"xref\n")
    table, _, _ = tail.partition(b"startxref")
    lines = [
        b"%010d%b" % (int(line[:10]) + moved, line[10:]) if line.endswith(b" n ") else line
        for line in table.split(b"\n")
    ]
    return (
        pdf + body + b"xref\n" + b"\n".join(lines)
        + b"startxref\n%d\n%%%%EOF\n" % (moved + len(body))
    )  # fmt: skip


def with_note(pdf: bytes) -> bytes:
    """A note over the text, as an incremental update."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    note = generic.DictionaryObject({
        generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
        generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
        generic.pdf_name("/Contents"): generic.pdf_string("Og 10.000 kr."),
        generic.pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(72)] * 4),
    })  # fmt: skip
    page[generic.pdf_name("/Annots")] = generic.ArrayObject([writer.add_object(note)])
    writer.update_container(page)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def sign_visibly(pdf: bytes, box: tuple[int, int, int, int]) -> bytes:
    out = BytesIO()
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    fields.append_signature_field(writer, fields.SigFieldSpec("Synlig", box=box))
    meta = signers.PdfSignatureMetadata(
        field_name="Synlig", subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    signers.sign_pdf(writer, meta, signer=make_signer(), output=out)
    return out.getvalue()


def test_a_signed_letter_is_valid_and_names_its_signer() -> None:
    found = check_signed_pdf(sign(LETTER), LETTER, make_authority().pem)
    assert (found.kind, found.signers) == (SignatureKind.VALID, ("Åse Birk",))


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: sign(LETTER, make_signer(authority=make_authority("En anden"))), "untrusted"),
        (lambda: sign(LETTER, make_signer(may_bind=False)), "untrusted"),
        (lambda: with_changed_byte(sign(LETTER)), "changed"),
        (lambda: sign(LETTER) + b"\n% noget mere\n", "changed"),
        (lambda: with_its_end_twice(sign(LETTER)), "changed"),
        (lambda: LETTER, "none"),
        (lambda: as_scan(LETTER), "none"),
        (lambda: sign(make_pdf("En anden tekst")), "other_document"),
        (lambda: sign(pymupdf.open(stream=LETTER).tobytes(garbage=4)), "other_document"),
        (lambda: sign(write_on(LETTER)), "other_document"),
        (lambda: write_on(sign(LETTER)), "changed"),
        (lambda: sign(write_on(sign(LETTER)), field="To"), "changed"),
        (lambda: b"", "broken"),
        (lambda: b"%PDF-1.7 " + bytes(range(256)) * 9, "broken"),
        (lambda: sign(LETTER)[: len(LETTER) + 900], "none"),
        (lambda: sign(LETTER)[:-60], "broken"),
        (lambda: sign(behind(LETTER, make_pdf("Noget helt andet"))), "other_document"),
        (lambda: sign(with_note(LETTER)), "other_document"),
        (lambda: sign_visibly(LETTER, (0, 0, 595, 842)), "other_document"),
    ],
    ids=[
        *("ukendt udsteder", "certifikat må ikke underskrive", "ændret byte", "mere bagefter"),
        *("gentaget slutning", "uden underskrift", "scannet", "andet dokument", "skrevet om"),
        *("ændret før underskrift", "ændret efter underskrift", "underskrevet igen oven på"),
        *("tom", "vrøvl", "klippet over"),
        *("klippet til sidst", "andet dokument bag vores", "note før", "hele siden dækket"),
    ],
)
def test_everything_else_is_told_apart(make: Callable[[], bytes], expected: str) -> None:
    assert kind(make()) == expected


def test_two_may_sign_one_after_the_other() -> None:
    twice = sign(sign(LETTER), make_signer("Elvin Dam"), field="To")
    found = check_signed_pdf(twice, LETTER, make_authority().pem)
    assert (found.kind, found.signers) == (SignatureKind.VALID, ("Åse Birk", "Elvin Dam"))


def test_every_one_of_two_signers_must_be_trusted() -> None:
    stranger = make_signer("Fremmed", make_authority("En anden"))
    assert kind(sign(sign(LETTER), stranger, field="To")) == "untrusted"
    assert kind(sign(sign(LETTER, stranger), field="To")) == "untrusted"


def test_a_visible_signature_is_as_good() -> None:
    assert kind(sign_visibly(LETTER, (300, 60, 500, 120))) == "valid"


def test_an_archived_signature_is_as_good_and_its_time_stamps_must_be_trusted_too() -> None:
    assert kind(sign_for_archiving(LETTER, make_authority())) == "valid"
    assert kind(sign_for_archiving(LETTER, make_authority("En anden"))) == "untrusted"
    archived = sign_for_archiving(LETTER, make_authority())
    assert kind(write_on(archived)) == kind(archived + b"% mere\n") == "changed"
    assert kind(archived, make_pdf("En anden tekst")) == "other_document"


def test_an_own_certificate_with_a_trusted_name_is_not_trusted() -> None:
    imitation = make_authority.__wrapped__("Prøve-CA")
    assert kind(sign(LETTER, make_signer(authority=imitation))) == "untrusted"


def test_no_cut_and_no_flipped_byte_is_ever_valid() -> None:
    """Every place may be hit: whatever comes of it, it is never taken for a good signature."""
    whole = sign(LETTER)
    hole = whole.index(b"/Contents <") + 11, whole.index(b">", whole.index(b"/Contents <"))
    for at in range(0, len(whole), 97):
        assert kind(whole[:at]) != "valid", at
        if hole[0] <= at < hole[1]:
            continue  # padding after the signature says nothing, and is not signed
        assert kind(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :]) != "valid", at


def test_the_check_runs_in_a_child_and_a_file_that_eats_time_is_broken() -> None:
    roots = make_authority().pem
    with Workers(1, limits=LIMITS) as workers:
        found = check_signed(sign(LETTER), LETTER, roots, workers=workers)
        assert found.kind is SignatureKind.VALID
        assert check_signed(b"x", LETTER, roots, workers=workers).kind is SignatureKind.BROKEN
    bomb = b"%PDF-1.7\n" + b"[" * 30_000_000
    with Workers(1, limits=Limits(cpu_seconds=2, memory=2 << 30)) as workers:
        assert check_signed(bomb, LETTER, roots, workers=workers).kind is SignatureKind.BROKEN

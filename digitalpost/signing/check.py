"""Is this signed PDF the letter that we sent, signed by somebody whom a trusted issuer vouches for?

Source: protocols/guardian-and-signing.md part B. pyHanko does the cryptography; what must hold
besides is decided here. Nothing is fetched from anywhere. Files come from outside: call this in a
child (`child.check_signed`), never in a process that has anything to lose.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from io import BytesIO

from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from digitalpost.signing.on_top import is_only_signed
from digitalpost.signing.verdicts import Checked, SignatureKind

# What may come after a signature: time stamps that archive it, and the next one's signature.
_HARMLESS = frozenset(
    {ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING}
)
_END = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF\r?\n?\Z")


def check_signed_pdf(signed: bytes, original: bytes, roots: bytes) -> Checked:
    """How it stands with ``signed``, which should be ``original`` with a signature.

    ``roots`` are the issuers that we trust, as PEM. All of these must hold for *valid*: there is a
    signature; each is intact and its issuer trusted; the whole file is covered, and after each one
    came only what archiving or the next signature needs; the file begins with our
    very bytes; and nothing but signatures was put on top of them, also not before the first.
    """
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # it quotes what it reads
    try:
        reader = PdfFileReader(BytesIO(signed), strict=False)
        embedded = reader.embedded_signatures
        ours = reader.embedded_regular_signatures
    except Exception:  # what pyHanko meets in a wreck has no common name
        return Checked(SignatureKind.BROKEN)
    if not ours:
        return Checked(SignatureKind.NONE)
    try:
        context = ValidationContext(trust_roots=_certificates(roots), allow_fetching=False)
        found = [_kind_of(one, context) for one in embedded]
        names = tuple(_name(one) for one in ours)
    except Exception:
        return Checked(SignatureKind.BROKEN)
    if SignatureKind.CHANGED in found or not _nothing_follows(embedded[-1], signed):
        return Checked(SignatureKind.CHANGED)
    if SignatureKind.UNTRUSTED in found:
        return Checked(SignatureKind.UNTRUSTED)
    if not _is_ours(reader, signed, original):
        return Checked(SignatureKind.OTHER_DOCUMENT, names)
    return Checked(SignatureKind.VALID, names)


def _certificates(roots: bytes) -> list[asn1_x509.Certificate]:
    return [asn1_x509.Certificate.load(der) for _, _, der in pem.unarmor(roots, multiple=True)]


def _kind_of(one: EmbeddedPdfSignature, context: ValidationContext) -> SignatureKind:
    """Valid, untrusted or changed, for one signature or archiving time stamp by itself."""
    if one.sig_object_type == "/DocTimeStamp":
        stamp = validate_pdf_timestamp(one, context)
        if not (stamp.intact and stamp.valid):
            return SignatureKind.CHANGED
        is_trusted = stamp.trusted
        coverage, changes = stamp.coverage, stamp.modification_level
    else:
        status: PdfSignatureStatus = validate_pdf_signature(one, context)
        if not (status.intact and status.valid):
            return SignatureKind.CHANGED
        is_trusted = status.bottom_line
        coverage, changes = status.coverage, status.modification_level
        if not status.docmdp_ok:
            return SignatureKind.CHANGED
    if coverage is not SignatureCoverageLevel.ENTIRE_FILE and (
        coverage is not SignatureCoverageLevel.ENTIRE_REVISION or changes not in _HARMLESS
    ):
        return SignatureKind.CHANGED
    return SignatureKind.VALID if is_trusted else SignatureKind.UNTRUSTED


def _nothing_follows(last: EmbeddedPdfSignature, signed: bytes) -> bool:
    """Whether the last signature or time stamp covers the file to its end.

    Archiving may add what proves the last time stamp, and nothing else: that counts as the end.
    """
    if last.coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return True
    xrefs = last.reader.xrefs
    newest = xrefs.total_revisions - 1
    end = _END.search(signed)
    return (
        newest > last.signed_revision
        and last.diff_result is not None
        and getattr(last.diff_result, "modification_level", None) is ModificationLevel.LTA_UPDATES
        and end is not None
        and int(end[1]) == xrefs.get_startxref_for_revision(newest)
    )


def _is_ours(reader: PdfFileReader, signed: bytes, original: bytes) -> bool:
    """Whether the file is our bytes, and nothing was written after them but signatures."""
    if not signed.startswith(original):
        return False
    try:
        return is_only_signed(reader, original)
    except Exception:
        return False


def _name(one: EmbeddedPdfSignature) -> str:
    """The signer as the certificate names them."""
    names: Sequence[tuple[str, object]] = list(one.signer_cert.subject.native.items())
    common = next((value for key, value in names if key == "common_name"), "")
    return str(common)[:200]

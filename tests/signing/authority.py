"""An authority of the tests' own that vouches for signers, and PDFs that they sign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO

import pymupdf
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Authority:
    """A root certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


@cache
def make_authority(name: str = "Prøve-CA") -> Authority:
    """The authority called ``name``: the same one within a run."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = _name(name)
    builder = _builder(who, who, key).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    usage = _usage(key_cert_sign=True, crl_sign=True)
    return Authority(builder.add_extension(usage, critical=True).sign(key, hashes.SHA256()), key)


def make_signer(
    name: str = "Åse Birk", authority: Authority | None = None, *, may_bind: bool = True
) -> signers.SimpleSigner:
    """Somebody with a certificate; ``may_bind`` False: one that may not make binding signatures."""
    authority = authority or make_authority()
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(name), authority.certificate.subject, key).add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    usage = _usage(content_commitment=may_bind, digital_signature=True)
    certificate = builder.add_extension(usage, critical=True).sign(authority.key, hashes.SHA256())
    return signers.SimpleSigner(
        signing_cert=_asn1(certificate),
        signing_key=_key_info(key),
        cert_registry=SimpleCertificateStore(),
    )


def make_pdf(text: str = "Samtykke til tur") -> bytes:
    """A letter of one page."""
    document = pymupdf.open()
    document.new_page().insert_text((72, 100), text)
    return bytes(document.tobytes())


def sign(
    pdf: bytes, signer: signers.SimpleSigner | None = None, *, field: str = "Underskrift"
) -> bytes:
    """The PDF with a PAdES signature put on top of it."""
    out = BytesIO()
    signers.sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)),
        signers.PdfSignatureMetadata(
            field_name=field, subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256"
        ),
        signer=signer or make_signer(),
        output=out,
    )
    return out.getvalue()


def sign_for_archiving(pdf: bytes, stamping: Authority) -> bytes:
    """The PDF as NemLog-in gives it back: PAdES-B-LTA, with time stamps by ``stamping``."""
    key = rsa.generate_private_key(65537, 2048)
    stamper = (
        _builder(_name("Tid"), stamping.certificate.subject, key)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(stamping.key, hashes.SHA256())
    )
    roots = [_asn1(make_authority().certificate), _asn1(stamping.certificate)]
    out = BytesIO()
    signers.sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)),
        signers.PdfSignatureMetadata(
            field_name="Underskrift",
            subfilter=fields.SigSeedSubFilter.PADES,
            md_algorithm="sha256",
            use_pades_lta=True,
            embed_validation_info=True,
            validation_context=ValidationContext(trust_roots=roots, allow_fetching=False),
        ),
        signer=make_signer(),
        timestamper=DummyTimeStamper(_asn1(stamper), _key_info(key)),
        output=out,
    )
    return out.getvalue()


def write_on(pdf: bytes, text: str = "Og 10.000 kr.") -> bytes:
    """The PDF with something more on its page, as an incremental update."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    more = generic.StreamObject(
        stream_data=f"BT /F0 12 Tf 72 500 Td ({text}) Tj ET".encode("latin-1")
    )
    page = writer.root["/Pages"]["/Kids"][0]
    content = page.raw_get("/Contents")
    page[generic.NameObject("/Contents")] = generic.ArrayObject([content, writer.add_object(more)])
    writer.update_container(page)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _key_info(key: PrivateKey) -> asn1_keys.PrivateKeyInfo:
    der = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return asn1_keys.PrivateKeyInfo.load(der)


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: PrivateKey) -> x509.CertificateBuilder:
    at = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + timedelta(days=30))
    )


def _usage(**used: bool) -> x509.KeyUsage:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: used.get(name, False) for name in names})

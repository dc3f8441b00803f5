"""Pictures in PDF files that unpack to far more points than a letter has room for."""

from __future__ import annotations

import io
import struct

from PIL import Image

from tests.inputs.hostile.bombs import packed
from tests.inputs.hostile.kit import Case, Expected, around, show
from tests.inputs.sheets import Sheets

HELD, PAGE = Expected.HELD, Expected.PAGE
_SIDE = 30_000
_HEAD = "/Type/XObject/Subtype/Image"


def _drawn(
    *pictures: tuple[str, bytes], times: int = 1, alone: bool = False, expected: Expected = PAGE
) -> Case:
    """A good page and one that draws these pictures. MASK in a head is the picture before it."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        pdf.page(plain)
        made: list[int] = []
        for head, data in pictures:
            last = f"{made[-1]} 0 R" if made else ""
            made.append(pdf.stream(data, _HEAD + head.replace("MASK", last), pack=False))
        words = "" if alone else show("Side 2 af 2 med et billede, som er stort, og lidt tekst.")
        pdf.page(
            words + "q 500 0 0 500 40 40 cm /P Do Q\n" * times,
            resources=f"/XObject<</P {made[-1]} 0 R>>",
        )

    return around(put, expected)


def _size(
    width: int = _SIDE,
    height: int = _SIDE,
    *,
    bits: int = 1,
    space: str = "DeviceGray",
    more: str = "/Filter/FlateDecode",
) -> str:
    return f"/Width {width}/Height {height}/BitsPerComponent {bits}/ColorSpace/{space}{more}"


def claims_jpeg(width: int, height: int) -> bytes:
    """A JPEG whose header promises more than it holds."""
    data = io.BytesIO()
    Image.new("RGB", (16, 16), "navy").save(data, "JPEG")
    whole = data.getvalue()
    start = whole.index(b"\xff\xc0") + 5
    return whole[:start] + struct.pack(">HH", height, width) + whole[start + 4 :]


def claims_jpx(width: int, height: int) -> bytes:
    """A JPEG 2000 whose header promises more than it holds."""
    data = io.BytesIO()
    Image.new("RGB", (16, 16), "navy").save(data, "JPEG2000", no_jp2=True)
    whole = data.getvalue()
    start = whole.index(b"\xff\x51") + 6
    return whole[:start] + struct.pack(">II", width, height) + whole[start + 8 :]


def _jbig2(width: int, height: int) -> bytes:
    """Only the page information segment of JBIG2: a black page of this size."""
    page = struct.pack(">IIIIBH", width, height, 0, 0, 4, 0)
    return struct.pack(">IBBI", 0, 48, 1, len(page)) + page


def _inline(pdf: Sheets, number: str, plain: str) -> None:
    """An inline picture of the same size."""
    pdf.page(plain)
    pdf.page(
        show("Side 2 af 2 med et billede, som er stort, og lidt tekst.")
        + f"q 500 0 0 500 40 40 cm BI /W {_SIDE} /H {_SIDE} /BPC 1 /CS /G ID x EI Q\n"
    )


def _thousand(pdf: Sheets, number: str, plain: str) -> None:
    """A thousand different pictures of nine million points on one page."""
    pdf.page(plain)
    data = packed(b"\0" * 64, 1)
    named = "".join(
        f"/P{at} {pdf.stream(data, _HEAD + _size(3000, 3000), pack=False)} 0 R"
        for at in range(1000)
    )
    pdf.page(
        show("Side 2 af 2 med mange billeder.")
        + "".join(f"q 9 0 0 9 40 40 cm /P{at} Do Q\n" for at in range(1000)),
        resources=f"/XObject<<{named}>>",
    )


def _own_code(pdf: Sheets, number: str, plain: str) -> None:
    """A picture below three forms."""
    pdf.page(plain)
    picture = pdf.stream(packed(b"\0" * 64, 108), _HEAD + _size(), pack=False)
    inside = f"/XObject<</P {picture} 0 R>>"
    for _ in range(3):
        form = pdf.stream(
            "q 500 0 0 500 40 40 cm /P Do Q",
            f"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<<{inside}>>",
        )
        inside = f"/XObject<</P {form} 0 R>>"
    pdf.page(show("Side 2 af 2 med et billede.") + "/P Do\n", resources=inside)


_BLANK = packed(b"\0" * 64, 108)
CASES: dict[str, Case] = {
    "black and white": _drawn((_size(), _BLANK)),
    "black and white, without text": _drawn((_size(), _BLANK), alone=True),
    "gray": _drawn((_size(bits=8), packed(b"\0" * 64, 860))),
    "colour": _drawn((_size(bits=8, space="DeviceRGB"), packed(b"\0" * 64, 100))),
    "sixteen bits a colour": _drawn((_size(bits=16, space="DeviceCMYK"), _BLANK)),
    "drawn a hundred times": _drawn((_size(9_000, 9_000), packed(b"\0" * 64, 10)), times=100,
                                    expected=HELD),
    "JPEG that promises 30,000 points": _drawn(
        (_size(bits=8, space="DeviceRGB", more="/Filter/DCTDecode"), claims_jpeg(_SIDE, _SIDE))
    ),
    "JPEG that promises more than its frame": _drawn(
        (_size(16, 16, bits=8, space="DeviceRGB", more="/Filter/DCTDecode"),
         claims_jpeg(60_000, 60_000)), expected=HELD,
    ),
    "JPEG 2000 that promises 30,000 points": _drawn(
        (_size(bits=8, space="DeviceRGB", more="/Filter/JPXDecode"), claims_jpx(_SIDE, _SIDE))
    ),
    "JPEG 2000 that promises more than its frame": _drawn(
        (_size(16, 16, bits=8, space="DeviceRGB", more="/Filter/JPXDecode"),
         claims_jpx(60_000, 60_000)), expected=HELD,
    ),
    "JBIG2 of 30,000 points": _drawn((_size(more="/Filter/JBIG2Decode"), _jbig2(_SIDE, _SIDE))),
    "JBIG2 of four billion points a side": _drawn(
        (_size(100, 100, more="/Filter/JBIG2Decode"), _jbig2(4_000_000_000, 4_000_000_000)),
        expected=HELD,
    ),
    "fax of 30,000 points": _drawn(
        (_size(more=f"/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns {_SIDE}/Rows {_SIDE}>>"),
         b"\0" * 4_000)
    ),
    "sides of two billion": _drawn((_size(2_147_483_647, 2_147_483_647), _BLANK[:1000])),
    "sides below zero": _drawn((_size(-5, -5), _BLANK[:1000]), expected=HELD),
    "a mask that is larger than its picture": _drawn(
        (_size(), _BLANK),
        ("/Width 4/Height 4/BitsPerComponent 8/ColorSpace/DeviceGray/SMask MASK", bytes(16)),
    ),
    "masks of masks": _drawn(
        *[("/Width 4/Height 4/BitsPerComponent 8/ColorSpace/DeviceGray"
           + ("/SMask MASK" if at else ""), bytes(16)) for at in range(30)],
        expected=HELD,
    ),
    "prediction over a row of a billion": _drawn(
        (_size(100, 100, more="/Filter/FlateDecode"
               "/DecodeParms<</Predictor 15/Columns 1000000000>>"),
         _BLANK), expected=HELD,
    ),
    "inline": around(_inline, HELD),
    "a thousand on one page": around(_thousand, HELD),
    "below three forms": around(_own_code, PAGE),
}  # fmt: skip

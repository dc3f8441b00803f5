"""Numbers written into a page's drawing orders in every way that a reader still puts together."""

from __future__ import annotations

from tests.inputs.hostile.kit import Case, Expected, around, content, per_sign, show
from tests.inputs.rawpdf import literal
from tests.inputs.sheets import Sheets

HELD, PAGE = Expected.HELD, Expected.PAGE


def _octal(text: str) -> str:
    return "(" + "".join(f"\\{ord(sign):03o}" for sign in text) + ")"


def _at(matrix: str, text: str, size: float = 12, before: str = "") -> str:
    return f"BT /F1 {size} Tf {before} {matrix} Tm {literal(text)} Tj ET\n"


def _two_streams(pdf: Sheets, number: str, plain: str) -> None:
    """The number begins in one content stream of the page and ends in the next."""
    first = pdf.stream(plain + f"BT /F1 12 Tf 70 600 Td ({number[:5]}) Tj")
    second = pdf.stream(f"({number[5:]}) Tj ET")
    pdf.pages.append(
        pdf.add(
            f"<</Type/Page/Parent {pdf.tree} 0 R/MediaBox[0 0 595 842]"
            f"/Resources<</Font<</F1 {pdf.font} 0 R>>>>/Contents[{first} 0 R {second} 0 R]>>"
        )
    )


def _many_streams(pdf: Sheets, number: str, plain: str) -> None:
    """One stream for each sign, and a thousand empty ones."""
    parts = [pdf.stream(plain), pdf.stream("BT /F1 12 Tf 70 600 Td\n")]
    parts += [pdf.stream(f"({sign}) Tj\n") for sign in number]
    parts += [pdf.stream("ET\n"), *([pdf.stream(" ")] * 1000)]
    pdf.pages.append(
        pdf.add(
            f"<</Type/Page/Parent {pdf.tree} 0 R/MediaBox[0 0 595 842]"
            f"/Resources<</Font<</F1 {pdf.font} 0 R>>>>"
            f"/Contents[{' '.join(f'{part} 0 R' for part in parts)}]>>"
        )
    )


def _two_fonts(pdf: Sheets, number: str, plain: str) -> None:
    """The date in one font and the rest in another, of another size."""
    other = pdf.add("<</Type/Font/Subtype/Type1/BaseFont/Courier-Bold>>")
    shown = f"BT /F1 12 Tf 70 600 Td ({number[:4]}) Tj /F2 9 Tf ({number[4:]}) Tj ET\n"
    stream = pdf.stream(plain + shown)
    pdf.pages.append(
        pdf.add(
            f"<</Type/Page/Parent {pdf.tree} 0 R/MediaBox[0 0 595 842]/Contents {stream} 0 R"
            f"/Resources<</Font<</F1 {pdf.font} 0 R/F2 {other} 0 R>>>>>>"
        )
    )


def _see_through(pdf: Sheets, number: str, plain: str) -> None:
    """Drawn with no opacity at all."""
    pdf.page(plain + f"/Clear gs\n{show(number)}", resources="/ExtGState<</Clear<</ca 0/CA 0>>>>")


def _clean_path(number: str) -> str:
    return per_sign(number, lambda at, sign: show(sign, x=70 + 7 * at))


CASES: dict[str, Case] = {
    "each sign placed by Tm": content(_clean_path),
    "each sign placed by Td": content(
        lambda n: (
            "BT /F1 12 Tf 70 600 Td "
            + per_sign(n, lambda at, sign: f"({sign}) Tj 7 0 Td ")
            + "ET\n"
        )
    ),
    "signs drawn from the last to the first": content(
        lambda n: "".join(show(n[at], x=70 + 7 * at) for at in reversed(range(len(n))))
    ),
    "signs drawn between other words": content(
        lambda n: per_sign(
            n, lambda at, sign: show(sign, x=70 + 7 * at) + show("ord", y=500 - 14 * at)
        ),
    ),
    "signs in a font of their own size": content(
        lambda n: per_sign(n, lambda at, sign: show(sign, x=70 + 8 * at, size=9 + at % 4))
    ),
    "written twice on one spot": content(lambda n: show(n) + show(n, x=70.4)),
    "written forty times": content(
        lambda n: "".join(show(n, x=70 + 120 * (at % 4), y=600 - 14 * at) for at in range(40))
    ),
    "spaced by Tw": content(lambda n: show(" ".join(n), before="9 Tw")),
    "squeezed by Tz": content(lambda n: show(n, before="20 Tz")),
    "stretched by Tz": content(lambda n: show(n, before="400 Tz")),
    "no width by Tz": content(lambda n: show(n, before="0 Tz"), HELD),
    "raised and lowered by Ts": content(
        lambda n: (
            "BT /F1 12 Tf 70 600 Td "
            + per_sign(n, lambda at, sign: f"{at % 2 * 3} Ts ({sign}) Tj ")
            + "ET\n"
        )
    ),
    "shown by the quote operator": content(
        lambda n: f"BT /F1 12 Tf 14 TL 70 600 Td {literal(n)} ' ET\n", PAGE
    ),
    "shown by the double quote operator": content(
        lambda n: f'BT /F1 12 Tf 14 TL 70 600 Td 1 2 {literal(n)} " ET\n', PAGE
    ),
    "lines by T*": content(
        lambda n: f"BT /F1 12 Tf 14 TL 70 600 Td ({n[:7]}) Tj T* ({n[7:]}) Tj ET\n"
    ),
    "written in octal": content(lambda n: f"BT /F1 12 Tf 70 600 Td {_octal(n)} Tj ET\n"),
    "written in hexadecimal": content(
        lambda n: f"BT /F1 12 Tf 70 600 Td <{' '.join(n.encode().hex())}> Tj ET\n"
    ),
    "string broken over lines": content(
        lambda n: f"BT /F1 12 Tf 70 600 Td ({n[:3]}\\\n{n[3:]}) Tj ET\n"
    ),
    "kerned apart by large steps": content(
        lambda n: f"BT /F1 12 Tf 70 600 Td [{' -2000 '.join(map(literal, n))}] TJ ET\n", HELD
    ),
    "kerned on top of each other": content(
        lambda n: f"BT /F1 12 Tf 70 600 Td [{' 540 '.join(map(literal, n))}] TJ ET\n", HELD
    ),
    "kerned from right to left": content(
        lambda n: f"BT /F1 12 Tf 200 600 Td [{' 1112 '.join(map(literal, n[::-1]))}] TJ ET\n"
    ),
    "begins in one stream and ends in the next": around(_two_streams),
    "one stream for each sign": around(_many_streams),
    "two fonts in one number": around(_two_fonts),
    "size zero": content(lambda n: show(n, size=0), HELD),
    "size of a hundredth": content(lambda n: show(n, size=0.01), HELD),
    "size of 300 points": content(lambda n: show(n, size=300), PAGE),
    "negative size": content(lambda n: show(n, x=300, size=-12)),
    "mirrored": content(lambda n: _at("-1 0 0 1 300 600", n)),
    "upside down": content(lambda n: _at("-1 0 0 -1 300 600", n)),
    "skewed": content(lambda n: _at("1 0.6 0.9 1 70 600", n), PAGE),
    "flat matrix": content(lambda n: _at("1 0 0 0 70 600", n), HELD),
    "matrix of zeros": content(lambda n: _at("0 0 0 0 70 600", n), HELD),
    "turned by 270 degrees": content(lambda n: _at("0 -1 1 0 300 600", n)),
    "turned sign by sign": content(
        lambda n: per_sign(n, lambda at, sign: _at(f"0 1 -1 0 300 {300 + 7 * at}", sign))
    ),
    "far off the page": content(lambda n: show(n, x=90_000, y=-90_000)),
    "scaled by cm": content(lambda n: f"q .01 0 0 .01 70 600 cm {show(n, x=0, y=0, size=1200)}Q\n"),
    **{
        f"render mode {mode}": content(lambda n, mode=mode: f"q {show(n, before=f'{mode} Tr')}Q\n")
        for mode in (1, 2, 4, 5, 6, 7)
    },
    "no opacity": around(_see_through),
    "clipped to nothing": content(lambda n: f"q 0 0 0 0 re W n {show(n)}Q\n"),
    "clipped by text": content(lambda n: f"q {show('x', before='7 Tr')}{show(n)}Q\n", PAGE),
    "outside of any text object": content(lambda n: f"/F1 12 Tf 70 600 Td {literal(n)} Tj\n"),
    "text object within a text object": content(
        lambda n: f"BT /F1 12 Tf 70 600 Td BT 70 600 Td {literal(n)} Tj ET ET\n"
    ),
    "text object that never ends": content(lambda n: show(n).replace("ET", "")),
    "font that is not there": content(lambda n: show(n).replace("/F1", "/F9"), HELD),
    "no font chosen": content(lambda n: f"q BT 70 600 Td {literal(n)} Tj ET Q\n", HELD),
    "states never restored": content(lambda n: "q " * 200 + show(n)),
    "states restored too often": content(lambda n: "Q " * 50 + show(n)),
    "after nonsense": content(lambda n: "1 2 foo >> ] ) bar\n" + show(n), HELD),
    "after an unfinished string": content(lambda n: show(n) + "BT (uden ende", HELD),
    "between BX and EX": content(lambda n: f"BX 1 2 3 frob {show(n)}EX\n"),
    "comment in the drawing orders": content(lambda n: f"% {n}\n", HELD),
    "tag of marked content": content(lambda n: f"/{n} BMC {show('x')}EMC\n", HELD),
    "property of a marked point": content(lambda n: f"/Span<</Note{literal(n)}>>DP\n", HELD),
    "in an inline picture's data": content(
        lambda n: f"q 12 0 0 12 70 500 cm BI /W 11 /H 1 /BPC 8 /CS /G ID {n} EI Q\n", HELD
    ),
    "in an inline picture's dictionary": content(
        lambda n: f"q BI /W 1 /H 1 /BPC 8 /CS /G /Note {literal(n)} ID x EI Q\n", HELD
    ),
}

"""Numbers in the text that stands in for glyphs: /ActualText, /Alt and /E, wherever they may be."""

from __future__ import annotations

from tests.inputs.hostile.kit import Case, Expected, around, content, in_form, named, per_sign, show
from tests.inputs.rawpdf import literal, text_string
from tests.inputs.sheets import Sheets

HELD = Expected.HELD


def _octal(text: str) -> str:
    return "(" + "".join(f"\\{ord(sign):03o}" for sign in text) + ")"


def _utf8(text: str) -> str:
    return f"<EFBBBF{text.encode().hex()}>"


def _over(key: str, value: str, shown: str = "se bilag") -> str:
    return f"/Span<<{key}{value}>>BDC\n{show(shown)}EMC\n"


def _in_properties(key: str, shown: str | None = None) -> Case:
    def add(pdf: Sheets, number: str) -> str:
        return (
            f"/Properties<</P0<<{key}{literal(number)}>>>>"
            f"|/Span /P0 BDC\n{show(number if shown is None else shown)}EMC\n"
        )

    return around(named(add))


def _indirect_value(pdf: Sheets, number: str) -> str:
    """The property list and its string are objects of their own."""
    value = pdf.add(text_string(number))
    listed = pdf.add(f"<</ActualText {value} 0 R>>")
    return f"/Properties<</P0 {listed} 0 R>>|/Span /P0 BDC\n{show('x')}EMC\n"


def _in_nested_form(depth: int, inner: str) -> Case:
    def add(pdf: Sheets, number: str) -> str:
        form = in_form(pdf, inner.replace("NUMBER", literal(number)))
        for _ in range(depth - 1):
            form = in_form(pdf, "/Inner Do\n", resources=f"/XObject<</Inner {form} 0 R>>")
        return f"/XObject<</Outer {form} 0 R>>|/Outer Do\n"

    return around(named(add))


CASES: dict[str, Case] = {
    "in UTF-16": content(lambda n: _over("/ActualText", text_string(n))),
    "in UTF-16 over the number": content(lambda n: _over("/ActualText", text_string(n), n)),
    "in UTF-8": content(lambda n: _over("/ActualText", _utf8(n))),
    "in octal": content(lambda n: _over("/ActualText", _octal(n))),
    "with the name escaped": content(lambda n: _over("/Actual#54ext", literal(n)), HELD),
    "alternative in octal": content(lambda n: _over("/Alt", _octal(n))),
    "alternative in UTF-16": content(lambda n: _over("/Alt", text_string(n))),
    "alternative with the name escaped": content(lambda n: _over("/Al#74", _octal(n))),
    "expansion": content(lambda n: _over("/E", literal(n), "nr.")),
    "expansion in octal": content(lambda n: _over("/E", _octal(n), "nr.")),
    "another key altogether": content(lambda n: _over("/Note", _octal(n))),
    "nothing in place of the number": content(lambda n: _over("/ActualText", "()", n)),
    "a blank in place of the number": content(lambda n: _over("/ActualText", "( )", n)),
    "another number in its place": content(
        lambda n: _over("/ActualText", "(010101-0000)", n), HELD
    ),
    "one for each sign": content(
        lambda n: per_sign(
            n, lambda at, s: f"/Span<</ActualText({s})>>BDC {show('x', x=70 + 7 * at)}EMC\n"
        )
    ),
    "half in its place and half as glyphs": content(
        lambda n: f"/Span<</ActualText({n[:7]})>>BDC {show('cpr')}EMC {show(n[7:], x=92)}"
    ),
    "with its own language mark": content(
        lambda n: _over("/ActualText", f"<FEFF001B00640061001B{n.encode('utf-16-be').hex()}>")
    ),
    "with brackets in it": content(lambda n: _over("/ActualText", f"((nr. {n}\\)) (a(b(c))))")),
    "within another": content(
        lambda n: (
            f"/P<</ActualText(brev)>>BDC /Span<</ActualText{literal(n)}>>BDC {show('x')}EMC EMC\n"
        )
    ),
    "around another": content(
        lambda n: (
            f"/P<</ActualText{literal(n)}>>BDC /Span<</ActualText(brev)>>BDC {show(n)}EMC EMC\n"
        )
    ),
    "eight deep": content(
        lambda n: (
            "/Span<</MCID 0>>BDC " * 8
            + f"/Span<</ActualText{literal(n)}>>BDC {show('x')}EMC "
            + "EMC " * 8
        )
    ),
    "never ended": content(lambda n: f"/Span<</ActualText{literal(n)}>>BDC {show('x')}"),
    "over nothing": content(lambda n: f"/Span<</ActualText{literal(n)}>>BDC EMC\n"),
    "in the resources": _in_properties("/ActualText"),
    "in the resources over other glyphs": _in_properties("/ActualText", "x"),
    "alternative in the resources": _in_properties("/Alt", "x"),
    "expansion in the resources": _in_properties("/E", "x"),
    "as an object of its own": around(named(_indirect_value)),
    "in a form": _in_nested_form(1, "/Span<</ActualTextNUMBER>>BDC " + show("x") + "EMC"),
    "in a form four deep": _in_nested_form(4, "/Span<</ActualTextNUMBER>>BDC " + show("x") + "EMC"),
    "in a form twelve deep": _in_nested_form(
        12, "/Span<</ActualTextNUMBER>>BDC " + show("x") + "EMC"
    ),
    "alternative in a form twelve deep": _in_nested_form(
        12, "/Span<</AltNUMBER>>BDC " + show("x") + "EMC"
    ),
    "a text that only looks like one": content(
        lambda n: f"{show('skriv /Alt (tekst) her')}{_over('/ActualText', literal(n), n)}"
    ),
}

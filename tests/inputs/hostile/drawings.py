"""Numbers in what a page draws from elsewhere: layers, forms, patterns, masks and pictures."""

from __future__ import annotations

import io

from PIL import Image

from tests.inputs.hostile.kit import Case, Expected, around, in_form, named, per_sign, show
from tests.inputs.people import make_person
from tests.inputs.rawpdf import literal, text_string
from tests.inputs.sheets import Sheets
from tests.inputs.written import write_number

HELD = Expected.HELD


def _layers(body: str, configuration: str, shown: str = "/OC /L1 BDC\nSHOW EMC\n") -> Case:
    """Two layers; ``body`` makes the property L1 from their numbers A and B."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        a, b = (pdf.add(f"<</Type/OCG/Name({name})>>") for name in ("Intern", "Ekstern"))
        fill = {"A": f"{a} 0 R", "B": f"{b} 0 R"}
        listed = configuration.format(**fill)
        pdf.catalog = f"/OCProperties<</OCGs[{a} 0 R {b} 0 R]/D<<{listed}>>>>"
        prop = pdf.add(body.format(**fill)) if body else a
        pdf.page(
            plain + shown.replace("SHOW", show(number)), resources=f"/Properties<</L1 {prop} 0 R>>"
        )

    return around(put)


def _layer_dict(entries: str, expected: Expected = Expected.CLEAN) -> Case:
    def put(pdf: Sheets, number: str, plain: str) -> None:
        layer = pdf.add(
            "<</Type/OCG"
            + entries.replace("NUMBER", literal(number)).replace("UTF16", text_string(number))
            + ">>"
        )
        pdf.catalog = f"/OCProperties<</OCGs[{layer} 0 R]/D<<>>>>"
        pdf.page(
            f"{plain}/OC /L1 BDC {show('lag')}EMC\n", resources=f"/Properties<</L1 {layer} 0 R>>"
        )

    return around(put, expected)


def _form_on_layer(pdf: Sheets, number: str) -> str:
    layer = pdf.add("<</Type/OCG/Name(Fra)>>")
    pdf.catalog = f"/OCProperties<</OCGs[{layer} 0 R]/D<</OFF[{layer} 0 R]>>>>"
    form = in_form(pdf, show(number), f"/OC {layer} 0 R")
    return f"/XObject<</X {form} 0 R>>|/X Do\n"


def _nested(depth: int, *, split: bool = False) -> Case:
    def add(pdf: Sheets, number: str) -> str:
        drawn = per_sign(number, lambda at, s: show(s, x=70 + 7 * at)) if split else show(number)
        form = in_form(pdf, drawn)
        for _ in range(depth - 1):
            form = in_form(pdf, "q /Inner Do Q\n", resources=f"/XObject<</Inner {form} 0 R>>")
        return f"/XObject<</Outer {form} 0 R>>|/Outer Do\n"

    return around(named(add))


def _form(
    entries: str = "",
    *,
    resources: bool = True,
    uses: str = "/X Do\n",
    expected: Expected = Expected.CLEAN,
) -> Case:
    def add(pdf: Sheets, number: str) -> str:
        filled = entries.replace("NUMBER", literal(number))
        own = filled if resources else filled + "/Resources<<>>"
        form = in_form(pdf, show(number), own)
        return f"/XObject<</X {form} 0 R>>|{uses}"

    return around(named(add), expected)


def _bare_form(entries: str, expected: Expected = Expected.CLEAN) -> Case:
    """A form that shows no number but carries it in its dictionary."""

    def add(pdf: Sheets, number: str) -> str:
        if "STREAM" in entries:
            kept = pdf.stream(f"<x>{number}</x>", "/Type/Metadata/Subtype/XML")
            filled = entries.replace("STREAM", f"{kept} 0 R")
        else:
            filled = entries.replace("NUMBER", literal(number))
        form = in_form(pdf, show("en blanket"), filled)
        return f"/XObject<</X {form} 0 R>>|/X Do\n"

    return around(named(add), expected)


def _shared_by_two(pdf: Sheets, number: str, plain: str) -> None:
    """Two letters draw one form, in which both numbers stand."""
    other = write_number(make_person(seed=77).cpr)
    form = in_form(pdf, show(number, y=560) + show(other, y=540))
    for content in (plain, plain.replace(number, other)):
        pdf.page(content + "/X Do\n", resources=f"/XObject<</X {form} 0 R>>")


def _in_resource_name(kind: str) -> Case:
    def add(pdf: Sheets, number: str) -> str:
        if kind == "XObject":
            return f"/XObject<</{number} {in_form(pdf, show('x'))} 0 R>>|/{number} Do\n"
        if kind == "ExtGState":
            return f"/ExtGState<</{number}<</LW 1>>>>|/{number} gs\n"
        if kind == "ColorSpace":
            return f"/ColorSpace<</{number}[/Indexed/DeviceGray 1<00FF>]>>|/{number} cs 0 sc\n"
        return f"/Properties<</{number}<</MCID 0>>>>|/Span /{number} BDC {show('x')}EMC\n"

    return around(named(add), HELD)


def _unused(pdf: Sheets, number: str) -> str:
    forms = "".join(f"/U{at} {in_form(pdf, show(number))} 0 R" for at in range(5))
    return f"/XObject<<{forms}>>|"


def _pattern(*, split: bool) -> Case:
    def add(pdf: Sheets, number: str) -> str:
        drawn = (
            per_sign(number, lambda at, s: show(s, x=7 * at, y=4))
            if split
            else show(number, x=0, y=4)
        )
        tile = pdf.stream(
            drawn,
            "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 100 20]/XStep 100/YStep 20"
            f"/Resources<</Font<</F1 {pdf.font} 0 R>>>>",
        )
        return f"/Pattern<</T {tile} 0 R>>|/Pattern cs /T scn 70 400 200 100 re f\n"

    return around(named(add), HELD)


def _mask(*, split: bool, used: bool = True) -> Case:
    def add(pdf: Sheets, number: str) -> str:
        drawn = per_sign(number, lambda at, s: show(s, x=70 + 7 * at)) if split else show(number)
        group = in_form(pdf, f"1 g {drawn}", "/Group<</S/Transparency/CS/DeviceGray>>")
        state = f"/GS<</SMask<</S/Luminosity/G {group} 0 R>>>>"
        return f"/ExtGState<<{state}>>|" + ("q /GS gs 0 0 595 842 re f Q\n" if used else "")

    return around(named(add), HELD if used else Expected.CLEAN)


def _jpeg(**how: object) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (16, 16), "navy").save(data, "JPEG", **how)
    return data.getvalue()


def _picture(kind: str) -> Case:
    def add(pdf: Sheets, number: str) -> str:
        head = (
            "/Type/XObject/Subtype/Image/Width 16/Height 16/ColorSpace/DeviceRGB/BitsPerComponent 8"
        )
        if kind == "comment":
            data = _jpeg(comment=number.encode())
        elif kind == "exif":
            exif = Image.Exif()
            exif[0x010E] = f"Elev {number}"
            data = _jpeg(exif=exif)
        else:
            data = _jpeg()
        if kind == "pixels":
            raw = (f"{number} ".encode() * 100)[: 16 * 16 * 3]
            picture = pdf.stream(raw, head)
        else:
            more = {
                "metadata": f"/Metadata {pdf.stream(f'<x>{number}</x>')} 0 R",
                "alternate": "/Alternates[<</Image 99 0 R/DefaultForPrinting true"
                f"/Note{literal(number)}>>]",
                "mask name": f"/Name/{number}",
                "measure": f"/Measure<</Type/Measure/R{literal(number)}>>",
            }.get(kind, "")
            picture = pdf.stream(data, f"{head}{more}/Filter/DCTDecode", pack=False)
        return f"/XObject<</P {picture} 0 R>>|q 40 0 0 40 70 500 cm /P Do Q\n"

    return around(named(add), HELD)


def _indexed(pdf: Sheets, number: str) -> str:
    """The palette of a picture is the number."""
    table = literal(f"{number} " * 3)
    picture = pdf.stream(
        bytes(16),
        "/Type/XObject/Subtype/Image/Width 4/Height 4/BitsPerComponent 8"
        f"/ColorSpace[/Indexed/DeviceRGB 11{table}]",
    )
    return f"/XObject<</P {picture} 0 R>>|q 40 0 0 40 70 500 cm /P Do Q\n"


def _postscript(pdf: Sheets, number: str) -> str:
    code = pdf.stream(f"{literal(number)} show", "/Type/XObject/Subtype/PS")
    return f"/XObject<</P {code} 0 R>>|/P Do\n"


CASES: dict[str, Case] = {
    "layer on": _layers("", "/ON[{A}]"),
    "layer off by its base state": _layers("", "/BaseState/OFF"),
    "layer within a layer": _layers(
        "", "/OFF[{A} {B}]", "/OC /L1 BDC /OC /L1 BDC\nSHOW EMC EMC\n"
    ),
    "membership, seen when all are off": _layers(
        "<</Type/OCMD/OCGs[{A} {B}]/P/AllOff>>", "/ON[{A} {B}]"
    ),
    "membership by a formula": _layers(
        "<</Type/OCMD/VE[/And[/Not {A}][/Not {B}]]>>", "/ON[{A} {B}]"
    ),
    "layer for the screen only": _layers(
        "<</Type/OCG/Name(Til print)/Usage<</Print<</PrintState/OFF>>"
        "/View<</ViewState/OFF>>>>>>",
        "/AS[<</Event/View/Category[/View]/OCGs[{A}]>>]",
    ),
    "layer that no list knows": _layers("<</Type/OCG/Name(Los)>>", ""),
    "layer called by the number": _layer_dict("/NameNUMBER"),
    "layer called by the number in UTF-16": _layer_dict("/NameUTF16"),
    "layer made by the number": _layer_dict(
        "/Name(Lag)/Usage<</CreatorInfo<</CreatorNUMBER/Subtype/Artwork>>>>"
    ),
    "form on a layer that is off": around(named(_form_on_layer)),
    **{f"form {depth} deep": _nested(depth) for depth in (2, 4, 8, 12, 20)},
    "form 6 deep, sign by sign": _nested(6, split=True),
    "form without resources": _form(resources=False, expected=HELD),
    "form drawn twice": _form(uses="q /X Do Q q 1 0 0 1 0 -60 cm /X Do Q\n"),
    "form made small": _form("/Matrix[.1 0 0 .1 0 0]"),
    "form outside its box": _form("/BBox[0 0 1 1]", expected=HELD),
    "form in a group": _form("/Group<</S/Transparency/I true/K true>>"),
    "form that shares with another letter": around(_shared_by_two, Expected.PAGE),
    "form with private data": _bare_form(
        "/PieceInfo<</App<</LastModified(D:2026)/Private NUMBER>>>>"),
    "form with metadata": _bare_form("/Metadata STREAM"),
    "form with a reference": _bare_form("/Ref<</F<</Type/Filespec/FNUMBER>>/Page 0>>"),
    "form with another program's data": _bare_form(
        "/OPI<</2.0<</Type/OPI/Version 2.0/F NUMBER>>>>"),
    "form with a note": _bare_form("/Note NUMBER", HELD),
    **{
        f"{kind} called by the number": _in_resource_name(kind)
        for kind in ("XObject", "ExtGState", "ColorSpace", "Properties")
    },
    "forms that are never drawn": around(named(_unused)),
    "pattern": _pattern(split=False),
    "pattern, sign by sign": _pattern(split=True),
    "soft mask": _mask(split=False),
    "soft mask, sign by sign": _mask(split=True),
    "soft mask that is never used": _mask(split=False, used=False),
    **{
        f"picture with the number as {kind}": _picture(kind)
        for kind in ("comment", "exif", "pixels", "metadata", "alternate", "mask name", "measure")
    },
    "picture with the number as its palette": around(named(_indexed), HELD),
    "PostScript": around(named(_postscript), HELD),
}  # fmt: skip

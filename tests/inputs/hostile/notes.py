"""Numbers in annotations and form fields of every kind, seen and unseen."""

from __future__ import annotations

from tests.inputs.hostile.kit import Case, Expected, around, in_form, show
from tests.inputs.rawpdf import literal, text_string
from tests.inputs.sheets import Sheets

HELD = Expected.HELD


def _look(pdf: Sheets, number: str) -> int:
    return pdf.stream(
        show(number, x=4, y=4),
        f"/Type/XObject/Subtype/Form/BBox[0 0 160 20]/Resources<</Font<</F1 {pdf.font} 0 R>>>>",
    )


def _note(
    entries: str, expected: Expected = Expected.CLEAN, *, form: str = "", catalog: str = ""
) -> Case:
    """One annotation. N is the number as a string, LOOK its appearance, FILE a stream of it."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        page, note = pdf.reserve(), pdf.reserve()
        filled = entries
        if "LOOK" in filled:
            filled = filled.replace("LOOK", f"{_look(pdf, number)} 0 R")
        if "FILE" in filled:
            kept = pdf.stream(f"Nummer {number}", "/Type/EmbeddedFile")
            filled = filled.replace("FILE", f"{kept} 0 R")
        filled = filled.replace("UTF16", text_string(number)).replace("NUM", literal(number))
        box = "" if "/Rect" in filled else "/Rect[70 560 230 580]"
        pdf.add(f"<</Type/Annot{box}/P {page} 0 R{filled}>>", note)
        pdf.page(plain, entries=f"/Annots[{note} 0 R]", number=page)
        if form:
            pdf.catalog = (
                f"/AcroForm<</Fields[{note} 0 R]/DR<</Font<</F1 {pdf.font} 0 R>>>>"
                f"/DA(/F1 12 Tf 0 g){form}>>"
            )
        pdf.catalog += catalog

    return around(put, expected)


def _field(entries: str, form: str = " ", expected: Expected = Expected.CLEAN) -> Case:
    return _note(f"/Subtype/Widget/F 4/T(felt)/DA(/F1 12 Tf 0 g){entries}", expected, form=form)


def _seen_in_a_form(pdf: Sheets, number: str, plain: str) -> None:
    """An appearance that draws a form that draws the number."""
    inner = in_form(pdf, show(number, x=4, y=4))
    outer = in_form(pdf, "/I Do\n", resources=f"/XObject<</I {inner} 0 R>>")
    note = pdf.add(f"<</Type/Annot/Subtype/Stamp/Rect[70 500 600 900]/F 4/AP<</N {outer} 0 R>>>>")
    pdf.page(plain, entries=f"/Annots[{note} 0 R]")


def _thread(pdf: Sheets, number: str, plain: str) -> None:
    """A note, an answer to it, and the window that both open in."""
    page, first, answer, window = (pdf.reserve() for _ in range(4))
    rect = "/Rect[70 500 90 520]"
    pdf.add(
        f"<</Type/Annot/Subtype/Text{rect}/Contents{literal(number)}/Popup {window} 0 R>>", first
    )
    pdf.add(
        f"<</Type/Annot/Subtype/Text{rect}/IRT {first} 0 R/RT/R/Contents{literal(number)}>>", answer
    )
    pdf.add(
        f"<</Type/Annot/Subtype/Popup{rect}/Parent {first} 0 R/Contents{literal(number)}>>", window
    )
    pdf.page(plain, entries=f"/Annots[{first} 0 R {answer} 0 R {window} 0 R]", number=page)


def _three_fields(pdf: Sheets, number: str, plain: str) -> None:
    """One field shown in three places, its value in the parent."""
    parent, page = pdf.reserve(), pdf.reserve()
    looks = [_look(pdf, number) for _ in range(3)]
    kids = [
        pdf.add(
            f"<</Type/Annot/Subtype/Widget/F 4/Parent {parent} 0 R/P {page} 0 R"
            f"/Rect[70 {500 - 30 * at} 230 {520 - 30 * at}]/AP<</N {look} 0 R>>>>"
        )
        for at, look in enumerate(looks)
    ]
    named = " ".join(f"{kid} 0 R" for kid in kids)
    pdf.add(f"<</FT/Tx/T(nr)/V{literal(number)}/DV{literal(number)}/Kids[{named}]>>", parent)
    pdf.page(plain, entries=f"/Annots[{named}]", number=page)
    pdf.catalog = f"/AcroForm<</Fields[{parent} 0 R]/DR<</Font<</F1 {pdf.font} 0 R>>>>>>"


_MARKS = {
    "highlight": "Highlight", "underline": "Underline", "strike-out": "StrikeOut",
    "squiggle": "Squiggly", "square": "Square", "circle": "Circle", "caret": "Caret", "ink": "Ink",
    "polygon": "Polygon", "polyline": "PolyLine",
}  # fmt: skip
_MEDIA = {
    "film": "/Subtype/Movie/Movie<</F NUM>>/T NUM",
    "sound": "/Subtype/Sound/Sound FILE/Contents NUM",
    "screen": "/Subtype/Screen/T NUM/A<</S/Rendition/R<</S/MR/N NUM>>>>",
    "3D": "/Subtype/3D/3DD FILE/Contents NUM/AP<</N LOOK>>",
    "rich media": "/Subtype/RichMedia/AP<</N LOOK>>"
    "/RichMediaContent<</Assets<</Names[NUM<</F NUM/EF<</F FILE>>>>]>>>>",
    "file on the page": "/Subtype/FileAttachment/Contents NUM"
    "/FS<</Type/Filespec/F NUM/EF<</F FILE>>>>",
}
CASES: dict[str, Case] = {
    **{
        f"{what} with a comment": _note(
            f"/Subtype/{kind}/QuadPoints[70 580 230 580 70 560 230 560]/InkList[[70 560 230 580]]"
            "/Vertices[70 560 230 580 90 590]/Contents NUM/T NUM/Subj NUM/RC(<p>)/C[1 1 0]"
        )
        for what, kind in _MARKS.items()
    },
    **{f"{what} annotation": _note(entries) for what, entries in _MEDIA.items()},
    "line with a caption": _note("/Subtype/Line/L[70 560 230 580]/Cap true/Contents NUM"),
    "free text without a look": _note("/Subtype/FreeText/F 4/DA(/F1 12 Tf 0 g)/Contents NUM"),
    "free text with rich text": _note("/Subtype/FreeText/F 4/RC NUM/DS NUM/AP<</N LOOK>>"),
    "free text in UTF-16": _note("/Subtype/FreeText/F 4/DA(/F1 12 Tf 0 g)/Contents UTF16"),
    "stamp": _note("/Subtype/Stamp/F 4/Name/Godkendt/Contents NUM/AP<</N LOOK>>"),
    "stamp that draws a form": around(_seen_in_a_form),
    "water mark": _note("/Subtype/Watermark/F 4/AP<</N LOOK>>"),
    "printer's mark": _note("/Subtype/PrinterMark/F 4/AP<</N LOOK>>"),
    "waiting redaction": _note(
        "/Subtype/Redact/OverlayText NUM/Contents NUM/RO LOOK/DA(/F1 12 Tf 0 g)"
    ),
    "unknown kind": _note("/Subtype/Hjemmelavet/F 4/Contents NUM/AP<</N LOOK>>"),
    "note with an answer and a window": around(_thread),
    "hidden": _note("/Subtype/Stamp/F 2/Contents NUM/AP<</N LOOK>>"),
    "for the screen only": _note("/Subtype/Stamp/F 0/AP<</N LOOK>>"),
    "for print only": _note("/Subtype/Stamp/F 36/AP<</N LOOK>>"),
    "outside the page": _note("/Subtype/Stamp/F 4/Rect[900 900 999 920]/AP<</N LOOK>>"),
    "of no size": _note("/Subtype/Stamp/F 4/Rect[70 560 70 560]/AP<</N LOOK>>"),
    "seen when pointed at": _note("/Subtype/Stamp/F 4/AP<</N<</Off null>>/R LOOK/D LOOK>>"),
    "one of several states": _note(
        "/Subtype/Widget/FT/Btn/T(kryds)/F 4/AS/Ja/AP<</N<</Ja LOOK/Nej LOOK>>>>", form=" "
    ),
    "a state that is not shown": _note(
        "/Subtype/Widget/FT/Btn/T(kryds)/F 4/AS/Nej/AP<</N<</Ja LOOK>>>>", form=" "
    ),
    "link with a look": _note("/Subtype/Link/F 4/AP<</N LOOK>>/A<</S/URI/URI NUM>>"),
    "link to a place by name": _note("/Subtype/Link/Dest NUM"),
    "link to another file": _note("/Subtype/Link/A<</S/GoToR/F NUM/D NUM>>"),
    "link that sends the form": _note("/Subtype/Link/A<</S/SubmitForm/F NUM>>"),
    "link with a chain of actions": _note(
        "/Subtype/Link/A<</S/Named/N/NextPage/Next[<</S/JavaScript/JS NUM>><</S/URI/URI NUM>>]>>"
    ),
    "text field": _field("/FT/Tx/V NUM/DV NUM/TU NUM/TM NUM/AP<</N LOOK>>"),
    "text field without a look": _field("/FT/Tx/V NUM", "/NeedAppearances true"),
    "text field in UTF-16 without a look": _field("/FT/Tx/V UTF16", "/NeedAppearances true"),
    "text field in a comb": _field("/FT/Tx/Ff 16777216/MaxLen 11/V NUM", "/NeedAppearances true"),
    "rich text field": _field("/FT/Tx/Ff 33554432/RV NUM/V NUM/AP<</N LOOK>>"),
    "password field": _field("/FT/Tx/Ff 8192/V NUM", "/NeedAppearances true"),
    "hidden field": _field("/FT/Tx/F 2/V NUM/AP<</N LOOK>>"),
    "list": _field("/FT/Ch/Opt[NUM(andet)]/V NUM/I[0]", "/NeedAppearances true", HELD),
    "list of pairs": _field("/FT/Ch/Ff 131072/Opt[[NUM(A)](B)]/V(A)/AP<</N LOOK>>"),
    "button with a caption": _field("/FT/Btn/Ff 65536/MK<</CA NUM/RC NUM>>"),
    "signature": _field(
        "/FT/Sig/V<</Type/Sig/Filter/Adobe.PPKLite/Name NUM/Reason NUM/Location NUM"
        "/Contents<00>/ByteRange[0 1 2 3]>>/AP<</N LOOK>>", "/SigFlags 3"
    ),
    "field called by the number": _note(
        "/Subtype/Widget/F 4/FT/Tx/V(x)/T NUM/AA<</K<</S/JavaScript/JS NUM>>>>", form=" "
    ),
    "one field in three places": around(_three_fields),
    "calculated field": _field("/FT/Tx/V NUM/AA<</C<</S/JavaScript/JS NUM>>>>", "/CO[7 0 R]"),
}  # fmt: skip

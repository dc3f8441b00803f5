"""What the invented letters say, and the logo they carry: the same in every way of writing."""

from __future__ import annotations

import io
import random
from functools import cache

from PIL import Image, ImageDraw, ImageFilter

SCHOOL = "Lindevang Gymnasium"
SCHOOL_LINES = ("Lindevang Allé 1", "9991 Lindevang")
FOOTER = "Lindevang Gymnasium · Lindevang Allé 1 · 9991 Lindevang · CVR 99000015"
TITLE = "Orientering om skoleåret 2026/27"

FIRST_PAGE = (
    "Vi glæder os til at tage imod dig efter sommerferien. Her får du de oplysninger, som du skal "
    "bruge for at komme godt i gang, og vi beder dig læse hele brevet, før skoleåret begynder.",
    "Første skoledag er onsdag den 12. august 2026 klokken 8.10. Vi mødes i hallen, hvor rektor "
    "byder velkommen, og derefter følger din studievejleder dig til dit nye klasselokale. Dagen "
    "slutter klokken 14.00, og der er frokost til alle i kantinen.",
    "Skolens bøger udleveres i den første uge. Du skal selv have en computer med, som kan holde "
    "strøm en hel formiddag. Har du ikke mulighed for det, så tal med kontoret, inden skoleåret "
    "begynder, så finder vi en løsning sammen.",
    "Har du brug for særlig støtte, for eksempel på grund af ordblindhed, så skriv til "
    "vejledningen senest den 15. juni. Skriv gerne, hvilken hjælp du har fået tidligere, så er "
    "den klar fra den første dag.",
    "Undervisningen er obligatorisk, og vi fører fravær fra første time. Bliver du syg, melder du "
    "det selv samme morgen. Er fraværet langt, hører vi gerne fra dig, så vi kan lægge en plan.",
)
NEXT_PAGE = (
    "Ferieplanen for året følger den, som skolens bestyrelse har vedtaget: efterårsferie i uge 42, "
    "juleferie fra den 21. december, vinterferie i uge 7 og påskeferie i ugen op til påske.",
    "Til introturen i uge 35 skal du have sovepose, regntøj og gode sko med. Vi kører i bus fra "
    "skolen mandag morgen og er tilbage onsdag eftermiddag. Turen koster ikke noget for dig.",
    "Kantinen har åbent hver dag fra klokken 7.45. Der er altid et varmt måltid, et stort "
    "grønt udvalg og frisk brød fra vores eget køkken. Du betaler med kort eller mobil.",
    "Skolen har et rigt liv uden for timerne: kor, band, skak, dramatik, løb og et meget aktivt "
    "elevråd. Alle hold er åbne for alle, og du kan prøve dem i de to første uger af september.",
    "Vi bruger billeder fra hverdagen på skolens egne sider. Vil du ikke være med på billeder, så "
    "sig det til kontoret. Du kan altid ændre mening, og det har ingen betydning for dig.",
    "Med venlig hilsen",
    "Kontoret på Lindevang Gymnasium",
)

# What fills the first page of a letter, and each page after it.
PAGES = ((*FIRST_PAGE, *NEXT_PAGE[:5]), (*NEXT_PAGE[:5], *FIRST_PAGE, *NEXT_PAGE[5:]))


@cache
def make_logo(kind: str = "JPEG", size: tuple[int, int] = (560, 190)) -> bytes:
    """A picture of about the weight of a real letterhead (60 kB as JPEG). ``kind``: JPEG or PNG."""
    grain = random.Random(2026).randbytes(size[0] * size[1])
    noise = Image.frombytes("L", size, grain).filter(ImageFilter.GaussianBlur(0.8))
    picture = Image.merge(
        "RGB", [noise.point(lambda v, f=f: int(v * 0.35 + f)) for f in (40, 90, 120)]
    )
    draw = ImageDraw.Draw(picture)
    for ring in range(4):
        edge = 12 + ring * 20
        draw.ellipse((edge, edge, 190 - edge, 190 - edge), outline=(255, 255, 255), width=6)
    draw.rectangle((220, 84, 540, 106), fill=(255, 255, 255))
    held = io.BytesIO()
    picture.save(held, kind, **({"quality": 88} if kind == "JPEG" else {}))
    return held.getvalue()

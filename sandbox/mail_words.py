"""What people write to an invented school about: subjects, with the words that belong to them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Subject:
    """One thing that people write about. ``target`` is who at the school should have it."""

    target: str
    contact_point: tuple[str, str]  # id and label
    titles: tuple[str, ...]
    lines: tuple[str, ...]  # sentences that tell what it is about
    files: tuple[str, ...] = ()
    months: tuple[int, ...] = ()  # when it is written about more than else
    from_companies: bool = False


SUBJECTS = (
    Subject(
        "su",
        ("cp-su", "SU og økonomi"),
        ("SU-lån", "Spørgsmål om SU", "Min SU er stoppet", "Klip i SU'en", "Fribeløb i år"),
        (
            "Jeg har ikke fået udbetalt min SU i denne måned.",
            "Jeg vil gerne søge om SU-lån fra næste måned.",
            "Jeg har tjent over fribeløbet og er bange for et krav om tilbagebetaling.",
            "Hvor mange klip har jeg tilbage, hvis jeg tager et år mere?",
            "Styrelsen skriver, at skolen skal bekræfte, at jeg er indskrevet, før de udbetaler.",
        ),
        ("loenseddel.pdf", "su-afgoerelse.pdf"),
        (1, 8, 9),
    ),
    Subject(
        "optagelse",
        ("cp-optagelse", "Optagelse"),
        ("Optagelse", "Ansøgning om plads", "Venteliste til 1.g", "Skift fra en anden skole"),
        (
            "Vores datter har søgt om optagelse og vil høre, om der er plads.",
            "Hvornår får vi svar på ansøgningen til næste skoleår?",
            "Han står på ventelisten som nummer fire og vil gerne vide, hvad chancen er.",
            "Vi flytter til byen til sommer og vil søge om optagelse i 2.g.",
            "Karakterbladet fra folkeskolen er vedhæftet ansøgningen.",
        ),
        ("karakterblad.pdf", "ansoegning.pdf"),
        (1, 2, 3, 6),
    ),
    Subject(
        "fravær",
        ("cp-fravaer", "Fravær og orlov"),
        ("Sygemelding", "Fravær i denne uge", "Fritagelse for idræt", "Fri til familiefest"),
        (
            "Han er syg i dag og kommer tidligst tilbage på mandag.",
            "Jeg kan se, at mit fravær er registreret forkert i to moduler.",
            "Lægen har skrevet en erklæring, så hun må fritages for idræt i seks uger.",
            "Vi søger om fri i tre dage til et bryllup i familien.",
            "Advarslen om fravær må være en fejl, for jeg var til tandlæge.",
        ),
        ("laegeerklaering.pdf",),
        (11, 12, 1, 2),
    ),
    Subject(
        "eksamen",
        ("cp-eksamen", "Eksamen og karakterer"),
        ("Klage over karakter", "Eksamensplan", "Sygeeksamen", "Fejl på eksamensbeviset"),
        (
            "Jeg vil klage over karakteren til den mundtlige eksamen i matematik.",
            "Censor og eksaminator gav ikke nogen begrundelse efter prøven.",
            "På eksamensplanen har jeg to prøver samme dag.",
            "Jeg var indlagt og skal til sygeeksamen i dansk.",
            "Mit eksamensbevis har en forkert karakter i fysik.",
        ),
        ("klage.pdf", "eksamensbevis.pdf"),
        (5, 6, 7),
    ),
    Subject(
        "vejledning",
        ("cp-vejledning", "Studievejledningen"),
        ("Tid til en samtale", "Overvejer at stoppe", "Trivsel i klassen", "Svær tid"),
        (
            "Jeg har brug for en samtale med en studievejleder om, hvordan det går.",
            "Vores søn trives ikke i klassen og overvejer at stoppe på uddannelsen.",
            "Hun har det svært efter en skilsmisse og kan ikke overskue lektierne.",
            "Jeg vil gerne tale om at skifte studieretning.",
            "Kan han få en mentor eller en aftale om at komme langsommere i gang?",
        ),
        (),
        (9, 10, 11),
    ),
    Subject(
        "støtte",
        ("cp-sps", "Støtte og hjælpemidler"),
        ("Ordblind", "SPS", "Ekstra tid til prøver", "Hjælpemidler til ordblinde"),
        (
            "Hun er testet ordblind og har brug for et læseprogram.",
            "Skolen skal søge om specialpædagogisk støtte, før vi kan få hjælpemidlerne.",
            "Kan han få ekstra tid til prøverne på grund af sin ordblindhed?",
            "Testen og udtalelsen fra psykologen er vedhæftet.",
            "Støttetimerne er faldet bort, siden støttelæreren holdt op.",
        ),
        ("ordblindetest.pdf", "udtalelse.pdf"),
        (8, 9),
    ),
    Subject(
        "faktura",
        ("cp-faktura", "Bogholderi"),
        ("Faktura", "Rykker", "Kontoudtog", "Kreditnota", "Manglende betaling"),
        (
            "Vi har ikke modtaget betaling af den vedhæftede faktura.",
            "Dette er en rykker for et beløb, der forfaldt i sidste måned.",
            "Hermed en kreditnota for de varer, I sendte retur.",
            "Oplys venligst EAN-nummer og rekvisition, så vi kan fakturere.",
            "Kontoudtoget viser to åbne poster.",
        ),
        ("faktura.pdf", "kontoudtog.pdf"),
        (12, 1),
        from_companies=True,
    ),
    Subject(
        "praktik",
        ("cp-praktik", "Praktik og virksomheder"),
        ("Praktikplads", "Elev i praktik", "Praktikaftale", "Uddannelsesaftale til underskrift"),
        (
            "Vi kan tage en elev i praktik i to uger til foråret.",
            "Praktikaftalen mangler skolens stempel, før den kan sendes ind.",
            "Eleven mødte ikke op i praktikken i går.",
            "Hvem hos jer besøger virksomheden, mens eleven er i lære?",
            "Vi vil gerne forlænge uddannelsesaftalen med et halvt år.",
        ),
        ("praktikaftale.pdf",),
        (2, 3, 4),
        from_companies=True,
    ),
    Subject(
        "bygning",
        ("cp-drift", "Bygninger og drift"),
        ("Håndværkere i uge 42", "Service på ventilation", "Nøgler", "Vandskade"),
        (
            "Vi kommer og efterser ventilationen og skal have adgang til loftet.",
            "Elevatoren skal have sit årlige eftersyn af teknikeren.",
            "Maleren er færdig i gangen og afleverer nøglerne til pedellen.",
            "Der er vandskade i kælderen, og fugtmåleren skal stå i tre dage.",
            "Vi leverer de nye borde til salen med lastbil.",
        ),
        ("servicerapport.pdf",),
        (7, 10),
        from_companies=True,
    ),
    Subject(
        "it",
        ("cp-it", "It-support"),
        ("Kan ikke logge ind", "Adgangskode", "Computeren virker ikke", "Licens"),
        (
            "Jeg kan ikke logge ind på skemaet og har glemt min adgangskode.",
            "Computeren siger, at licensen til regneprogrammet er udløbet.",
            "Netværket falder ud, hver gang jeg er i biblioteket.",
            "Min mailkonto er spærret, efter at jeg skiftede telefon.",
            "Printeren tager ikke imod mit login.",
        ),
        (),
        (8,),
    ),
    Subject(
        "rejser",
        ("cp-rejser", "Studieture og udland"),
        ("Studietur", "Udveksling i udlandet", "Rejseforsikring", "Depositum til studieturen"),
        (
            "Hvornår skal depositummet til studieturen til Rom betales?",
            "Hun vil på udveksling i Canada et semester og beholde sin plads.",
            "Har klassen en fælles rejseforsikring, eller tegner vi den selv?",
            "Han har fået nyt pas, og her er nummeret til flybilletten.",
            "Vi har ikke råd til turen og vil høre om tilskud til rejsen.",
        ),
        ("pas.pdf",),
        (2, 3, 9),
    ),
    Subject(
        "ledelse",
        ("cp-rektor", "Rektor"),
        ("Klage over en lærer", "Til bestyrelsen", "Aktindsigt", "Henvendelse fra en advokat"),
        (
            "Jeg vil klage over en lærer, der taler nedsættende til klassen.",
            "Vi beder om aktindsigt i sagen efter offentlighedsloven.",
            "Som advokat for familien beder jeg om en partshøring, før der træffes afgørelse.",
            "Punktet bedes sat på dagsordenen til bestyrelsens næste møde.",
            "Tilsynet beder om en redegørelse fra rektor.",
        ),
        ("fuldmagt.pdf",),
        (),
    ),
)

# What says nothing about who should have the letter.
VAGUE_TITLES = (
    "Henvendelse", "Spørgsmål", "Vedrørende min sag", "Dokumentation", "Besked til skolen",
    "Svar udbedes", "Opfølgning", "Hej", "Vigtigt", "Tak for sidst",
)  # fmt: skip
VAGUE_LINES = (
    "Jeg skriver, som vi talte om i telefonen.",
    "Her er det, I bad om.",
    "Jeg har ikke hørt fra jer siden sidst og vil høre, hvor langt I er.",
    "Kan I bekræfte, at I har modtaget det?",
    "Skriv endelig, hvis I mangler noget.",
    "Jeg træffes bedst om eftermiddagen.",
    "Det haster lidt, så jeg håber på et hurtigt svar.",
    "Beklager, at det kommer så sent.",
    "Vi vender tilbage, når vi ved mere.",
    "Som aftalt sender jeg papirerne.",
)
GREETINGS = ("Hej", "Kære skole", "Goddag", "Til rette vedkommende", "Hej Lindevang Gymnasium")
FAREWELLS = ("Venlig hilsen", "Med venlig hilsen", "Mvh", "De bedste hilsner", "Hilsen")

# Who works at the school and has each subject; letters may be addressed to them. Those of the
# demonstration (`init --demo`) are three of them.
STAFF = {
    "su": "Mette Kirk",
    "optagelse": "Jens Askholm",
    "fravær": "Lone Bækkel",
    "eksamen": "Torben Dueholt",
    "vejledning": "Jonas Lund",
    "støtte": "Karin Frøstrup",
    "faktura": "Palle Granhøj",
    "praktik": "Susanne Moselund",
    "bygning": "Kurt Vesterlund",
    "it": "Rasmus Nørreskov",
    "rejser": "Helle Sønderås",
    "ledelse": "Birgit Holm",
}

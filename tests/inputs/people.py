"""Invented people and companies with numbers that look real: the same ones on every run."""

from __future__ import annotations

import calendar
import random
from dataclasses import dataclass

CPR_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)

# The sandbox answers these last four digits in its own way, see protocols/eboks-dispatch.md.
MAGIC = {
    "exempt": "0001",
    "invalid": "0002",
    "dead": "0003",
    "minor": "0004",
    "exempt resolved": "0005",
}

# Checksum-valid CVR numbers that belong to nobody (protocols/identifiers.md).
CVR_NUMBERS = (
    "99000015",
    "99000023",
    "99000031",
    "99000058",
    "99000066",
    "99000074",
    "99000082",
    "99000090",
)
SENDER_CVR = CVR_NUMBERS[0]

_FIRST = """
Åse Birk Clara Dagny Elvin Freja Gorm Hjalte Ida Jørn Karla Liva Malthe Nanna Oskar Pernille
Rosa Sørine Tobias Ulla Vigga Werner Yrsa Ziggy Ægir Østen Asbjørn Bodil Cille Ditlev Esther
Frode Gudrun Holger Ingrid Jeppe Knud Lærke Mynte Norma
"""
_MIDDLE = """
Ager Bæk Dam Elkær Falk Grann Hede Iversholm Kær Lund Mose Nørre Odde Pilegård Rask Skov Tange
Udby Vang Ørn Ås Birke Damgaard Eng Fjord Gran Høj Klint Lyng Mark
"""
_LAST = """
Aagaardsen Brinkholt Drejerup Egebjærg Fuglsmose Gyvelbjerg Hasselkrog Ibskov Jyllerup Kvistholm
Lærkefelt Månedal Nattergaard Oddershøj Pilekvist Rævdal Solbjærg Tjørnehave Uglekær Vindeby
Ørnefelt Åbrinksen Birkevang Dueholt Enghave Frøstrup Granhøj Hyldeborg Krogagre Lyngdal
Mejsegaard Nyagre Poppelholt Rønnebæk Svalegaard Tornsager
"""
_STREETS = (
    "Lærkevænget",
    "Mølleåen",
    "Søndre Ringvej",
    "Åbrinken",
    "Ørnevej",
    "Bækstræde",
    "Tværgyden",
    "Kirkestien",
)
_TOWNS = ("9991 Lindevang", "9992 Æblerød", "9993 Østerkær", "9994 Ådalby", "9995 Sømose")
_TRADES = ("Bageri", "Tømrer", "Bogholderi", "Cykler", "Gartneri", "Elektrik", "Møbler", "Trykkeri")


@dataclass(frozen=True)
class Person:
    """Somebody who doesn't exist, with a CPR number in the bare form of ten digits."""

    name: str
    cpr: str
    address: tuple[str, ...]

    @property
    def number(self) -> str:
        """The number that a letter is sent by, whatever kind the recipient is."""
        return self.cpr


@dataclass(frozen=True)
class Company:
    """A company that doesn't exist, with one of the CVR numbers kept for tests."""

    name: str
    cvr: str
    address: tuple[str, ...]

    @property
    def number(self) -> str:
        """The number that a letter is sent by, whatever kind the recipient is."""
        return self.cvr


def make_people(
    count: int, seed: int = 1, *, magic: str | None = None, replacement: bool = False
) -> list[Person]:
    """``count`` different people. Four numbers in five pass modulus 11, as among real people.

    ``magic`` gives all of them the last four digits to which the sandbox answers so (see `MAGIC`);
    otherwise nobody has such digits. ``replacement`` raises the day by 60. The first people of a
    long list are those of a short one with the same seed.
    """
    chance = random.Random(f"{seed} {magic} {replacement}")
    numbers: set[str] = set()
    names: set[str] = set()
    people: list[Person] = []
    parts = [names_of.split() for names_of in (_FIRST, _MIDDLE, _LAST)]
    while len(people) < count:
        cpr = _invent_cpr(chance, magic)
        name = " ".join(chance.choice(part) for part in parts)
        if cpr in numbers or name in names:
            continue
        numbers.add(cpr)
        names.add(name)
        if replacement:
            cpr = f"{int(cpr[:2]) + 60}{cpr[2:]}"
        people.append(Person(name, cpr, _invent_address(chance)))
    return people


def make_person(seed: int = 1, **options: str | bool) -> Person:
    """One person; the same options as `make_people`."""
    return make_people(1, seed, **options)[0]  # type: ignore[arg-type]


def make_companies(count: int = len(CVR_NUMBERS) - 1, *, skip_sender: bool = True) -> list[Company]:
    """Companies with the CVR numbers kept for tests, the sender's own left out unless asked for."""
    numbers = CVR_NUMBERS[1:] if skip_sender else CVR_NUMBERS
    if count > len(numbers):
        raise ValueError(f"only {len(numbers)} CVR numbers are kept for tests")
    chance = random.Random("companies")
    families = _LAST.split()
    return [
        Company(f"{families[place]} {_TRADES[place]} ApS", cvr, _invent_address(chance))
        for place, cvr in enumerate(numbers[:count])
    ]


def passes_modulus_11(cpr: str) -> bool:
    """The retired check sum; written here once more so that the tests don't lean on the product."""
    return sum(int(d) * w for d, w in zip(cpr, CPR_WEIGHTS, strict=True)) % 11 == 0


def _invent_cpr(chance: random.Random, magic: str | None) -> str:
    wants_check = chance.random() < 0.8
    while True:
        # Of age: about younger people somebody must decide on copies to their parents.
        year = chance.randint(1960, 2007)
        month = chance.randint(1, 12)
        day = chance.randint(1, calendar.monthrange(year, month)[1])
        birthday = f"{day:02}{month:02}{year % 100:02}"
        if magic:
            # 0001-0005 belong to the 1900s, so the date has to exist there too.
            if year < 2000:
                return birthday + MAGIC[magic]
            continue
        seventh = chance.choice("0123") if year < 2000 else chance.choice("4567")
        cpr = f"{birthday}{seventh}{chance.randrange(1000):03}"
        if cpr[6:] not in MAGIC.values() and passes_modulus_11(cpr) == wants_check:
            return cpr


def _invent_address(chance: random.Random) -> tuple[str, ...]:
    door = chance.choice(("", "", f", {chance.randint(1, 4)}. tv.", ", st. th."))
    return (
        f"{chance.choice(_STREETS)} {chance.randint(1, 198)}{door}",
        chance.choice(_TOWNS),
    )

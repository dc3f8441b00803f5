"""What SF1601 is handed follows the schemas: the MeMo's, and the print service's."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from digitalpost.channels.sf1601.message import PRINT, kombi_request
from digitalpost.sf1601_settings import Sf1601Settings, read_sf1601_settings
from tests.channels.making_sf1601 import COMPANY, SCHEMAS, make_outgoing, on_paper

pytestmark = pytest.mark.skipif(
    SCHEMAS is None, reason="the schemas are not beside the project (../shared/schemas)"
)
MEMO = "{https://DigitalPost.dk/MeMo-1}Message"


def settings(version: str = "1.2") -> Sf1601Settings:
    env = {
        "SF1601_URL": "https://x",
        "SF1601_STS_URL": "https://y",
        "SF1601_MEMO_VERSION": version,
        "SF1601_PRINT_TYPE": "42",
        "SF1601_CONTACT_POINT": "3f0c5c1e-6a0b-4c57-9d2e-1b7a5f0e4c11",
    }
    return read_sf1601_settings(
        env, Path("/nowhere"), institution="Egely Kommune", own_cvr="99000015"
    )


XSD = "{http://www.w3.org/2001/XMLSchema}"


@pytest.fixture(scope="module")
def print_schema(tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema:
    """The print service's schema. Its files import one namespace from many, of which libxml2 takes

    the first only: in a copy each import leads to one file that includes all of that namespace.
    """
    assert SCHEMAS is not None
    copy = tmp_path_factory.mktemp("print")
    files: dict[str, list[str]] = defaultdict(list)
    source = SCHEMAS / "sf1600-fjernprint" / "SF1600_EP_SP1-2" / "xsd" / "oio"
    trees = {file.name: etree.parse(file) for file in sorted(source.glob("*.xsd"))}
    for name, tree in trees.items():
        files[tree.getroot().get("targetNamespace", "")].append(name)
    wholes = {namespace: f"all-{number}.xsd" for number, namespace in enumerate(files)}
    for name, tree in trees.items():
        for one in list(tree.iter(f"{XSD}import")):
            if one.get("namespace") == tree.getroot().get("targetNamespace"):
                tree.getroot().remove(one)  # the rule says include
            else:
                one.set("schemaLocation", wholes[one.get("namespace", "")])
        tree.write(copy / name)
    for namespace, whole in wholes.items():
        root = etree.Element(f"{XSD}schema", targetNamespace=namespace)
        for name in files[namespace]:
            etree.SubElement(root, f"{XSD}include", schemaLocation=name)
        etree.ElementTree(root).write(copy / whole)
    return etree.XMLSchema(etree.parse(copy / wholes[PRINT]))


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_the_message_in_a_request_is_a_valid_memo_with_its_prefix(version: str) -> None:
    letter = make_outgoing(
        COMPANY,
        name="Eksempel Maskinfabrik A/S",
        reply=True,
        reply_by=date(2026, 12, 15),
        attention_to={"p_number": "1999900017", "email": "karla@eksempel.invalid"},
        case_number="2026-000123",
    )
    root = etree.fromstring(kombi_request(settings(version), letter))
    assert root.tag == "kombi_request"
    assert [one.tag for one in root] == ["KombiValgKode", MEMO]
    assert root.findtext("KombiValgKode") == "Digital Post"
    message = root.find(MEMO)
    assert message is not None and message.prefix == "memo"
    assert SCHEMAS is not None
    file = "Version1.2/MeMo_core.xsd" if version == "1.2" else "MeMo_core.xsd"
    schema = etree.XMLSchema(etree.parse(SCHEMAS / "memo" / file))
    schema.assertValid(etree.fromstring(etree.tostring(message)))


@pytest.mark.parametrize("number", ["0102600001", COMPANY])
def test_an_order_to_print_is_a_valid_forsendelse(
    print_schema: etree.XMLSchema, number: str
) -> None:
    letter = on_paper(number, attention="Løn & personale", title="Svar på <ansøgning>")
    root = etree.fromstring(kombi_request(settings(), letter))
    assert root.findtext("KombiValgKode") == "Fysisk Post"
    order = root.find(f"{{{PRINT}}}ForsendelseISamling/{{{PRINT}}}ForsendelseI")
    assert order is not None
    whole = etree.tostring(order).decode()
    print_schema.assertValid(etree.fromstring(whole))
    assert not print_schema.validate(etree.fromstring(whole.replace("Economique", "Brevdue")))
    expected = "0000000000" if number != COMPANY else COMPANY
    assert f"nummerIdentifikator>{expected}<" in whole

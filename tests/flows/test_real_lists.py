"""A real sanctions list, with everything in it that no parser should guess at.

The file is not ours to ship: addresses that OFAC lists, as of 2024-09-27, from
github.com/0xB10C/ofac-sanctioned-digital-currency-addresses (MIT). The test looks for it beside the repository.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from house import furnish

from tidegate.base.clock import utcnow
from tidegate.db import Conn
from tidegate.screening import flow as screening
from tidegate.screening.flow import Imported

FILE = Path(__file__).parents[3] / "shared" / "data" / "ofac" / "ofac_addresses_2024-09-27.csv"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"the list is not ours to ship, and is not at {FILE}")

FOREIGN = {"BCH": 6, "BTG": 1, "DASH": 3, "LTC": 10, "XMR": 3, "XRP": 1, "XVG": 1, "ZEC": 3}
"""Rows of chains whose addresses nobody here reads, by asset. (The seventh BCH row is spelt as Bitcoin spells it.)"""

PAYMENT_ID = "5be5543ff73456ab9f2d207887e2af87322c651ea1a873c5b25b7ffae456c320"
"""Stands where an address should be, in a Monero row."""


def rows() -> list[tuple[int, str, str]]:
    """Line, asset and address of each row."""
    with FILE.open(newline="") as file:
        lines = csv.DictReader(file)
        return [(lines.line_num, row["asset"], row["address"]) for row in lines]


def imported(conn: Conn, text: str) -> Imported:
    furnish(conn)
    return screening.import_list(conn, "ofac", text, "test", utcnow())


def test_every_row_is_imported_or_shown(conn: Conn) -> None:
    done = imported(conn, FILE.read_text())
    aside = {row.line for row in done.quarantined}
    by_asset: dict[str, int] = {}
    for line, asset, _ in rows():
        if line in aside:
            by_asset[asset] = by_asset.get(asset, 0) + 1
    assert by_asset == FOREIGN
    assert {row.reason for row in done.quarantined} == {"chain_unknown"}
    kept = {
        address.lower() if address.startswith("0x") else address for line, _, address in rows() if line not in aside
    }
    assert done.imported == len(kept)
    shown = {(row.line, row.text) for row in screening.quarantine(conn, "ofac")}
    assert shown == {(line, f"{asset},{address}") for line, asset, address in rows() if line in aside}
    assert any(PAYMENT_ID in text for _, text in shown)


def test_every_address_is_found_however_it_is_spelt(conn: Conn) -> None:
    done = imported(conn, FILE.read_text())
    aside = {row.line for row in done.quarantined}
    places = []
    for line, _, address in rows():
        if line in aside:
            continue
        if address.startswith("0x"):
            spellings = (
                address.lower(),
                "0x" + address[2:].upper(),
                screening.addresses.judge("base", address.lower()),
            )
            texts = [s if isinstance(s, str) else s.normalised or "" for s in spellings]
            places += [(network, text) for network in ("ethereum", "evm-local", "polygon") for text in texts]
        elif address.startswith("T"):
            places.append(("tron", address))
        else:
            places.append(("bitcoin", address))
            if address.startswith("bc1"):
                places.append(("bitcoin", address.upper()))
    assert len(places) > 1000
    found = screening.hits(conn, places, utcnow())
    assert [place for place in places if not any(hit.list == "ofac" for hit in found.get(place, ()))] == []
    assert screening.hits(conn, [("ethereum", "0x" + "12" * 20)], utcnow())["ethereum", "0x" + "12" * 20] == []


def test_rows_that_were_damaged_as_the_real_ones_have_been_are_shown_and_the_rest_is_imported(conn: Conn) -> None:
    """The history of the list has seen other columns first, two rows run together, and an id in the wrong place."""
    lines = FILE.read_text().splitlines()
    ether = [line for line in lines if line.startswith("ETH,")]
    damaged = [
        "address,asset",  # the columns changed places
        *(",".join(reversed(line.split(","))) for line in ether[:10]),
        ether[10].split(",")[1] + ether[11].split(",")[1] + ",ETH",  # two rows run together
        f"{PAYMENT_ID},ETH",
        "ETH," + ether[12].split(",")[1],  # a row that still has the old order
    ]
    done = imported(conn, "\n".join(damaged) + "\n")
    assert done.imported == 10
    assert [(row.line, row.reason) for row in done.quarantined] == [
        (12, "address_malformed"),
        (13, "address_malformed"),
        (14, "columns_shifted"),
    ]

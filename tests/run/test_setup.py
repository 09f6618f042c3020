"""`tidegate setup FILE` on a real database, node and signer: what is there stays, what differs is refused whole."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chain_house import NETWORK
from chain_kit import Node, fresh_address
from chain_kit import anvil_url as anvil_url
from chain_kit import node as node
from signer_kit import Start
from signer_kit import start as start

from tidegate.base.clock import utcnow
from tidegate.custody import flow as custody
from tidegate.custody import store
from tidegate.db import Conn
from tidegate.ledger import store as ledger
from tidegate.parties import flow as parties

USDT = fresh_address("usdt")
PLAN: dict[str, Any] = {
    "networks": {NETWORK: {"chain_id": 31337, "finality": 12}},
    "assets": [
        {"asset": "ETH", "network": NETWORK, "decimals": 18},
        {"asset": "USDT", "network": NETWORK, "decimals": 6, "contract": USDT.lower()},
    ],
    "admin": "mei",
}
SetUp = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def set_up(node: Node, start: Start, database_url: str, tmp_path: Path) -> SetUp:
    """The command, with a plan but for these keys."""
    signer = start()
    settings = tmp_path / "settings.json"
    said = {
        "database_url": database_url,
        "networks": {NETWORK: {"rpc": node.url, "trace": False}},
        "signer_socket": str(signer.socket),
        "data_key_file": "unused",
        "authoriser_key_file": "unused",
    }
    settings.write_text(json.dumps(said))

    def run(**more: Any) -> subprocess.CompletedProcess[str]:
        plan = tmp_path / "plan.json"
        plan.write_text(json.dumps({**PLAN, **more}))
        command = [sys.executable, "-m", "tidegate", "setup", str(plan), "--settings", str(settings)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return run


def test_an_empty_database_becomes_one_that_a_worker_starts_on(set_up: SetUp, conn: Conn, node: Node) -> None:
    node.mine(3)
    done = set_up()
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["assets"] == [f"ETH@{NETWORK}", f"USDT@{NETWORK}"]
    assert said["networks"][NETWORK]["finality"] == 12
    assert parties.whoami(conn, said["admin_key"], utcnow(), None).role == "admin"
    tether = next(a for a in ledger.assets(conn) if a.symbol == "USDT")
    assert (tether.decimals, tether.contract) == (6, USDT), "spelled with its checksum"
    cursor = store.cursor(conn, NETWORK)
    assert cursor is not None
    assert cursor.block == int(str(node.ask("eth_blockNumber")), 16), "deposits count from here on"
    hot = store.hot(conn, NETWORK)
    assert hot is not None
    assert hot.address == said["networks"][NETWORK]["hot_address"]


def test_doing_it_again_changes_nothing_and_gives_no_second_key(set_up: SetUp, conn: Conn, node: Node) -> None:
    first = json.loads(set_up().stdout)
    cursor, keys = store.cursor(conn, NETWORK), parties.keys(conn)
    node.mine(5)
    again = set_up()
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == {**first, "admin_key": None}
    assert (store.cursor(conn, NETWORK), parties.keys(conn)) == (cursor, keys)


def test_an_asset_more_is_added_to_what_is_there(set_up: SetUp, conn: Conn) -> None:
    set_up()
    more = {"asset": "DAI", "network": NETWORK, "decimals": 18, "contract": fresh_address("dai")}
    assert json.loads(set_up(assets=[*PLAN["assets"], more]).stdout)["assets"][-1] == f"DAI@{NETWORK}"
    assert len({asset.id for asset in ledger.assets(conn)}) == 3


ETH, TETHER = PLAN["assets"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"networks": {NETWORK: {"chain_id": 1, "finality": 12}}}, "has chain id 1 in the file, its node says 31337"),
        ({"networks": {NETWORK: {"chain_id": 31337, "finality": 0}}}, "0 is no whole number from 1 on"),
        ({"networks": {}, "assets": [ETH]}, "on a network that the file does not name"),
        ({"networks": {"base": {"chain_id": 8453, "finality": 12}}, "assets": [{**ETH, "network": "base"}]}, "no node"),
        ({"assets": [TETHER]}, "exactly one native coin"),
        ({"assets": [ETH, ETH]}, "exactly one native coin"),
        ({"assets": [ETH, TETHER, TETHER]}, "is there twice"),
        ({"assets": [{**ETH, "decimals": 37}]}, "no coin has more than 36"),
        ({"assets": [{**ETH, "decimals": "18"}]}, "no whole number"),
        ({"assets": [ETH, {**TETHER, "contract": "0x" + "1" * 39}]}, "40 hexadecimal digits"),
        ({"assets": [ETH, {**TETHER, "contract": USDT.swapcase().replace("X", "x", 1)}]}, "EIP-55"),
        ({"assets": "all"}, "is no setup file"),
        ({"networks": None}, "is no setup file"),
    ],
)
def test_a_plan_that_cannot_be_right_writes_nothing(
    set_up: SetUp, conn: Conn, wrong: dict[str, Any], words: str
) -> None:
    done = set_up(**wrong)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (ledger.assets(conn), custody.networks(conn), parties.keys(conn)) == ([], [], [])


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"assets": [ETH, {**TETHER, "decimals": 18}]}, "is known with 6 decimals"),
        ({"assets": [ETH, {**TETHER, "contract": fresh_address("other")}]}, "An asset never changes"),
        ({"networks": {NETWORK: {"chain_id": 31337, "finality": 6}}}, "finality 12"),
    ],
)
def test_what_is_known_otherwise_is_refused_whole(set_up: SetUp, conn: Conn, other: dict[str, Any], words: str) -> None:
    set_up()
    more = {"asset": "DAI", "network": NETWORK, "decimals": 18, "contract": fresh_address("dai")}
    done = set_up(**{**other, "assets": [more, *other.get("assets", PLAN["assets"])]})
    assert done.returncode == 2
    assert words in done.stderr
    assert len(ledger.assets(conn)) == 2

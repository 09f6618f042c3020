"""A simulated desk becomes the past of this house: all of it in one transaction, or nothing.

None of it passed the flows that live things pass, so the journal says `desk.imported` of each table, with how many rows
and their hash. What is owned now is a transfer from the operator's own funds, held where it is a bond: exact, and short
where the past would be long. Facts are told the way everybody tells them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from tidegate.base import sealing
from tidegate.base.canonical import canonical
from tidegate.base.ids import new_id
from tidegate.base.money import Asset
from tidegate.base.times import rfc3339
from tidegate.cases import flow as cases
from tidegate.codec.evm_address import checksum, keccak256
from tidegate.db import Conn, Tx, act
from tidegate.demo.desk.facts import instant, tellings
from tidegate.demo.desk.naming import merchant_id
from tidegate.demo.desk.past import store
from tidegate.demo.desk.past.names import HOMES, named
from tidegate.demo.desk.people import COUNTRIES
from tidegate.demo.desk.simulate import Asked, Desk
from tidegate.demo.desk.store import relations
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.ledger.store import NewHold
from tidegate.notifications.templates import WARNING_VERSION
from tidegate.p2p.accounts import account as payment
from tidegate.p2p.ads.conditions import Conditions
from tidegate.policy.pack import Policy
from tidegate.rating.facts import flow as facts

SEED = 7
ACTOR = "import"
BANK = "Demo Bank"
_LEAST = 1_000 * 10**6  # units that a merchant has at the least
_AT_ONCE = 100  # of owners in one transfer: its sum is checked once for each entry


@dataclass(frozen=True, slots=True)
class House:
    """Where the past is planted."""

    asset: Asset  # what the desk trades: a coin of six decimals, pegged to the dollar
    listed: str  # an address on the list "sanctions"
    data_key: bytes
    policy: Policy


@dataclass(frozen=True, slots=True)
class Planted:
    """What came in."""

    rows: Mapping[str, int]
    facts: int  # told, each once
    units: int  # what everybody owns now


def of_two_months(now: datetime, seed: int = SEED, merchants: int = 100, orders: int = 24_000) -> Asked:
    """A desk that ends with today's first instant, with the two whole months before this one."""
    today = now.astimezone(UTC).date()
    begins = _month_before(_month_before(today.replace(day=1)))
    return Asked(seed, merchants, (today - begins).days, orders, begins)


def _month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def is_there(conn: Conn, seed: int = SEED) -> bool:
    """Whether a desk of this seed was planted."""
    return store.planted(conn, merchant_id(seed, 0))


def plant(conn: Conn, desk: Desk, house: House, now: datetime) -> Planted | None:
    """Write the desk down; None where it is there already. `now` must lie after the desk's end."""
    if house.asset.decimals != 6 or instant(desk.asked.end) > now:
        raise ValueError(f"a desk that ends {instant(desk.asked.end)} in {house.asset.name} cannot be planted at {now}")
    with act(conn, ACTOR, now) as tx, relations(desk, house.asset.id) as db, TemporaryDirectory() as folder:
        store.one_at_a_time(conn)
        if store.planted(conn, merchant_id(desk.asked.seed, 0)):
            return None
        values = _values(desk, house, now)
        _people(db, desk)
        _sealed(db, desk, house.data_key)
        _places(db, desk.asked.seed)
        store.define(db, values)
        rows: dict[str, int] = {}
        for table in store.TABLES:
            path = Path(folder) / table
            rows[table], hash = store.write_rows(db, table, values, path)
            store.copy_in(conn, table, path)
            tx.note("desk.imported", table, {"rows": rows[table], "sha256": hash})
        owned = store.owned(db)
        _own(tx, desk.asked.seed, house.asset, owned)
        _lock_bonds(tx, db, house.asset)
        _ask_exits(tx, db, house.policy)
        told = [facts.put(tx, one) for one in tellings(desk)]
        return Planted(rows, sum(not one.duplicate for one in told), sum(owned.values()))


def _values(desk: Desk, house: House, now: datetime) -> dict[str, object]:
    def at(moment: datetime) -> str:
        return f"TIMESTAMPTZ '{rfc3339(moment)}'"

    return {
        "seed": desk.asked.seed,
        "now": at(now),
        "until": at(instant(desk.asked.end)),
        "actor": ACTOR,
        "bank": BANK,
        "least": _LEAST,
        "network": house.asset.network,
        "listed": house.listed.lower(),
        "rules_version": house.policy.merchants.rules_version,
        "top_up_days": house.policy.merchants.top_up_days,
        "text_version": WARNING_VERSION,
        "evidence": canonical({"imported": True}),
        "some": canonical(Conditions(level=1).body()),
        "none": canonical(Conditions().body()),
    }


# --- what the simulation does not say ----------------------------------------------------------------------------


def _people(db: duckdb.DuckDBPyConnection, desk: Desk) -> None:
    """Everybody's name and home; merchants first, as their ids are."""
    merchants, takers = desk.merchants, desk.takers
    homes = [COUNTRIES[int(place)] for place in merchants["country"]]
    homes += [HOMES[number % len(HOMES)] for number in range(len(takers["since"]))]
    who = [named(number, home) for number, home in enumerate(homes)]
    store.keep_people(
        db,
        {
            "number": np.arange(len(homes)),
            "country": _texts(homes),
            "name": _texts([one.name for one in who]),
            "language": _texts([one.language for one in who]),
            "level": np.concatenate([np.full(len(merchants["kind"]), 2), takers["level"]]),
            "since": np.concatenate([merchants["applied"], takers["since"]]),
        },
    )
    spreads = merchants["spread_bp"]
    store.keep_spreads(db, {"number": np.arange(len(spreads)), "bp": spreads})


def _sealed(db: duckdb.DuckDBPyConnection, desk: Desk, data_key: bytes) -> None:
    """A number for each payment account, hashed and sealed as if its owner had named it."""
    rows = []
    for place, (told, party_id) in enumerate(store.payment_accounts(db)):
        id = f"pac_{desk.asked.seed:06d}{place:020d}"
        spelling = payment.normalised("bank", BANK, f"{int(told[:16], 16) % 10**14:014d}")
        assert spelling is not None  # it is no cash
        nonce = os.urandom(sealing.NONCE_BYTES)
        sealed = sealing.seal(data_key, nonce, spelling.encode(), f"{id} of {party_id}")
        rows.append((id, party_id, told, payment.hash_of(data_key, spelling), f"\\x{sealed.hex()}", spelling[-4:]))
    names = ("id", "party_id", "told", "hash", "sealed", "ending")
    store.keep_sealed(db, {name: _texts([row[place] for row in rows]) for place, name in enumerate(names)})


def _places(db: duckdb.DuckDBPyConnection, seed: int) -> None:
    """An address for each movement of coins."""
    refs = store.movements(db)
    made = [checksum(keccak256(f"tidegate simulated desk {seed}: {ref}".encode())[-20:]) for ref in refs]
    store.keep_places(db, {"ref": _texts(refs), "address": _texts(made)})


def _texts(items: Sequence[str]) -> NDArray[Any]:
    return np.array(items, dtype=object)


# --- what must be exact ------------------------------------------------------------------------------------------


def _own(tx: Tx, seed: int, asset: Asset, owned: Mapping[str, int]) -> None:
    """The operator gives everybody what they own now."""
    owners = sorted(owned)
    for first in range(0, len(owners), _AT_ONCE):
        moves = {owner: owned[owner] for owner in owners[first : first + _AT_ONCE]}
        given = {**moves, accounts.EQUITY: -sum(moves.values())}
        ledger.post(tx, "import", f"desk-{seed}-{first}", asset.id, given)
    tx.note("desk.imported", "ledger", {"asset": asset.name, "owners": len(owned), "units": sum(owned.values())})


def _lock_bonds(tx: Tx, db: duckdb.DuckDBPyConnection, asset: Asset) -> None:
    bonds = store.bonds(db)
    known = ledger_store.lock(tx.conn, [bond.party_id for bond in bonds], [asset.id] * len(bonds))
    account = {one.owner: one.id for one in known}
    holds = [NewHold(new_id("hld"), account[bond.party_id], "bond", bond.ref, bond.units) for bond in bonds]
    ledger_store.add_holds(tx.conn, holds, tx.now)


def _ask_exits(tx: Tx, db: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Who wants to leave waits for a person, like everybody who asks."""
    for merchant, party_id in store.leaving(db):
        cases.open_case(
            tx,
            kind="merchant_exit",
            subject=merchant,
            party_id=party_id,
            requester=party_id,
            reasons=["exit_asked"],
            quorum=1,
            sla_hours=policy.merchants.exit_review_hours,
        )

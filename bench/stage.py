"""What is measured on: one embedded server that waits for the disk, a furnished house, a meter for CPU time."""

from __future__ import annotations

import itertools
import os
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pyotp

from tidegate.base.clock import utcnow
from tidegate.base.money import Asset
from tidegate.base.refusals import Refusal
from tidegate.codec.evm_address import checksum, keccak256
from tidegate.custody import flow as custody
from tidegate.db import Conn, act
from tidegate.db.migrate import migrate
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.parties import flow as parties
from tidegate.parties.party import Verified
from tidegate.policy import flow as policies
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.asking import Ask

NETWORK = "evm-local"
LISTED = "0xde709f2102306220921060314715629080e2fb77"
AMOUNT = "0.2"  # just above the fee, so that one customer may ask some hundred thousand times in a day's limit
DATA_KEY = bytes(range(32))
_TICK = os.sysconf("SC_CLK_TCK")


# --- the house ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Customer:
    id: str
    secret: str

    def code(self, now: datetime) -> str:
        return pyotp.TOTP(self.secret).at(now)


def prepare(url: str) -> None:
    """The schema."""
    with resources.as_file(resources.files("tidegate.db").joinpath("migrations")) as folder:
        migrate(url, folder)


def furnish(conn: Conn, usdt: Asset, eth: Asset, network: custody.Network, hot: str, start: tuple[int, str]) -> None:
    """Two assets, a network with its wallet, the demo's policy, a list."""
    now = utcnow()
    with act(conn, "bench", now):
        ledger_store.add_asset(conn, usdt)
        ledger_store.add_asset(conn, eth)
    custody.register_network(conn, network, hot, start[0], start[1], "bench", now)
    version = policies.propose(conn, _pack(), "mei", now)
    policies.approve(conn, version.version, "anton", now)
    policies.activate(conn, version.version, "anton", now)
    listed = f"asset,address,entry\nETH,{LISTED},Made-up Person\n"
    screening.import_list(conn, "sanctions", listed, "bench", now, max_age_hours=24)


def _pack() -> dict[str, Any]:
    """The demo's pack, but its breaker does not trip in the middle of a run and hold the payouts."""
    pack: dict[str, Any] = policies.shipped("demo")
    egress = pack["behaviour"]["egress"] | {"accounts": 10_000_000, "destinations": 10_000_000, "value": "50000000000"}
    return pack | {"behaviour": pack["behaviour"] | {"egress": egress}}


def customers(conn: Conn, usdt: Asset, count: int, label: str = "user") -> list[Customer]:
    """Verified customers with an authenticator app and 40,000 USDT each."""
    made = []
    for n in range(count):
        now = utcnow()
        name = f"{label}-{n}"
        with act(conn, "bench", now) as tx:
            who = parties.register(conn, name, "DE", f"Ada {name}", f"{name}@example.com", "bench", now)
            parties.set_identity(conn, who.id, Verified(2), "bench", now)
            app = parties.enrol_totp(conn, who.id, DATA_KEY, "bench", now)
            units = 40_000 * 10**usdt.decimals
            ledger.post(tx, "deposit", f"dep_{name}", usdt.id, {who.id: units, accounts.CHAIN: -units})
        made.append(Customer(who.id, app.secret))
    return made


def address(seed: str) -> str:
    """An address that nobody has, the same for the same seed."""
    return checksum(keccak256(seed.encode())[-20:])


class Requests:
    """Requests without end: customers in turn, each with a key; every tenth of a customer pays a new address."""

    def __init__(self, people: list[Customer], label: str) -> None:
        self._people, self._label = people, label
        self._numbers = itertools.count()
        self._addresses: dict[tuple[int, int], str] = {}

    def fields(self) -> tuple[str, str, str]:
        """Customer, address, Idempotency-Key of the next request."""
        n = next(self._numbers)
        turn, who = divmod(n, len(self._people))
        known = (who, turn // 10)
        if known not in self._addresses:
            self._addresses[known] = address(f"{self._label} {known}")
        return self._people[who].id, self._addresses[known], f"{self._label}-{n}"

    def ask(self) -> Ask:
        who, to, key = self.fields()
        return Ask(who, "bench", "USDT", NETWORK, AMOUNT, to, key=key, request=key)


def grow(conn: Conn, requests: Requests, count: int) -> None:
    """Withdrawals that are there already: plans on empty tables mislead."""
    setting = withdrawals.setting(conn, utcnow())
    for _ in range(0, count, 250):
        for answer in withdrawals.request(conn, [requests.ask() for _ in range(250)], setting, utcnow()):
            if isinstance(answer, Refusal):
                raise answer
    conn.execute("VACUUM ANALYZE")


# --- what was written --------------------------------------------------------------------------------------------


def in_all(conn: Conn) -> int:
    """Withdrawals in the database."""
    found = conn.execute("SELECT count(*) FROM withdrawal").fetchone()
    assert found is not None
    return int(found[0])


def complete(conn: Conn, ids: list[str]) -> int:
    """How many of these withdrawals stand there with all that belongs to one: waiting for the customer, funds held,
    limit taken, decision and first answer kept, journal entry sealed."""
    found = conn.execute(
        """
        SELECT count(DISTINCT w.id)
          FROM unnest(%(ids)s::text[]) AS asked (id)
          JOIN withdrawal w ON w.id = asked.id AND w.status = 'awaiting_confirmation'
          JOIN ledger_hold h ON h.purpose = 'withdrawal' AND h.ref = w.id AND h.status = 'open' AND h.units = w.units
          JOIN limit_use u ON u.ref = w.id AND u.value = w.value AND u.released_at IS NULL
          JOIN decision d ON d.id = w.decision_id AND d.withdrawal_id = w.id
          JOIN journal j ON j.subject = w.id AND j.kind = 'withdrawal.awaiting_confirmation'
        """,
        {"ids": ids},
    ).fetchone()
    assert found is not None
    return int(found[0])


# --- CPU ---------------------------------------------------------------------------------------------------------


def _ticks(pid: int, dead_too: bool = False) -> float:
    """User and system seconds of a process; with `dead_too` also of children it has waited for."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if dead_too else 13])) / _TICK


def busy() -> float:
    """Seconds that all cores together have worked so far, for whomever; what a host took from us counts too."""
    user, nice, system, _idle, _waiting, irq, soft, steal = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    )
    return (user + nice + system + irq + soft + steal) / _TICK


def _children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found.append(int(entry.name))
    return found


@dataclass(frozen=True, slots=True)
class Cpu:
    """CPU seconds by who spent them: this process (with the load's own cost), its finished children, the database,
    the API's process."""

    own: float
    tools: float
    database: float
    api: float

    @property
    def whole(self) -> float:
        return self.own + self.tools + self.database + self.api

    def since(self, before: Cpu) -> Cpu:
        return Cpu(
            self.own - before.own,
            self.tools - before.tools,
            self.database - before.database,
            self.api - before.api,
        )


def meter(postmaster: int, api: Sequence[int]) -> Callable[[], Cpu]:
    """Reads the seconds spent so far."""

    def read() -> Cpu:
        tools = resource.getrusage(resource.RUSAGE_CHILDREN)
        return Cpu(
            time.process_time(),
            tools.ru_utime + tools.ru_stime,
            _ticks(postmaster, dead_too=True) + sum(_ticks(pid) for pid in _children(postmaster)),
            sum(map(_ticks, api)),
        )

    return read

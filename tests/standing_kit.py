"""Standing withdrawals for tests: set up, confirmed and run through the product's own flows."""

from __future__ import annotations

from dataclasses import replace

from house import DATA_KEY, NETWORK, RECEIVER, Customer, House

from tidegate.db import act, reader
from tidegate.news import READER, handlers
from tidegate.parties import flow as parties
from tidegate.screening import flow as screening
from tidegate.withdrawals.standing import flow, jobs, store
from tidegate.withdrawals.standing.calendar import Schedule
from tidegate.withdrawals.standing.instruction import Instruction, Run
from tidegate.withdrawals.standing.wanted import Wanted

NOON = Schedule("day", "12:00", "UTC")
OTHER = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
ACCOUNT_XPUB = (
    "xpub6BosfCnifzxcFwrSzQiqu2DBVTshkCXacvNsWGYJVVhhawA7d4R5WSWGFNbi8Aw6ZRc1brxMyWMzG3DSSSSoekkudhUd9yLb6qx39T9nMdj"
)
"""Account m/44'/0'/0' of the phrase "abandon … about": nobody's secret."""


def saved(house: House, who: Customer, address: str = RECEIVER) -> str:
    """An entry in the customer's book, old enough to wait for nothing; its id."""
    with act(house.conn, who.id, house.now) as tx:
        parties.lock(house.conn, [who.id])
        entry, _ = screening.save(tx, who.id, NETWORK, address, "", "mine", "self_hosted")
    return entry.id


def wanted(house: House, who: Customer, **more: object) -> Wanted:
    """Ten coins at noon to the customer's own address, but…"""
    base = Wanted(schedule=NOON, amount="10", fee_ceiling="1")
    if "address_ids" not in more and "xpub" not in more:
        more["address_ids"] = (saved(house, who),)
    if {"balance", "price"} & set(more):
        more.setdefault("schedule", None)
    return replace(base, **more)  # type: ignore[arg-type]


def created(house: House, who: Customer, asset: str = "USDT", **more: object) -> Instruction:
    """Set up, and not confirmed yet."""
    return flow.create(
        house.conn, who.id, (asset, NETWORK), wanted(house, who, **more), who.id, house.setting, house.now
    )


def confirmed(house: House, who: Customer, id: str, code: str | None = None) -> Instruction:
    """Confirmed with the app's code, a step later than any used before."""
    if code is None:
        house.wait(seconds=30)
        code = who.code(house.now)
    return flow.confirm(house.conn, id, "totp", code, DATA_KEY, who.id, house.setting, house.now)


def standing(house: House, who: Customer, asset: str = "USDT", **more: object) -> Instruction:
    """Set up and confirmed."""
    return confirmed(house, who, created(house, who, asset, **more).id)


def resumed(house: House, who: Customer, id: str) -> Instruction:
    house.wait(seconds=30)
    code = who.code(house.now)
    return flow.resume(house.conn, id, "totp", code, DATA_KEY, who.id, house.setting, house.now)


def run_due(house: House) -> int:
    """One turn of the worker."""
    return jobs.run_due(house.conn, lambda: house.setting, house.clock)


def at_noon(house: House, days: int = 1) -> None:
    """On to noon, some days later, and one turn of the worker."""
    house.now = house.now.replace(hour=12, minute=0, second=0)
    house.wait(days=days)
    run_due(house)


def get(house: House, id: str) -> Instruction:
    return flow.get(house.conn, id)


def runs(house: House, id: str) -> list[Run]:
    """The record, oldest first."""
    return store.runs(house.conn, id, None, 1000)[::-1]


def reasons(house: House, id: str) -> list[str | None]:
    return [run.reason for run in runs(house, id)]


def read_news(house: House) -> None:
    acting = handlers(lambda _: house.setting)
    while reader.read(house.conn, READER, acting, house.now):
        pass


def kinds(house: House, subject: str) -> list[str]:
    """What the journal says about something, oldest first."""
    found = house.conn.execute(
        "SELECT kind FROM journal WHERE subject = %(id)s ORDER BY link, position", {"id": subject}
    )
    return [kind for (kind,) in found.fetchall()]

"""What time and readiness bring about: delays that end, deadlines that pass, approvals that are handed to custody.

Each withdrawal is its own act, so any number of workers may run these beside each other: the row lock decides. One
that meets a bug is set aside where a person sees it, and tried again in later turns; the others do not wait for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

import psycopg

from tidegate.base.chain import Unreachable
from tidegate.base.ids import new_id
from tidegate.base.outside import Message, Opinion, Refused, Reply, Silent, TravelRule, Vendor
from tidegate.db import Conn
from tidegate.screening.ivms101 import Person
from tidegate.withdrawals import destination, flow, store
from tidegate.withdrawals.withdrawal import Status

Clock = Callable[[], datetime]
SettingNow = Callable[[], flow.Setting]
A = TypeVar("A")
B = TypeVar("B")


def release_due(conn: Conn, setting: SettingNow, clock: Clock, limit: int = 50) -> int:
    """Review again what has waited long enough; how many went on."""
    turn = _turn(clock)

    def due() -> list[str]:
        return store.due(conn, clock(), turn, limit)

    return _each(conn, due, lambda id: flow.release(conn, id, setting(), clock()), clock)


def expire_due(conn: Conn, setting: SettingNow, clock: Clock, limit: int = 50) -> int:
    """End what was not confirmed or informed about in time; how many went on."""
    turn = _turn(clock)

    def expiring() -> list[str]:
        return store.expiring(conn, clock(), turn, limit)

    return _each(conn, expiring, lambda id: flow.expire(conn, id, setting(), clock()), clock)


def outside_due(conn: Conn, setting: SettingNow, clock: Clock, limit: int = 50) -> int:
    """Go on without outside checks that did not answer in time; how many withdrawals went on."""
    turn = _turn(clock)

    def overdue() -> list[str]:
        return store.outside_overdue(conn, clock(), turn, limit)

    return _each(conn, overdue, lambda id: flow.outside_overdue(conn, id, setting(), clock()), clock)


def expire_alone_due(conn: Conn, clock: Clock, limit: int = 50) -> int:
    """Free the room of decisions that nobody committed in time; how many went on."""
    return _each(
        conn, lambda: store.lone_expiring(conn, clock(), limit), lambda id: flow.expire_alone(conn, id, clock()), clock
    )


def authorise_approved(
    conn: Conn,
    sign: flow.Sign,
    chain_ids: Mapping[str, int],
    setting: SettingNow,
    clock: Clock,
    limit: int = 50,
) -> int:
    """Look once more at what is approved, sign its authorisation and queue its payout; how many went on."""

    def step(id: str) -> Status:
        return flow.authorise(conn, id, sign, chain_ids, setting(), clock())

    turn = _turn(clock)
    return _each(conn, lambda: store.to_authorise(conn, turn, limit), step, clock)


def _turn(clock: Clock) -> int:
    """Which turn this is: each is another one, and what a queue says holds within it."""
    return int(clock().timestamp() * 1000)


def _each(conn: Conn, due: Callable[[], list[str]], step: Callable[[str], object], clock: Clock) -> int:
    """Take the step for each that is due, whatever becomes of the one before; how many are not due any more.

    What cannot move just now, as under a freeze, stays due and counts for nothing: a loop that counted it would take
    its next turn at once, and again, for as long as the freeze lasts.
    """
    ids = due()
    for id in ids:
        apart(conn, id, partial(step, id), clock)
    return len(set(ids).difference(due())) if ids else 0


def apart(conn: Conn, id: str, step: Callable[[], A], clock: Clock) -> A | None:
    """A step about one withdrawal. One that meets a bug, or a policy that does not say, is set aside: None."""
    try:
        return step()
    except (psycopg.OperationalError, psycopg.InterfaceError):
        raise  # the database's trouble, not this withdrawal's: the loop connects anew
    except Exception as fault:  # kept in the journal with its words, and shown: not swallowed
        flow.set_aside(conn, id, fault, clock())
        return None


# --- whom we ask outside -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Directory:
    """How we are named in travel-rule messages, and the counterparties that we can write to, by our name for them."""

    us: Person
    vasps: Mapping[str, Person] = field(default_factory=dict)


ASK_AGAIN = timedelta(seconds=30)
"""A question whose asker died is asked again after this: longer than any question may take."""

TOGETHER = 16
"""How many are asked at once: one that hangs must not keep the others waiting."""


def _all(work: Callable[[A], B], items: Sequence[A]) -> list[B]:
    """The work on each item, all at the same time: they only wait."""
    with ThreadPoolExecutor(max_workers=max(1, len(items))) as pool:
        return list(pool.map(work, items))


def ask_vendors(conn: Conn, vendors: Mapping[str, Vendor], setting: SettingNow, clock: Clock) -> int:
    """Ask every vendor whose opinion is awaited, once each, and keep what came of it; how many were asked.

    Two workers never ask one question at a time. What is said counts once, whoever hears it first; who said nothing
    usable has failed, and a person looks.
    """
    now = clock()
    ids = [new_id("ask") for _ in range(TOGETHER)]
    taken = flow.take_vendor_asks(conn, sorted(vendors), ids, now, now + ASK_AGAIN)

    def ask(item: tuple[store.VendorAsk, str]) -> Opinion | Silent:
        asked, text = item
        try:
            return vendors[asked.check_id].ask(asked.id, text)
        except Silent as silent:
            return silent

    for (asked, _), said in zip(taken, _all(ask, taken), strict=True):
        keep = partial(flow.vendor_answered, conn, asked.ref, asked.check_id, said, setting(), clock())
        apart(conn, asked.ref, keep, clock)
    return len(taken)


class Codes(Protocol):
    """A node, asked what stands at an address. Both raise Unreachable."""

    def code(self, address: str) -> bytes: ...

    def is_token(self, address: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class NodeVendor:
    """The nodes of our networks as the vendor that answers `facts.DESTINATION_CODE`."""

    nodes: Mapping[str, Codes]

    def ask(self, id: str, question: str) -> Opinion:
        """What stands at the question's destination now. Raises Silent."""
        said = json.loads(question)["withdrawal"]
        node, address = self.nodes.get(said["network"]), said["address"]
        if node is None:
            raise Silent(f"no node of {said['network']} is known here")
        try:
            code = node.code(address)
            return destination.judge(code, destination.is_contract(code) and node.is_token(address))
        except Unreachable as fault:
            raise Silent(str(fault)) from fault


def exchange_travel_rule(
    conn: Conn, travel: TravelRule, directory: Directory, setting: SettingNow, clock: Clock, limit: int = TOGETHER
) -> int:
    """Tell counterparties who sends and who receives, or ask again what they say; how many were told.

    A lost reply is no answer: the same message goes again, with the same id, when its time has come.
    """
    due = store.travel_due(conn, clock(), limit)
    messages = []
    for id in due:
        write = partial(flow.next_travel_message, conn, id, directory.us, directory.vasps, setting(), clock())
        message = apart(conn, id, write, clock)
        if message is not None:
            messages.append((id, message))

    def send(item: tuple[str, Message]) -> Reply | Silent | Refused:
        try:
            return travel.send(item[1])
        except (Silent, Refused) as fault:
            return fault

    for (id, message), said in zip(messages, _all(send, messages), strict=True):
        if isinstance(said, Silent):
            continue
        reply, why = (None, str(said)) if isinstance(said, Refused) else (said, said.reason)
        keep = partial(flow.travel_answered, conn, id, message.id, reply, why, setting(), clock())
        apart(conn, id, keep, clock)
    return len(messages)

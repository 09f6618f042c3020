"""Any order of what can happen to bonds, with deaths in between: the movements sum to what is locked, and nothing is
below zero. A death takes back one act whole, or none of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

import merchant_kit as kit
import psycopg
import pytest
from conftest import database
from house import USDT, Customer, House, furnish
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from merchant_kit import applied, person, policy

from tidegate.base.refusals import Refusal
from tidegate.cases import flow as cases
from tidegate.db import Conn, act, connect
from tidegate.ledger import accounts
from tidegate.ledger import store as ledger_store
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.bond import store
from tidegate.p2p.merchants import flow, jobs
from tidegate.p2p.scope import flow as scope

FUNDS = 40


class Death(BaseException):
    """kill -9 of the process: no handler of ours sees it."""


class Mortal(psycopg.Connection[tuple[object, ...]]):
    """A connection whose owner dies before the n-th statement from now; None = lives."""

    left: int | None = None

    def execute(self, *args: object, **more: object) -> psycopg.Cursor[tuple[object, ...]]:  # type: ignore[override]
        self._pass()
        return super().execute(*args, **more)  # type: ignore[arg-type]

    def cursor(self, *args: object, **more: object) -> psycopg.Cursor[tuple[object, ...]]:  # type: ignore[override]
        self._pass()
        return super().cursor(*args, **more)  # type: ignore[call-overload, no-any-return]

    def _pass(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Death


@dataclass
class Walk:
    """Two merchants and a customer who lost something; units are few, so that edges are met often."""

    house: House
    conn: Mortal
    ids: list[str]
    people: list[Customer]
    victim: Customer
    decisions: int = 0
    done: list[str] = field(default_factory=list)

    def step(self, what: str, who: int, units: int, dies: int | None) -> None:
        """One thing that somebody tries, perhaps dying in the middle."""
        id, now, numbers = self.ids[who], self.house.now, policy(self.house)
        tries: dict[str, Callable[[], object]] = {
            "lock": lambda: bonds.lock(self.conn, id, USDT, units, numbers, "cus", now),
            "top_up": lambda: bonds.top_up(self.conn, id, USDT, units, numbers, "cus", now),
            "unlock": lambda: bonds.ask_unlock(self.conn, id, USDT, units, numbers, "cus", now),
            "deduct": lambda: self._take(id, units, None),
            "compensate": lambda: self._take(id, units, self.victim.id),
            "give_back": lambda: self._give_back(id, units),
            "require": lambda: self._require(id, units),
            "matter": lambda: self._matter(id, units % 2 == 0),
            "exit": lambda: flow.ask_exit(self.conn, id, "moving on", numbers, "cus", now),
            "approve": lambda: self._exit(id, "approved"),
            "decline": lambda: self._exit(id, "declined"),
            "time": lambda: jobs.run_due(self.conn, self.house.clock),
        }
        if what == "time":
            self.house.wait(days=units)
        self.conn.left = dies
        with contextlib.suppress(Refusal, Death):
            tries[what]()
            self.done.append(what)
        self.conn.left = None

    def _take(self, id: str, units: int, victim: str | None) -> None:
        self.decisions += 1
        with act(self.conn, "mei", self.house.now) as tx:
            bonds.deduct(
                tx, id, USDT, units, decision=f"d{self.decisions}", reason="agreed", policy=policy(self.house),
                victim_id=victim,
            )  # fmt: skip

    def _give_back(self, id: str, units: int) -> None:
        with act(self.conn, "ines", self.house.now) as tx:
            bonds.give_back(tx, id, USDT, decision=f"d{units % 9}", reason="wrong", policy=policy(self.house))

    def _require(self, id: str, units: int) -> None:
        with act(self.conn, "mei", self.house.now) as tx:
            bonds.require(tx, id, USDT, units, "by a person", policy(self.house))

    def _matter(self, id: str, opens: bool) -> None:
        with act(self.conn, "desk", self.house.now) as tx:
            if opens:
                flow.open_matter(tx, id, "dispute", "ord_1")
            else:
                flow.close_matter(tx, id, "ord_1")

    def _exit(self, id: str, answer: str) -> None:
        with act(self.conn, "mei", self.house.now) as tx:
            cases.moot(tx, id, "answered", ["merchant_exit"])
            flow.exit_answered(tx, id, answer, policy(self.house))

    def check(self) -> None:
        """What is always true."""
        conn = self.house.conn
        kit.agree(self.house)
        for id in self.ids:
            merchant = flow.get(conn, id)
            for one in bonds.of(conn, id):
                moved = [m for m in store.movements(conn, id) if m.asset_id == one.asset_id]
                assert sum(m.locked_delta for m in moved) == one.locked >= 0
                assert sum(m.owed_delta for m in moved) == one.owed >= 0
                assert one.releasing <= one.locked
            open_ones = [i for i in scope.intervals(conn, merchant.subject_id) if i.until_at is None]
            locked = any(one.locked for one in bonds.of(conn, id))
            assert bool(open_ones) == locked, "who only applies or leaves is rated while something is locked"
        holders = [*(who.id for who in (*self.people, self.victim)), accounts.BONDS]
        assert sum(ledger_store.posted(conn, holder, USDT.id) for holder in holders) == FUNDS


STEPS = st.tuples(
    st.sampled_from(
        ["lock", "lock", "top_up", "unlock", "deduct", "compensate", "give_back", "require", "matter", "exit",
         "approve", "decline", "time"]
    ),
    st.integers(0, 1),
    st.integers(0, 35),
    st.one_of(st.none(), st.none(), st.integers(0, 40)),
)  # fmt: skip


@pytest.fixture(scope="module")
def place(server_url: str, template: str) -> tuple[str, str]:
    return server_url, template


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEPS, max_size=25))
def test_bond_movements_always_sum_to_what_is_locked(
    place: tuple[str, str], steps: list[tuple[str, int, int, int | None]]
) -> None:
    with database(*place) as url, connect(url) as conn, connect(url, Mortal) as mortal:
        walk = begun(furnish(conn), mortal)
        for step in steps:
            walk.step(*step)
            walk.check()


def begun(house: House, mortal: Conn) -> Walk:
    assert isinstance(mortal, Mortal)
    people = [person(house, usdt=FUNDS // 2) for _ in range(2)]
    return Walk(house, mortal, [applied(house, who).id for who in people], people, house.customer())


def test_a_death_before_any_statement_of_a_taking_takes_nothing_or_all(place: tuple[str, str]) -> None:
    with database(*place) as url, connect(url) as conn, connect(url, Mortal) as mortal:
        walk = begun(furnish(conn), mortal)
        walk.step("lock", 0, 15, None)
        statement = 0
        while "compensate" not in walk.done:
            walk.step("compensate", 0, 20, statement)
            walk.check()
            bond = kit.bond(walk.house, walk.ids[0])
            assert (bond.locked, bond.owed) in ((15, 0), (0, 5))
            statement += 1
        assert statement > 15
        assert walk.house.available(walk.victim) == 15


def test_every_kind_of_step_can_be_done(place: tuple[str, str]) -> None:
    """Or the walks above would prove less than they say."""
    with database(*place) as url, connect(url) as conn, connect(url, Mortal) as mortal:
        walk = begun(furnish(conn), mortal)
        for step in (
            ("lock", 0, 15), ("require", 0, 10), ("unlock", 0, 5), ("time", 0, 31), ("deduct", 0, 3),
            ("compensate", 0, 10), ("top_up", 0, 4), ("matter", 0, 0), ("matter", 0, 1), ("exit", 0, 0),
            ("decline", 0, 0), ("exit", 0, 0), ("approve", 0, 0), ("time", 0, 31),
        ):  # fmt: skip
            walk.step(*step, None)
            walk.check()
            assert walk.done[-1] == step[0]
        assert flow.get(conn, walk.ids[0]).closed_at is not None

"""The invariants of the rulebook's section 2 on walks that nobody planned: `docs/rules/invariants.md` lists them all.

Random customers ask, confirm, mistype, cancel, wait, are frozen, are paid or are not; after every step the books, the
journal and the limits are compared with a model that knows nothing but what was answered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

import psycopg
import pytest
from conftest import database
from house import COIN_USDT as COIN
from house import ETH, LISTED, RECEIVER, USDT, Customer, House, furnish
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tidegate.base.canonical import canonical
from tidegate.base.findings import Outcome
from tidegate.base.refusals import Conflict, Forbidden, Refusal, TooMany
from tidegate.cases import flow as cases
from tidegate.custody import store as custody_store
from tidegate.db import act, connect, journal, reader
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.news import READER, handlers
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import jobs, store
from tidegate.withdrawals.flow import Answer
from tidegate.withdrawals.flow.following import end
from tidegate.withdrawals.replaying import replay
from tidegate.withdrawals.withdrawal import FINAL, MOVES, Status

SUSPECT = "0x" + "12" * 20
DAY = timedelta(hours=24)
LIMIT = 1_000 * 10**6
FUNDS = 3_000 * COIN


@pytest.fixture(scope="module")
def house(server_url: str, template: str) -> Iterator[House]:
    """One house for every walk of this file: each walk has customers of its own."""
    with database(server_url, template) as url, connect(url) as conn:
        house = furnish(conn)
        rows = f"asset,address\nETH,{SUSPECT}\n"
        screening.import_list(conn, "scam", rows, "test", house.now, max_age_hours=24 * 365)
        house.wait(days=1)  # a clock that runs behind is not before the policy began, whichever walk comes first
        yield house


@dataclass
class Model:
    """What was taken from the limit and when, and what was given back: a list, looked through from end to end."""

    taken: list[tuple[datetime, int, str]] = field(default_factory=list)
    given_back: set[str] = field(default_factory=set)

    def used(self, after: datetime, until: datetime) -> int:
        """Micro-USD taken in a window that is open at its beginning and closed at its end."""
        return sum(value for at, value, id in self.taken if after < at <= until and id not in self.given_back)


@dataclass
class Walk:
    """One customer with a limit of 1,000 USD, and everything that can happen to them."""

    house: House
    who: Customer
    model: Model = field(default_factory=Model)
    ids: list[str] = field(default_factory=list)

    def ask(self, cents: int, address: str) -> None:
        amount = f"{cents // 100}.{cents % 100:02}"
        used = self.model.used(self.house.now - DAY, self.house.now)
        (answer,) = self.house.request(self.house.ask_for(self.who, amount, address))
        if isinstance(answer, Refusal):
            assert answer.code in ("withdrawals_blocked", "amount_not_above_fee")
            return
        assert isinstance(answer, Answer)
        made = self.house.get(json.loads(answer.body)["id"])
        self.ids.append(made.id)
        over = used + made.value > LIMIT
        found = [f["code"] for f in json.loads(self._decision(made.decision_id).findings)]
        assert ("over_limit_24h" in found) == over
        if made.status is Status.AWAITING_CONFIRMATION:
            assert not over
            self.model.taken.append((self.house.now, made.value, made.id))
        else:
            assert made.status is Status.DECLINED

    def confirm(self, right: bool) -> None:
        for id in self._in(Status.AWAITING_CONFIRMATION)[:1]:
            code = None if right else "000000"
            with suppress(Forbidden, TooMany, Conflict):  # wrong, paused, blocked, too late
                self.house.confirm(self.who, id, code)

    def cancel(self, place: int) -> None:
        if self.ids:
            id = self.ids[place % len(self.ids)]
            with suppress(Conflict):  # it is being paid, or has ended
                withdrawals.cancel(self.house.conn, id, self.who.id, self.house.setting, self.house.now)

    def wait(self, minutes: int) -> None:
        self.house.wait(minutes=minutes)
        jobs.expire_due(self.house.conn, lambda: self.house.setting, self.house.clock)
        jobs.release_due(self.house.conn, lambda: self.house.setting, self.house.clock)

    def change(self) -> None:
        """A new password: whatever is confirmed in the next 24 hours waits."""
        parties.record_event(self.house.conn, self.who.id, "password_changed", self.house.now, "test", self.house.now)

    def freeze(self) -> None:
        house = self.house
        order = parties.freeze(house.conn, self.who.id, "A walk", "key_officer", house.now)
        self.authorise()
        self.start()
        parties.lift(house.conn, order.id, "A walk", "key_officer", house.now)

    def answer(self, said: str) -> None:
        for id in self._in(Status.IN_REVIEW)[:1]:
            (case,) = [c for c in cases.about(self.house.conn, id) if c.status == "open"]
            cases.answer(self.house.conn, case.id, f"key_{len(self.ids)}", said, "A walk", self.house.now)
            self._news()

    def authorise(self) -> None:
        house = self.house
        jobs.authorise_approved(
            house.conn, lambda _: "00" * 64, {"evm-local": 31337}, lambda: house.setting, house.clock
        )

    def start(self) -> None:
        """A worker claims what is queued, unless the party is blocked: as `custody.jobs` does."""
        house = self.house
        for id in self._in(Status.APPROVED):
            with act(house.conn, "worker", house.now) as tx:
                payout = custody_store.payout_of(house.conn, "withdrawal", id)
                if payout is None or not custody_store.lock_payouts(house.conn, [payout.id]):
                    continue
                if custody_store.blocking(house.conn, [self.who.id], house.now):
                    continue
                custody_store.set_status(house.conn, payout.id, "paying", None)
                tx.note("payout.paying", id)
        self._news()

    def finish(self, paid: bool) -> None:
        """The chain has spoken, and says it twice."""
        for id in self._in(Status.PAYING)[:1]:
            payout = custody_store.payout_of(self.house.conn, "withdrawal", id)
            assert payout is not None
            for _ in range(2):
                with act(self.house.conn, "worker", self.house.now) as tx:
                    if paid:
                        tx.note("payout.paid", id, {"tx": f"0x{id}"})
                    else:
                        tx.note("payout.failed", id, {"reason": "reverted"})
            custody_store.set_status(self.house.conn, payout.id, "paid" if paid else "failed", self.house.now)
            self._news()

    def _in(self, status: Status) -> list[str]:
        return [id for id in self.ids if self.house.get(id).status is status]

    def _news(self) -> None:
        acting = handlers(lambda _: self.house.setting)
        while reader.read(self.house.conn, READER, acting, self.house.now):
            pass

    def _decision(self, id: str) -> store.DecisionRow:
        found = store.decision(self.house.conn, id)
        assert found is not None
        return found

    def check(self) -> None:
        """Everything that holds at every moment."""
        house, conn = self.house, self.house.conn
        rows = [house.get(id) for id in self.ids]
        self.model.given_back |= {w.id for w in rows if w.status in FINAL and w.status is not Status.SETTLED}
        open_units = sum(w.units for w in rows if w.status not in FINAL)
        spent = sum(w.units for w in rows if w.status is Status.SETTLED)
        # I2: nothing is made or lost, and nothing is below zero.
        assert house.held(self.who) == open_units
        assert house.available(self.who) == FUNDS - open_units - spent >= 0
        # I9: the window that ends now, and every window that ends with a use.
        assert house.used(self.who) == self.model.used(house.now - DAY, house.now)
        for at, _, _ in self.model.taken:
            assert self.model.used(at - DAY, at) <= LIMIT
        for w in rows:
            hold = ledger_store.hold_of(conn, "withdrawal", w.id)
            use = conn.execute("SELECT released_at FROM limit_use WHERE ref = %s", (w.id,)).fetchall()
            # I5: an end leaves nothing reserved, and what goes on is held.
            if w.status in FINAL:
                assert hold is None or hold.status == ("spent" if w.status is Status.SETTLED else "released")
                assert w.status is Status.SETTLED or all(released for (released,) in use)
            else:
                assert hold is not None
                assert hold.status == "open"
                assert use == [(None,)]
            # I6: each status it ever had is one entry of the journal, and each step is in the table.
            story = [n.content for n in journal.about(conn, w.id) if n.kind == f"withdrawal.{n.content.get('status')}"]
            path = [Status(said["status"]) for said in story]
            assert path[-1] is w.status
            assert all(after in MOVES[before] for before, after in pairwise(path))
            assert all(said["from"] == before for said, before in zip(story[1:], path, strict=False))
            # I7, I11: the outcome is no milder than what was found, and comes out of the stored facts again.
            for decision in store.decisions_of(conn, w.id):
                facts = json.loads(decision.facts)
                verdict = replay(decision.facts, policies.at_version(conn, decision.policy_version))
                assert canonical(verdict.findings) == decision.findings
                assert verdict.outcome == decision.outcome
                worst = max((f.outcome.severity for f in verdict.findings), default=0)
                assert facts["cleared"] or Outcome(decision.outcome).severity == worst


asks = st.tuples(
    st.just("ask"), st.integers(10, 40_000), st.sampled_from([RECEIVER, RECEIVER, RECEIVER, SUSPECT, LISTED])
)
right = st.tuples(st.just("confirm"), st.just(True))
pays = st.tuples(st.just("finish"), st.booleans())
steps = st.one_of(
    asks,
    right,
    st.tuples(st.sampled_from(["authorise", "start"])),
    pays,
    st.tuples(st.just("answer"), st.sampled_from(["approve", "approve", "decline"])),
    st.sampled_from([("wait", 1), ("wait", 1), ("wait", 16), ("wait", 1439), ("wait", 1441), ("change",), ("freeze",)]),
    st.one_of(
        st.tuples(st.just("cancel"), st.integers(0, 20)),
        st.tuples(st.just("ask"), st.integers(40_000, 110_000), st.just(RECEIVER)),
        st.tuples(st.just("confirm"), st.just(False)),
    ),
)
# A whole life now and then, so that walks come far.
lives = st.tuples(asks, right, st.just(("authorise",)), st.just(("start",)), pays).map(list)
walks = st.lists(st.one_of(steps.map(lambda step: [step]), lives), min_size=10, max_size=30).map(
    lambda parts: [step for part in parts for step in part]
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a walk on a database takes minutes to shrink
)
@given(walks)
def test_whatever_happens_the_invariants_hold_after_every_step(house: House, walk: list[tuple[object, ...]]) -> None:
    """I2, I5, I6, I7, I9 and I11 on random walks."""
    here = Walk(house, house.customer(level=1, USDT=FUNDS))
    for name, *arguments in walk:
        getattr(here, str(name))(*arguments)
        here.check()
    assert ledger_store.disagreements(house.conn) == []
    assert journal.verify(house.conn).broken is None


minutes = st.integers(0, 3 * 24 * 60)
uses = st.lists(st.tuples(minutes, st.integers(1, 600), st.booleans()), min_size=1, max_size=20)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(uses)
def test_no_window_of_24_hours_ever_holds_more_than_the_limit(house: House, asked: list[tuple[int, int, bool]]) -> None:
    """I9 against a model by brute force: requests at any minute of three days, some of them cancelled at once; every
    window that begins or ends at any of them, not only the one that a request looked at."""
    who = house.customer(level=1, USDT=100_000 * COIN)
    begin, model = house.now, Model()
    for minute, dollars, cancelled in sorted(asked):
        house.now = begin + timedelta(minutes=minute)
        expected = model.used(house.now - DAY, house.now) + dollars * 10**6 <= LIMIT
        made = house.asked(who, str(dollars))
        assert (made.status is Status.AWAITING_CONFIRMATION) == expected
        if not expected:
            continue
        model.taken.append((house.now, made.value, made.id))
        if cancelled:
            withdrawals.cancel(house.conn, made.id, who.id, house.setting, house.now)
            model.given_back.add(made.id)
        assert house.used(who) == model.used(house.now - DAY, house.now)
    for at, _, _ in model.taken:
        assert model.used(at - DAY, at) <= LIMIT
        assert model.used(at - timedelta(microseconds=1), at + DAY - timedelta(microseconds=1)) <= LIMIT


def test_i9_a_clock_that_runs_behind_gives_no_second_limit(house: House) -> None:
    """Two machines' clocks differ: a request that comes with an earlier time counts from the latest time known."""
    who = house.customer(level=1, USDT=10_000 * COIN)
    assert house.asked(who, "600").status is Status.AWAITING_CONFIRMATION
    house.wait(minutes=-10)
    assert house.asked(who, "400").status is Status.AWAITING_CONFIRMATION
    assert house.asked(who, "1").status is Status.DECLINED
    house.wait(hours=24)  # ten minutes short of the first one's end, and of the second one's
    assert house.asked(who, "1").status is Status.DECLINED
    house.wait(minutes=10)
    assert house.asked(who, "1000").status is Status.AWAITING_CONFIRMATION


def test_i11_a_decision_is_the_same_whoever_else_is_judged_beside_it(house: House) -> None:
    """The facts of one request do not depend on its neighbours in the batch: alone or among others, the same
    findings."""

    def said(id: str) -> tuple[str, str]:
        found = store.decision(house.conn, house.get(id).decision_id)
        assert found is not None
        return found.outcome, "".join(c for c in found.findings if not c.isdigit())

    def ids(*answers: Answer | Refusal) -> list[str]:
        return [json.loads(a.body)["id"] for a in answers if isinstance(a, Answer)]

    amounts = ["5", "999999", "1000", "0.3"]
    alone = [house.customer(USDT=2_000 * COIN) for _ in amounts]
    together = [house.customer(USDT=2_000 * COIN) for _ in amounts]
    one_by_one = [ids(*house.request(house.ask_for(w, a)))[0] for w, a in zip(alone, amounts, strict=True)]
    at_once = ids(*house.request(*(house.ask_for(w, a) for w, a in zip(together, amounts, strict=True))))
    assert [said(id) for id in one_by_one] == [said(id) for id in at_once]


@pytest.mark.parametrize("status", [s for s in Status if s not in FINAL])
def test_i5_no_end_can_be_written_while_something_is_reserved(house: House, status: Status) -> None:
    """Every end goes through one function that frees hold and limit: none of the ends leaves them behind."""
    for target in sorted(MOVES[status] & {Status.CANCELLED, Status.DECLINED, Status.EXPIRED, Status.RETURNED}):
        ada = house.customer(USDT=100 * COIN)
        made = house.asked(ada, "5")
        house.conn.execute(
            "UPDATE withdrawal SET status = %s, release_at = now(), used_factors = '{totp}' WHERE id = %s",
            (status.value, made.id),
        )
        with act(house.conn, "test", house.now) as tx:
            end(tx, house.get(made.id), target, why="a test")
        assert house.get(made.id).status is target
        assert (house.available(ada), house.held(ada), house.used(ada)) == (100 * COIN, 0, 0)


def test_i1_the_database_refuses_a_second_payment_of_anything(house: House) -> None:
    """Whoever writes: one payout per withdrawal, one living attempt per payout, one owner per nonce, one posting."""
    ada = house.customer(USDT=100 * COIN)
    walk = Walk(house, ada)
    one, two = house.asked(ada, "5"), house.asked(ada, "6")
    walk.ids += [one.id, two.id]
    for made in (one, two):
        house.confirm(ada, made.id)
    walk.authorise()
    first, other = (custody_store.payout_of(house.conn, "withdrawal", w.id) for w in (one, two))
    assert first is not None
    assert other is not None
    walk.start()
    assert custody_store.add_payout(house.conn, replace(first, id="pay_again")) == 0
    attempt = custody_store.Attempt(
        "att_1", first.id, first.wallet_id, 7, "signing", 21_000, 10**9, 10**8, None, None, house.now, None
    )
    custody_store.add_attempt(house.conn, attempt)
    for second in (
        replace(attempt, id="att_2", nonce=8),  # another nonce for the same payout
        replace(attempt, id="att_3", payout_id=other.id),  # the same nonce for another payout
    ):
        with pytest.raises(psycopg.errors.UniqueViolation):
            custody_store.add_attempt(house.conn, second)
    walk.finish(paid=True)
    settled = house.get(one.id)
    assert settled.status is Status.SETTLED
    with pytest.raises(psycopg.errors.UniqueViolation), act(house.conn, "test", house.now) as tx:
        ledger.post(tx, "settlement", one.id, USDT.id, {ada.id: -1, accounts.CHAIN: 1})


def test_i10_a_list_that_came_and_a_freeze_that_came_stop_what_was_approved(house: House) -> None:
    """Between approval and payment each overlay keeps the coins here: freeze and kill switch wait, a sanction ends
    it."""
    ada, ben = house.customer(USDT=100 * COIN), house.customer(USDT=100 * COIN)
    one, two = house.asked(ada, "5"), house.asked(ben, "5", "0x" + "34" * 20)
    house.confirm(ada, one.id)
    house.confirm(ben, two.id)
    parties.freeze(house.conn, ada.id, "Court order", "key_officer", house.now)
    rows = f"asset,address\nETH,{LISTED}\nETH,0x{'34' * 20}\n"
    screening.import_list(house.conn, "sanctions", rows, "test", house.now)
    Walk(house, ada).authorise()
    assert (house.get(one.id).status, house.get(one.id).waiting_for) == (Status.APPROVED, "freeze")
    assert house.get(two.id).status is Status.DECLINED
    assert custody_store.payout_of(house.conn, "withdrawal", one.id) is None
    assert custody_store.payout_of(house.conn, "withdrawal", two.id) is None


def test_assets_never_mix_in_one_account(house: House) -> None:
    """I2 per account and asset: what is held in one asset leaves the other alone."""
    ada = house.customer(USDT=100 * COIN, ETH=10**18)
    house.asked(ada, "5")
    assert (house.held(ada, USDT), house.held(ada, ETH)) == (5 * COIN, 0)
    assert house.available(ada, ETH) == 10**18

"""People's ways on a real PostgreSQL: what is gathered, in any order it was told, and the breaker in a crowd."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from house import DATA_KEY, NETWORK, RECEIVER, START, USDT, Customer, House, furnish

from tidegate.base.findings import Outcome
from tidegate.base.refusals import Conflict, Malformed
from tidegate.cases import flow as cases
from tidegate.custody import flow as custody
from tidegate.custody import store as custody_store
from tidegate.db import Conn, act, connect, journal, reader
from tidegate.ledger import flow as ledger
from tidegate.news import READER, handlers
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import jobs, store
from tidegate.withdrawals.asking import Ask
from tidegate.withdrawals.flow import Answer
from tidegate.withdrawals.habits import Asking, Rushing, Sessions
from tidegate.withdrawals.replaying import read, replay
from tidegate.withdrawals.withdrawal import Status, Withdrawal

COIN = 10**6
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DEFAULT: Any = policies.shipped("default")["behaviour"]
WIDE = {"minutes": 10, "accounts": 10_000, "destinations": 10_000, "value": "1000000000", "reset_people": 1}


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def place(n: int) -> str:
    """Some receiver."""
    return f"0x{n + 0x1000:040x}"


def login(house: House, who: Customer, at: datetime, device: str | None, ip: str | None, country: str | None) -> None:
    parties.record_event(house.conn, who.id, "login", at, "test", house.now, device, ip, country)


def facts_of(house: House, made: Withdrawal) -> Any:
    row = store.decision(house.conn, house.get(made.id).decision_id)
    assert row is not None
    return read(row.facts)


def sessions_of(house: House, who: Customer) -> Sessions:
    found = facts_of(house, house.asked(who, "1")).behaviour.sessions
    assert isinstance(found, Sessions)
    return found


def asking_of(house: House, made: Withdrawal) -> Asking:
    found = facts_of(house, made).behaviour.asking
    assert isinstance(found, Asking)
    return found


def codes(house: House, made: Withdrawal) -> list[str]:
    row = store.decision(house.conn, house.get(made.id).decision_id)
    assert row is not None
    return [f.code for f in withdrawals.findings_of(row)]


def news(house: House) -> None:
    acting = handlers(lambda _: house.setting)
    while reader.read(house.conn, READER, acting, house.now):
        pass


def settled(house: House, who: Customer, amount: str, address: str = RECEIVER) -> Withdrawal:
    """One that was asked, confirmed and, as the chain would say, paid."""
    made = house.confirm(who, house.asked(who, amount, address).id)
    assert made.status is Status.APPROVED
    with act(house.conn, "test", house.now) as tx:
        withdrawals.paying(tx, made.id)
        withdrawals.settled(tx, made.id, "0x" + made.id[-20:])
    return house.get(made.id)


# --- sessions -------------------------------------------------------------------------------------------------------

STORY: list[tuple[timedelta, str | None, str | None, str | None]] = [
    (-400 * DAY, "phone", "203.0.113.5", "DE"),
    (-30 * DAY, "phone", "203.0.113.9", "DE"),
    (-20 * DAY, "laptop", "2001:db8::1", "DE"),
    (-5 * HOUR, "phone", "203.0.113.5", "DE"),
    (-4 * HOUR, None, None, None),
    (-3 * HOUR, "burner", "198.51.100.7", "BR"),
    (-2 * HOUR, "phone", "203.0.113.5", "DE"),
    (-100 * MINUTE, "phone", "203.0.113.5", "DE"),
    (4 * MINUTE, "phone", "203.0.113.6", "DE"),
]


def test_logins_say_the_same_in_whatever_order_they_are_told(house: House) -> None:
    """Out of order, with a clock ahead of ours, and known later than they happened."""
    said = []
    for seed in range(4):
        ada = house.customer(USDT=100 * COIN)
        story = list(STORY)
        random.Random(seed).shuffle(story)
        for ago, *what in story:
            login(house, ada, START + ago, *what)
        said.append(sessions_of(house, ada))
    assert (
        said
        == [
            Sessions(
                login_at=START + 4 * MINUTE,
                login_country="DE",
                login_complete=True,
                device_at=START - 3 * HOUR,  # the stranger's, though the customer logged in after him
                network_at=START - 3 * HOUR,
                country_at=START - 3 * HOUR,
                travel_at=START - 2 * HOUR,
                travel_minutes=60,
                travel_from="BR",
                travel_to="DE",
            )
        ]
        * 4
    )


def test_who_was_never_heard_of_is_unknown(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    assert sessions_of(house, ada) == Sessions()
    login(house, ada, house.now, None, None, None)
    assert sessions_of(house, ada) == Sessions(login_at=house.now)
    made = house.confirm(ada, house.asked(ada, "2").id)
    assert made.status is Status.APPROVED
    assert not {"new_device", "login_unknown"} & set(codes(house, made))


def test_a_login_from_a_new_device_makes_the_withdrawal_wait_and_then_it_goes_on(house: House) -> None:
    house.agree(behaviour={"session": DEFAULT["session"]})
    begun = house.now
    ada = house.customer(USDT=100 * COIN)
    login(house, ada, house.now - 100 * DAY, "phone", "203.0.113.5", "DE")
    login(house, ada, house.now - HOUR, "burner", "203.0.113.7", "DE")
    login(house, ada, house.now, "phone", "203.0.113.5", "DE")
    made = house.confirm(ada, house.asked(ada, "1").id)
    assert (made.status, made.release_at) == (Status.DELAYED, begun - HOUR + DAY)
    house.wait(hours=24)
    jobs.release_due(house.conn, lambda: house.setting, house.clock)
    assert house.get(made.id).status is Status.APPROVED


def test_a_device_that_turns_out_to_be_old_is_old(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    login(house, ada, house.now - HOUR, "phone", None, None)
    assert sessions_of(house, ada).device_at == START - HOUR
    login(house, ada, house.now - 50 * DAY, "phone", None, None)  # told later than it happened
    assert sessions_of(house, ada).device_at == START - 50 * DAY


def test_travel_is_between_neighbours_in_time_and_no_slower_than_the_policy(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    login(house, ada, house.now - 10 * HOUR, "phone", None, "DE")
    login(house, ada, house.now - 7 * HOUR, "phone", None, "FR")
    assert sessions_of(house, ada).travel_at is None
    login(house, ada, house.now - 7 * HOUR - MINUTE, "phone", None, "DE")
    found = sessions_of(house, ada)
    assert (found.travel_at, found.travel_minutes) == (START - 7 * HOUR, 1)
    assert found.travel_from == "DE"


# --- the customer's past --------------------------------------------------------------------------------------------


def test_the_past_is_counted_to_the_unit(house: House) -> None:
    ada = house.customer(USDT=1_000 * COIN, ETH=10**18)
    house.wait(hours=30)
    for amount in ("10", "30", "20"):
        settled(house, ada, amount)
    house.wait(hours=25)
    gone = house.asked(ada, "7")
    withdrawals.cancel(house.conn, gone.id, ada.id, house.setting, house.now)
    house.asked(ada, "5", place(2))
    made = house.asked(ada, "4", place(3))
    found = asking_of(house, made)
    assert (found.count_1h, found.count_24h, found.new_addresses_24h) == (1, 1, 2)
    assert (found.left_24h_units, found.balance_24h_units) == (5 * COIN, 940 * COIN)
    assert (found.sent_90d, found.largest_90d, found.median_90d) == (3, 30 * COIN, 20 * COIN)
    assert found.largest_units == 30 * COIN
    assert found.sent_at is not None
    house.wait(days=90)
    later = asking_of(house, house.asked(ada, "4", place(3)))
    assert (later.sent_90d, later.largest_90d, later.median_90d, later.largest_units) == (0, None, None, 30 * COIN)


def test_in_one_batch_each_counts_those_before_it(house: House) -> None:
    ada, ben = house.customer(USDT=100 * COIN), house.customer(USDT=100 * COIN)
    answers = house.request(
        house.ask_for(ada, "1", place(1)),
        house.ask_for(ada, "2", place(2)),
        house.ask_for(ben, "3", place(1)),
        house.ask_for(ada, "500", place(3)),  # declined: it takes nothing
        house.ask_for(ada, "4", place(2)),
    )
    ids = [json.loads(a.body)["id"] for a in answers if isinstance(a, Answer)]
    found = [asking_of(house, house.get(id)) for id in ids]
    assert [(a.count_1h, a.new_addresses_24h, a.left_24h_units) for a in found] == [
        (0, 1, 0),
        (1, 2, COIN),
        (0, 1, 0),
        (2, 3, 3 * COIN),
        (2, 3, 3 * COIN),
    ]


def test_what_was_credited_lately_and_leaves_at_once_needs_a_person(house: House) -> None:
    strict = {**DEFAULT["velocity"], "pass_through": {**DEFAULT["velocity"]["pass_through"], "from_value": "0"}}
    house.agree(behaviour={"velocity": strict})
    ada = house.customer(USDT=100 * COIN)
    deposit(house, ada, 50 * COIN)
    assert "passed_through" not in codes(house, house.asked(ada, "44.999999"))
    made = house.asked(ada, "45")
    assert "passed_through" in codes(house, made)
    house.wait(minutes=31 - 18)
    # He waits before he confirms; what was found at the request is found again.
    assert house.confirm(ada, made.id).status is Status.IN_REVIEW
    house.wait(minutes=20)
    assert asking_of(house, house.asked(ada, "1")).arrived_units == 0


def deposit(house: House, who: Customer, units: int) -> None:
    """A credited deposit, as custody writes it."""
    custody.deposit_address(house.conn, who.id, NETWORK, "test", house.now)
    wallet = custody_store.deposit_wallet(house.conn, NETWORK, who.id)
    assert wallet is not None
    n = next(house.numbers)
    made = custody_store.DepositRow(
        f"dep_{n}", NETWORK, f"0x{n:064x}", 0, 1, "0x01", wallet.id, who.id, USDT.id, RECEIVER, units, 0, "seen", None,
        house.now, None,
    )  # fmt: skip
    custody_store.see_deposit(house.conn, made)
    custody_store.decide_deposit(house.conn, made.id, "credited", units, None, house.now)


def test_a_hot_wallet_that_was_seen_lately_bounds_what_is_plausible(house: House) -> None:
    hot = custody_store.hot(house.conn, NETWORK)
    assert hot is not None
    ada = house.customer(USDT=900 * COIN)
    seen = custody_store.SeenBalance(hot.id, USDT.id, 1_000 * COIN, house.now)
    custody_store.observe(house.conn, [seen])
    custody_store.observe(house.conn, [replace(seen, units=1, as_of=house.now - MINUTE)])  # an older look comes late
    assert "amount_implausible" not in codes(house, house.asked(ada, "500"))
    made = house.asked(ada, "399")
    assert asking_of(house, made).hot_units == 1_000 * COIN
    custody_store.observe(house.conn, [replace(seen, units=100 * COIN, as_of=house.now + MINUTE)])
    over = house.customer(USDT=900 * COIN)
    assert "amount_implausible" in codes(house, house.asked(over, "50.000001"))
    house.wait(minutes=32)
    assert "amount_implausible" not in codes(house, house.asked(over, "50.000001"))


def test_a_pack_without_the_section_asks_nothing_and_says_so(house: House) -> None:
    pack = {key: value for key, value in policies.shipped("demo").items() if key != "behaviour"}
    made = policies.propose(house.conn, pack, "mei", house.now)
    policies.approve(house.conn, made.version, "anton", house.now)
    agreed = policies.activate(house.conn, made.version, "anton", house.now)
    assert agreed.active_from is not None
    house.now = agreed.active_from  # it loosens
    ada = house.customer(USDT=100 * COIN)
    login(house, ada, house.now, "burner", "203.0.113.5", "BR")
    asked = house.confirm(ada, house.asked(ada, "10").id)
    assert asked.status is Status.APPROVED
    row = store.decision(house.conn, asked.decision_id)
    assert row is not None
    skipped = {c["check"] for c in json.loads(row.checks) if c["state"] == "skipped"}
    assert {"new_device", "many_withdrawals", "amount_implausible", "egress_tripped"} <= skipped


def test_every_decision_with_people_s_ways_replays_to_the_same_bytes(house: House) -> None:
    house.agree(behaviour={**DEFAULT, "egress": {**WIDE, "accounts": 1}})
    ada, ben = house.customer(USDT=9_000 * COIN), house.customer(USDT=9_000 * COIN)
    login(house, ada, house.now, "burner", "203.0.113.5", "BR")
    for who in (ada, ben, ada):
        made = house.asked(who, "50")
        house.confirm(who, made.id)
        for row in store.decisions_of(house.conn, made.id):
            verdict = replay(row.facts, policies.at_version(house.conn, row.policy_version))
            assert (verdict.outcome, withdrawals.findings_of(row)) == (row.outcome, list(verdict.findings))


# --- the breaker ----------------------------------------------------------------------------------------------------


def breaking(house: House, **line: object) -> None:
    house.agree(behaviour={"egress": {**WIDE, **line}})


def trips(house: House) -> list[str]:
    return [n.kind for n in journal.about(house.conn, "egress:1")]


def test_the_line_holds_to_the_account_and_whoever_passes_it_is_held(house: House) -> None:
    breaking(house, accounts=2)
    people = [house.customer(USDT=100 * COIN) for _ in range(3)]
    for who in [people[0], people[1], people[0]]:
        assert "egress_tripped" not in codes(house, house.asked(who, "1"))
    assert policies.open_trip(house.conn) is None
    third = house.asked(people[2], "1")
    assert codes(house, third) == ["egress_tripped"]
    trip = policies.open_trip(house.conn)
    assert trip is not None
    assert (trip.number, trip.line, trip.seen, trip.allowed) == (1, "accounts", 3, 2)
    assert house.confirm(people[2], third.id).status is Status.IN_REVIEW
    house.asked(people[0], "1")
    assert trips(house) == ["egress.tripped"]


@pytest.mark.parametrize(("line", "over"), [({"destinations": 2}, "1"), ({"value": "3"}, "1.000001")])
def test_destinations_and_value_have_their_lines_too(house: House, line: dict[str, object], over: str) -> None:
    breaking(house, **line)
    ada, ben = house.customer(USDT=100 * COIN), house.customer(USDT=100 * COIN)
    house.asked(ada, "1", place(1))
    house.asked(ben, "1", place(2))
    house.wait(minutes=2)
    assert policies.open_trip(house.conn) is None
    assert "egress_tripped" in codes(house, house.asked(ada, over, place(3)))


def test_a_window_slides_and_what_was_given_back_counts_no_more(house: House) -> None:
    breaking(house, value="10", minutes=5)
    ada, ben = house.customer(USDT=100 * COIN), house.customer(USDT=100 * COIN)
    gone = house.asked(ada, "6")
    withdrawals.cancel(house.conn, gone.id, ada.id, house.setting, house.now)
    house.asked(ada, "10")
    house.wait(minutes=5)
    assert codes(house, house.asked(ben, "10")) == []
    assert codes(house, house.asked(ada, "0.2")) == ["egress_tripped"]


def test_what_is_declined_trips_nothing(house: House) -> None:
    breaking(house, value="10")
    ada = house.customer(USDT=5 * COIN)
    assert house.asked(ada, "900000").status is Status.DECLINED
    assert policies.open_trip(house.conn) is None


def test_in_one_batch_those_before_the_line_go_on_and_those_after_it_are_held(house: House) -> None:
    breaking(house, accounts=2)
    people = [house.customer(USDT=100 * COIN) for _ in range(4)]
    answers = house.request(*[house.ask_for(who, "1") for who in people])
    found = [codes(house, house.get(json.loads(a.body)["id"])) for a in answers if isinstance(a, Answer)]
    assert found == [[], [], ["egress_tripped"], ["egress_tripped"]]
    assert trips(house) == ["egress.tripped"]


def test_a_decision_that_stands_alone_is_held_too(house: House) -> None:
    breaking(house, accounts=1)
    ada, ben = house.customer(USDT=100 * COIN), house.customer(USDT=100 * COIN)
    said = house.request(*[replace(house.ask_for(who, "1"), alone=True) for who in (ada, ben)])
    assert [json.loads(a.body)["outcome"] for a in said if isinstance(a, Answer)] == ["allow", "review"]


def test_what_is_approved_waits_until_people_reset_it(house: House) -> None:
    breaking(house, accounts=2, reset_people=2)
    people = [house.customer(USDT=100 * COIN) for _ in range(3)]
    approved = house.confirm(people[0], house.asked(people[0], "1").id)
    for who in people[1:]:
        house.asked(who, "1")
    authorise(house)
    waiting = house.get(approved.id)
    assert (waiting.status, waiting.waiting_for) == (Status.APPROVED, "egress")
    with pytest.raises(Malformed):
        policies.reset_breaker(house.conn, " ", "tess", house.now)
    half = policies.reset_breaker(house.conn, "Looked at all of them", "tess", house.now)
    assert half.trip is not None
    assert [v.person for v in half.voices] == ["tess"]
    with pytest.raises(Conflict, match="different people"):
        policies.reset_breaker(house.conn, "Still me", "tess", house.now)
    again = parties.create_key(house.conn, "treasury", "Tess", "test", house.now).id
    with pytest.raises(Conflict, match="different people"):
        policies.reset_breaker(house.conn, "Me, by another key", again, house.now)
    authorise(house)
    assert house.get(approved.id).waiting_for == "egress"
    done = policies.reset_breaker(house.conn, "Agreed", "omar", house.now)
    assert (done.trip, done.trips, done.reset_at) == (None, 1, house.now)
    authorise(house)
    assert house.get(approved.id).authorised_at is not None
    assert trips(house) == ["egress.tripped", "egress.reset_asked", "egress.reset_asked", "egress.reset"]
    with pytest.raises(Conflict) as refused:
        policies.reset_breaker(house.conn, "Once more", "omar", house.now)
    assert refused.value.code == "egress_not_tripped"


def test_after_a_reset_only_what_comes_later_counts(house: House) -> None:
    breaking(house, accounts=2)
    people = [house.customer(USDT=100 * COIN) for _ in range(4)]
    for who in people[:3]:
        house.asked(who, "1")
    house.wait(seconds=1)
    policies.reset_breaker(house.conn, "A campaign", "tess", house.now)
    house.wait(seconds=1)
    for who in people[:2]:
        assert codes(house, house.asked(who, "1")) == []
    assert codes(house, house.asked(people[3], "1")) == ["egress_tripped"]
    trip = policies.open_trip(house.conn)
    assert trip is not None
    assert trip.number == 2


def test_a_person_may_pass_one_but_nothing_leaves_before_the_reset(house: House) -> None:
    breaking(house, accounts=1)
    ada, ben = house.customer(USDT=100 * COIN), house.customer(USDT=100 * COIN)
    house.asked(ada, "1")
    made = house.confirm(ben, house.asked(ben, "1").id)
    (case,) = cases.about(house.conn, made.id)
    cases.answer(house.conn, case.id, "omar", "approve", "Known", house.now)
    news(house)
    assert house.get(made.id).status is Status.APPROVED
    authorise(house)
    assert house.get(made.id).waiting_for == "egress"
    policies.reset_breaker(house.conn, "Done", "tess", house.now)
    authorise(house)
    assert house.get(made.id).authorised_at is not None


def authorise(house: House) -> None:
    jobs.authorise_approved(house.conn, lambda payload: "ab" * 64, {NETWORK: 31337}, lambda: house.setting, house.clock)


def test_a_trip_is_never_rewritten_and_holds_alone(house: House) -> None:
    breaking(house, accounts=1)
    for _ in range(2):
        house.asked(house.customer(USDT=100 * COIN), "1")
    for statement in (
        "UPDATE egress_trip SET allowed = 0",
        "DELETE FROM egress_trip",
        "INSERT INTO egress_trip VALUES (2, now(), 'value', 2, 1, 10)",
    ):
        with pytest.raises(psycopg.errors.IntegrityError):
            house.conn.execute(statement)


def test_twenty_at_once_pass_the_line_by_no_more_than_is_in_flight_and_nothing_of_it_leaves(
    house: House, database_url: str
) -> None:
    """Each thread is a committer of its own with a batch of one: those that are judged while the line is passed are
    let in without the finding, the breaker opens with the first commit that passes it, and the confirmation holds."""
    line, threads, each = 5, 20, 3
    breaking(house, accounts=line)
    people = [house.customer(USDT=100 * COIN) for _ in range(threads * each)]
    setting, now = house.setting, house.now

    def many(mine: Sequence[Customer]) -> None:
        with connect(database_url) as conn:
            for who in mine:
                ask = Ask(who.id, who.id, "USDT", NETWORK, "1", place(int(who.id[-3:], 36)))
                (answer,) = withdrawals.request(conn, [ask], setting, now)
                assert isinstance(answer, Answer)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(many, [people[n * each : (n + 1) * each] for n in range(threads)]))
    assert trips(house) == ["egress.tripped"]
    trip = policies.open_trip(house.conn)
    assert trip is not None
    assert trip.seen == line + 1  # the very commit that passed the line, whoever was in flight beside it
    found = store.search(house.conn, None, None, None, None, 200)
    free = [made for made in found if codes(house, made) == []]
    assert line <= len(free) <= line + threads
    for made in free[:8]:
        who = next(p for p in people if p.id == made.party_id)
        house.wait(seconds=30)
        code = who.code(house.now)
        done = withdrawals.confirm(house.conn, made.id, "totp", code, DATA_KEY, who.id, house.setting, house.now)
        assert done.status is Status.IN_REVIEW
    assert all(facts_of(house, m).behaviour.rushing == Rushing(1, "accounts", 6, 5, 10) for m in free[:8])
    assert Outcome.REVIEW in {f.outcome for f in _found(house, free[0])}
    assert ledger.balances(house.conn, people[0].id)


def _found(house: House, made: Withdrawal) -> Sequence[Any]:
    row = store.decision(house.conn, house.get(made.id).decision_id)
    assert row is not None
    return withdrawals.findings_of(row)


def test_a_saved_address_counts_as_named(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    with act(house.conn, "test", house.now) as tx:
        parties.lock(house.conn, [ada.id])
        for n in range(4):
            screening.save(tx, ada.id, NETWORK, place(n), "", f"friend {n}", "unknown")
    assert asking_of(house, house.asked(ada, "1", place(0))).new_addresses_24h == 4
    assert asking_of(house, house.asked(ada, "1", place(9))).new_addresses_24h == 5
    house.wait(hours=24)
    assert asking_of(house, house.asked(ada, "1", place(9))).new_addresses_24h == 0

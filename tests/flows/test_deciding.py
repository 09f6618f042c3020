"""Decisions that stand alone on a real PostgreSQL: room without funds, committed or given back exactly once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from house import LISTED, RECEIVER, Customer, House, furnish
from serving import Site, served
from travel_kit import BOB, WHOLE, under_law

from tidegate.base.refusals import Conflict, Malformed, NotFound, Refusal
from tidegate.db import Conn, connect, journal
from tidegate.parties import flow as parties
from tidegate.parties.party import Verified
from tidegate.policy import flow as policies
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import jobs, replaying, store
from tidegate.withdrawals.deciding import Lone, Status, moves
from tidegate.withdrawals.facts import DESTINATION_CODE
from tidegate.withdrawals.flow import Answer

COIN = 10**6


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def decide(house: House, who: Customer, amount: str, address: str = RECEIVER, **more: Any) -> dict[str, Any]:
    ask = house.ask_for(who, amount, address, **more)
    (answer,) = house.request(replace(ask, alone=True))
    if isinstance(answer, Refusal):
        raise answer
    said: dict[str, Any] = json.loads(answer.body)
    return said


def test_it_looks_at_no_funds_holds_none_and_reserves_its_room(house: House) -> None:
    ada = house.customer(level=1)
    said = decide(house, ada, "600")
    assert (said["outcome"], said["status"], said["findings"]) == ("allow", "open", [])
    assert said["expires_at"] == "2026-11-24T12:15:00Z"
    assert (house.used(ada), house.held(ada)) == (600 * COIN, 0)
    assert decide(house, ada, "400.000001")["status"] == "declined"
    assert house.used(ada) == 600 * COIN


def test_a_customer_without_a_factor_can_be_decided_about_but_not_without_a_level(house: House) -> None:
    """Who confirms, and how, is the platform's own affair here."""
    made = parties.register(house.conn, "new", "DE", "New", "new@example.com", "test", house.now)
    with pytest.raises(Conflict) as said:
        decide(house, Customer(made.id, ""), "5")
    assert said.value.code == "no_level"
    parties.set_identity(house.conn, made.id, Verified(1), "test", house.now)
    assert decide(house, Customer(made.id, ""), "5")["status"] == "open"


@pytest.mark.parametrize(
    ("change", "outcome", "code"),
    [
        ({"address": LISTED}, "decline", "address_sanctioned"),
        ({"amount": "1001"}, "delay", "address_new"),
        ({"amount": "10000"}, "review", "large_amount"),
    ],
)
def test_every_other_check_runs(house: House, change: dict[str, str], outcome: str, code: str) -> None:
    said = decide(house, house.customer(), **{"amount": "5", **change})
    assert said["outcome"] == outcome
    assert code in [f["code"] for f in said["findings"]]
    assert all(f["message"] and f["message_zh"] for f in said["findings"])


def test_an_outside_check_cannot_be_waited_for_and_asks_for_a_person(house: House) -> None:
    house.agree(
        outside_checks=[{"check": "vendor_a", "from_value": "0"}, {"check": DESTINATION_CODE, "from_value": "0"}]
    )
    said = decide(house, house.customer(), "5")
    silent = [f["message"] for f in said["findings"] if f["code"] == "check_timed_out"]
    assert (said["outcome"], len(silent)) == ("review", 1), "who pays themselves looks at the destination themselves"


def test_committing_consumes_the_room_and_the_same_again_changes_nothing(house: House) -> None:
    ada = house.customer()
    id = decide(house, ada, "60")["id"]
    first = withdrawals.commit(house.conn, id, "key_1", house.now)
    again = withdrawals.commit(house.conn, id, "key_1", house.now + timedelta(minutes=1))
    assert first == again
    assert (first.status, house.used(ada)) == (Status.COMMITTED, 60 * COIN)
    with pytest.raises(Conflict) as said:
        withdrawals.let_go(house.conn, id, "key_1", house.now)
    assert said.value.code == "decision_committed"
    house.wait(minutes=15)
    assert jobs.expire_alone_due(house.conn, house.clock) == 0
    assert house.used(ada) == 60 * COIN
    assert [n.kind for n in journal.about(house.conn, id)] == ["decision.open", "decision.committed"]


def test_releasing_gives_the_room_back_once(house: House) -> None:
    ada = house.customer()
    kept, id = decide(house, ada, "30")["id"], decide(house, ada, "60")["id"]
    for _ in range(3):
        assert withdrawals.let_go(house.conn, id, "key_1", house.now).status is Status.RELEASED
    assert house.used(ada) == 30 * COIN
    with pytest.raises(Conflict) as said:
        withdrawals.commit(house.conn, id, "key_1", house.now)
    assert said.value.code == "decision_released"
    assert withdrawals.alone(house.conn, kept).status is Status.OPEN
    with pytest.raises(psycopg.errors.RestrictViolation):
        house.conn.execute("UPDATE lone_decision SET status = 'open', ended_at = NULL WHERE decision_id = %s", (id,))


def test_what_nobody_committed_in_time_expires_by_itself(house: House) -> None:
    ada = house.customer()
    id = decide(house, ada, "60")["id"]
    house.wait(minutes=15, seconds=-1)
    assert jobs.expire_alone_due(house.conn, house.clock) == 0
    assert house.used(ada) == 60 * COIN
    house.wait(seconds=1)
    with pytest.raises(Conflict) as said:
        withdrawals.commit(house.conn, id, "key_1", house.now)
    assert said.value.code == "decision_expired"
    assert jobs.expire_alone_due(house.conn, house.clock) == 1
    assert house.used(ada) == 0
    assert withdrawals.let_go(house.conn, id, "key_1", house.now).status is Status.EXPIRED
    assert withdrawals.expire_alone(house.conn, id, house.now).status is Status.EXPIRED


def test_what_is_declined_has_nothing_to_commit(house: House) -> None:
    id = decide(house, house.customer(), "5", LISTED)["id"]
    for end in (withdrawals.commit, withdrawals.let_go):
        with pytest.raises(Conflict) as said:
            end(house.conn, id, "key_1", house.now)
        assert said.value.code == "decision_declined"


def test_a_withdrawals_decision_is_not_one_that_stands_alone(house: House) -> None:
    asked = house.asked(house.customer(USDT=100 * COIN), "5")
    with pytest.raises(NotFound):
        withdrawals.commit(house.conn, asked.decision_id, "key_1", house.now)


def test_it_replays_to_the_same_bytes(house: House) -> None:
    id = decide(house, house.customer(), "10000")["id"]
    row = store.decision(house.conn, id)
    assert row is not None
    again = replaying.replay(row.facts, policies.at_version(house.conn, row.policy_version))
    assert [f.code for f in again.findings] == [f["code"] for f in json.loads(row.findings)]
    assert {c["check"]: c["state"] for c in json.loads(row.checks)}["funds_short"] == "skipped"


def test_a_batch_may_hold_both_kinds_and_they_share_the_limits(house: House) -> None:
    ada = house.customer(level=1, USDT=5_000 * COIN)
    ask = house.ask_for(ada, "600")
    alone = replace(ask, alone=True)
    said = [json.loads(a.body)["status"] for a in house.request(alone, ask, alone) if isinstance(a, Answer)]
    assert said == ["open", "declined", "declined"]


def test_twenty_at_once_take_no_more_room_than_there_is(house: House, database_url: str) -> None:
    ada = house.customer(level=1)
    setting = house.setting
    ask = house.ask_for(ada, "100")
    alone = replace(ask, alone=True)

    def one(_: int) -> str:
        with connect(database_url) as conn:
            (answer,) = withdrawals.request(conn, [alone], setting, house.now)
        assert isinstance(answer, Answer)
        return str(json.loads(answer.body)["status"])

    with ThreadPoolExecutor(20) as threads:
        said = list(threads.map(one, range(20)))
    assert (said.count("open"), said.count("declined")) == (10, 10)
    assert house.used(ada) == 1_000 * COIN


@pytest.mark.parametrize("seconds", [0, 15 * 60])
def test_commit_release_and_expiry_at_once_end_it_once(house: House, database_url: str, seconds: int) -> None:
    ada = house.customer()
    id = decide(house, ada, "60")["id"]
    now = house.now + timedelta(seconds=seconds)

    def end(n: int) -> None:
        with connect(database_url) as conn:
            try:
                if n % 3 == 0:
                    withdrawals.commit(conn, id, "a", now)
                elif n % 3 == 1:
                    withdrawals.let_go(conn, id, "b", now)
                else:
                    withdrawals.expire_alone(conn, id, now)
            except Conflict:
                return

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(end, range(20)))
    ended = withdrawals.alone(house.conn, id)
    assert ended.status in ({Status.COMMITTED, Status.RELEASED} if seconds == 0 else {Status.RELEASED, Status.EXPIRED})
    assert house.used(ada) == (60 * COIN if ended.status is Status.COMMITTED else 0)
    assert len(journal.about(house.conn, id)) == 2


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.OPEN])
@pytest.mark.parametrize("target", [Status.COMMITTED, Status.RELEASED])
def test_what_has_ended_stays_ended(house: House, status: Status, target: Status) -> None:
    expires = None if status is Status.DECLINED else house.now
    lone = Lone("dec_1", "cus_1", "key_1", status, expires, house.now, house.now)
    if status is target or (status, target) == (Status.EXPIRED, Status.RELEASED):
        assert not moves(lone, target, house.now)
        return
    with pytest.raises(Conflict) as said:
        moves(lone, target, house.now)
    assert said.value.code == f"decision_{status}"


# --- the API -------------------------------------------------------------------------------------------------------


@pytest.fixture
def site(conn: Conn, database_url: str) -> Iterator[Site]:
    with served(furnish(conn), database_url) as site:
        yield site


def test_the_tour_of_a_decision_alone(site: Site) -> None:
    ada = site.house.customer()
    body = {"customer": ada.id, "asset": "USDT", "network": "evm-local", "address": RECEIVER, "amount": "60"}
    first = site.call("POST", "/v1/decisions", body, key="d1")
    assert first.status_code == 201
    assert site.call("POST", "/v1/decisions", body, key="d1").text == first.text
    id = first.json()["id"]
    seen = site.call("GET", f"/v1/decisions/{id}", role="analyst").json()
    assert (seen["stage"], seen["withdrawal"], seen["reservation"]["status"]) == ("decide", None, "open")
    assert seen["facts"]["available_units"] is None
    assert {"check": "funds_short", "state": "skipped"} in seen["checks"]
    assert site.call("POST", f"/v1/decisions/{id}/commit", key="c1").json()["status"] == "committed"
    refused = site.call("POST", f"/v1/decisions/{id}/release")
    assert (refused.status_code, refused.json()["code"]) == (409, "decision_committed")
    replay = site.call("POST", f"/v1/decisions/{id}/replay", role="auditor").json()
    assert (replay["identical"], replay["facts_intact"]) == (True, True)
    used = site.call("GET", f"/v1/customers/{ada.id}/limits").json()["windows"][0]["used"]
    assert used == "60"


def test_only_the_platform_asks_commits_and_releases(site: Site) -> None:
    ada = site.house.customer()
    body = {"customer": ada.id, "asset": "USDT", "network": "evm-local", "address": RECEIVER, "amount": "60"}
    for secret in (site.key_of(ada), site.keys["analyst"]):
        assert site.call("POST", "/v1/decisions", body, secret=secret).status_code == 403
    assert site.call("POST", "/v1/decisions/dec_nothing/commit").status_code == 404


# --- what it asks of a platform, as of a customer ----------------------------------------------------------------


def findings(said: dict[str, Any]) -> set[str]:
    return {f["code"] for f in said["findings"]}


def test_a_place_that_wants_a_description_gets_one(house: House) -> None:
    ada = under_law(house, {"ask": "description", "characters": 5}).customer()
    assert "description_missing" in findings(decide(house, ada, "5"))
    assert "description_missing" in findings(decide(house, ada, "5", description="Shoe"))
    assert findings(decide(house, ada, "5", description="Shoes")) == set()
    with pytest.raises(Malformed, match="description is"):
        decide(house, ada, "5", description="Shoes\n")


def test_travel_rule_data_are_asked_for_by_name_and_whoever_pays_exchanges_them(house: House) -> None:
    ada = under_law(house).customer()
    assert decide(house, ada, "99")["outcome"] == "allow"
    (nothing,) = decide(house, ada, "100")["findings"]
    assert (nothing["code"], nothing["outcome"]) == ("travel_rule_pending", "review")
    first, some, whole = (
        withdrawals_decision(house, decide(house, ada, "100", stated=stated))
        for stated in (None, {"counterparty": BOB}, WHOLE)
    )
    assert first == "counterparty, beneficiary.name"
    assert some == "beneficiary.name"
    assert whole is None, "nothing is missing; what is left is to exchange them"


def withdrawals_decision(house: House, said: dict[str, Any]) -> str | None:
    """What the decision says is missing."""
    row = store.decision(house.conn, said["id"])
    assert row is not None
    (found,) = withdrawals.findings_of(row)
    assert found.code == "travel_rule_pending"
    return found.data.get("missing")


def test_naming_a_provider_says_that_it_keeps_the_address(house: House) -> None:
    ada = under_law(house).customer()
    decide(house, ada, "5", stated=WHOLE)
    assert [entry.ownership for entry in screening.book(house.conn, ada.id)] in ([], ["vasp"])
    (ownership,) = house.conn.execute("SELECT ownership FROM saved_address").fetchone() or ()
    assert ownership == "vasp"
    assert house.conn.execute("SELECT count(*) FROM travel_statement").fetchone() == (0,)


def test_what_cannot_be_a_receiver_is_refused_as_for_a_withdrawal(house: House) -> None:
    ada = under_law(house).customer()
    with pytest.raises(Malformed) as refused:
        decide(house, ada, "5", stated={"counterparty": {**BOB, "country": "XX"}})
    assert (refused.value.code, refused.value.field) == ("information_invalid", "counterparty.country")
    assert house.used(ada) == 0


def test_committed_by_many_at_once_with_everything_stated_it_consumes_its_room_once(
    house: House, database_url: str
) -> None:
    ada = under_law(house).customer()
    said = decide(house, ada, "150", stated=WHOLE, description="Shoes")

    def end(n: int) -> str:
        with connect(database_url) as conn:
            act = withdrawals.commit if n % 2 else withdrawals.let_go
            try:
                return act(conn, said["id"], "platform", house.now).status
            except Conflict:
                return "refused"

    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(end, range(16)))
    assert ends.count("refused") == 8
    assert len(set(ends)) == 2
    assert house.used(ada) == (150 * COIN if "committed" in ends else 0)


def test_the_route_takes_them(site: Site) -> None:
    house = under_law(site.house)
    ada = house.customer()
    body = {"customer": ada.id, "asset": "USDT", "network": "evm-local", "amount": "120", "address": RECEIVER}
    made = site.call("POST", "/v1/decisions", {**body, **WHOLE, "description": "Shoes"}, key="d-1")
    assert made.status_code == 201, made.text
    again = site.call("POST", "/v1/decisions", {**body, **WHOLE, "description": "Shoes"}, key="d-1")
    assert again.content == made.content
    other = site.call("POST", "/v1/decisions", {**body, **WHOLE, "description": "Boots"}, key="d-1")
    assert other.json()["code"] == "idempotency_key_reused"
    facts = site.call("GET", f"/v1/decisions/{made.json()['id']}", role="analyst").json()["facts"]
    assert facts["place"]["description"] == "Shoes"
    assert site.call("POST", f"/v1/decisions/{made.json()['id']}/commit").json()["status"] == "committed"

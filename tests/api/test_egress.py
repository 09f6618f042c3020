"""The breaker and stopped payers over HTTP: who may, what everybody sees, and that two people are two people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from house import COIN_USDT as COIN
from house import RECEIVER, furnish
from serving import Site, served

from tidegate.base.times import rfc3339
from tidegate.custody import store
from tidegate.db import Conn

LINE = {"minutes": 10, "accounts": 1, "destinations": 9, "value": "1000", "reset_people": 2}


@pytest.fixture
def site(conn: Conn, database_url: str) -> Iterator[Site]:
    with served(furnish(conn), database_url) as site:
        yield site


def got(site: Site, path: str, role: str = "treasury") -> dict[str, Any]:
    answer = site.call("GET", path, role=role)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def reset(site: Site, role: str, reason: str = "Looked at all of them") -> tuple[int, dict[str, Any]]:
    answer = site.call("POST", "/v1/egress/reset", {"reason": reason}, role=role)
    return answer.status_code, answer.json()


def test_the_tour_of_a_rush(site: Site) -> None:
    site.house.agree(behaviour={"egress": LINE})
    said = got(site, "/v1/egress")
    assert (said["tripped"], said["trips"], said["line"]) == (None, 0, LINE)
    assert said["now"] == {"value": "0", "accounts": None, "destinations": None}
    assert got(site, "/v1/status")["withdrawals"] == "open"
    for _ in range(2):
        who = site.house.customer(USDT=100 * COIN)
        body = {"customer": who.id, "asset": "USDT", "network": "evm-local", "address": RECEIVER, "amount": "5"}
        asked = site.call("POST", "/v1/withdrawals", body)
        assert asked.status_code == 201
    assert asked.json()["decision"]["findings"][0]["code"] == "egress_tripped"

    since = rfc3339(site.house.now)
    trip = {"number": 1, "since": since, "line": "accounts", "seen": "2", "allowed": "1", "minutes": 10}
    assert got(site, "/v1/egress", "auditor")["tripped"] == trip
    assert got(site, "/v1/treasury")["egress"] == trip
    site.house.wait(minutes=1)  # so long the public status may be old
    public = got(site, "/v1/status")
    assert public["withdrawals"] == "paused"
    assert public["egress"]["since"] == since
    assert set(public["egress"]["reason"]) == {"en", "zh"}

    assert reset(site, "analyst")[0] == 403
    assert reset(site, "treasury", " ")[0] == 422
    status, half = reset(site, "treasury")
    assert (status, half["tripped"], len(half["resets"])) == (200, trip, 1)
    assert (status, reset(site, "treasury")[1]["code"]) == (200, "egress_reset_same_person")
    status, done = reset(site, "compliance")
    reset_at = rfc3339(site.house.now)
    assert (status, done["tripped"], done["reset_at"], done["resets"]) == (200, None, reset_at, [])
    assert reset(site, "compliance")[1]["code"] == "egress_not_tripped"
    site.house.wait(minutes=1)
    assert got(site, "/v1/status")["egress"] is None


def test_without_a_breaker_in_the_policy_there_is_nothing_to_show(site: Site) -> None:
    site.house.agree(behaviour={})
    said = got(site, "/v1/egress")
    assert (said["line"], said["now"], said["tripped"]) == (None, None, None)


def test_a_stopped_lane_is_shown_and_resumed_with_a_reason(site: Site) -> None:
    now = site.house.now
    store.lane_failed(site.house.conn, store.LaneRow("hot:evm-local", 10, None, "the signer is away", now, now))
    shown = {"wallet": "hot:evm-local", "failures": 10, "detail": "the signer is away", "stopped_at": rfc3339(now)}
    assert got(site, "/v1/treasury", "auditor")["lanes"] == [shown]
    path = "/v1/treasury/lanes/hot:evm-local/resume"
    assert site.call("POST", path, {"reason": "It is back"}, role="analyst").status_code == 403
    assert site.call("POST", path, {"reason": " "}, role="treasury").status_code == 422
    assert site.call("POST", path, {"reason": "It is back"}, role="treasury").json() == {"lanes": []}
    again = site.call("POST", path, {"reason": "It is back"}, role="treasury")
    assert (again.status_code, again.json()["code"]) == (409, "lane_not_stopped")
    nowhere = site.call("POST", "/v1/treasury/payouts/pay_nothing/resume", {"reason": "x"}, role="treasury")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "payout_unknown")

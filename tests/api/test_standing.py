"""Standing withdrawals over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import standing_kit as kit
from conftest import database
from house import COIN_USDT as COIN
from house import NETWORK, RECEIVER, Customer, furnish
from serving import Site, served

from tidegate.api.standing import shapes
from tidegate.db import connect


@pytest.fixture
def site(server_url: str, template: str) -> Iterator[Site]:
    with database(server_url, template) as url, connect(url) as conn, served(furnish(conn), url) as site:
        yield site


def body(site: Site, who: Customer, **more: object) -> dict[str, Any]:
    made: dict[str, Any] = {
        "customer": who.id,
        "asset": "USDT",
        "network": NETWORK,
        "trigger": {"type": "schedule", "every": "month", "at": "12:00", "zone": "Europe/Berlin", "day": 31},
        "amount": {"type": "percent", "percent": "50"},
        "keep_back": "5",
        "fee_ceiling": {"percent": "2.5"},
        "destination": {"type": "fixed", "address_id": kit.saved(site.house, who)},
        **more,
    }
    return made


PATH = "/v1/standing-withdrawals"
ONE_IN_TURN = {"type": "rotating", "address_ids": ["adr_1"]}


def test_one_life_of_a_standing_withdrawal(site: Site) -> None:
    house, ada = site.house, site.house.customer(USDT=100 * COIN)
    key = site.key_of(ada)
    wish = body(site, ada)
    made = site.call("POST", PATH, wish, secret=key, key="k-1")
    assert made.status_code == 201, made.text
    said = made.json()
    shapes.Standing.model_validate(said)
    assert (said["status"], said["required_factor"], said["terms"]) == ("awaiting_confirmation", "totp", None)
    assert said["draft"]["trigger"] == {**wish["trigger"], "weekday": None}
    assert said["draft"]["destination"]["addresses"] == [RECEIVER]
    assert said["draft"]["fee_ceiling"] == {"amount": None, "percent": "2.5"}
    again = site.call("POST", PATH, wish, secret=key, key="k-1")
    assert (again.text, again.headers["Idempotency-Replayed"]) == (made.text, "true")
    own = f"{PATH}/{said['id']}"
    assert site.call("POST", f"{own}/confirm", {"factor": "totp", "code": "000000"}, secret=key).status_code == 403
    house.wait(seconds=30)
    done = site.call("POST", f"{own}/confirm", {"factor": "totp", "code": ada.code(house.now)}, secret=key).json()
    assert (done["status"], done["draft"], done["next_due_at"]) == ("active", None, "2026-11-30T11:00:00Z")
    assert done["terms"] == said["draft"]
    house.wait(days=6)
    kit.run_due(house)
    (run,) = site.call("GET", f"{own}/runs", secret=key).json()["runs"]
    shapes.StandingRun.model_validate(run)
    assert (run["outcome"], run["due_at"], run["address"]) == ("made", "2026-11-30T11:00:00Z", RECEIVER)
    paid = site.call("GET", f"/v1/withdrawals/{run['withdrawal']}", secret=key).json()
    assert (paid["status"], paid["amount"]) == ("approved", "50")
    paused = site.call("POST", f"{own}/pause", secret=key).json()
    assert (paused["status"], paused["reason"]["code"], paused["terms"]) == ("paused", "customer", done["terms"])
    assert site.call("POST", f"{own}/resume", {"factor": "totp", "code": "000000"}, secret=key).status_code == 403
    house.wait(seconds=30)
    answer = site.call("POST", f"{own}/resume", {"factor": "totp", "code": ada.code(house.now)}, secret=key)
    assert answer.json()["status"] == "active"
    changed = {name: wish[name] for name in ("trigger", "amount", "destination")}
    edited = site.call("PUT", own, {**changed, "amount": {"type": "all"}}, secret=key).json()
    assert edited["terms"]["amount"] == {"type": "percent", "percent": "50"}
    assert edited["draft"]["amount"] == {"type": "all"}
    assert edited["draft"]["fee_ceiling"]["percent"] == "3", "what the policy lets a fee take"
    gone = site.call("DELETE", own, secret=key)
    assert (gone.status_code, gone.json()["status"], gone.json()["terms"]) == (200, "deleted", None)
    assert site.call("DELETE", own, secret=key).json()["status"] == "deleted"
    assert site.call("POST", f"{own}/pause", secret=key).json()["code"] == "standing_deleted"
    listed = site.call("GET", f"{PATH}?customer={ada.id}").json()["standing_withdrawals"]
    assert [(s["id"], s["status"]) for s in listed] == [(said["id"], "deleted")]
    kinds = [e["kind"] for e in site.call("GET", f"/v1/customers/{ada.id}/timeline").json()["entries"]]
    for kind in ("standing.proposed", "standing.confirmed", "standing.ran", "standing.paused", "standing.deleted"):
        assert kind in kinds


def test_somebody_elses_do_not_exist(site: Site) -> None:
    house, ada, ben = site.house, site.house.customer(), site.house.customer()
    theirs = kit.standing(house, ben).id
    key = site.key_of(ada)
    terms = {name: value for name, value in body(site, ada).items() if name not in ("customer", "asset", "network")}
    code = {"factor": "totp", "code": "000000"}
    for method, path, sent in (
        ("GET", "", None),
        ("GET", "/runs", None),
        ("PUT", "", terms),
        ("POST", "/confirm", code),
        ("POST", "/resume", code),
        ("POST", "/pause", None),
        ("DELETE", "", None),
    ):
        answer = site.call(method, f"{PATH}/{theirs}{path}", sent, secret=key)
        assert (answer.status_code, answer.json()["code"]) == (404, "standing_unknown"), (method, path)
    assert site.call("POST", PATH, body(site, ben), secret=key).json()["code"] == "customer_unknown"
    assert site.call("GET", f"{PATH}?customer={ben.id}", secret=key).status_code == 404
    assert site.call("GET", PATH, secret=key).json() == {"standing_withdrawals": [], "next": None}
    assert kit.get(house, theirs).status == "active"


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"trigger": {"type": "moon"}}, "trigger", "not_a_choice"),
        ({"trigger": {}}, "trigger", "field_missing"),
        ({"trigger": {"type": "threshold", "balance": 5}}, "trigger.threshold.balance", "amount_not_a_string"),
        ({"trigger": {"type": "price", "when": "at", "price": "1"}}, "trigger.price.when", "not_a_choice"),
        ({"amount": {"type": "all", "amount": "1"}}, "amount.all.amount", "field_unknown"),
        ({"amount": {"type": "percent", "percent": "101"}}, "amount.percent", "percent_invalid"),
        ({"destination": ONE_IN_TURN}, "destination.rotating.address_ids", "too_short"),
        ({"fee_ceiling": {}}, "fee_ceiling", "fee_ceiling_invalid"),
        ({"fee_ceiling": {"amount": "1", "percent": "1"}}, "fee_ceiling", "fee_ceiling_invalid"),
        ({"keep_back": "-1"}, "keep_back", "amount_malformed"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(site: Site, more: dict[str, object], field: str, code: str) -> None:
    answer = site.call("POST", PATH, body(site, site.house.customer(), **more))
    assert answer.status_code == 422
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]


def test_pages_of_runs(site: Site) -> None:
    house, ada = site.house, site.house.customer()
    i = kit.standing(house, ada)
    for _ in range(5):
        kit.at_noon(house)
    first = site.call("GET", f"{PATH}/{i.id}/runs?limit=2").json()
    assert ([r["number"] for r in first["runs"]], first["next"]) == ([5, 4], 4)
    rest = site.call("GET", f"{PATH}/{i.id}/runs?before=4").json()
    assert ([r["number"] for r in rest["runs"]], rest["next"]) == ([3, 2, 1], None)
    assert {r["reason"]["code"] for r in rest["runs"]} == {"not_enough"}

"""The life of a policy over HTTP: four eyes, the time lock, back-tests, labels, YAML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from house import COIN_USDT as COIN
from house import RECEIVER, furnish
from serving import Site, served

from tidegate.db import Conn
from tidegate.policy.yaml_pack import from_yaml

RULES = [
    {"name": "large", "when": "amount_usd > 55 -> review", "mode": "live", "message": "Call first"},
    {"name": "trial", "when": "amount_usd > 1 -> decline", "mode": "shadow"},
]


@pytest.fixture
def site(conn: Conn, database_url: str) -> Iterator[Site]:
    with served(furnish(conn), database_url) as site:
        yield site


def pack_of(site: Site) -> dict[str, Any]:
    said: dict[str, Any] = site.call("GET", "/v1/policies", role="auditor").json()["policies"][0]["pack"]
    return said


def agreed(site: Site, pack: dict[str, Any]) -> str:
    made = site.call("POST", "/v1/policies", pack, role="analyst")
    assert made.status_code == 201, made.text
    path = f"/v1/policies/{made.json()['version']}"
    assert site.call("POST", f"{path}/approve", role="treasury").json()["approved_at"]
    return path


def test_a_check_names_the_rule_the_column_and_what_would_be_right(site: Site) -> None:
    rules = [{"name": "one", "when": "amuont_usd > 5 -> review", "mode": "live"}]
    said = site.call("POST", "/v1/policies/check", {**pack_of(site), "rules": rules}, role="auditor").json()
    (fault,) = said["errors"]
    assert (said["valid"], fault["code"], fault["field"]) == (False, "rule_fact", "rules[0].when")
    assert (fault["rule"], fault["column"], fault["suggestion"]) == ("one", 1, "amount_usd")
    refused = site.call("POST", "/v1/policies", {**pack_of(site), "rules": rules}, role="analyst")
    assert (refused.status_code, refused.json()["code"]) == (422, "rule_fact")


def test_who_would_move_is_asked_before_numbers_of_the_rating_are_approved(site: Site) -> None:
    pack = pack_of(site)
    pack["rating"]["multiple"] = 2
    path = f"/v1/policies/{site.call('POST', '/v1/policies', pack, role='analyst').json()['version']}"
    assert site.call("GET", f"{path}/what-if", role="auditor").status_code == 404
    early = site.call("POST", f"{path}/approve", role="treasury")
    assert (early.status_code, early.json()["code"]) == (409, "what_if_missing")
    asked = site.call("POST", f"{path}/what-if", role="analyst")
    assert (asked.status_code, asked.json()["moves"], len(asked.json()["months"])) == (201, [], 12)
    assert site.call("GET", f"{path}/what-if", role="auditor").json() == asked.json()
    assert site.call("POST", f"{path}/approve", role="treasury").status_code == 200


def test_a_loosening_needs_two_people_and_its_time(site: Site) -> None:
    pack = pack_of(site)
    pack["limits_24h"]["1"] = "2000"
    path = agreed(site, pack)
    early = site.call("POST", f"{path}/schedule", {"active_from": "2026-11-25T11:59:59Z"}, role="analyst")
    assert (early.status_code, early.json()["code"]) == (409, "loosening_locked")
    said = site.call("POST", f"{path}/activate", role="analyst").json()
    assert (said["in_force"], said["active_from"]) == (False, "2026-11-25T12:00:00Z")
    found = site.call("GET", "/v1/policies/1/diff/2", role="auditor").json()
    assert found["loosens"] is True
    assert found["differences"] == [{"path": "limits_24h.1", "from": "1000", "to": "2000", "direction": "looser"}]


def test_a_rule_from_its_draft_to_its_explanation(site: Site) -> None:
    ada = site.house.customer(USDT=500 * COIN)
    ask = {"customer": ada.id, "asset": "USDT", "network": "evm-local", "address": RECEIVER}
    before = site.call("POST", "/v1/withdrawals", {**ask, "amount": "60"}).json()
    tried = site.call("POST", "/v1/policies/backtest", {"rules": RULES}, role="analyst").json()
    assert [(r["rule"], r["fired"], r["people"], r["held_usd"]) for r in tried["rules"]] == [
        ("large", 1, 1, "60"),
        ("trial", 1, 1, "60"),
    ]
    assert tried["outcomes"] == [{"decided": "allow", "would_be": "review", "decisions": 1}]
    path = agreed(site, {**pack_of(site), "rules": RULES})
    assert site.call("POST", f"{path}/activate", role="analyst").json()["in_force"] is True
    made = site.call("POST", "/v1/withdrawals", {**ask, "amount": "70"}).json()
    said = site.call("GET", f"/v1/decisions/{made['decision']['id']}", role="auditor").json()
    assert [(r["rule"], r["mode"], r["lines"]) for r in said["rules"]] == [
        ("large", "live", ["amount_usd 70.00 > 55.00, by 15.00"]),
        ("trial", "shadow", ["amount_usd 70.00 > 1.00, by 69.00"]),
    ]
    assert [f["code"] for f in said["shadow"]] == ["analyst_rule"]
    assert site.call("POST", f"/v1/decisions/{said['id']}/replay", role="auditor").json()["identical"] is True
    body = {"label": "fraud", "reason": "It was not her"}
    given = site.call("POST", f"/v1/decisions/{before['decision']['id']}/label", body, role="analyst")
    assert (given.status_code, given.json()["labels"][0]["label"]) == (201, "fraud")
    assert site.call("POST", f"{path}/backtest", {}, role="auditor").json()["rules"][0]["frauds_caught"] == 1
    shadow = site.call("GET", f"{path}/shadow", role="auditor").json()
    assert (shadow["decisions"], shadow["rules"][0]["fired"], shadow["rules"][0]["held_usd"]) == (1, 1, "70")


def test_back_and_out(site: Site) -> None:
    path = agreed(site, {**pack_of(site), "rules": RULES})
    site.call("POST", f"{path}/activate", role="analyst")
    text = site.call("GET", f"{path}/export", role="auditor")
    assert text.headers["content-type"].startswith("application/yaml")
    assert from_yaml(text.text) == pack_of(site)
    back = site.call("POST", "/v1/policies/1/rollback", role="analyst")
    assert (back.status_code, back.json()["restores"]) == (201, 1)
    assert "rules" not in back.json()["pack"]

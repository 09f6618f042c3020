"""The market's calls: prices in, regimes out, and a person's word where a price was not believed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from house import furnish
from serving import Site, served

from tidegate.base.times import rfc3339
from tidegate.db import Conn


@pytest.fixture
def site(conn: Conn, database_url: str) -> Iterator[Site]:
    with served(furnish(conn), database_url) as site:
        yield site


def price(site: Site, **said: Any) -> dict[str, Any]:
    return {"asset": "ETH", "network": "evm-local", "at": rfc3339(site.house.now), **said}


def tell(site: Site, *prices: dict[str, Any], source: str = "venue-a", **more: Any) -> dict[str, Any]:
    answer = site.call("POST", "/v1/market/prices", {"source": source, "prices": list(prices)}, **more)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def regime(site: Site, role: str = "integrator") -> dict[str, Any]:
    found = site.call("GET", "/v1/market/regimes", role=role).json()["regimes"]
    said: dict[str, Any] = next(r for r in found if r["asset"] == "ETH")
    return said


def test_the_tour_of_a_crash(site: Site) -> None:
    assert regime(site) == {
        "asset": "ETH",
        "network": "evm-local",
        "regime": "calm",
        "multiplier_percent": 100,
        "reason": "fixed_price",
        "since": None,
        "as_of": None,
        "sources": 0,
        "review_at": None,
        "notice": None,
    }
    assert tell(site, price(site, price="2500")) == {"accepted": 1, "duplicates": 0, "refused": [], "changes": 0}
    site.house.wait(minutes=2)
    started = rfc3339(site.house.now)
    crash = {"open": "2500", "high": "2500", "low": "1900", "close": "2200", "volume": "12", "minutes": 1}
    bar = price(site, **crash)
    site.house.wait(minutes=1)
    assert tell(site, bar, role="treasury")["changes"] == 1
    found = regime(site, "support")
    assert (found["regime"], found["multiplier_percent"], found["reason"]) == ("stormy", 25, "fall")
    assert (found["since"], found["as_of"], found["sources"]) == (started, started, 1)
    assert "ETH" in found["notice"]["en"]
    assert "ETH" in found["notice"]["zh"]
    assert not any(digit in found["notice"]["en"].split(" at ")[0] for digit in "0123456789")  # no thresholds
    (entry,) = [e for e in site.call("GET", "/v1/events", role="auditor").json()["events"] if "market" in e["kind"]]
    assert (entry["subject"], entry["body"]["to"]) == ("market:ETH@evm-local", "stormy")


def test_a_jump_waits_for_a_persons_word(site: Site) -> None:
    tell(site, price(site, price="2500"))
    site.house.wait(minutes=1)
    said = tell(site, price(site, price="2500000000"), price(site, price="2501", asset="XYZ"))
    assert [(r["place"], r["code"]) for r in said["refused"]] == [(0, "price_jump"), (1, "asset_unknown")]
    assert regime(site)["reason"] == "price_jump"
    body = {"asset": "ETH", "network": "evm-local", "source": "venue-a", "price": "2501", "reason": "Checked"}
    assert site.call("POST", "/v1/market/sources/restart", body).status_code == 403
    assert site.call("POST", "/v1/market/sources/restart", body, role="treasury").status_code == 200
    gone = {**body, "source": "venue-b", "price": None}
    again = site.call("POST", "/v1/market/sources/restart", gone, role="treasury")
    assert (again.status_code, again.json()["code"]) == (404, "source_unknown")


def test_the_same_key_is_told_once(site: Site) -> None:
    body = {"source": "venue-a", "prices": [price(site, price="2500")]}
    first = site.call("POST", "/v1/market/prices", body, key="k1")
    again = site.call("POST", "/v1/market/prices", body, key="k1")
    assert (first.content, again.headers["Idempotency-Replayed"]) == (again.content, "true")
    assert tell(site, price(site, price="2500"))["duplicates"] == 1
    other = site.call("POST", "/v1/market/prices", {**body, "source": "venue-b"}, key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"source": "Venue A"}, "source_malformed"),
        ({"prices": []}, "request_invalid"),
        ({"prices": [{}]}, "field_missing"),
        ({"surprise": 1}, "field_unknown"),
    ],
)
def test_a_body_that_says_no_prices_is_refused(site: Site, change: dict[str, Any], code: str) -> None:
    body = {"source": "venue-a", "prices": [price(site, price="2500")], **change}
    answer = site.call("POST", "/v1/market/prices", body)
    assert answer.status_code == 422
    assert code in (answer.json()["code"], "request_invalid")


@pytest.mark.parametrize(
    "wrong", [{"price": 2500}, {"price": 2500.5}, {"price": "1", "at": "now"}, {"price": "1", "minutes": 0}]
)
def test_a_price_is_a_string_and_a_time_is_a_time(site: Site, wrong: dict[str, Any]) -> None:
    body = {"source": "venue-a", "prices": [price(site, **wrong)]}
    assert site.call("POST", "/v1/market/prices", body).status_code == 422
    assert regime(site)["reason"] == "fixed_price"

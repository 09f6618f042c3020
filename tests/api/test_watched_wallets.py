"""Warm and cold wallets by API: named, listed, refused with a reason, and known as the platform's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from house import HOT, NETWORK, furnish
from serving import Site, served

from tidegate.base.refusals import Malformed
from tidegate.db import Conn

COLD = "0x1bE7793c172589262B223a7D65c2Ca3aFa4bA220"


@pytest.fixture
def site(conn: Conn, database_url: str) -> Iterator[Site]:
    with served(furnish(conn), database_url) as site:
        yield site


def add(site: Site, role: str = "treasury", **other: str) -> Any:
    body = {"network": NETWORK, "address": COLD, "kind": "cold", "label": "Vault, Zug"} | other
    return site.call("POST", "/v1/treasury/watched", body, role)


def test_a_cold_wallet_is_named_listed_and_taken_off(site: Site) -> None:
    made = add(site, address=COLD.lower())
    assert made.status_code == 201, made.text
    (one,) = made.json()["watched"]
    assert (one["address"], one["kind"], one["label"], one["balances"]) == (COLD, "cold", "Vault, Zug", [])
    assert site.call("GET", "/v1/treasury", role="auditor").json()["watched"] == [one]
    assert add(site).json()["code"] == "wallet_known"
    gone = site.call("DELETE", f"/v1/treasury/watched/{one['id']}", role="treasury")
    assert (gone.status_code, gone.json()["watched"]) == (200, [])
    again = site.call("DELETE", f"/v1/treasury/watched/{one['id']}", role="treasury")
    assert (again.status_code, again.json()["code"]) == (404, "wallet_unknown")
    assert add(site).status_code == 201


@pytest.mark.parametrize(
    ("field", "value", "status", "code"),
    [
        ("network", "evm-nowhere", 404, "network_unknown"),
        ("address", "0x123", 422, "address_malformed"),
        ("address", HOT, 409, "wallet_known"),
        ("kind", "hot", 422, "wallet_kind_unknown"),
        ("label", " ", 422, "label_invalid"),
        ("label", "x" * 65, 422, "label_invalid"),
    ],
)
def test_what_is_no_wallet_is_refused(site: Site, field: str, value: str, status: int, code: str) -> None:
    refused = add(site, **{field: value})
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text


def test_only_treasury_names_them(site: Site) -> None:
    assert add(site, role="analyst").status_code == 403


def test_nothing_is_paid_out_to_it(site: Site) -> None:
    made = add(site).json()["watched"][0]["id"]
    site.call("DELETE", f"/v1/treasury/watched/{made}", role="treasury")  # it stays ours
    ada = site.house.customer(USDT=100 * 10**6)
    with pytest.raises(Malformed, match="wallet of this platform") as refused:
        site.house.asked(ada, "12", address=COLD)
    assert refused.value.code == "address_is_ours"

"""Who may call what: generated from the route table, so that no route is forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import merchant_kit
import pytest
import rating_kit
import standing_kit
from conftest import database
from house import COIN_USDT as COIN
from house import Customer, furnish
from serving import Site, served

from tidegate.api.door import PUBLIC, SIGNED, Route
from tidegate.api.routes import ROUTES
from tidegate.db import connect
from tidegate.parties import flow as parties
from tidegate.parties.access import ROLES, SCOPES
from tidegate.parties.party import Verified
from tidegate.rating.fact import Kind

NOTHING = {
    "id": "xx_nothing",
    "name": "no-such-list",
    "version": "999",
    "place": "DE",
    "warning": "lwn_nothing",
    "factor": "fac_nothing",
    "wallet": "hot:nowhere",
    "other": "998",
    "line": "rln_nothing",
    "sequence": "997",
}


@pytest.fixture(scope="module")
def site(server_url: str, template: str) -> Iterator[Site]:
    with database(server_url, template) as url, connect(url) as conn, served(furnish(conn), url) as site:
        yield site


def path_of(route: Route) -> str:
    return route.path.format(**NOTHING)


def send(site: Site, route: Route, **more: object) -> tuple[int, str]:
    """Status and code of a call with a body that is wrong on purpose: nothing may happen."""
    if route.takes == "json":
        more["body"] = {"nonsense": True}
    if route.takes == "csv":
        more |= {"content": "nonsense", "headers": {"Content-Type": "text/csv"}}
    answer = site.call(route.method, path_of(route), **more)  # type: ignore[arg-type]
    said = answer.json() if "json" in answer.headers["content-type"] else {}
    return answer.status_code, said.get("code", "")


GUARDED = [route for route in ROUTES if route.scope not in (PUBLIC, SIGNED)]


@pytest.mark.parametrize("route", GUARDED, ids=lambda r: f"{r.method} {r.path}")
def test_without_a_key_nobody_learns_anything(site: Site, route: Route) -> None:
    assert send(site, route, role=None) == (401, "key_missing")
    assert send(site, route, secret="tg_made_up") == (401, "key_unknown")


@pytest.mark.parametrize("role", [role for role in ROLES if role != "customer"])
@pytest.mark.parametrize("route", GUARDED, ids=lambda r: f"{r.method} {r.path}")
def test_a_role_may_do_what_its_scopes_say_and_nothing_else(site: Site, route: Route, role: str) -> None:
    status, code = send(site, route, role=role)
    if route.scope in ROLES[role]:
        assert status not in (401, 403), code
        assert status < 500
    else:
        assert (status, code) == (403, "scope_missing")


def test_every_scope_of_the_table_exists() -> None:
    assert {route.scope for route in ROUTES} - {PUBLIC, SIGNED} <= SCOPES


@pytest.mark.parametrize("role", [None, *(role for role in ROLES if role != "customer")])
@pytest.mark.parametrize("route", [r for r in ROUTES if r.scope == SIGNED], ids=lambda r: f"{r.method} {r.path}")
def test_where_counterparties_sign_no_key_of_ours_opens_anything(site: Site, route: Route, role: str | None) -> None:
    assert send(site, route, role=role) == (401, "signature_missing")
    made_up = {"Tidegate-Key": "00" * 32, "Tidegate-Signature": "00" * 64}
    assert send(site, route, role=role, headers=made_up) == (401, "signature_unknown")


@pytest.mark.parametrize("route", [r for r in ROUTES if r.scope == PUBLIC], ids=lambda r: f"{r.method} {r.path}")
def test_public_routes_only_read(route: Route) -> None:
    assert route.method == "GET"


EVERYBODYS = {"get_ad", "quote_ad"}
"""The book is for all to see."""

TERMS = {
    "price": "1.1",
    "amount": "50",
    "min_amount": "5",
    "max_amount": "50",
    "methods": ["bank"],
    "payment_minutes": 15,
}


def ad_of(site: Site, who: Customer) -> str:
    site.house.fund(who.id, "USDT", merchant_kit.REQUIRED)
    parties.set_identity(site.house.conn, who.id, Verified(2, verified_name="Ben"), "test", site.house.now)
    merchant = merchant_kit.certified(site.house, who)
    body = {"merchant": merchant.id, "side": "sell", "asset": "USDT", "network": "evm-local", "fiat": "EUR", **TERMS}
    return str(site.call("POST", "/v1/ads", body).json()["id"])


def order_of(site: Site, who: Customer) -> str:
    body = {"ad": ad_of(site, who), "taker": site.house.customer().id, "amount": "5", "method": "bank"}
    return str(site.call("POST", "/v1/orders", body).json()["id"])


@pytest.mark.parametrize(
    "route",
    [r for r in GUARDED if r.scope in ROLES["customer"] and "{id}" in r.path and r.name not in EVERYBODYS],
    ids=lambda r: f"{r.method} {r.path}",
)
def test_what_belongs_to_somebody_else_does_not_exist(site: Site, route: Route) -> None:
    ada, ben = site.house.customer(USDT=100 * COIN), site.house.customer(USDT=100 * COIN)
    if route.path.startswith("/v1/customers"):
        theirs = ben.id
    elif route.path.startswith("/v1/standing-withdrawals"):
        theirs = standing_kit.standing(site.house, ben).id
    elif route.path.startswith("/v1/merchants"):
        theirs = merchant_kit.applied(site.house, ben).id
    elif route.path.startswith("/v1/rating-lines"):
        desk = rating_kit.staffed(site.house)
        shop = merchant_kit.certified(site.house, merchant_kit.person(site.house))
        desk.confirmed(shop.id, Kind.COUNTERPARTY_FREEZE)
        theirs = desk.line(shop.id).id
        desk.decide(theirs, "high", preset="A")
    elif route.path.startswith("/v1/payment-accounts"):
        theirs = merchant_kit.account(site.house, ben).id
    elif route.path.startswith("/v1/ads"):
        theirs = ad_of(site, ben)
    elif route.path.startswith("/v1/orders"):
        theirs = order_of(site, ben)
    else:
        theirs = site.house.asked(ben, "5").id
    bodies = {
        "freeze_customer": {"reason": "Lost phone"},
        "make_deposit_address": {"asset": "USDT", "network": "evm-local"},
        "save_address": {"network": "evm-local", "address": "0x8617E340B3D01FA5F11F306F4090FD50E238070D"},
        "switch_allow_list": {"on": True},
        "prove_ownership": {"signature": "0x" + "11" * 65},
        "confirm_withdrawal": {"factor": "totp", "code": "123456"},
        "inform_withdrawal": {"kind": "purpose", "text": "An invoice"},
        "appeal_withdrawal": {"text": "It is my own address"},
        "acknowledge_warning": {},
        "insist_on_warning": {},
        "edit_standing": {
            "trigger": {"type": "threshold", "balance": "50"},
            "amount": {"type": "all"},
            "destination": {"type": "fixed", "address_id": "adr_nobody"},
        },
        "confirm_standing": {"factor": "totp", "code": "123456"},
        "resume_standing": {"factor": "totp", "code": "123456"},
        "comment_on_line": {"text": "It was not us"},
        "consent_to_rules": {"rules_version": merchant_kit.RULES, "agreed": True},
        "ask_exit": {"reason": "moving on"},
        "move_bond": {"asset": "USDT", "network": "evm-local", "lock": "1"},
        "change_bond_asset": {
            "asset": "USDT",
            "network": "evm-local",
            "new_asset": "USDT",
            "new_network": "evm-local",
        },
        "register_payment_account": {"method": "cash", "institution": "Hamburg", "holder_name": "Ada"},
        "attest_payment_account": {"platform": "Other Desk", "source": "own_statement"},
        "edit_ad": TERMS,
        "pay_order": {},
        "release_order": {"factor": "totp", "code": "000000"},
        "cancel_order": {},
        "dispute_order": {"reason": "other", "note": "Hello?"},
    }
    path = route.path.format(id=theirs, warning="lwn_nothing")
    answer = site.call(route.method, path, bodies.get(route.name), secret=site.key_of(ada))
    missing = site.call(
        route.method,
        route.path.format(id=theirs[:-4] + "0000", warning="lwn_nothing"),
        bodies.get(route.name),
        secret=site.key_of(ada),
    )
    assert answer.status_code == missing.status_code == 404
    assert answer.json()["code"] == missing.json()["code"]


def test_a_customers_lists_hold_only_their_own(site: Site) -> None:
    ada, ben = site.house.customer(USDT=100 * COIN), site.house.customer(USDT=100 * COIN)
    site.house.asked(ada, "5")
    site.house.asked(ben, "5")
    key = site.key_of(ada)
    found = site.call("GET", "/v1/withdrawals", secret=key).json()["withdrawals"]
    assert {w["customer"] for w in found} == {ada.id}
    assert [c["id"] for c in site.call("GET", "/v1/customers", secret=key).json()["customers"]] == [ada.id]
    assert site.call("GET", f"/v1/withdrawals?customer={ben.id}", secret=key).status_code == 404
    assert site.call("GET", f"/v1/deposits?customer={ben.id}", secret=key).status_code == 404


def test_a_customer_cannot_ask_for_somebody_elses_coins(site: Site) -> None:
    ada, ben = site.house.customer(USDT=100 * COIN), site.house.customer(USDT=100 * COIN)
    body = {"customer": ben.id, "asset": "USDT", "network": "evm-local", "amount": "5", "address": "0x" + "1" * 40}
    answer = site.call("POST", "/v1/withdrawals", body, secret=site.key_of(ada))
    assert (answer.status_code, answer.json()["code"]) == (404, "customer_unknown")
    assert site.house.held(ben) == 0


def test_a_revoked_key_is_nobodys(site: Site) -> None:
    made = site.call("POST", "/v1/keys", {"role": "support", "label": "temp"}, role="admin").json()
    assert site.call("GET", "/v1/customers", secret=made["key"]).status_code == 200
    assert site.call("POST", f"/v1/keys/{made['id']}/revoke", role="admin").status_code == 200
    assert site.call("GET", "/v1/customers", secret=made["key"]).json()["code"] == "key_revoked"


def test_a_key_is_bound_to_its_networks(site: Site) -> None:
    far = {"role": "support", "label": "far", "addresses": ["10.0.0.0/8"]}
    near = {"role": "support", "label": "near", "addresses": ["127.0.0.0/8"]}
    keys = [site.call("POST", "/v1/keys", body, role="admin").json()["key"] for body in (far, near)]
    assert [site.call("GET", "/v1/customers", secret=key).status_code for key in keys] == [401, 200]

"""Merchants, bonds and payment accounts over HTTP: one life, and who sees what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import merchant_kit as kit
import pytest
from conftest import database
from house import COIN_USDT as COIN
from house import NETWORK, Customer, furnish
from merchant_kit import RULES, person
from serving import Site, served

from tidegate.api.delistings import shapes as delistings
from tidegate.api.merchants import shapes
from tidegate.api.payment_accounts import shapes as payment_accounts
from tidegate.db import connect
from tidegate.parties import flow as parties

PATH = "/v1/merchants"
USDT = {"asset": "USDT", "network": NETWORK}


@pytest.fixture
def site(server_url: str, template: str) -> Iterator[Site]:
    with database(server_url, template) as url, connect(url) as conn, served(furnish(conn), url) as site:
        yield site


def done(site: Site, method: str, path: str, body: Any = None, **who: Any) -> Any:
    """A call that is right, and its answer."""
    answer = site.call(method, path, body, **who)
    assert answer.status_code < 300, answer.text
    return answer.json()


def code(site: Site, method: str, path: str, body: Any = None, **who: Any) -> tuple[int, str]:
    answer = site.call(method, path, body, **who)
    return answer.status_code, answer.json()["code"]


def certified(site: Site, who: Customer) -> str:
    id: str = done(site, "POST", PATH, {"customer": who.id, "rules_version": RULES})["id"]
    done(site, "POST", f"{PATH}/{id}/bond", {**USDT, "lock": "10000"})
    done(site, "POST", f"{PATH}/{id}/certification", {"decision": "certify", "reason": "ok"}, role="compliance")
    return id


def test_one_life_of_a_merchant(site: Site) -> None:
    house, ada = site.house, person(site.house)
    key = site.key_of(ada)
    wish = {"customer": ada.id, "rules_version": RULES}
    made = done(site, "POST", PATH, wish, secret=key, key="m-1")
    shapes.Merchant.model_validate(made)
    assert (made["certification"], made["may_trade"], made["person"]) == ("pending", False, made["id"])
    assert site.call("POST", PATH, wish, secret=key, key="m-1").headers["Idempotency-Replayed"] == "true"
    assert code(site, "POST", PATH, wish, secret=key) == (409, "merchant_exists")
    own = f"{PATH}/{made['id']}"
    locked = done(site, "POST", f"{own}/bond", {**USDT, "lock": "10000.000001"}, secret=key, key="m-2")
    shapes.BondMoved.model_validate(locked)
    assert (locked["bonds"][0]["locked"], locked["bonds"][0]["demand"]) == ("10000.000001", "0")
    balances = done(site, "GET", f"/v1/customers/{ada.id}/balances", secret=key)["balances"]
    assert [b["held"] for b in balances] == [{"bond": "10000.000001"}]
    waiting = done(site, "GET", f"{PATH}?certification=pending", role="compliance")["merchants"]
    assert [m["id"] for m in waiting] == [made["id"]]
    decision = {"decision": "certify", "reason": "All papers are there."}
    assert done(site, "POST", f"{own}/certification", decision, role="compliance")["may_trade"] is True
    assert code(site, "POST", f"{own}/certification", decision, role="compliance") == (409, "merchant_not_pending")
    done(site, "POST", f"{own}/bond", {**USDT, "unlock": "0.000001"}, secret=key)
    kit.time(house, days=30)
    moved = done(site, "GET", f"{own}/bond", secret=key)
    shapes.BondView.model_validate(moved)
    assert [(m["kind"], m["locked"]) for m in moved["movements"]] == [
        ("lock", "10000.000001"),
        ("release", "-0.000001"),
    ]
    left = done(site, "POST", f"{own}/exit", {"reason": "Moving on"}, secret=key)
    assert left["certification"] == "exiting"
    (case,) = done(site, "GET", "/v1/cases?status=open", role="compliance")["cases"]
    assert (case["kind"], case["subject"]) == ("merchant_exit", made["id"])
    done(site, "POST", f"/v1/cases/{case['id']}/answer", {"answer": "approve", "reason": "Clean"}, role="analyst")
    kit.news(house)
    kit.time(house, days=30)
    gone = done(site, "GET", own, secret=key)
    assert (gone["certification"], gone["status_text"]["zh"]) == ("closed", "您已退出商家资格，保证资产已退还。")
    assert house.available(ada) == 20_000 * COIN
    dossier = done(site, "GET", f"{own}/dossier", secret=key)
    shapes.Dossier.model_validate(dossier)
    assert [s["ground"] for s in dossier["scope"]] == ["certified", "exit"]
    assert dossier["links"] is None


def test_staff_propose_a_deduction_and_others_agree(site: Site) -> None:
    ada, victim = person(site.house), site.house.customer()
    own = f"{PATH}/{certified(site, ada)}"
    wish = {**USDT, "deduct": "12000", "reason": "Freezes", "reference": "notice 7", "victim": victim.id}
    assert code(site, "POST", f"{own}/bond", wish) == (403, "scope_missing")
    assert code(site, "POST", f"{own}/bond", wish, role="treasury") == (403, "scope_missing")
    asked = done(site, "POST", f"{own}/bond", wish, role="compliance")
    shapes.BondMoved.model_validate(asked)
    assert (asked["movement"], asked["case"]["people"], asked["bonds"][0]["locked"]) == (None, 2, "10000")
    answer = {"answer": "approve", "reason": "Seen the notice"}
    path = f"/v1/cases/{asked['case']['id']}/answer"
    assert code(site, "POST", path, answer, role="compliance") == (403, "case_own_request")
    done(site, "POST", path, answer, role="analyst")
    second = kit.staff(site.house, "Ines")
    assert second.startswith("key_")
    kit.answer(site.house, own.removeprefix(f"{PATH}/"), "bond_deduction", "approve", ["Ines"])
    now = done(site, "GET", f"{own}/bond", role="auditor")["bonds"][0]
    assert (now["locked"], now["owed"], now["demand"]) == ("0", "2000", "12000")
    assert site.house.available(victim) == 10_000 * COIN
    staff_lock = {**USDT, "top_up": "1"}
    assert code(site, "POST", f"{own}/bond", staff_lock, role="compliance") == (403, "scope_missing")
    paid = done(site, "POST", f"{own}/bond", {**USDT, "top_up": "2000"}, secret=site.key_of(ada))
    assert (paid["movement"]["owed"], paid["bonds"][0]["demand"]) == ("-2000", "10000")


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({**USDT}, 422, "move_unclear"),
        ({**USDT, "lock": "1", "unlock": "1"}, 422, "move_unclear"),
        ({**USDT, "lock": "0"}, 422, "amount_zero"),
        ({**USDT, "lock": "1.0000001"}, 422, "amount_too_precise"),
        ({**USDT, "lock": "-1"}, 422, "amount_malformed"),
        ({**USDT, "asset": "NONE", "lock": "1"}, 422, "asset_unknown"),
        ({**USDT, "asset": "ETH", "lock": "1"}, 409, "no_bond"),
        ({**USDT, "lock": "10001"}, 409, "funds_short"),
        ({**USDT, "unlock": "1"}, 409, "unlock_above_surplus"),
        ({**USDT, "top_up": "1"}, 409, "nothing_demanded"),
    ],
)
def test_what_a_bond_refuses(site: Site, body: dict[str, str], status: int, said: str) -> None:
    id = certified(site, person(site.house))
    assert code(site, "POST", f"{PATH}/{id}/bond", body) == (status, said)


def test_a_deduction_says_why(site: Site) -> None:
    id = certified(site, person(site.house))
    for wish in ({"deduct": "1", "reference": "x"}, {"deduct": "1", "reason": "x"}):
        assert code(site, "POST", f"{PATH}/{id}/bond", {**USDT, **wish}, role="analyst")[0] == 422


def test_agreeing_linking_and_delisting(site: Site) -> None:
    first, second = certified(site, person(site.house)), certified(site, ada := person(site.house))
    weak = {"merchant": first, "evidence": "shared_device", "note": "One phone"}
    assert code(site, "POST", f"{PATH}/{second}/links", weak, role="compliance") == (422, "link_evidence_weak")
    linked = done(site, "POST", f"{PATH}/{second}/links", {**weak, "evidence": "authority"}, role="compliance")
    assert linked["person"] == first
    dossier = done(site, "GET", f"{PATH}/{second}/dossier", role="compliance")
    assert (dossier["accounts_of_person"], len(dossier["links"])) == ([first, second], 1)
    mine = done(site, "GET", f"{PATH}/{second}/dossier", secret=site.key_of(ada))
    assert (mine["accounts_of_person"], mine["links"]) == ([second], None)
    path = f"/v1/merchant-links/{dossier['links'][0]['id']}/undo"
    assert code(site, "POST", path, {"reason": "no"}, role="compliance") == (403, "link_own")
    assert code(site, "POST", path, {"reason": "no"}) == (403, "scope_missing")
    other = parties.create_key(site.house.conn, "compliance", "Zoe", "test", site.house.now).secret
    apart = done(site, "POST", path, {"reason": "two cousins of one name"}, secret=other)
    assert apart["undone_reason"] == "two cousins of one name"
    assert code(site, "POST", path, {"reason": "again"}, secret=other) == (409, "link_undone")
    consent = {"rules_version": RULES, "agreed": False}
    assert done(site, "POST", f"{PATH}/{second}/consent", consent)["certification"] == "exiting"
    order = {**USDT, "last_day": "2026-12-31", "reason": "Third batch"}
    made = done(site, "POST", "/v1/delistings", order, role="compliance")
    delistings.Delisting.model_validate(made)
    assert done(site, "GET", "/v1/delistings")["delistings"] == [made]
    assert code(site, "POST", "/v1/delistings", order, role="compliance") == (409, "asset_delisting")
    same = {**USDT, "new_asset": "USDT", "new_network": NETWORK}
    assert code(site, "POST", f"{PATH}/{first}/bond/asset", same) == (409, "asset_delisting")


def test_payment_accounts_tell_a_customer_nothing_about_others(site: Site) -> None:
    ada, bob = person(site.house), person(site.house, "Robert Miller")
    wish = {"method": "bank", "institution": "Some Bank", "number": "DE89370400440532013000"}
    path, key = f"/v1/customers/{ada.id}/payment-accounts", site.key_of(ada)
    made = done(site, "POST", path, {**wish, "holder_name": "Ada Lovelace"}, secret=key)
    payment_accounts.PaymentAccount.model_validate(made)
    assert (made["verified"], made["ending"], made["shared_with"]) == (True, "3000", None)
    assert "DE89" not in str(made)
    done(site, "POST", f"/v1/customers/{bob.id}/payment-accounts", {**wish, "holder_name": "Robert Miller"})
    (mine,) = done(site, "GET", path, secret=key)["payment_accounts"]
    (seen,) = done(site, "GET", path, role="compliance")["payment_accounts"]
    assert (mine["shared_with"], seen["shared_with"]) == (None, [bob.id])
    said = {"platform": "Other Desk", "source": "document", "reference": "page 3"}
    at = f"/v1/payment-accounts/{made['id']}"
    assert code(site, "POST", f"{at}/attestations", said, secret=key) == (403, "attestation_not_yours")
    assert done(site, "POST", f"{at}/attestations", said, role="compliance")["attested_elsewhere"] is True
    sentinel = {"platform": "Other Desk", "source": "own_statement", "since": "1900-01-01"}
    assert code(site, "POST", f"{at}/attestations", sentinel, secret=key) == (422, "since_impossible")
    assert done(site, "DELETE", at, secret=key)["retired_at"] is not None
    assert code(site, "DELETE", at, secret=key) == (409, "account_retired")


def test_a_customer_applies_for_nobody_else(site: Site) -> None:
    ada, bob = person(site.house), person(site.house)
    wish = {"customer": bob.id, "rules_version": RULES}
    assert code(site, "POST", PATH, wish, secret=site.key_of(ada)) == (404, "customer_unknown")
    certified(site, bob)
    assert done(site, "GET", PATH, secret=site.key_of(ada))["merchants"] == []
    assert code(site, "GET", f"{PATH}?certification=famous")[0] == 422

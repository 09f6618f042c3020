"""Ads and orders over HTTP: one trade, who sees what, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import database
from desk_kit import Hall, Merchant, open_hall
from house import NETWORK, Customer
from serving import Site, served

from tidegate.api.ads import shapes as ads
from tidegate.api.orders import shapes as orders
from tidegate.db import connect

TERMS = {
    "price": "7.20",
    "amount": "1000",
    "min_amount": "10",
    "max_amount": "500",
    "methods": ["wallet", "bank"],
    "payment_minutes": 15,
    "conditions": {"level": 1},
}


class Fair:
    """A served desk with one merchant and one taker."""

    def __init__(self, site: Site, hall: Hall) -> None:
        self.site, self.hall = site, hall
        self.merchant: Merchant = hall.merchant("Li Na")
        self.taker: Customer = hall.person("Zhang Wei")
        self.seller, self.buyer = site.key_of(self.merchant.who), site.key_of(self.taker)

    def done(self, method: str, path: str, body: Any = None, **who: Any) -> Any:
        answer = self.site.call(method, path, body, **who)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def code(self, method: str, path: str, body: Any = None, **who: Any) -> tuple[int, str]:
        answer = self.site.call(method, path, body, **who)
        return answer.status_code, answer.json()["code"]

    def ad(self, **terms: Any) -> dict[str, Any]:
        return {
            "merchant": self.merchant.id,
            "side": "sell",
            "asset": "USDT",
            "network": NETWORK,
            "fiat": "CNY",
            **TERMS,
            **terms,
        }

    def published(self, **terms: Any) -> str:
        return str(self.done("POST", "/v1/ads", self.ad(**terms), secret=self.seller)["id"])

    def confirmed(self) -> dict[str, str]:
        """What the merchant's app says now."""
        return {"factor": "totp", "code": self.hall.code(self.merchant.who.id).code}

    def order(self, ad: str, amount: str = "100") -> dict[str, Any]:
        return {"ad": ad, "taker": self.taker.id, "amount": amount, "method": "bank"}

    def taken(self, ad: str, amount: str = "100") -> str:
        return str(self.done("POST", "/v1/orders", self.order(ad, amount), secret=self.buyer)["id"])


@pytest.fixture
def fair(server_url: str, template: str) -> Iterator[Fair]:
    with database(server_url, template) as url, connect(url) as conn:
        hall = open_hall(conn)
        with served(hall, url) as site:
            yield Fair(site, hall)


def test_one_trade_from_ad_to_release(fair: Fair) -> None:
    made = fair.done("POST", "/v1/ads", fair.ad(), secret=fair.seller, key="a-1")
    ads.Ad.model_validate(made)
    assert (made["price"], made["amount"], made["retention_hours"], made["methods"]) == (
        "7.2",
        "1000",
        48,
        ["bank", "wallet"],
    )
    again = fair.site.call("POST", "/v1/ads", fair.ad(), secret=fair.seller, key="a-1")
    assert again.headers["Idempotency-Replayed"] == "true"
    book = fair.done("GET", "/v1/ads?asset=USDT&side=sell", secret=fair.buyer)
    ads.Book.model_validate(book)
    assert [ad["id"] for ad in book["ads"]] == [made["id"]]
    quote = fair.done("GET", f"/v1/ads/{made['id']}/quote?amount=100&method=bank", secret=fair.buyer)
    ads.AdQuote.model_validate(quote)
    assert (quote["fiat_amount"], quote["retention_hours"], quote["conditions_unmet"]) == ("720", 48, [])
    order = fair.done("POST", "/v1/orders", fair.order(made["id"]) | {"price": "7.2"}, secret=fair.buyer, key="o-1")
    orders.Order.model_validate(order)
    assert (order["status"], order["payer"], order["seller"]) == ("created", "taker", "merchant")
    path = f"/v1/orders/{order['id']}"
    paid = fair.done("POST", f"{path}/paid", {"holder_name": "Wei Zhang"}, secret=fair.buyer)
    assert (paid["status"], paid["payer_similarity"]) == ("paid", 100)
    assert fair.code("POST", f"{path}/release", {}, secret=fair.seller) == (422, "field_missing")
    bare = {"factor": "totp"}
    assert fair.code("POST", f"{path}/release", bare, secret=fair.seller) == (422, "confirmation_incomplete")
    assert fair.code("POST", f"{path}/release", bare | {"code": "000000"}, secret=fair.seller) == (403, "code_wrong")
    assert fair.code("POST", f"{path}/challenge", secret=fair.buyer) == (403, "order_not_seller")
    assert fair.code("POST", f"{path}/challenge", secret=fair.seller) == (409, "factor_missing")
    done = fair.done("POST", f"{path}/release", fair.confirmed(), secret=fair.seller)
    assert done["status"] == "released"
    kept = fair.done("GET", f"/v1/customers/{fair.taker.id}/retention-lots", secret=fair.buyer)
    orders.Lots.model_validate(kept)
    assert [(lot["order"], lot["left"], lot["status"]) for lot in kept["lots"]] == [(order["id"], "100", "open")]
    assert kept["withdrawable"] == [{"asset": "USDT", "network": NETWORK, "amount": "0"}]
    mine = fair.done("GET", "/v1/orders?status=released", secret=fair.seller)
    orders.Orders.model_validate(mine)
    assert [one["id"] for one in mine["orders"]] == [order["id"]]


def test_the_payer_alone_is_told_where_to_pay(fair: Fair) -> None:
    ad = fair.published()
    path = f"/v1/orders/{fair.taken(ad)}/payee"
    assert fair.code("POST", path, secret=fair.buyer) == (404, "payee_missing")
    assert fair.code("POST", path, secret=fair.seller) == (403, "order_not_payer")
    for role in ("compliance", "support", "auditor"):
        assert fair.site.call("POST", path, role=role).status_code == 403, "staff are not told"
    account = {"method": "bank", "institution": "Some Bank", "number": "DE89 3704 0044 0532 0130 00"}
    owner = fair.site.call(
        "POST",
        f"/v1/customers/{fair.merchant.who.id}/payment-accounts",
        {**account, "holder_name": "Li Na"},
        secret=fair.seller,
    )
    assert owner.status_code == 201, owner.text
    told = fair.done("POST", f"/v1/orders/{fair.taken(ad)}/payee", secret=fair.buyer)
    assert told == {"institution": "Some Bank", "number": "DE89370400440532013000", "holder_name": "Li Na"}


def test_an_ad_through_its_life(fair: Fair) -> None:
    id = fair.published()
    path = f"/v1/ads/{id}"
    assert fair.code("POST", "/v1/ads", fair.ad(), secret=fair.seller) == (409, "ad_active_already")
    assert fair.done("GET", path)["unrestricted"] is False
    anybody = fair.done("PUT", path, {**TERMS, "conditions": {}}, secret=fair.seller)
    assert anybody["unrestricted"] is True, "5.3c looks at a sell ad without conditions"
    edited = fair.done("PUT", path, {**TERMS, "price": None, "percent": "100"}, secret=fair.seller)
    assert (edited["price"], edited["percent"]) == ("7.1942446", "100")
    assert fair.done("POST", f"{path}/pause", secret=fair.seller)["reason"] == "merchant"
    assert fair.done("GET", "/v1/ads?asset=USDT&side=sell")["ads"] == []
    assert fair.done("POST", f"{path}/resume", secret=fair.seller)["status"] == "active"
    assert fair.done("POST", f"{path}/close", secret=fair.seller)["status"] == "closed"
    assert fair.code("PUT", path, TERMS, secret=fair.seller) == (409, "ad_closed")
    listed = fair.done("GET", f"/v1/ads?merchant={fair.merchant.id}&limit=1")
    assert (listed["ads"][0]["status"], listed["next"]) == ("closed", id)
    assert fair.done("GET", path, secret=fair.buyer)["id"] == id


def test_without_a_currency_the_book_compares_what_coins_cost(fair: Fair) -> None:
    cny = fair.published(price="7.30")
    other = fair.hall.merchant()
    body = fair.ad(fiat="EUR", price="0.93") | {"merchant": other.id}  # 1.0044 USD against 1.0147
    eur = fair.done("POST", "/v1/ads", body)["id"]
    found = fair.done("GET", f"/v1/ads?asset=USDT&side=sell&network={NETWORK}")["ads"]
    assert [ad["id"] for ad in found] == [eur, cny]
    assert [ad["id"] for ad in fair.done("GET", "/v1/ads?asset=USDT&side=sell&fiat=CNY")["ads"]] == [cny]
    assert fair.done("GET", "/v1/ads?asset=USDT&side=sell&amount=501")["ads"] == []
    assert fair.done("GET", "/v1/ads?asset=USDT&side=sell&method=cash")["ads"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "book_unclear"),
        ("?asset=USDT", "book_unclear"),
        ("?asset=GOLD&side=sell", "asset_unknown"),
        ("?asset=USDT&side=sell&fiat=XAU", "fiat_unknown"),
        ("?asset=USDT&side=sell&amount=x", "amount_malformed"),
    ],
)
def test_a_book_that_nobody_can_open(fair: Fair, query: str, code: str) -> None:
    assert fair.code("GET", f"/v1/ads{query}") == (422, code)


def test_a_customer_publishes_and_takes_for_themself_alone(fair: Fair) -> None:
    assert fair.code("POST", "/v1/ads", fair.ad(), secret=fair.buyer) == (404, "merchant_unknown")
    id = fair.published()
    assert fair.code("POST", f"/v1/ads/{id}/pause", secret=fair.buyer) == (404, "ad_unknown")
    stranger = fair.site.key_of(fair.hall.person())
    assert fair.code("POST", "/v1/orders", fair.order(id), secret=stranger) == (404, "customer_unknown")
    order = fair.taken(id)
    assert fair.code("GET", f"/v1/orders/{order}", secret=stranger) == (404, "order_unknown")
    assert fair.done("GET", "/v1/orders", secret=stranger)["orders"] == []
    assert fair.code("POST", f"/v1/orders/{order}/paid", {"by": "taker"}, secret=fair.seller) == (404, "order_unknown")
    assert fair.code("POST", f"/v1/orders/{order}/paid", {}, secret=fair.seller) == (403, "order_not_payer")
    release = fair.confirmed()
    assert fair.code("POST", f"/v1/orders/{order}/release", release, secret=fair.buyer) == (403, "order_not_seller")
    assert fair.code("POST", f"/v1/orders/{order}/cancel", {}) == (422, "by_missing")
    assert fair.done("POST", f"/v1/orders/{order}/cancel", {"by": "merchant"})["cancelled_by"] == "merchant"


def test_a_dispute_is_resolved_by_staff(fair: Fair) -> None:
    order = fair.taken(fair.published())
    path = f"/v1/orders/{order}"
    fair.done("POST", f"{path}/paid", {}, secret=fair.buyer)
    ask = {"reason": "not_released", "note": "I paid an hour ago"}
    disputed = fair.done("POST", f"{path}/dispute", ask, secret=fair.buyer)
    assert disputed["dispute"] == {"reason": "not_released", "by": "taker", "lost_by": None, "people": None}
    decide = {"outcome": "release", "reason": "The bank's notice says so"}
    assert fair.code("POST", f"{path}/resolve", decide) == (403, "scope_missing")
    assert fair.code("POST", f"{path}/resolve", decide, role="support") == (403, "scope_missing")
    done = fair.done("POST", f"{path}/resolve", decide, role="analyst")
    assert (done["status"], done["dispute"]["lost_by"], done["dispute"]["people"]) == (
        "resolved_release",
        "merchant",
        1,
    )
    assert fair.code("POST", f"{path}/resolve", decide, role="compliance") == (409, "order_not_disputed")


def test_the_account_of_a_payer_is_compared_by_its_holder(fair: Fair) -> None:
    order = fair.taken(fair.published())
    account = {"method": "bank", "institution": "Bank", "number": "DE89370400440532013000", "holder_name": "Zhang Wei"}
    path = f"/v1/customers/{fair.taker.id}/payment-accounts"
    own = fair.done("POST", path, account, secret=fair.buyer)["id"]
    other = fair.done("POST", path, account | {"number": "GB29NWBK60161331926819", "holder_name": "Maria Gonzalez"})[
        "id"
    ]
    paying = f"/v1/orders/{order}/paid"
    assert fair.code("POST", paying, {"account": "pac_nothing"}, secret=fair.buyer) == (404, "account_unknown")
    assert fair.code("POST", paying, {"account": other}, secret=fair.buyer) == (409, "payer_name_mismatch")
    assert fair.done("GET", f"/v1/orders/{order}")["payer_similarity"] < 85
    assert fair.done("POST", paying, {"account": own}, secret=fair.buyer)["payer_similarity"] == 100
    stored = fair.hall.conn.execute("SELECT payer_hash, payee_hash FROM p2p_orders_v").fetchone()
    accounts = fair.hall.conn.execute("SELECT account_hash FROM p2p_accounts_v ORDER BY holder_name DESC").fetchone()
    assert stored is not None
    assert accounts is not None
    assert stored == (accounts[0], None)


def test_the_views_say_what_the_rating_reads(fair: Fair) -> None:
    order = fair.taken(fair.published())
    row = fair.hall.conn.execute(
        "SELECT order_id, subject_id, side, value, fiat_amount, price, reference_price, has_conditions, status "
        "FROM p2p_orders_v"
    ).fetchone()
    assert row is not None
    assert [str(cell) for cell in row] == [
        order,
        fair.merchant.id,
        "sell",
        "100000000",
        "720.00000000",
        "7.20000000",
        "7.19424460",
        "True",
        "created",
    ]
    ad = fair.hall.conn.execute("SELECT side, price, status, has_conditions FROM p2p_ads_v").fetchone()
    assert ad is not None
    assert [str(cell) for cell in ad] == ["sell", "7.20000000", "active", "True"]

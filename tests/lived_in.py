"""A house in which something of everything has happened, for tests that look at every page.

What people type here they type in Greek: whatever stands on a page in Latin or Chinese letters is the house's own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

import merchant_kit
from desk_kit import Hall, Merchant
from house import DATA_KEY, LISTED, NETWORK, RECEIVER, USDT, Customer, furnish
from rating_kit import Desk, staffed
from standing_kit import read_news, standing
from travel_kit import letter, of_places, usd

from tidegate.cases import flow as cases
from tidegate.custody import flow as custody_flow
from tidegate.custody import store as custody
from tidegate.custody.books import Checked
from tidegate.db import Conn, act
from tidegate.notifications import flow as notifications
from tidegate.notifications.webhooks import flow as webhooks
from tidegate.p2p.disputes import flow as disputes
from tidegate.p2p.links import flow as links
from tidegate.p2p.merchants import flow as merchants
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.policy.breaker import Trip
from tidegate.policy.market import flow as market
from tidegate.policy.market.quotes import Quote
from tidegate.rating.appeals import flow as appeals
from tidegate.rating.fact import Kind
from tidegate.rating.facts import flow as facts
from tidegate.rating.measures import flow as measures
from tidegate.screening import flow as screening
from tidegate.screening.inbox import flow as inbox
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import store as withdrawal_store
from tidegate.withdrawals.store.travel import TravelMessage
from tidegate.withdrawals.vocabulary import VOCABULARY

COIN = 10**6
WHY = "Επειδή το είπε"
POISON = "0x8617e340b3d01fa5" + "0" * 8 + "4090fd50e238070d"
LANE = f"hot:{NETWORK}"


@dataclass
class Lived:
    """The house, and whom its pages are about."""

    desk: Desk
    hall: Hall
    ada: Customer  # whose withdrawals wait, were declined, appealed
    shop: Merchant
    told: str  # the withdrawal that another provider was told of
    eva: Customer  # who has to prove an address
    unproven: str  # with this withdrawal


def live_in(conn: Conn) -> Lived:
    """Move in, and let some weeks pass."""
    desk = staffed(furnish(conn))
    hall = Hall(conn, desk.house.now)
    desk.house = hall
    _policy(hall)
    ada = _customer(hall)
    shop = _desk(hall)
    _rating(desk, shop)
    _withdrawals(hall, ada)
    _treasury(hall, ada)
    told = _compliance(hall, ada)
    _house(hall)
    eva = hall.customer(country="AT", USDT=100 * COIN)
    unproven = hall.confirm(eva, hall.asked(eva, "10").id).id
    return Lived(desk, hall, ada, shop, told, eva, unproven)


def _policy(house: Hall) -> None:
    rules = {
        "rules": [
            {"name": "larger", "when": "amount_usd > 15000 -> review", "message": WHY, "mode": "live"},
            {"name": "odd", "when": "sent_7d_usd > 1 -> delay 24h", "message": WHY, "mode": "shadow"},
        ]
    }
    told = of_places(usd("travel_rule", "100000", over="at_least", fields="basic"))
    proved = of_places(usd("ownership_proof", "1", over="at_least"))
    house.agree(**rules, places={**told, "AT": proved["DE"]}, operator="DE")
    for minute, price in enumerate(("2500", "2490", "2100", "1900", "1850")):
        at = house.now - timedelta(minutes=10 - minute)
        market.feed(house.conn, "venue-a", [Quote("ETH", NETWORK, at, price)], "feeder", house.now)


def _customer(house: Hall) -> Customer:
    ada = house.customer(level=3, USDT=900_000 * COIN)
    with act(house.conn, ada.id, house.now) as tx:
        parties.lock(house.conn, [ada.id])
        screening.save(tx, ada.id, NETWORK, RECEIVER, "", "Σπίτι", "self_hosted")
    house.confirm(ada, house.asked(ada, "25").id)
    house.wait(hours=200)
    return ada


def _withdrawals(house: Hall, ada: Customer) -> None:
    """One with everything against it, asked about and appealed; one that is declined; one that is paid out."""
    odd = house.confirm(ada, house.asked(ada, "20000", address=POISON).id)
    (case, *_) = cases.about(house.conn, odd.id)
    cases.assign(house.conn, case.id, "key_other", "key_other", house.now)
    cases.add_evidence(house.conn, case.id, WHY, "key_other", house.now)
    cases.hand_up(house.conn, case.id, WHY, "key_other", house.now)
    withdrawals.ask(house.conn, case.id, "source_of_funds", 48, "key_other", house.now)
    withdrawals.inform(house.conn, odd.id, "source_of_funds", WHY, ada.id, house.now)
    gone = house.asked(ada, "30000", address=POISON)
    house.confirm(ada, gone.id)
    (case, *_) = cases.about(house.conn, gone.id)
    cases.answer(house.conn, case.id, "key_other", "decline", WHY, house.now)
    read_news(house)
    withdrawals.appeal(house.conn, gone.id, WHY, ada.id, house.setting, house.now)
    for device, country in (("phone-6", "DE"), ("phone-7", "JP")):
        parties.record_event(house.conn, ada.id, "login", house.now, "test", house.now, device, "198.51.100.7", country)
    parties.record_event(house.conn, ada.id, "password_changed", house.now, "test", house.now)
    house.asked(ada, "800000")
    house.asked(ada, "30", address=LISTED)
    standing(house, ada)


def _treasury(house: Hall, ada: Customer) -> None:
    paid = house.asked(ada, "12.5")
    made = custody.Payout(
        "pay_stopped", "withdrawal", paid.id, ada.id, NETWORK, LANE, USDT.id, paid.address, 12_500_000, "{}", "signed",
        "queued", None, None, 0, house.now, house.now,
    )  # fmt: skip
    with act(house.conn, "test", house.now):
        custody.add_payout(house.conn, made)
    custody.stop(house.conn, "pay_stopped", "no estimate: execution reverted", house.now)
    custody.observe(house.conn, [custody.SeenBalance(LANE, USDT.id, 250_000 * COIN, house.now)])
    custody.lane_failed(
        house.conn, custody.LaneRow(LANE, 10, "pay_stopped", "the signer does not answer", house.now, house.now)
    )
    custody.keep_book_check(house.conn, Checked(USDT.id, 12, 250_100 * COIN, 250_000 * COIN, 0, 4, 0, house.now))
    policies.switch_on(house.conn, "network", NETWORK, WHY, "key_treasury", house.now)
    with act(house.conn, "worker", house.now) as tx:
        policies.trip(tx, Trip(1, house.now, "accounts", 61, 60, 60))


def _compliance(house: Hall, ada: Customer) -> str:
    screening.import_list(
        house.conn, "blocklist", f"asset,address,entry\nETH,{LISTED},Κακός\nETH,nothing,Λάθος\n", "test", house.now,
        max_age_hours=24 * 365,
    )  # fmt: skip
    until = house.now.replace(year=2027)
    policies.propose_exemption(house.conn, "DE", ada.id, until, WHY, "key_other", house.now)
    parties.restrict(house.conn, ada.id, "watch", None, WHY, "test", house.now)
    told = house.asked(ada, "10").id
    sent = TravelMessage(told, "trm_1", "bob", "basic", "{}", house.now, 1, house.now, None, None)
    with act(house.conn, "worker", house.now):
        withdrawal_store.add_travel_message(house.conn, sent)
    body = letter(custody_flow.deposit_address(house.conn, ada.id, NETWORK, "test", house.now))
    inbox.receive(house.conn, "bob", json.dumps(body), body, house.setting.by_name, None, house.now)
    return told


def _house(house: Hall) -> None:
    terms = webhooks.Terms("https://hooks.example.com/tidegate", WHY, ["withdrawal.settled"])
    made = webhooks.register(house.conn, terms, DATA_KEY, "test", house.now)
    webhooks.test(house.conn, made.endpoint.id, "test", house.now)
    notifications.subscribe(house.conn, "market", "someone@example.com", "zh", "test", house.now)
    policies.propose(house.conn, policies.shipped("default"), "mei", house.now, VOCABULARY)


def _desk(hall: Hall) -> Merchant:
    shop = hall.merchant()
    offer = hall.publish(shop)
    zhang = hall.person("Ζανγκ")
    hall.traded(offer, zhang)
    hall.take(offer, zhang, "20")
    fought = hall.paid(hall.take(offer, hall.person("Τσεν"), "30"))
    disputes.dispute(hall.conn, fought.id, fought.seller, "payment_not_received", WHY, shop.who.id, hall.desk, hall.now)
    merchant_kit.deduct(hall, shop.id, 4_000 * COIN)
    return shop


def _rating(desk: Desk, shop: Merchant) -> None:
    conn, house = desk.conn, desk.house
    desk.raised_to_high(shop.id)
    line = desk.line(shop.id)
    appeals.appeal(conn, line.id, shop.who.id, WHY, shop.who.id, desk.now)
    other = desk.merchant()
    fact = desk.confirmed(other.id, Kind.AUTHORITY_ACTION)
    measures.interim(conn, fact.id, "step_up", None, 24, WHY, house.setting.policy, desk.mei, desk.now)
    span = (desk.now, desk.now + timedelta(days=90))
    facts.exempt(conn, other.id, "5.3b", WHY, "Μέι", span, desk.mei, desk.now)
    links.link(conn, other.id, desk.merchant().id, "authority", WHY, desk.mei, desk.now)
    desk.told(other.id, indicator="I-09", evidence={"value": "7", "threshold": "5", "grade": 1})
    leaver = desk.merchant()
    merchants.ask_exit(conn, leaver.id, WHY, house.setting.policy, "cus_test", desk.now)
    desk.month_over()
    desk.run()

"""Who holds the coins of an order confirms with a factor of theirs that they go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from desk_kit import Hall, Merchant, open_hall
from house import COIN_USDT, DATA_KEY
from passkey_kit import ORIGIN, RP_ID, Authenticator

from tidegate.base.refusals import Refusal
from tidegate.db import Conn
from tidegate.db.journal import about
from tidegate.p2p.ads import flow as ads
from tidegate.p2p.ads.flow import Offer
from tidegate.p2p.orders import flow as orders
from tidegate.p2p.orders.flow import Code, Signature
from tidegate.p2p.orders.order import Order, Role, Status
from tidegate.parties import flow as parties
from tidegate.parties.passkey import Relying

US = Relying(RP_ID, "Tidegate", (ORIGIN,))


@pytest.fixture
def hall(conn: Conn) -> Hall:
    return open_hall(conn)


@pytest.fixture
def li(hall: Hall) -> Merchant:
    return hall.merchant()


@pytest.fixture
def order(hall: Hall, li: Merchant) -> Order:
    return hall.paid(hall.take(hall.publish(li), hall.person()))


def released(hall: Hall, order: Order, factor: Code | Signature, holder: str | None = None) -> Order:
    return orders.release(hall.conn, order.id, order.seller, holder, factor, order.seller_party, hall.desk, hall.now)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as found:
        act()
    return found.value.code


def with_passkey(hall: Hall, who: str) -> Authenticator:
    """Another factor beside their app, a minute after it."""
    hall.wait(minutes=1)
    device = Authenticator()
    begun = parties.begin_passkey(hall.conn, who, "phone", US, 5, who, hall.now)
    parties.finish_passkey(hall.conn, who, begun.id, device.create(begun.options), US, who, hall.now)
    return device


def settled(hall: Hall, who: str) -> Authenticator:
    """A passkey of theirs that is as old as the pause after it."""
    device = with_passkey(hall, who)
    hall.wait(hours=hall.setting.policy.credential_hold_hours("mfa_changed"))
    return device


def offer_of(hall: Hall, merchant: Merchant) -> Offer:
    """The ad that they have already."""
    (offer,) = ads.page(hall.conn, hall.desk, hall.now, merchant.id, None, 1)
    return offer


def asked(hall: Hall, order: Order) -> dict[str, Any]:
    return orders.challenge(hall.conn, order.id, order.seller, US, order.seller_party, hall.desk, hall.now)


def test_a_code_releases_and_the_journal_says_what_it_was_for(hall: Hall, li: Merchant, order: Order) -> None:
    assert released(hall, order, Code(li.who.code(hall.now), DATA_KEY)).status is Status.RELEASED
    (used,) = [news.content for news in about(hall.conn, order.id) if news.kind == "factor.used"]
    assert used["factor"] == "totp"
    assert len(used["payload"]) == 64


def test_a_code_is_good_once(hall: Hall, li: Merchant, order: Order) -> None:
    other = hall.paid(hall.take(hall.publish(li, side="buy"), hall.person(USDT=1000 * COIN_USDT)))
    code = Code(li.who.code(hall.now), DATA_KEY)
    released(hall, order, code)
    third = hall.paid(hall.take(hall.publish(hall.merchant()), hall.person()))
    assert refused(lambda: released(hall, third, code)) == "code_wrong", "another seller's app says another"
    assert refused(lambda: released(hall, other, code)) == "code_wrong", "here the taker sells"
    assert hall.release(other).status is Status.RELEASED


def test_wrong_codes_are_counted_move_nothing_and_pause_the_app(hall: Hall, li: Merchant, order: Order) -> None:
    tries = hall.setting.policy.confirmation_tries
    said = [refused(lambda: released(hall, order, Code("000000", DATA_KEY))) for _ in range(tries + 1)]
    assert said == ["code_wrong"] * tries + ["codes_paused"]
    assert refused(lambda: released(hall, order, Code(li.who.code(hall.now), DATA_KEY))) == "codes_paused"
    assert orders.get(hall.conn, order.id).status is Status.PAID
    assert hall.escrow(li.who.id) == order.units


def test_who_has_no_app_is_told_to_get_one(hall: Hall, li: Merchant, order: Order) -> None:
    hall.conn.execute("UPDATE factor SET revoked_at = %s WHERE party_id = %s", [hall.now, li.who.id])
    assert refused(lambda: released(hall, order, Code("000000", DATA_KEY))) == "factor_missing"
    assert refused(lambda: asked(hall, order)) == "factor_missing"


def test_a_code_is_kept_for_later_where_something_else_keeps_the_coins(hall: Hall, li: Merchant, order: Order) -> None:
    code = Code(li.who.code(hall.now), DATA_KEY)
    assert refused(lambda: released(hall, order, code, holder="Maria Gonzalez")) == "payer_name_mismatch"
    freeze = parties.freeze(hall.conn, li.who.id, "authority", "officer", hall.now)
    assert refused(lambda: released(hall, order, code)) == "trading_blocked"
    parties.lift(hall.conn, freeze.id, "it was lifted", "officer", hall.now)
    assert released(hall, order, code).status is Status.RELEASED


def test_a_passkey_signs_one_order_and_no_other(hall: Hall, li: Merchant, order: Order) -> None:
    device = settled(hall, li.who.id)
    other = hall.paid(hall.take(offer_of(hall, li), hall.person()))
    signed = Signature(device.get(asked(hall, order)), US)
    assert refused(lambda: released(hall, other, signed)) == "challenge_unknown"
    assert refused(lambda: released(hall, order, Signature(Authenticator().get(asked(hall, order)), US))) == (
        "passkey_refused"
    )
    assert released(hall, order, signed).status is Status.RELEASED
    assert refused(lambda: released(hall, other, signed)) == "challenge_used"
    assert orders.get(hall.conn, other.id).status is Status.PAID


def test_a_challenge_ends(hall: Hall, li: Merchant, order: Order) -> None:
    device = settled(hall, li.who.id)
    signed = Signature(device.get(asked(hall, order)), US)
    hall.wait(minutes=hall.setting.policy.factors.challenge_minutes)
    assert refused(lambda: released(hall, order, signed)) == "challenge_expired"


def test_only_the_seller_of_a_paid_order_is_asked(hall: Hall, li: Merchant, order: Order) -> None:
    settled(hall, li.who.id)
    wrong_side = lambda: orders.challenge(hall.conn, order.id, Role.TAKER, US, "t", hall.desk, hall.now)  # noqa: E731
    assert refused(wrong_side) == "order_not_seller"
    created = hall.take(offer_of(hall, li), hall.person())
    assert refused(lambda: asked(hall, created)) == "order_not_paid"


def test_who_replaces_the_app_of_a_seller_gets_no_coins_with_the_new_one(
    hall: Hall, li: Merchant, order: Order
) -> None:
    """First the new app is refused, its code unspent; then it is as good as any."""
    app = parties.enrol_totp(hall.conn, li.who.id, DATA_KEY, "thief", hall.now)
    code = Code(pyotp.TOTP(app.secret).at(hall.now), DATA_KEY)
    with pytest.raises(Refusal) as found:
        released(hall, order, code)
    assert found.value.code == "factor_too_new"
    ends = hall.now + timedelta(hours=hall.setting.policy.credential_hold_hours("mfa_changed"))
    assert found.value.until == ends
    hall.now = ends - timedelta(microseconds=1)
    late = Code(pyotp.TOTP(app.secret).at(hall.now), DATA_KEY)
    assert refused(lambda: released(hall, order, late)) == "factor_too_new"
    assert hall.escrow(li.who.id) == order.units
    hall.now = ends
    assert released(hall, order, late).status is Status.RELEASED, "it was refused before, and not spent"


def test_an_older_factor_releases_beside_one_that_was_just_added(hall: Hall, li: Merchant, order: Order) -> None:
    old = settled(hall, li.who.id)
    added = with_passkey(hall, li.who.id)
    young = Signature(added.get(asked(hall, order)), US)
    assert refused(lambda: released(hall, order, young)) == "factor_too_new"
    assert refused(lambda: released(hall, order, young)) == "challenge_used", "a refused signature is used up"
    assert released(hall, order, Signature(old.get(asked(hall, order)), US)).status is Status.RELEASED
    refusals = [news.content for news in about(hall.conn, order.id) if news.kind == "factor.refused"]
    assert {"factor": "passkey", "why": "factor_too_new"} in refusals


def test_nobody_is_asked_to_sign_with_keys_that_all_wait(hall: Hall, li: Merchant, order: Order) -> None:
    with_passkey(hall, li.who.id)
    assert refused(lambda: asked(hall, order)) == "factor_too_new"
    assert released(hall, order, Code(li.who.code(hall.now), DATA_KEY)).status is Status.RELEASED, "their app is older"


def test_a_first_factor_releases_at_once_unless_the_account_was_changed_before_it(hall: Hall, li: Merchant) -> None:
    """A second password after it does not make it look old."""
    hall.conn.execute("DELETE FROM factor WHERE party_id = %s", [li.who.id])
    offer = hall.publish(li)
    first, second = (hall.paid(hall.take(offer, hall.person())) for _ in range(2))
    app = parties.enrol_totp(hall.conn, li.who.id, DATA_KEY, "t", hall.now)
    assert released(hall, first, Code(pyotp.TOTP(app.secret).at(hall.now), DATA_KEY)).status is Status.RELEASED

    hall.conn.execute("DELETE FROM factor WHERE party_id = %s", [li.who.id])
    parties.record_event(hall.conn, li.who.id, "password_changed", hall.now, "t", hall.now)
    hall.wait(minutes=1)
    app = parties.enrol_totp(hall.conn, li.who.id, DATA_KEY, "thief", hall.now)
    hall.wait(minutes=1)
    parties.record_event(hall.conn, li.who.id, "password_changed", hall.now, "t", hall.now)
    thief = Code(pyotp.TOTP(app.secret).at(hall.now), DATA_KEY)
    assert refused(lambda: released(hall, second, thief)) == "factor_too_new"

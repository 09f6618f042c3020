"""What the two sides of an order are written, in their languages."""

from __future__ import annotations

from pathlib import Path

import merchant_kit as merchants
import pytest
from desk_kit import Hall, open_hall
from mail_kit import Post

from tidegate.db import Conn
from tidegate.p2p.disputes import flow as disputes
from tidegate.p2p.orders import jobs
from tidegate.p2p.orders.order import Role
from tidegate.parties import flow as parties


@pytest.fixture
def hall(conn: Conn) -> Hall:
    return open_hall(conn)


@pytest.fixture
def post(hall: Hall, tmp_path: Path) -> Post:
    return Post(hall, tmp_path / "mails")


def told(post: Post) -> list[tuple[str, str]]:
    return [(str(mail["To"]), str(mail["Subject"])) for mail in post.deliver()]


def test_each_side_hears_what_it_has_to_do(hall: Hall, post: Post) -> None:
    merchant, taker = hall.merchant(), hall.person()
    parties.set_language(hall.conn, taker.id, "zh", "test", hall.now)
    offer = hall.publish(merchant)
    post.deliver()
    seller, payer = (parties.get(hall.conn, id).email for id in (merchant.who.id, taker.id))
    order = hall.take(offer, taker)
    assert told(post) == [(seller, "Your ad was taken: 100 USDT")]
    hall.paid(order)
    assert told(post) == [(seller, "Order of 100 USDT: the payer says that it is paid")]
    hall.release(order)
    (mail,) = post.deliver()
    assert (mail["To"], mail["Subject"]) == (payer, "您已收到 100 USDT")
    text = mail.get_body(("plain",))
    assert text is not None
    assert "付款金额: 720 CNY" in text.get_content()
    assert "付款方式: 银行转账" in text.get_content()
    assert f"截至: {hall.now.replace(day=26):%Y-%m-%d %H:%M} UTC" in text.get_content()


def test_both_hear_that_it_ended_without_a_trade(hall: Hall, post: Post) -> None:
    merchant, taker = hall.merchant(), hall.person()
    offer = hall.publish(merchant)
    hall.cancel(hall.take(offer, taker), Role.TAKER)
    late = hall.take(offer, taker)
    hall.now = late.expires_at
    jobs.expire_due(hall.conn, hall.clock)
    both = sorted(parties.get(hall.conn, id).email for id in (merchant.who.id, taker.id))
    ended = sorted((s, t) for t, s in told(post) if "ran out of time" in s or "cancelled" in s)
    assert ended == [
        *[("Order of 100 USDT ran out of time", to) for to in both],
        *[("Order of 100 USDT was cancelled", to) for to in both],
    ]


def test_both_hear_of_a_dispute_and_how_it_ended(hall: Hall, post: Post) -> None:
    order = hall.paid(hall.take(hall.publish(hall.merchant()), hall.person()))
    post.deliver()
    disputes.dispute(hall.conn, order.id, Role.TAKER, "not_released", "an hour", "t", hall.desk, hall.now)
    assert [subject for _, subject in told(post)] == ["Order of 100 USDT is disputed"] * 2
    key = merchants.staff(hall, "Mei")
    disputes.resolve(hall.conn, order.id, "refund", "no payment", None, key, hall.now)
    mails = post.deliver()
    assert [mail["Subject"] for mail in mails] == ["The dispute about 100 USDT is decided"] * 2
    text = mails[0].get_body(("plain",))
    assert text is not None
    assert "The coins go to: the seller" in text.get_content()

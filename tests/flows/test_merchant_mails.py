"""What merchants are written: decisions about them, what was taken, what is demanded, what came back."""

from __future__ import annotations

from pathlib import Path

import merchant_kit as kit
import pytest
from house import COIN_USDT as COIN
from house import House, furnish
from mail_kit import Post, words
from merchant_kit import REQUIRED, applied, certified, deduct, leave, person, time

from tidegate.db import Conn
from tidegate.p2p.merchants import flow
from tidegate.parties import flow as parties


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def post(house: House, tmp_path: Path) -> Post:
    return Post(house, tmp_path / "mails")


def subjects(post: Post) -> list[str]:
    return [str(mail["Subject"]) for mail in post.deliver()]


def test_a_life_in_mails(house: House, post: Post) -> None:
    merchant = certified(house)
    assert subjects(post)[1:] == ["You are a certified merchant"]
    leave(house, merchant.id)
    assert subjects(post) == ["You may leave as a merchant"]
    time(house, days=30)
    assert subjects(post) == ["10000 USDT of your bond are free", "You have left as a merchant"]


def test_a_rejection_says_why_in_the_merchants_language(house: House, post: Post) -> None:
    who = person(house)
    parties.set_language(house.conn, who.id, "zh", who.id, house.now)
    merchant = applied(house, who)
    post.deliver()
    flow.reject(house.conn, merchant.id, "The second page is missing.", "mei", house.now)
    (mail,) = post.deliver()
    assert mail["Subject"] == "您的商家申请结果"
    assert "原因: The second page is missing." in words(mail)


def test_what_was_taken_and_what_is_to_be_paid_in(house: House, post: Post) -> None:
    merchant = certified(house)
    post.deliver()
    deduct(house, merchant.id, REQUIRED + 5 * COIN)
    (mail,) = post.deliver()
    assert mail["Subject"] == "10000 USDT were taken from your bond"
    assert "To pay in: 10005 USDT" in words(mail)
    assert "By: 2026-12-01 12:00 UTC" in words(mail)
    time(house, days=7)
    (late,) = post.deliver()
    assert late["Subject"] == "Your bond was not topped up in time"


def test_who_is_compensated_is_told(house: House, post: Post) -> None:
    merchant, ada = certified(house), house.customer()
    post.deliver()
    deduct(house, merchant.id, 5 * COIN, victim=ada.id)
    assert subjects(post) == ["5 USDT were taken from your bond", "You were compensated with 5 USDT"]
    kit.agree(house)


def test_a_wish_to_leave_that_was_declined(house: House, post: Post) -> None:
    merchant = certified(house)
    post.deliver()
    flow.ask_exit(house.conn, merchant.id, "moving on", kit.policy(house), "cus_test", house.now)
    kit.answer(house, merchant.id, "merchant_exit", "decline")
    assert subjects(post) == ["You stay a merchant for now"]

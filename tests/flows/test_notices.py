"""Staff who subscribe get one mail per change of a market's regime: in their language, without a link, never twice."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from crash_kit import Death, Killed
from house import ETH, NETWORK, House, furnish
from mail_kit import SENDER, Post, words

from tidegate import mailing
from tidegate.base.refusals import Conflict, Malformed, NotFound
from tidegate.db import Conn, connect, journal, reader
from tidegate.integrations.mail import FolderMailer
from tidegate.notifications import flow as notifications
from tidegate.notifications import jobs, templates
from tidegate.policy.market import flow as market
from tidegate.policy.market.quotes import Quote
from tidegate.policy.market.regime import REASONS

ETH_MARKET = f"market:ETH@{NETWORK}"


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def post(house: House, tmp_path: Path) -> Post:
    return Post(house, tmp_path / "mails")


def price(house: House, usd: str) -> None:
    house.wait(seconds=60)
    market.feed(house.conn, "venue-a", [Quote("ETH", NETWORK, house.now, usd)], "test", house.now)


def crash(house: House) -> None:
    price(house, "2500")
    price(house, "1900")


def subscribe(house: House, email: str, language: str = "en") -> str:
    return notifications.subscribe(house.conn, "market", email, language, "key_desk", house.now).id


def test_a_change_is_one_mail_to_each_subscriber_in_their_language(house: House, post: Post) -> None:
    subscribe(house, "desk@example.com")
    subscribe(house, "fengkong@example.com", "zh")
    house.customer()
    post.deliver()
    crash(house)
    mails = {mail["To"]: mail for mail in post.deliver()}
    assert sorted(mails) == ["desk@example.com", "fengkong@example.com"], "no customer is written to"
    english, chinese = mails["desk@example.com"], mails["fengkong@example.com"]
    assert english["Subject"] == f"ETH on {NETWORK} is stormy"
    assert "Before: calm" in words(english)
    assert "Reason: It fell far below the highest price of 24 hours." in words(english)
    assert "What is left of each limit: 25 %" in words(english)
    assert "Looked at again: 2026-11-24 18:02 UTC" in words(english)
    assert chinese["Subject"] == f"{NETWORK} 上的 ETH 行情：剧烈波动"
    assert "原因: 价格远低于 24 小时最高价。" in words(chinese)
    for mail in mails.values():
        assert "http" not in words(mail), "there is no link in it: staff have no account to freeze"
    price(house, "1890")
    assert post.deliver() == [], "no change, no mail"


def test_the_end_of_a_storm_is_told_too(house: House, post: Post) -> None:
    subscribe(house, "desk@example.com")
    crash(house)
    post.deliver()
    house.wait(hours=7)
    market.review_due(house.conn, "worker", house.now)
    told = [mail["Subject"] for mail in post.deliver()]
    assert told == [f"ETH on {NETWORK} is nervous"], "its prices are stale"


def test_who_has_unsubscribed_is_told_no_more_and_forgotten(house: House, post: Post) -> None:
    id = subscribe(house, "desk@example.com")
    notifications.unsubscribe(house.conn, id, "key_desk", house.now)
    crash(house)
    assert post.deliver() == []
    assert notifications.subscriptions(house.conn) == []
    assert house.conn.execute("SELECT email FROM subscription").fetchall() == [(None,)]
    assert [news.kind for news in journal.about(house.conn, id)] == ["subscription.made", "subscription.ended"]
    with pytest.raises(NotFound, match="no subscription"):
        notifications.unsubscribe(house.conn, id, "key_desk", house.now)
    assert subscribe(house, "desk@example.com") != id


def test_an_address_is_told_once_whatever_its_spelling(house: House) -> None:
    subscribe(house, "desk@example.com")
    with pytest.raises(Conflict, match="told about that already"):
        subscribe(house, "Desk@Example.com", "zh")
    with pytest.raises(Malformed, match="not a mail address"):
        subscribe(house, "desk")


def test_there_is_an_end_to_subscribers(house: House) -> None:
    for n in range(notifications.MOST_SUBSCRIBERS):
        subscribe(house, f"desk{n}@example.com")
    with pytest.raises(Conflict, match="end one first"):
        subscribe(house, "one.more@example.com")


def test_the_journal_never_says_which_address(house: House, post: Post) -> None:
    id = subscribe(house, "desk@example.com")
    crash(house)
    post.deliver()
    assert [news.kind for news in journal.about(house.conn, id)] == ["subscription.made", "mail.sent"]
    found = house.conn.execute("SELECT count(*) FROM journal WHERE body LIKE '%desk@%'").fetchall()
    assert found == [(0,)]


def test_every_reason_of_a_change_has_words() -> None:
    never_changes = {"second_source_missing", "no_prices", "fixed_price", "calm"}
    assert set(templates.MARKET_REASONS) == set(REASONS) - never_changes
    assert set(templates.MARKET_LEVELS) == set(templates.MARKET)


PATH = (
    "mailing.py",
    "db/reader.py",
    "notifications/flow.py",
    "notifications/jobs.py",
    "integrations/mail.py",
    "policy/market/flow.py",
)
"""From the price to the mail."""


def test_a_worker_may_die_at_any_line_and_each_change_is_one_mail(
    house: House, tmp_path: Path, database_url: str
) -> None:
    """From the run on the wallet to the box: the journal's row, the order and the mail are there once."""
    subscribe(house, "desk@example.com")
    folder = FolderMailer(tmp_path / "mails")
    flows = {ETH.id: market.Flow(100, 900, 900)}

    def work(conn: Conn) -> None:
        market.observe_outflow(conn, flows, "worker", house.now)
        deliver(conn)

    def deliver(conn: Conn) -> None:
        acting = mailing.handlers(lambda c: house.setting)
        while reader.read(conn, mailing.READER, acting, house.now):
            pass
        jobs.send_due(conn, folder, SENDER, house.clock)

    counted = Death(PATH, None)
    counted.run(lambda: work(house.conn))
    assert counted.lines > 60
    told = 1
    for at in range(1, counted.lines + 1):
        house.wait(hours=31)  # the run is long over
        market.review_due(house.conn, "worker", house.now)
        deliver(house.conn)
        conn = connect(database_url)
        with suppress(Killed):
            Death(PATH, at).run(lambda conn=conn: work(conn))  # type: ignore[misc]
        conn.close()
        house.now += jobs.LEASE
        work(house.conn)
        told += 2
        changes = [n for n in journal.about(house.conn, ETH_MARKET) if n.kind == market.KIND]
        assert len(changes) == told, at
        ordered = house.conn.execute("SELECT count(*), count(sent_at) FROM mail").fetchall()
        assert ordered == [(told, told)], at
        assert len(list((tmp_path / "mails").glob("*.eml"))) == told, at

"""The public status page: for everybody, in both languages, on a desk and on a telephone, light and dark."""

from __future__ import annotations

import pytest
from console_kit import check, opened
from house import ETH, USDT, furnish
from playwright.sync_api import Browser
from serving import served

from tidegate.db import Conn, act
from tidegate.policy import flow as policies
from tidegate.withdrawals import flow as withdrawals

COIN = 10**6
WORDS = {
    "en": ("Some withdrawals take longer", "Withdrawals are paused", "fewer than 10", "not shown"),
    "zh": ("部分提币处理较慢", "提币已暂停", "少于 10 笔", "不公布"),
}


@pytest.mark.parametrize(("language", "width", "dark"), [("en", 1440, False), ("zh", 400, True)])
def test_everybody_sees_how_withdrawals_go(
    browser: Browser, conn: Conn, database_url: str, language: str, width: int, dark: bool
) -> None:
    house = furnish(conn)
    prices = policies.shipped("demo")["fixed_prices"]
    assert isinstance(prices, dict)
    house.agree(fixed_prices={name: price for name, price in prices.items() if name != ETH.name})
    ada = house.customer(USDT=1000 * COIN)
    slow, paused, few, untold = WORDS[language]
    with served(house, database_url) as site, opened(browser, width=width, language=language, dark=dark) as page:
        for n in range(12):
            asked = house.asked(ada, "5")
            house.confirm(ada, asked.id)
            house.wait(minutes=2 + n)
            with act(house.conn, "test", house.now) as tx:
                withdrawals.paying(tx, asked.id)
                withdrawals.settled(tx, asked.id, "0xabc")
            if n == 0:
                page.goto(f"{site.url}/status")
                assert (few in page.content(), untold in page.content()) == (True, True)
        policies.switch_on(house.conn, "asset", USDT.name, "We change a wallet; 正在更换钱包", "mei", house.now)
        house.wait(minutes=1)
        page.goto(f"{site.url}/status")
        assert page.locator(".headline strong").inner_text() == slow
        assert (
            page.locator("tbody tr").first.locator("td").nth(1).inner_text()
            == {"en": "7 min 30 s", "zh": "7 分钟 30 秒"}[language]
        )
        assert page.locator("html").get_attribute("data-bs-theme") == ("dark" if dark else "light")
        check(page, f"status-{language}-{width}{'-dark' if dark else ''}")
        policies.switch_on(house.conn, "platform", "platform", "Maintenance", "mei", house.now)
        house.wait(minutes=1)
        page.evaluate("document.querySelector('[data-hx-get]').dispatchEvent(new CustomEvent('renew'))")
        page.wait_for_selector(".note.bad.headline", timeout=5000)
        assert page.locator(".headline strong").inner_text() == paused
        page.click(f"header a[lang='{'zh-CN' if language == 'en' else 'en'}']")
        assert page.locator(".headline strong").inner_text() == WORDS["zh" if language == "en" else "en"][1]

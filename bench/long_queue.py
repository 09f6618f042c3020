"""A queue of 50,000 cases as an analyst meets it: its views, search, keys, the last page; and the figures of a rule on
50,000 stored decisions while somebody types.

    .venv/bin/python bench/long_queue.py [CASES]

A real browser on a real server over loopback; times are from the press of a key to the page that shows it.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))  # the folder is no package of the product

from bench import filled
from tidegate.base.clock import utcnow
from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.withdrawals.backtest import flow as backtests

LINE = "amount_usd > 0.{} * sent_30d_usd and address_age_hours < 72 -> review"
SHOWN = 50


def place(conn: Conn, rank: int) -> tuple[str, str]:
    """Where in the queue's address the case of this rank stands, and what it is about."""
    (due, id, subject) = conn.execute(
        "SELECT due_at, id, subject FROM case_file WHERE status = 'open' ORDER BY due_at, id OFFSET %(rank)s LIMIT 1",
        {"rank": rank},
    ).fetchall()[0]
    return quote(f"{due.isoformat()} {id}"), subject


def timed(page: Page, name: str, act: Callable[[], object], rows: int, times: int = 5) -> None:
    """Do it some times; every time the page shows so many rows in the end."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        page.wait_for_selector("main")
        taken.append(1000 * (time.perf_counter() - began))
        assert page.locator("tbody tr").count() == rows, (name, page.locator("tbody tr").count())
    print(f"| {name} | {statistics.median(taken):.0f} | {max(taken):.0f} |")


def walk(page: Page, site: str, conn: Conn, many: int) -> None:
    deep, subject = place(conn, many - SHOWN - 1)
    queue = f"{site}/console/cases"
    print("| what | median, ms | most, ms |\n|---|---|---|")
    timed(page, "open the queue", lambda: page.goto(queue), SHOWN)
    counted = page.locator("nav.tabs .count").all_inner_texts()
    assert counted == [f"{many:,}", "0", f"{many:,}", f"{many:,}", f"{many:,}"], counted
    timed(page, "of nobody", lambda: page.goto(f"{queue}?view=free"), SHOWN)
    timed(page, "mine: none", lambda: page.goto(f"{queue}?view=mine"), 0)
    timed(page, "late", lambda: page.goto(f"{queue}?view=late"), SHOWN)
    timed(page, "one kind of which there is none", lambda: page.goto(f"{queue}?kind=merchant_exit"), 0)
    timed(page, "search by id", lambda: page.goto(f"{queue}?about={subject}"), 1)
    timed(page, "search for nobody", lambda: page.goto(f"{queue}?about=cus_nobody"), 0)
    timed(page, "the last page", lambda: page.goto(f"{queue}?before={deep}"), SHOWN)
    assert page.locator("a[rel=next]").count() == 1, "whether there is more is known once it is asked for"
    timed(page, "behind the last page", lambda: page.click("a[rel=next]"), 0, 1)
    page.goto(queue)
    began = time.perf_counter()
    for _ in range(SHOWN):
        page.keyboard.press("j")
    print(f"| j through a page, per key | {1000 * (time.perf_counter() - began) / SHOWN:.0f} | |")
    with page.expect_navigation():
        page.keyboard.press("j")  # on the last row: the next page
    assert "before=" in page.url


def write_a_rule(page: Page, site: str, conn: Conn, many: int) -> None:
    while backtests.keep_up(conn, utcnow(), wait=True):  # what a worker does all the time
        pass
    page.goto(f"{site}/console/policies/edit")
    taken = []
    for turn in range(5):
        began = time.perf_counter()
        with page.expect_response("**/policies/try"):
            page.fill("textarea[name=when]", LINE.format(turn))
        page.wait_for_selector("#tried:not([aria-busy]) .figure")
        taken.append(1000 * (time.perf_counter() - began))
        assert f"{many:,}" in page.locator("#tried").inner_text()
    print(f"| figures of a rule on {many:,} decisions, 0.4 s of quiet in it | {statistics.median(taken):.0f} "
          f"| {max(taken):.0f} |")  # fmt: skip


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program is not None, "this needs a browser: apt-get install chromium"
    with filled.house(many) as house:
        filled.end(house.conn, timedelta(seconds=1), waits=1)
        filled.ask_people(house.conn)
        house.conn.execute("VACUUM ANALYZE")
        key = parties.create_key(house.conn, "analyst", "bench", "bench", utcnow())
        cookie = parties.open_session(house.conn, key.secret, utcnow()).cookie
        with filled.serving(house.url) as site, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            context = browser.new_context()
            context.add_cookies([{"name": "tidegate_session", "value": cookie, "url": site}])
            page = context.new_page()
            walk(page, site, house.conn, many)
            write_a_rule(page, site, house.conn, many)
            browser.close()


if __name__ == "__main__":
    main()

"""The portal on the whole product, node and worker as processes: a customer sees their coins leave while they watch."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

import pyotp
from console_kit import check, opened
from mail_kit import parsed, words
from playwright.sync_api import Browser, Page
from running import COMMAND, Running, running, unused_address

STEP = 30


def enter(page: Page, it: Running, customer: str, path: str) -> None:
    """In by a link of the demo."""
    command = [*COMMAND[:-1], "link", customer, "--settings", str(it.home / "settings.json")]
    said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    page.goto(said["link"])
    page.click("main .btn-primary")
    page.goto(f"http://localhost:{it.port}/portal{path}")


def type_code(page: Page, app: pyotp.TOTP, used: list[int]) -> None:
    """The app's next code. One is good for once, and up to half a minute before its time."""
    step = max(int(time.time()) // STEP, used[-1] + 1)
    while step > int(time.time()) // STEP + 1:
        time.sleep(1)
    used.append(step)
    page.fill("main [name=code]:visible", app.at(step * STEP))
    page.click("main .btn.good:visible")
    page.wait_for_selector("[data-done]")


def link(it: Running, id: str) -> str:
    """The link that the mail about this withdrawal asks to open."""
    found: list[str] = []

    def came() -> bool:
        for file in (it.home / "mails").glob("*.eml"):
            said = words(parsed(file.read_bytes()))
            if id in said:
                found.extend(re.findall(r"(http://localhost:\d+/m/[\w-]{43})\s", said))
        return bool(found)

    it.until("the mail came", came)
    return found[0]


def watch(page: Page, it: Running, app: pyotp.TOTP, used: list[int]) -> None:
    """Confirm with a code and, as this telephone is new, with the mail's link elsewhere; the page tells the rest."""
    page.wait_for_selector("[data-payload]")
    type_code(page, app, used)
    with opened(page.context.browser) as mail:  # type: ignore[arg-type]
        mail.goto(link(it, page.url.split("?")[0].rpartition("/")[2]))
        mail.click("button.strong")
        mail.wait_for_selector(".ok")
    page.wait_for_selector("[data-status=settled]", timeout=60_000)  # nobody loads the page again


def test_a_customer_watches_a_withdrawal_and_a_standing_one_being_paid(browser: Browser, tmp_path: Path) -> None:
    home, used = tmp_path / "home", [0]
    first, second = unused_address("first"), unused_address("second")
    with running(home) as it:
        ada, app = it.customer("ada", 500)
        with opened(browser, width=1440) as page:
            enter(page, it, ada, "/withdraw")
            page.fill("[name=address]", first)
            page.fill("[name=amount]", "25")
            page.click("main .btn-primary")
            watch(page, it, app, used)
            assert page.locator("[data-tx]").inner_text().replace("\n", "").startswith("0x")
            check(page, "portal-paid-en-1440")
            assert it.tokens(first) == 24_900_000
        with opened(browser, width=400, language="zh", dark=True) as page:
            enter(page, it, ada, "/addresses")
            page.fill("[name=address]", second)
            page.fill("[name=label]", "硬件钱包")
            page.click("form[action$=addresses] .btn-primary")
            page.wait_for_selector("[data-done]")
            page.goto(f"http://localhost:{it.port}/portal/standing")
            page.check("[name=trigger][value=threshold]")
            page.fill("[name=balance]", "100")
            page.check("[name=take][value=percent]")
            page.fill("[name=percent]", "10")
            page.fill("[name=ceiling]", "5")
            check(page, "portal-standing-form-zh-400")
            page.click("main form .btn-primary")
            page.wait_for_selector("[name=code]")
            type_code(page, app, used)
            page.wait_for_selector("[data-runs] a", timeout=90_000)
            check(page, "portal-standing-ran-zh-400")
            page.click("[data-runs] a")
            watch(page, it, app, used)  # its terms are not enough while an unknown telephone is signed in
            check(page, "portal-paid-zh-400")
            assert it.tokens(second) > 0

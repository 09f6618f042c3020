"""A signed-in person's browser: every fault in its console fails the test, every page can be checked with axe."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page
from serving import Site

ROOT = Path(__file__).parent.parent
ARTIFACTS = Path(os.environ.get("TIDEGATE_ARTIFACTS", ROOT / "artifacts"))
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 400, "height": 860}


@contextmanager
def opened(browser: Browser, *, width: int = 1440, language: str = "en", dark: bool = False) -> Iterator[Page]:
    """A page that fails on any script error, refused resource or violation of the content security policy."""
    page = browser.new_page(
        viewport=PHONE if width == 400 else WIDE,  # type: ignore[arg-type]
        locale="zh-CN" if language == "zh" else "en-GB",
        color_scheme="dark" if dark else "light",
        timezone_id="Asia/Shanghai",
    )
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    try:
        yield page
    finally:
        page.close()
    assert [fault for fault in faults if "status of 4" not in fault] == []


def sign_in(page: Page, site: Site, role: str, path: str = "/") -> None:
    """Open a page of the console as a role, through the sign-in form."""
    page.goto(f"{site.url}/console{path}")
    page.fill("input[name=key]", site.keys[role])
    page.click("form:has(input[name=key]) button")
    page.wait_for_selector("nav.rail")


def with_authenticator(page: Page) -> None:
    """The browser has a telephone's authenticator, and its owner is there."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    how = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": how})


def check(page: Page, name: str) -> None:
    """Nothing that axe finds, nothing wider than the screen, and a picture of the page for people to look at."""
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text())
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})")
    said = [(v["id"], [node["html"][:160] for node in v["nodes"][:3]]) for v in found["violations"]]
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)
    assert said == [], json.dumps(said, indent=1, ensure_ascii=False)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} is {wide} pixels wider than the screen"

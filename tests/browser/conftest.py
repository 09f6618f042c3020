"""What every page is looked at with: the system's own browser, a furnished house, its console served, a page of it.

A file that looks at another house has a `house` of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from console_kit import opened
from house import House, furnish
from playwright.sync_api import Browser, Page, sync_playwright
from serving import Site, served

from tidegate.db import Conn


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program is not None, "these tests need a browser: apt-get install chromium, or see .ci/run"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def site(house: House, database_url: str) -> Iterator[Site]:
    with served(house, database_url) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:  # closed before its site: its news hold a server up
    with opened(browser) as page:
        yield page

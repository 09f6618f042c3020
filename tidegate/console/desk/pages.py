"""Every page and form of the merchant's desk."""

from __future__ import annotations

from tidegate.console.desk import accounts, ads, bond, home, orders, rating
from tidegate.console.portal.visit import Page

PAGES: tuple[Page, ...] = (
    *home.PAGES,
    *ads.PAGES,
    *orders.PAGES,
    *bond.PAGES,
    *rating.PAGES,
    *accounts.PAGES,
)

"""All of compliance's pages."""

from __future__ import annotations

from tidegate.console.compliance import lists, places, restrictions, travel

PAGES = (*lists.PAGES, *places.PAGES, *restrictions.PAGES, *travel.PAGES)

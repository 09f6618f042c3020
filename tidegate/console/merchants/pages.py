"""All pages about merchants."""

from __future__ import annotations

from tidegate.console.merchants import board, book, calendars, facts, records

PAGES = (*book.PAGES, *records.PAGES, *facts.PAGES, *board.PAGES, *calendars.PAGES)

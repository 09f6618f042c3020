"""All of the administrator's pages."""

from __future__ import annotations

from tidegate.console.admin import keys, webhooks

PAGES = (*keys.PAGES, *webhooks.PAGES)

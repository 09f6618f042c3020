"""How answers speak of withdrawals, from the request to the appeal."""

from __future__ import annotations

from tidegate.api.say import Said, at
from tidegate.base.times import rfc3339
from tidegate.custody.flow import PayoutView
from tidegate.notifications import templates
from tidegate.screening.warning import ListedWarning


def payout(view: PayoutView | None, head: int | None) -> Said | None:
    if view is None:
        return None
    mined = view.mined_block
    return {
        "status": view.status,
        "waiting_for": view.waiting_for,
        "tx": view.mined_hash or view.newest_hash,
        "confirmations": None if mined is None or head is None else max(0, head - mined + 1),
    }


def warning(w: ListedWarning) -> Said:
    return {
        "id": w.id,
        "list": w.list,
        "category": w.category,
        "text": templates.WARNINGS[w.text_version].both(),
        "text_version": w.text_version,
        "shown_at": rfc3339(w.shown_at),
        "acknowledged_at": at(w.acknowledged_at),
    }

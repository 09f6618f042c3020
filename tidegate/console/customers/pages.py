"""Find a customer; one page that says how they stand and what to tell them; stop everything outgoing."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from tidegate.api.customers.say import window
from tidegate.api.journal.say import entry
from tidegate.base.money import Asset, to_text
from tidegate.base.refusals import Malformed
from tidegate.console.customers import store
from tidegate.console.visit import Page, Visit
from tidegate.db.journal import News
from tidegate.ledger import flow as ledger
from tidegate.ledger.accounts import Balance
from tidegate.notifications import flow as notifications
from tidegate.parties import flow as parties
from tidegate.parties.party import Restriction, RestrictionKind
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import store as withdrawal_store

ROWS = 50
_FEW = 10
_HISTORY = 30
_BOOK = 30


def find(visit: Visit) -> Response:
    """Customers, newest first; by id, the platform's own id, name or mail address."""
    text = visit.asked("q")
    found = parties.page(visit.conn, text, visit.asked("before"), ROWS)
    return visit.render(
        "customers/find.html",
        customers=found,
        text=text or "",
        older=found[-1].id if len(found) == ROWS else None,
    )


def customer(visit: Visit) -> Response:
    """Everything that support may say about a customer, what holds them up first."""
    conn, may = visit.conn, visit.may
    party = parties.get(conn, visit.id)
    setting = withdrawals.setting(conn, visit.now)
    found = withdrawal_store.search(conn, party.id, None, None, None, _FEW) if may("withdrawals:read") else []
    said = withdrawals.views(conn, found, setting.assets)
    book = screening.book(conn, party.id) if may("addresses:read") else []
    before = place(visit.asked("before"))
    news = store.history(conn, party.id, before, _HISTORY)
    held = [_restriction(visit, r) for r in parties.restrictions(conn, [party.id], visit.now).get(party.id, [])]
    return visit.render(
        "customers/customer.html",
        party=party,
        restrictions=[one for one in held if one is not None],
        frozen=any(one is not None and one["kind"] == RestrictionKind.FREEZE for one in held),
        holds=[w for w in said if w["hold"]],
        withdrawals=said,
        looks_like=withdrawal_store.looked_alike(conn, [w.id for w in found]),
        balances=[_balance(b, setting.assets[b.asset_id]) for b in ledger.balances(conn, party.id)],
        windows=[window(h) for h in withdrawals.headroom(conn, party, setting, visit.now)] if party.level else [],
        book=book[:_BOOK],
        book_more=max(0, len(book) - _BOOK),
        allow_list=screening.get_allow_list(conn, party.id) if may("addresses:read") else None,
        factors=parties.factors(conn, party.id),
        seen=store.seen(conn, party.id, _FEW),
        mails=notifications.page(conn, party.id, None, _FEW),
        timeline=[entry(item) for item in news if may("restrictions:read") or not _watching(item)],
        names={key.id: key.label for key in parties.keys(conn)},
        older=f"{news[-1].link}.{news[-1].position}" if len(news) == _HISTORY else None,
    )


def _restriction(visit: Visit, order: Restriction) -> dict[str, Any] | None:
    """What stops the customer. Who is only watched, and why, is for those who may read restrictions."""
    inside = visit.may("restrictions:read")
    if order.kind == RestrictionKind.WATCH and not inside:
        return None
    return {
        "kind": order.kind,
        "value": order.value,
        "until": order.until,
        "own": order.is_own_freeze,
        "since": order.created_at,
        "reason": order.reason if inside else None,
        "by": order.created_by if inside else None,
    }


def _watching(item: News) -> bool:
    """Whether an entry says that the customer is only watched: whoever talks to them must not give it away."""
    of_restriction = item.kind in ("party.restricted", "party.unrestricted")
    return of_restriction and item.content.get("kind") == RestrictionKind.WATCH


def _balance(balance: Balance, asset: Asset) -> dict[str, Any]:
    return {
        "asset": asset.symbol,
        "network": asset.network,
        "total": to_text(balance.total, asset.decimals),
        "free": to_text(balance.available, asset.decimals),
        "held": [(purpose, to_text(units, asset.decimals)) for purpose, units in sorted(balance.held.items())],
    }


def place(text: str | None) -> tuple[int, int] | None:
    """Where a page of the timeline ended, "<link>.<position>"."""
    if text is None:
        return None
    link, _, position = text.partition(".")
    if not (link.isdecimal() and position.isdecimal() and len(text) <= 24):
        raise Malformed("before_invalid", f"{text[:60]!r} is not where a page of this list ended.")
    return int(link), int(position)


def freeze(visit: Visit) -> Response:
    """Stop everything outgoing of the customer, at once, until somebody lifts it."""
    parties.freeze(visit.conn, visit.id, visit.given("reason"), visit.actor, visit.now)
    return visit.back_to(f"/console/customers/{visit.id}", "customer_frozen")


PAGES = (
    Page("/customers", find, "customers:read"),
    Page("/customers/{id}", customer, "customers:read"),
    Page("/customers/{id}/freeze", freeze, "customers:freeze", "POST"),
)

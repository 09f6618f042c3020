"""Messages of the travel rule, both ways: what we told providers, and what they told us."""

from __future__ import annotations

import json

from starlette.responses import Response

from tidegate.base.money import to_text
from tidegate.base.refusals import Malformed, NotFound
from tidegate.cases import flow as cases
from tidegate.cases.case import may_answer
from tidegate.console.visit import Page, Visit
from tidegate.ledger import store as ledger
from tidegate.parties import flow as parties
from tidegate.screening.inbox import flow as inbox
from tidegate.withdrawals import store

ROWS = 50
VIEWS = ("all", "open")
STATUSES = ("pending", "accepted", "rejected")


def sent(visit: Visit) -> Response:
    """What we told providers, newest first; `open` = those that have not answered."""
    view = visit.asked("view") or "all"
    if view not in VIEWS:
        raise Malformed("view_unknown", f"{view[:40]!r} is none of {', '.join(VIEWS)}.")
    found = store.travel_messages(visit.conn, view == "open", visit.asked("before"), ROWS)
    return visit.render(
        "compliance/travel.html",
        messages=found,
        view=view,
        views=VIEWS,
        older=found[-1].id if len(found) == ROWS else None,
    )


def one(visit: Visit) -> Response:
    """A message to the letter: what its receiver reads."""
    found = store.travel_message(visit.conn, visit.id)
    if found is None:
        raise NotFound("travel_message_unknown", f"There is no message about {visit.id[:80]!r}.")
    return visit.render(
        "compliance/message.html",
        message=found,
        body=json.dumps(json.loads(found.body), indent=2, ensure_ascii=False),
    )


def received(visit: Visit) -> Response:
    """What counterparties wrote about coins for our customers, newest first."""
    status = visit.asked("status")
    if status is not None and status not in STATUSES:
        raise Malformed("status_unknown", f"{status[:40]!r} is none of {', '.join(STATUSES)}.")
    found = inbox.page(visit.conn, status, visit.asked("before"), ROWS)
    return visit.render(
        "compliance/received.html",
        messages=[(m, *_coins(visit, m.asset_id, m.units)) for m in found],
        statuses=STATUSES,
        chosen=status or "",
        older=found[-1].id if len(found) == ROWS else None,
    )


def _coins(visit: Visit, asset_id: int, units: int) -> tuple[str, str]:
    asset = next(asset for asset in ledger.assets(visit.conn) if asset.id == asset_id)
    return to_text(units, asset.decimals), asset.symbol


def one_received(visit: Visit) -> Response:
    """A counterparty's message with its payload, and the question it left for a person."""
    found = inbox.get(visit.conn, visit.id)
    amount, symbol = _coins(visit, found.asset_id, found.units)
    about = cases.about(visit.conn, found.id)
    identity = visit.session.identity
    return visit.render(
        "compliance/received_message.html",
        message=found,
        amount=amount,
        symbol=symbol,
        payload=json.dumps(json.loads(found.body)["ivms101"], indent=2, ensure_ascii=False),
        party=parties.get(visit.conn, found.party_id) if found.party_id is not None else None,
        cases=[(case, identity.may("cases:answer") and may_answer(case, identity.role)) for case in about],
        names={key.id: key.label for key in parties.keys(visit.conn)},
    )


def ask(visit: Visit) -> Response:
    """Ask the counterparty for more. It reads the question with its next try; the case stays open."""
    inbox.ask(visit.conn, visit.id, visit.given("question"), visit.actor, visit.now)
    return visit.back_to(f"/console/travel-rule/received/{visit.id}", "counterparty_asked")


_REVIEW = "travel_rule:review"

PAGES = (
    Page("/travel-rule", sent, "decisions:read"),
    Page("/travel-rule/received", received, _REVIEW),
    Page("/travel-rule/received/{id}", one_received, _REVIEW),
    Page("/travel-rule/received/{id}/ask", ask, _REVIEW, "POST"),
    Page("/travel-rule/{id}", one, _REVIEW),
)

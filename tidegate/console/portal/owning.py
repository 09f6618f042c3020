"""Proof that a self-hosted address is the customer's own: the text to sign, and its signature. Then the withdrawal that
waited for it goes on."""

from __future__ import annotations

from starlette.responses import Response

from tidegate.base.refusals import Refusal
from tidegate.console.portal.visit import Page, Visit
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.withdrawal import Status, Withdrawal


def page(visit: Visit) -> Response:
    """The text that was handed out and a field for its signature; where it waits for no proof, the withdrawal."""
    found = _own(visit)
    if found.status is not Status.AWAITING_INFORMATION:
        return visit.back_to(f"/portal/withdrawals/{found.id}")
    return _page(visit, found, None)


def _page(visit: Visit, found: Withdrawal, refusal: Refusal | None) -> Response:
    return visit.render(
        "portal/ownership.html",
        200 if refusal is None else refusal.status,
        refusal=refusal,
        w=withdrawals.view(visit.conn, found, visit.setting().assets),
        text=screening.text_to_sign(visit.conn, found.saved_address_id, visit.now),
        signature=visit.given("signature"),
    )


def text(visit: Visit) -> Response:
    """Hand out a fresh text. The one before counts no more: only the newest is compared."""
    found, platform = _own(visit), visit.gate.platform

    def do() -> None:
        screening.challenge(visit.conn, found.saved_address_id, visit.party_id, platform, visit.actor, visit.now)

    try:
        visit.once(do)
    except Refusal as refusal:
        return _page(visit, found, refusal)
    return visit.back_to(f"/portal/withdrawals/{found.id}/ownership")


def prove(visit: Visit) -> Response:
    """The text was signed: the withdrawal is reviewed again."""
    found, signature = _own(visit), visit.given("signature").strip()

    def do() -> None:
        withdrawals.prove_address(visit.conn, found.id, signature, visit.actor, visit.setting(), visit.now)

    try:
        visit.once(do)
    except Refusal as refusal:
        return _page(visit, found, refusal)
    return visit.back_to(f"/portal/withdrawals/{found.id}", "portal_proven")


def _own(visit: Visit) -> Withdrawal:
    """The withdrawal, where it is theirs. Raises NotFound `withdrawal_unknown`."""
    return withdrawals.get(visit.conn, visit.id, visit.party_id)


_O = "/withdrawals/{id}/ownership"
PAGES = (
    Page(_O, page),
    Page(_O, prove, "POST"),
    Page(f"{_O}/text", text, "POST"),
)

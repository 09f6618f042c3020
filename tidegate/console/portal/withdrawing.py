"""A withdrawal from the wish to the end: what is shown is what is confirmed, and one form asks once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from starlette.responses import Response

from tidegate.api.withdrawals import say
from tidegate.base.canonical import digest
from tidegate.base.money import to_text
from tidegate.base.refusals import Malformed, Refusal
from tidegate.console.browser import asking, read_credential
from tidegate.console.portal.visit import Page, Visit
from tidegate.db import act, replay
from tidegate.ledger import flow as ledger
from tidegate.parties import flow as parties
from tidegate.screening import flow as screening
from tidegate.withdrawals import answer
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import store as withdrawal_store
from tidegate.withdrawals.appeals import APPEALABLE
from tidegate.withdrawals.asking import Ask
from tidegate.withdrawals.factors import covers, missing
from tidegate.withdrawals.withdrawal import CANCELLABLE, FINAL, Status, Withdrawal

ROWS = 20
_ASKED = ("asset", "address_id", "address", "memo", "amount", "description")
_TOLD = ("kind", "text", "name", "vasp", "country")

_ANSWERED_HERE = ("information_asked", "travel_rule_pending", "ownership_unproven")
"""What a customer can give: on this page, and the proof that an address is theirs on one of its own (`owning.py`)."""


def form(visit: Visit) -> Response:
    """What is wanted; the next page shows it as it would be sent."""
    return _form(visit, None)


def _form(visit: Visit, refusal: Refusal | None) -> Response:
    setting = visit.setting()
    free = {b.asset_id: b.available for b in ledger.balances(visit.conn, visit.party_id)}
    return visit.render(
        "portal/withdraw.html",
        200 if refusal is None else refusal.status,
        refusal=refusal,
        assets=[
            {
                "name": asset.name,
                "symbol": asset.symbol,
                "network": asset.network,
                "free": to_text(free.get(asset.id, 0), asset.decimals),
                "fee": to_text(setting.policy.fee_units(asset), asset.decimals),
            }
            for asset in setting.assets.values()
        ],
        book=[a for a in screening.book(visit.conn, visit.party_id) if a.booked_at is not None],
        typed={name: visit.given(name) for name in _ASKED},
    )


def ask(visit: Visit) -> Response:
    """Ask for it. The form's number is the request's key, so that a double click and the back button ask once."""
    symbol, _, network = visit.given("asset").partition("@")
    given = {name: visit.given(name).strip() for name in _ASKED}
    request = Ask(
        party_id=visit.party_id,
        actor=visit.actor,
        asset=symbol,
        network=network,
        amount=given["amount"],
        address=None if given["address_id"] else given["address"],
        address_id=given["address_id"] or None,
        memo=given["memo"] or None,
        description=given["description"] or None,
        scope=visit.party_id,
        key=f"portal {visit.number()}",
        request=digest(["portal", *given.values()]),
    )
    with act(visit.conn, visit.actor, visit.now):
        replay.claim(visit.conn, request.scope, request.key or "")
        (made,) = withdrawals.request(visit.conn, [request], visit.setting(), visit.now)
        if isinstance(made, Refusal):
            return _form(visit, made)
    return visit.back_to(f"/portal/withdrawals/{json.loads(made.body)['id']}")


def listed(visit: Visit) -> Response:
    """Every withdrawal of theirs, newest first."""
    found = withdrawal_store.search(visit.conn, visit.party_id, None, None, visit.asked("before"), ROWS)
    return visit.render(
        "portal/withdrawals.html",
        withdrawals=withdrawals.views(visit.conn, found, visit.setting().assets),
        older=found[-1].id if len(found) == ROWS else None,
    )


def one(visit: Visit) -> Response:
    """Where it stands, why, until when, and what the customer can do. An open page that asks for its state again, and
    was drawn for another one, is drawn anew: what can be done has changed too."""
    was = visit.asked("was")
    if "hx-request" in visit.request.headers and was is not None and was != _own(visit).status:
        return Response(status_code=204, headers={"HX-Redirect": f"/portal/withdrawals/{visit.id}"})
    return _one(visit, None)


def _one(visit: Visit, refusal: Refusal | None) -> Response:
    found, setting = _own(visit), visit.setting()
    asset = setting.assets[found.asset_id]
    waits = found.status is Status.AWAITING_CONFIRMATION
    lacks = missing(found.required_factors, found.used_factors) if waits else []
    shown = withdrawals.view(visit.conn, found, setting.assets)
    return visit.render(
        "portal/withdrawal.html",
        200 if refusal is None else refusal.status,
        refusal=refusal,
        w=shown,
        over=found.status in FINAL,
        lines=answer.as_lines(found, asset),
        ahead=withdrawals.ahead(visit.conn, found) if found.status in CANCELLABLE else None,
        waits=waits,
        missing=lacks,
        passkey=_passkey_does(visit, lacks),
        warnings=_warnings(visit, found, asset.network),
        asks=[r["code"] for r in shown["hold"]["reasons"] if r["code"] in _ANSWERED_HERE]
        if found.status is Status.AWAITING_INFORMATION
        else [],
        cancellable=found.status in CANCELLABLE,
        appealable=found.status in APPEALABLE,
        typed={name: visit.given(name) for name in _TOLD},
    )


def _warnings(visit: Visit, found: Withdrawal, network: str) -> list[dict[str, Any]]:
    """The warnings about where it goes, and whether they insisted on it for this withdrawal."""
    shown, numbers = screening.warnings_of(visit.conn, found.id), visit.setting().policy.screening_numbers
    if not shown or numbers is None:
        return [say.warning(w) | {"insisted": False} for w in shown]
    place = (found.party_id, network, found.address)
    known = screening.warned(visit.conn, [place], numbers, visit.now).get(place, ())
    insisted = {w.id for w in known if w.state(found.id) == "insisted"}
    return [say.warning(w) | {"insisted": w.id in insisted} for w in shown]


def _passkey_does(visit: Visit, lacks: Sequence[str]) -> bool:
    """Whether they have a passkey that does for what is still asked for."""
    return any(covers("passkey", asked) for asked in lacks) and any(
        factor.kind == "passkey" for factor in parties.factors(visit.conn, visit.party_id)
    )


def challenge(visit: Visit) -> Response:
    """What a passkey has to sign: bound to what the page shows."""
    found = _own(visit)
    conn, relying, setting = visit.conn, visit.gate.relying, visit.setting()
    return asking(visit.say, lambda: withdrawals.challenge(conn, found.id, relying, visit.actor, setting, visit.now))


def confirm(visit: Visit) -> Response:
    """Confirm what is shown, with a code or with a passkey's signature over it."""
    found, setting, gate = _own(visit), visit.setting(), visit.gate

    def do() -> Withdrawal:
        if visit.given("credential"):
            said = read_credential(visit.given("credential"))
            return withdrawals.confirm_with_passkey(
                visit.conn, found.id, said, gate.relying, visit.actor, setting, visit.now
            )
        code = visit.given("code").strip()
        return withdrawals.confirm(visit.conn, found.id, "totp", code, gate.data_key, visit.actor, setting, visit.now)

    return _done(visit, lambda: "portal_confirmed_partly" if _waits(visit) else "portal_confirmed", do)


def _waits(visit: Visit) -> bool:
    """Whether another factor is still to come."""
    return _own(visit).status is Status.AWAITING_CONFIRMATION


def resend(visit: Visit) -> Response:
    """Send the mail with the link that confirms once more."""
    found = _own(visit)
    return _done(
        visit,
        "portal_resent",
        lambda: withdrawals.resend(visit.conn, found.id, visit.actor, visit.setting(), visit.now),
    )


def cancel(visit: Visit) -> Response:
    """Take it back, while no payment has begun."""
    found = _own(visit)
    return _done(
        visit,
        "portal_cancelled",
        lambda: withdrawals.cancel(visit.conn, found.id, visit.actor, visit.setting(), visit.now),
    )


def appeal(visit: Visit) -> Response:
    """Say that it was treated wrongly."""
    found, text = _own(visit), _lines(visit)
    return _done(
        visit,
        "portal_appealed",
        lambda: withdrawals.appeal(visit.conn, found.id, text, visit.actor, visit.setting(), visit.now),
    )


def inform(visit: Visit) -> Response:
    """Answer what a reviewer asked."""
    found, kind, text = _own(visit), visit.given("kind"), _lines(visit)
    return _done(
        visit,
        "portal_informed",
        lambda: withdrawals.inform(visit.conn, found.id, kind, text, visit.actor, visit.now),
    )


def receiver(visit: Visit) -> Response:
    """Say who receives, and where: what the travel rule asks for."""
    found = _own(visit)
    name, vasp, country = (visit.given(field).strip() for field in ("name", "vasp", "country"))
    more: dict[str, Any] = {"beneficiary": {"name": name, "given_names": None, "kind": "natural"}}
    if vasp:
        more["counterparty"] = {"vasp_id": vasp, "name": vasp, "country": country.upper()}
    return _done(
        visit,
        "portal_informed",
        lambda: withdrawals.state_receiver(
            visit.conn, found.id, more, bool(visit.given("self_hosted")), visit.actor, visit.setting(), visit.now
        ),
    )


def acknowledge(visit: Visit) -> Response:
    """The customer has read a warning."""
    found, warning = _own(visit), _warning(visit)
    return _done(
        visit,
        "portal_acknowledged",
        lambda: screening.acknowledge(
            visit.conn, warning, visit.party_id, _evidence(visit, found), visit.actor, visit.now
        ),
    )


def insist(visit: Visit) -> Response:
    """After acknowledging the warning they want it all the same; a person looks at it."""
    found, warning = _own(visit), _warning(visit)
    return _done(
        visit,
        "portal_insisted",
        lambda: withdrawals.insist(
            visit.conn, found.id, warning, _evidence(visit, found), visit.actor, visit.setting(), visit.now
        ),
    )


def _own(visit: Visit) -> Withdrawal:
    """The withdrawal, where it is theirs. Raises NotFound `withdrawal_unknown`."""
    return withdrawals.get(visit.conn, visit.id, visit.party_id)


def _warning(visit: Visit) -> str:
    """A warning of this withdrawal. Raises Malformed `warning_unknown`."""
    wanted = visit.given("warning")
    if wanted not in {w.id for w in screening.warnings_of(visit.conn, visit.id)}:
        raise Malformed("warning_unknown", "This warning is not about this withdrawal.", field="warning")
    return wanted


def _evidence(visit: Visit, found: Withdrawal) -> dict[str, str]:
    """From where the customer said so."""
    return {"session": visit.session.id, "ip": visit.session.ip or "", "withdrawal": found.id}


def _lines(visit: Visit) -> str:
    return visit.given("text").replace("\r\n", "\n")  # as browsers send lines


def _done(visit: Visit, word: str | Callable[[], str], do: Callable[[], object]) -> Response:
    """Do it once; back to its page, which says so, or says why not. What to say may depend on what came of it."""
    try:
        visit.once(do)
    except Refusal as refusal:
        return _one(visit, refusal)
    return visit.back_to(f"/portal/withdrawals/{visit.id}", word if isinstance(word, str) else word())


_W = "/withdrawals/{id}"
PAGES = (
    Page("/withdraw", form),
    Page("/withdraw", ask, "POST"),
    Page("/withdrawals", listed),
    Page(_W, one),
    Page(f"{_W}/challenge", challenge, "POST"),
    Page(f"{_W}/confirm", confirm, "POST"),
    Page(f"{_W}/resend", resend, "POST"),
    Page(f"{_W}/cancel", cancel, "POST"),
    Page(f"{_W}/appeal", appeal, "POST"),
    Page(f"{_W}/inform", inform, "POST"),
    Page(f"{_W}/receiver", receiver, "POST"),
    Page(f"{_W}/acknowledge", acknowledge, "POST"),
    Page(f"{_W}/insist", insist, "POST"),
)

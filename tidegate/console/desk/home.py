"""The desk's front page: where a merchant stands, and what waits for them; applying, agreeing to rules, leaving."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from tidegate.api.merchants import say
from tidegate.base.refusals import Refusal
from tidegate.console.desk import orders, rating
from tidegate.console.desk.mine import HOME, merchant_of
from tidegate.console.portal.visit import Page, Visit
from tidegate.ledger import store as ledger
from tidegate.notifications.templates import MERCHANTS
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.merchants import flow as merchants
from tidegate.p2p.merchants.merchant import MOVES, Certification, Merchant
from tidegate.policy import flow as policies
from tidegate.policy.pack import Policy
from tidegate.rating.standing import flow as standing

LEAVING = "desk/leaving.html"


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for the merchant: a word, what it is about, until when, and where it is done."""

    word: str
    about: str
    until: datetime | None
    href: str


def home(visit: Visit) -> Response:
    """What waits for the merchant first; somebody who is none can apply."""
    return _home(visit, None)


def _home(visit: Visit, refusal: Refusal | None) -> Response:
    status = 200 if refusal is None else refusal.status
    merchant = merchants.of_party(visit.conn, visit.party_id)
    policy = policies.active(visit.conn, visit.now)
    if merchant is None:
        return visit.render("desk/apply.html", status, refusal=refusal, rules=policy.merchants.rules_version)
    assets = {asset.id: asset for asset in ledger.assets(visit.conn)}
    return visit.render(
        "desk/home.html",
        status,
        refusal=refusal,
        merchant=merchant,
        stands=MERCHANTS[merchant.certification].both(),
        held=standing.of(visit.conn, merchant.subject_id),
        bonds=[say.bond(bond, assets) for bond in bonds.of(visit.conn, merchant.id)],
        tasks=_tasks(visit, merchant),
        rules=policy.merchants.rules_version,
    )


def _tasks(visit: Visit, merchant: Merchant) -> list[Task]:
    """Orders to act on, bonds to fill up, ratings to correct or appeal; the most urgent first."""
    found = [Task(f"task_{step}", about, until, href) for step, about, until, href in orders.waiting(visit)]
    found += [
        Task("task_bond", "", bond.top_up_due_at, f"{HOME}/bond")
        for bond in bonds.of(visit.conn, merchant.id)
        if bond.demand
    ]
    found += [Task(f"task_{what}", "", until, f"{HOME}/rating/{line}") for what, line, until in rating.open_to(visit)]
    return sorted(found, key=lambda task: (task.until is None, task.until or visit.now))


def apply(visit: Visit) -> Response:
    """Apply as a merchant, agreeing to the rules that were shown."""
    version = visit.given("rules")
    try:
        policy = policies.active(visit.conn, visit.now)
        visit.once(
            lambda: merchants.apply(visit.conn, visit.party_id, version, policy, visit.actor, visit.now),
        )
    except Refusal as refusal:
        return _home(visit, refusal)
    return visit.back_to(HOME, "desk_applied")


def consent(visit: Visit) -> Response:
    """Agree to the rules in force."""
    merchant, version = merchant_of(visit), visit.given("rules")
    policy = policies.active(visit.conn, visit.now)
    try:
        visit.once(
            lambda: merchants.consent(visit.conn, merchant.id, version, True, policy, visit.actor, visit.now),
        )
    except Refusal as refusal:
        return _home(visit, refusal)
    return visit.back_to(HOME, "desk_agreed")


def leaving(visit: Visit) -> Response:
    """What leaving means, and asking for it."""
    return _leaving(visit, None)


def _leaving(visit: Visit, refusal: Refusal | None) -> Response:
    merchant = merchant_of(visit)
    policy: Policy = policies.active(visit.conn, visit.now)
    assets = {asset.id: asset for asset in ledger.assets(visit.conn)}
    may = Certification.EXITING in MOVES[merchant.certification] or merchant.certification is Certification.DISMISSED
    return visit.render(
        LEAVING,
        200 if refusal is None else refusal.status,
        refusal=refusal,
        merchant=merchant,
        may=may and not merchant.exit_open,
        days=policy.merchants.release_days,
        matters=merchants.matters(visit.conn, [merchant.id]),
        bonds=[say.bond(bond, assets) for bond in bonds.of(visit.conn, merchant.id)],
        typed=visit.given("reason"),
    )


def leave(visit: Visit) -> Response:
    """Ask to leave."""
    merchant, policy = merchant_of(visit), policies.active(visit.conn, visit.now)
    reason = visit.given("reason")
    try:
        visit.once(lambda: merchants.ask_exit(visit.conn, merchant.id, reason, policy, visit.actor, visit.now))
    except Refusal as refusal:
        return _leaving(visit, refusal)
    return visit.back_to(f"{HOME}/leave", "desk_left")


PAGES = (
    Page("/desk", home),
    Page("/desk/apply", apply, "POST"),
    Page("/desk/agree", consent, "POST"),
    Page("/desk/leave", leaving),
    Page("/desk/leave", leave, "POST"),
)

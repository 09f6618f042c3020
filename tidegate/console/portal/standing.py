"""Standing withdrawals: set up, confirm what is shown, pause, go on, end; and what each run did."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from tidegate.base.refusals import Refusal
from tidegate.console.portal import standing_form
from tidegate.console.portal.visit import Page, Visit
from tidegate.screening import flow as screening
from tidegate.withdrawals.standing import answer
from tidegate.withdrawals.standing import flow as standing
from tidegate.withdrawals.standing import store as standing_store
from tidegate.withdrawals.standing.instruction import Instruction

OWN = "/portal/standing"
ROWS, RUNS = 50, 20


def listed(visit: Visit) -> Response:
    """Theirs, newest first, and a form for another one."""
    return _listed(visit, None)


def _listed(visit: Visit, refusal: Refusal | None) -> Response:
    assets = visit.setting().assets
    found = standing_store.page(visit.conn, visit.party_id, None, None, ROWS)
    return visit.render(
        "portal/standing.html",
        200 if refusal is None else refusal.status,
        refusal=refusal,
        found=standing.views(visit.conn, found, assets),
        assets=[asset.name for asset in assets.values()],
        book=[a for a in screening.book(visit.conn, visit.party_id) if a.booked_at is not None],
        typed={name: visit.given(name) for name in standing_form.FIELDS},
    )


def create(visit: Visit) -> Response:
    """Draft one. Nothing runs before the customer has confirmed it on its page."""
    symbol, _, network = visit.given("asset").partition("@")
    made: list[Instruction] = []
    try:
        wanted = standing_form.read(visit)
        visit.once(
            lambda: made.append(
                standing.create(
                    visit.conn, visit.party_id, (symbol, network), wanted, visit.actor, visit.setting(), visit.now
                )
            )
        )
    except Refusal as refusal:
        return _listed(visit, refusal)
    return visit.back_to(f"{OWN}/{made[0].id}" if made else OWN)


def one(visit: Visit) -> Response:
    """Its terms in force, those that wait for a code, and its runs."""
    return _one(visit, None)


def _one(visit: Visit, refusal: Refusal | None) -> Response:
    found = _own(visit)
    return visit.render(
        "portal/standing_one.html",
        200 if refusal is None else refusal.status,
        refusal=refusal,
        s=standing.views(visit.conn, [found], visit.setting().assets)[0],
        runs=[answer.run(r) for r in standing_store.runs(visit.conn, found.id, None, RUNS)],
    )


def confirm(visit: Visit) -> Response:
    """Confirm the draft that is shown."""
    return _coded(visit, standing.confirm, "portal_standing_confirmed")


def resume(visit: Visit) -> Response:
    """Let it run again, with a code."""
    return _coded(visit, standing.resume, "portal_standing_resumed")


def pause(visit: Visit) -> Response:
    """Stop running, and keep the settings."""
    found = _own(visit)
    return _done(visit, "portal_standing_paused", lambda: standing.pause(visit.conn, found.id, visit.actor, visit.now))


def end(visit: Visit) -> Response:
    """Wipe its settings for good."""
    found = _own(visit)
    return _done(
        visit,
        "portal_standing_ended",
        lambda: standing.delete(visit.conn, found.id, visit.actor, visit.setting(), visit.now),
    )


def _coded(visit: Visit, do: Callable[..., Instruction], word: str) -> Response:
    found, code, key = _own(visit), visit.given("code").strip(), visit.gate.data_key
    return _done(
        visit, word, lambda: do(visit.conn, found.id, "totp", code, key, visit.actor, visit.setting(), visit.now)
    )


def _done(visit: Visit, word: str, do: Callable[[], object]) -> Response:
    try:
        visit.once(do)
    except Refusal as refusal:
        return _one(visit, refusal)
    return visit.back_to(f"{OWN}/{visit.id}", word)


def _own(visit: Visit) -> Instruction:
    """The instruction, where it is theirs. Raises NotFound."""
    return standing.get(visit.conn, visit.id, visit.party_id)


PAGES = (
    Page("/standing", listed),
    Page("/standing", create, "POST"),
    Page("/standing/{id}", one),
    Page("/standing/{id}/confirm", confirm, "POST"),
    Page("/standing/{id}/pause", pause, "POST"),
    Page("/standing/{id}/resume", resume, "POST"),
    Page("/standing/{id}/end", end, "POST"),
)

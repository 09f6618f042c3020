"""The address book and the allow-list."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from tidegate.api.addresses import say
from tidegate.base.refusals import Malformed, Refusal
from tidegate.base.times import hours
from tidegate.console.portal.visit import Page, Visit
from tidegate.db import act
from tidegate.parties import flow as parties
from tidegate.screening import flow as screening
from tidegate.withdrawals.asking import destination

OWN = "/portal/addresses"
_FIELDS = ("network", "address", "memo", "label", "own")


def listed(visit: Visit) -> Response:
    """Every address in the book, from when it may be paid without waiting, and what speaks against it."""
    return _listed(visit, None)


def _listed(visit: Visit, refusal: Refusal | None) -> Response:
    setting, conn = visit.setting(), visit.conn
    policy, numbers = setting.policy, setting.policy.screening_numbers
    book = [a for a in screening.book(conn, visit.party_id) if a.booked_at is not None]
    hits = screening.hits(conn, sorted({(a.network, a.address) for a in book}), visit.now)
    likes = screening.look_alikes(conn, book, numbers.look_alike) if numbers else {}
    wait = policy.new_address_hours(policy.new_address_from)
    entries = []
    for a in book:
        found = hits.get((a.network, a.address), [])
        listed = any(numbers is None or numbers.action(hit.list, hit.category) != "allow" for hit in found)
        like = likes.get((a.party_id, a.network, a.address))
        usable = None if wait is None else a.saved_at + hours(wait)
        warnings = [code for code, so in (("address_listed", listed), ("address_look_alike", like is not None)) if so]
        entries.append(
            say.address(a, usable, warnings)
            | {"waits": usable is not None and usable > visit.now, "resembles": like.known if like else None}
        )
    allow = screening.get_allow_list(conn, visit.party_id)
    return visit.render(
        "portal/addresses.html",
        200 if refusal is None else refusal.status,
        refusal=refusal,
        book=entries,
        networks=sorted({asset.network for asset in setting.assets.values()}),
        wait_hours=wait,
        allow_list_on=allow is not None and allow.is_on(visit.now),
        allow_list_off_from=allow.off_from if allow is not None and allow.is_on(visit.now) else None,
        typed={name: visit.given(name) for name in _FIELDS},
    )


def save(visit: Visit) -> Response:
    """Put an address into the book, so that its waiting time begins."""
    setting = visit.setting()
    network, memo, label = visit.given("network"), visit.given("memo").strip(), visit.given("label").strip()

    def do() -> None:
        address = destination(network, visit.given("address").strip(), memo, setting.by_name, setting.ours)
        if network not in {asset.network for asset in setting.assets.values()}:
            raise Malformed("network_unknown", f"No asset of {network[:60]} is handled here.", field="network")
        if len(label) > 100 or (label and not label.isprintable()):
            raise Malformed("label_invalid", "Give a name of at most 100 printable characters.", field="label")
        with act(visit.conn, visit.actor, visit.now) as tx:
            parties.lock(visit.conn, [visit.party_id])
            ownership = "self_hosted" if visit.given("own") else "unknown"
            screening.save(tx, visit.party_id, network, address, memo, label, ownership)

    return _done(visit, "portal_address_saved", do)


def remove(visit: Visit) -> Response:
    """Take an address out of the book."""
    return _done(
        visit,
        "portal_address_removed",
        lambda: screening.unbook(visit.conn, visit.id, visit.party_id, visit.actor, visit.now),
    )


def switch(visit: Visit) -> Response:
    """Pay only addresses in the book, or ask that this end."""
    numbers = visit.setting().policy.screening
    on = bool(visit.given("on"))
    return _done(
        visit,
        "portal_allow_list_done",
        lambda: screening.set_allow_list(visit.conn, visit.party_id, on, visit.actor, numbers, visit.now),
    )


def _done(visit: Visit, word: str, do: Callable[[], object]) -> Response:
    try:
        visit.once(do)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return _listed(visit, refusal)
    return visit.back_to(OWN, word)


PAGES = (
    Page("/addresses", listed),
    Page("/addresses", save, "POST"),
    Page("/addresses/{id}/remove", remove, "POST"),
    Page("/allow-list", switch, "POST"),
)

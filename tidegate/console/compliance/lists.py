"""Screening lists with their freshness, their import, and what they and our own book say of an address."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from tidegate.base.refusals import Malformed, NotFound
from tidegate.console.visit import Page, Visit
from tidegate.custody import flow as custody
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.screening import address as addresses
from tidegate.screening import flow as screening

FORMATS = ("csv", "tags", "events")
MOST_SHOWN = 100
"""Quarantined rows on a page: more than that is a broken file, and the first ones say how."""


def lists(visit: Visit) -> Response:
    """Every list: how many entries, how old, fresh or not."""
    found = [(item, screening.is_fresh(item, visit.now)) for item in screening.all_lists(visit.conn)]
    return visit.render("compliance/lists.html", lists=found, formats=FORMATS)


def one_list(visit: Visit) -> Response:
    """What the newest import of a list could not read, row by row."""
    item = next((item for item in screening.all_lists(visit.conn) if item.name == visit.id), None)
    if item is None:
        raise NotFound("list_unknown", f"There is no list {visit.id[:64]!r}.")
    rows = screening.quarantine(visit.conn, item.name)
    return visit.render(
        "compliance/list.html",
        item=item,
        fresh=screening.is_fresh(item, visit.now),
        rows=rows[:MOST_SHOWN],
        more=max(0, len(rows) - MOST_SHOWN),
    )


def import_list(visit: Visit) -> Response:
    """Replace a list by a file. A refused file changes nothing."""
    format, name = visit.given("format"), visit.given("name").strip()
    if format not in FORMATS:
        raise Malformed("format_unknown", f"{format[:20]!r} is none of {', '.join(FORMATS)}.", field="format")
    text = visit.file("file") or visit.given("text")
    if not text.strip():
        raise Malformed("file_missing", "Choose a file, or paste its lines.", field="file")
    done = screening.import_list(
        visit.conn, name, text, visit.actor, visit.now, format=format, force=visit.given("force") == "yes"
    )
    return visit.back_to(f"/console/lists/{name}", "list_quarantined" if done.quarantined else "list_imported")


def screen(visit: Visit) -> Response:
    """What an address is, who lists it, whether it is ours, and whether a customer could mean another one."""
    networks = [network.id for network in custody.networks(visit.conn)]
    network, text, customer = visit.asked("network"), visit.asked("address"), visit.asked("customer")
    seen = None if text is None else _screened(visit, network or (networks[0] if networks else ""), text, customer)
    return visit.render(
        "compliance/screen.html",
        networks=networks,
        chosen={"network": network or "", "address": text or "", "customer": customer or ""},
        seen=seen,
    )


def _screened(visit: Visit, network: str, text: str, customer: str | None) -> dict[str, Any]:
    judged = addresses.judge(network, text)
    place = (network, judged.normalised or text)
    alike = None
    if customer is not None:
        parties.get(visit.conn, customer)
        if judged.normalised is not None:
            alike = _alike(visit, customer, network, judged.normalised)
    return {
        "network": network,
        "judged": judged,
        "address": place[1],
        "hits": screening.hits(visit.conn, [place], visit.now).get(place, []),
        "own": screening.own(visit.conn, [place]).get(place, []),
        "alike": alike,
        "customer": customer,
        "lists": [(item, screening.is_fresh(item, visit.now)) for item in screening.all_lists(visit.conn)],
    }


def _alike(visit: Visit, customer: str, network: str, address: str) -> screening.Likeness | None:
    """Another address that this customer knows and could take this one for; looking writes nothing down."""
    numbers = policies.active(visit.conn, visit.now).screening.look_alike
    place = (customer, network, address, "")
    entries, _ = screening.entries_for(visit.conn, [place], visit.now)
    return screening.look_alikes(visit.conn, [entries[place]], numbers).get((customer, network, address))


PAGES = (
    Page("/lists", lists, "lists:read"),
    Page("/lists/import", import_list, "lists:write", "POST", upload=True, sensitive=True),
    Page("/lists/{id}", one_list, "lists:read"),
    Page("/screen", screen, "lists:read"),
)

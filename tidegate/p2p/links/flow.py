"""Finding that two merchant accounts are one person's, and that they are not after all: one transaction each.

Lock order: parties by id, then every account of both people.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, NotFound
from tidegate.db import Conn, Tx, act
from tidegate.p2p.links import person as rules
from tidegate.p2p.links import store
from tidegate.p2p.links.store import Link
from tidegate.p2p.merchants import merchant as merchant_rules
from tidegate.p2p.merchants import store as merchants
from tidegate.p2p.merchants.merchant import Merchant
from tidegate.p2p.scope import flow as scope
from tidegate.parties import flow as parties
from tidegate.parties.party import check_reason


def link(conn: Conn, id: str, other_id: str, evidence: str, note: str, actor: str, now: datetime) -> Merchant:
    """A person has found that two merchant accounts are one person's: from now on they carry one tier (R20).

    The later subject's accounts join the earlier one's. Raises NotFound; Malformed `link_evidence_weak`,
    `link_evidence_unknown`, `note_invalid`; Conflict `linked_already`, `merchant_changed`.
    """
    with act(conn, actor, now) as tx:
        first, second = scope.get(conn, id), scope.get(conn, other_id)
        merchant_rules.check_link(first, second, evidence, note)
        keeps, joins = sorted((first.subject_id, second.subject_id))  # ids sort by time
        own = _lock(tx, keeps, joins)
        now_of = {account.id: account.subject_id for account in own}
        if (now_of.get(id), now_of.get(other_id)) != (first.subject_id, second.subject_id):
            raise Conflict("merchant_changed", "One of them was linked elsewhere just now; look and ask again.")
        moving = [account for account in own if account.subject_id == joins]
        for account in moving:
            merchants.keep(conn, replace(account, subject_id=keeps, changed_at=now))
        moved, stayed = (id, other_id) if any(account.id == id for account in moving) else (other_id, id)
        made = Link(new_id("lnk"), moved, stayed, keeps, joins, evidence, note, actor, now)
        store.add(conn, made)
        scope.refresh(tx, joins)
        scope.refresh(tx, keeps)
        accounts = [account.id for account in moving]
        said = {"person": keeps, "person_before": joins, "accounts": accounts, "evidence": evidence, "link": made.id}
        tx.note("merchant.linked", moved, said)
        return scope.get(conn, id)


def undo(conn: Conn, link_id: str, reason: str, actor: str, now: datetime) -> Link:
    """Another person has found that a link was wrong: whom it alone held together are two people again.

    Raises NotFound `link_unknown`; Malformed `reason_invalid`; Forbidden `link_own`; Conflict `link_undone`,
    `merchant_changed`.
    """
    check_reason(reason)
    with act(conn, actor, now) as tx:
        stays = scope.get(conn, _known(conn, link_id).merchant_id).subject_id
        own = _lock(tx, stays)
        found = _known(conn, link_id)
        who = parties.people(conn, {found.actor, actor})
        names = {id: who[id].name if id in who else id for id in (found.actor, actor)}
        rules.check_undo(link_id, found.undone_at is not None, found.actor, actor, names)
        if all(account.id != found.merchant_id for account in own):
            raise Conflict("merchant_changed", "One of them was linked elsewhere just now; look and ask again.")
        store.undo(conn, link_id, reason, actor, now)
        mine = {account.id: account.party_id for account in own}
        holding = [(one.merchant_id, one.other_id) for one in store.of_subject(conn, stays) if one.undone_at is None]
        person = rules.persons(mine, [pair for pair in holding if set(pair) <= mine.keys()])
        apart = sorted({named for named in person.values() if named != stays})
        for account in own:
            if person[account.id] != stays:
                merchants.keep(conn, replace(account, subject_id=person[account.id], changed_at=now))
        for named in (stays, *apart):
            scope.refresh(tx, named)
        accounts = [account for account, named in person.items() if named != stays]
        said = {"person": stays, "apart": apart, "accounts": accounts, "link": link_id, "reason": reason}
        tx.note("merchant.unlinked", found.merchant_id, said)
    return _known(conn, link_id)


def of(conn: Conn, subject_id: str) -> list[Link]:
    """How the accounts of a person were linked, and which links were undone, oldest first."""
    return store.of_subject(conn, subject_id)


def _known(conn: Conn, id: str) -> Link:
    found = store.get(conn, id)
    if found is None:
        raise NotFound("link_unknown", f"There is no link {id[:40]!r}.")
    return found


def _lock(tx: Tx, *subjects: str) -> list[Merchant]:
    """Every account of some people, all their parties locked first, by id."""
    parties.lock(tx.conn, {own.party_id for s in subjects for own in merchants.of_subject(tx.conn, s)})
    return [own for s in subjects for own in merchants.lock_subject(tx.conn, s)]

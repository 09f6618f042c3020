"""A run: look, ask for a withdrawal as the customer would, write down what came of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tidegate.base.canonical import digest
from tidegate.base.money import Asset, to_text
from tidegate.base.refusals import Malformed, Refusal
from tidegate.db import Conn, Tx, act
from tidegate.ledger import store as ledger_store
from tidegate.policy.market import flow as market
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.asking import Ask, destination
from tidegate.withdrawals.flow import Answer, Setting
from tidegate.withdrawals.standing import instruction, store
from tidegate.withdrawals.standing import terms as rules
from tidegate.withdrawals.standing.flow.looking import halt, line_of, lock, note_skip
from tidegate.withdrawals.standing.instruction import Go, Idle, Instruction, Run, Seen, Skip, Status, Wait
from tidegate.withdrawals.standing.terms import Crossing, Terms
from tidegate.withdrawals.withdrawal import Status as WithdrawalStatus

SCOPE = "standing"
"""Of the idempotency keys of runs: nobody's credential uses it."""


def run(conn: Conn, id: str, setting: Setting, now: datetime) -> Run | None:
    """Look at one instruction, and make its run where one is due: the withdrawal, its confirmation by the terms, and
    the line that says so, in one transaction. None where nothing was due, or another worker has its turn.

    The alarms are counted under the party's lock, which whoever records one needs too: no run begins after one.
    """
    with act(conn, "worker", now) as tx:
        if not store.claim(conn, id):
            return None
        i = lock(tx, id)
        if i.status is not Status.ACTIVE or i.next_at is None or i.next_at > now:
            return None
        numbers = setting.policy.standing
        terms = _terms_confirmed(tx, i)
        if terms is None:
            halt(tx, i, "changed")
            tx.note("standing.tampered", id, {"party": i.party_id, "version": i.version})
            return None
        asset = setting.assets[i.asset_id]
        seen = _see(tx, i, terms, asset, setting)
        due = instruction.look(i, terms, seen, numbers, now)
        if isinstance(due, Idle):
            store.keep(conn, instruction.idled(i, terms, seen, numbers, now))
            return None
        if isinstance(due, Wait):
            return _wait(tx, i, terms, due, setting)
        if isinstance(due, Skip):
            if due.reason == "no_price":
                return _blind(tx, i, setting)
            return _end(tx, i, terms, setting, reason=due.reason, detail=due.detail)
        return _go(tx, i, terms, asset, due, setting)


def _terms_confirmed(tx: Tx, i: Instruction) -> Terms | None:
    """The terms in force, where they are to the letter what the newest code was entered for; else None."""
    row = store.terms(tx.conn, [(i.id, i.version)]).get((i.id, i.version))
    if row is None:
        return None
    hash = rules.hash_of(i.id, i.party_id, row.version, row.body)
    return rules.from_body(row.body) if store.confirmed_hash(tx.conn, i.id) == hash else None


def _see(tx: Tx, i: Instruction, terms: Terms, asset: Asset, setting: Setting) -> Seen:
    ledger_store.ensure(tx.conn, [i.party_id], [asset.id])
    (account,) = ledger_store.lock(tx.conn, [i.party_id], [asset.id])
    price = None
    if isinstance(terms.trigger, Crossing):
        known = market.prices(tx.conn, asset, tx.now, setting.policy)
        price = instruction.most_doubtful(terms.trigger, known)
    return Seen(account.posted - account.held, setting.policy.fee_units(asset), price)


def _wait(tx: Tx, i: Instruction, terms: Terms, due: Wait, setting: Setting, detail: str = "") -> Run | None:
    waiting = instruction.waits(i, terms, due.reason, setting.policy.standing, tx.now)
    if waiting is None:
        return _end(tx, i, terms, setting, reason=due.reason, detail=detail)
    store.keep(tx.conn, waiting)
    if i.waiting_for != due.reason:
        tx.note("standing.waits", i.id, {"party": i.party_id, "for": due.reason, "until": waiting.wait_until})
    return None


def _blind(tx: Tx, i: Instruction, setting: Setting) -> Run:
    said = line_of(tx, i, "no_price")
    store.add_run(tx.conn, said)
    blind = instruction.went_blind(i, setting.policy.standing, tx.now)
    store.keep(tx.conn, blind)
    note_skip(tx, blind, said)
    return said


def _end(
    tx: Tx,
    i: Instruction,
    terms: Terms,
    setting: Setting,
    *,
    reason: str,
    detail: str = "",
    moved_on: bool = False,
    **of_run: Any,
) -> Run:
    """A run that was due is skipped."""
    said = line_of(tx, i, reason, detail, **of_run)
    store.add_run(tx.conn, said)
    after = instruction.ran(i, terms, setting.policy.standing, tx.now, made=False, moved_on=moved_on, own=False)
    store.keep(tx.conn, after)
    note_skip(tx, after, said)
    return said


def _go(tx: Tx, i: Instruction, terms: Terms, asset: Asset, due: Go, setting: Setting) -> Run | None:
    """Ask for the withdrawal through the same door as everybody, under a key that is this run's for life."""
    found = _where(tx, i, terms, setting)
    if isinstance(found, Skip):
        return _end(tx, i, terms, setting, reason=found.reason, detail=found.detail, moved_on=True)
    entry, index = found
    at: dict[str, Any] = {"address": entry.address, "address_index": index}
    number = i.runs + 1
    ask = Ask(
        party_id=i.party_id,
        actor=i.created_by,
        asset=asset.symbol,
        network=asset.network,
        amount=to_text(due.units, asset.decimals),
        address_id=entry.id,
        memo=entry.memo or None,
        fee_ceiling=to_text(due.ceiling_units, asset.decimals),
        scope=SCOPE,
        key=f"{i.id}:{number}",
        request=digest([i.id, number, i.version]),
    )
    try:
        (said,) = withdrawals.request(tx.conn, [ask], setting, tx.now)
    except Refusal as refusal:  # concerns everybody: a list that was never imported
        return _wait(tx, i, terms, Wait("not_decided"), setting, refusal.code)
    if isinstance(said, Refusal):
        reason = _meaning(said.code)
        moved_on = reason == "address_refused"
        return _end(tx, i, terms, setting, reason=reason, detail=said.code, moved_on=moved_on, **at)
    id, declined, detail = _read(said)
    if declined is not None:
        more: dict[str, Any] = {"withdrawal_id": id, "moved_on": declined == "address_refused", **at}
        return _end(tx, i, terms, setting, reason=declined, detail=detail, **more)
    line = replace(line_of(tx, i, None), withdrawal_id=id, address=entry.address, address_index=index)
    store.add_run(tx.conn, line)
    status = withdrawals.confirm_by_terms(tx, id, setting)
    own = status is not WithdrawalStatus.AWAITING_CONFIRMATION
    after = instruction.ran(i, terms, setting.policy.standing, tx.now, made=True, moved_on=True, own=own)
    store.keep(tx.conn, after)
    body = {"party": i.party_id, "number": number, "due_at": line.due_at, "withdrawal": id, "version": i.version}
    tx.note("standing.ran", i.id, {**body, "confirmed_by": "terms" if own else "customer"})
    return line


_REFUSED = {
    "withdrawals_blocked": "blocked",
    "factor_missing": "factor_missing",
    "no_price": "no_price",
    "address_unknown": "address_removed",
    "fee_above_ceiling": "fee_above_ceiling",
    "amount_not_above_fee": "not_enough",
}
"""What a refused request means for a run."""


def _meaning(code: str) -> str:
    """Why the run is skipped: the request's own code is in the detail. What says nothing here was not decided."""
    return _REFUSED.get(code) or ("address_refused" if code.startswith("address_") else "not_decided")


def _where(tx: Tx, i: Instruction, terms: Terms, setting: Setting) -> tuple[screening.SavedAddress, int | None] | Skip:
    """The destination whose turn it is, as the book has it now."""
    if terms.xpub is None:
        place = terms.places[i.place % len(terms.places)]
        entry = screening.entries_by_id(tx.conn, [(i.party_id, place.id)]).get((i.party_id, place.id))
        if entry is None or entry.booked_at is None or (entry.address, entry.memo) != (place.address, place.memo):
            return Skip("address_removed", place.id)
        return entry, None
    try:
        text = rules.account(terms).address(i.place)
        address = destination(terms.network, text, "", setting.by_name, setting.ours)
    except Malformed as refusal:
        return Skip("address_refused", refusal.code)
    assert i.approved_at is not None  # the schema says so
    return screening.book_since(tx, i.party_id, terms.network, address, "standing withdrawal", i.approved_at), i.place


def _read(said: Answer) -> tuple[str, str | None, str]:
    """The withdrawal's id, and why it was declined at once, with the findings; None where it stands."""
    body = json.loads(said.body)
    if body["status"] != WithdrawalStatus.DECLINED:
        return body["id"], None, ""
    hard = [f["code"] for f in body["decision"]["findings"] if f["outcome"] in ("decline", "freeze")]
    if any(code.startswith("address_") for code in hard):
        reason = "address_refused"
    else:
        reason = "over_limit" if all(code.startswith("over_") for code in hard) else "declined"
    return body["id"], reason, ", ".join(hard)


def set_aside(conn: Conn, id: str, fault: str, now: datetime) -> None:
    """A turn ended in a fault of ours: the others go on, and this one is tried again later and later."""
    with act(conn, "worker", now) as tx:
        i = lock(tx, id)
        if i.status is Status.ACTIVE:
            again = now + timedelta(minutes=min(60, 2 ** min(i.failures, 6)))
            store.keep(conn, replace(i, failures=i.failures + 1, next_at=again))
            tx.note("standing.failed", id, {"party": i.party_id, "fault": fault[:500], "again_at": again})

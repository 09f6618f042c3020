"""Pause, resume, delete; what an alarm about the account does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tidegate.base.refusals import Conflict, Refusal
from tidegate.db import Conn, Tx, act
from tidegate.parties import flow as parties
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.flow import Setting
from tidegate.withdrawals.standing import instruction, store
from tidegate.withdrawals.standing import terms as rules
from tidegate.withdrawals.standing.flow.confirming import allowed, check_code, code_wrong
from tidegate.withdrawals.standing.flow.looking import alarms, get, halt, lock, locked, skipped, terms_row, wipe
from tidegate.withdrawals.standing.instruction import Instruction, Status


def pause(conn: Conn, id: str, actor: str, now: datetime) -> Instruction:
    """Stop running and keep the settings; doing so again changes nothing. Raises Conflict `standing_not_active`."""
    with act(conn, actor, now) as tx:
        i = locked(tx, id)
        if i.status is Status.AWAITING_CONFIRMATION:
            raise Conflict("standing_not_active", f"{id} is {i.status}; only an active one can be paused.")
        if i.status is Status.ACTIVE:
            halt(tx, i, "customer")
    return get(conn, id)


def resume(
    conn: Conn, id: str, factor: str, code: str, data_key: bytes, actor: str, setting: Setting, now: datetime
) -> Instruction:
    """The customer lets it run again, with a code bound to the very terms. What was due meanwhile is not made up for.

    Raises Conflict `standing_not_paused`, `payload_changed`; Forbidden `code_wrong`, `withdrawals_blocked`; TooMany
    `codes_paused`.
    """
    refusal: Refusal | None = None
    with act(conn, actor, now) as tx:
        i = locked(tx, id)
        if i.status is not Status.PAUSED:
            raise Conflict("standing_not_paused", f"{id} is {i.status}; only a paused one can be resumed.")
        allowed(tx, i, factor)
        row = terms_row(conn, id, i.version)
        hash = rules.hash_of(id, i.party_id, row.version, row.body)
        # A code for the terms in force, not for others that somebody put into the row meanwhile.
        if store.confirmed_hash(conn, id) != hash:
            raise Conflict("payload_changed", f"{id} is not what the customer confirmed; edit it and confirm it anew.")
        if not check_code(tx, i, code, data_key, setting):
            tx.note("factor.refused", id, {"for": "resume"})
            refusal = code_wrong()
        else:
            tx.note("factor.used", id, {"factor": factor, "payload": hash})
            if i.due_at is not None and i.due_at <= now:
                i = skipped(tx, i, "paused")
            terms = rules.from_body(row.body)
            known = replace(i, alarms=alarms(conn, i.party_id))
            store.keep(conn, instruction.begun(known, terms, now))
            tx.note("standing.resumed", id, {"party": i.party_id, "version": i.version})
    if refusal is not None:
        raise refusal
    return get(conn, id)


def delete(conn: Conn, id: str, actor: str, setting: Setting, now: datetime) -> Instruction:
    """Wipe its settings, for good, and take back what it asked for and no payment has begun. Again changes nothing.

    Its record and the withdrawals that it made stay.
    """
    with act(conn, actor, now) as tx:
        i = lock(tx, id)
        if i.status is not Status.DELETED:
            for made in store.open_withdrawals(conn, id):
                withdrawals.cancel_if_free(tx, made, f"its standing withdrawal was deleted by {actor}", setting)
            wipe(tx, replace(i, draft=None, draft_until=None), "deleted")
    return get(conn, id)


def alarmed(tx: Tx, party_id: str) -> int:
    """Something happened to the account (news from `parties`): every instruction that did not know of it pauses."""
    parties.lock(tx.conn, [party_id])
    now_known = alarms(tx.conn, party_id)
    behind = [i for i in store.of_party(tx.conn, party_id) if i.status is Status.ACTIVE and i.alarms != now_known]
    for i in behind:
        halt(tx, i, "security_event")
    return len(behind)

"""The customer confirms a draft with a factor, or it lapses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tidegate.base.refusals import Conflict, Forbidden, Refusal, TooMany
from tidegate.base.times import hours, rfc3339
from tidegate.db import Conn, Tx, act
from tidegate.parties import flow as parties
from tidegate.withdrawals.flow import Setting
from tidegate.withdrawals.review import BLOCKING
from tidegate.withdrawals.standing import instruction, store
from tidegate.withdrawals.standing import terms as rules
from tidegate.withdrawals.standing.flow.looking import alarms, get, lock, locked, others, terms_row, wipe
from tidegate.withdrawals.standing.instruction import Instruction, Status
from tidegate.withdrawals.standing.terms import Terms


def confirm(
    conn: Conn, id: str, factor: str, code: str, data_key: bytes, actor: str, setting: Setting, now: datetime
) -> Instruction:
    """The customer confirms the draft they saw: it is in force from now on.

    A wrong code is counted and refused (`code_wrong`); the last allowed one drops the draft (`code_tries_used_up`),
    and so many in a row pause the factor (`codes_paused`). Raises Conflict `standing_not_confirmable`,
    `confirmation_expired`, `payload_changed`; Forbidden `withdrawals_blocked`.
    """
    refusal: Refusal | None = None
    with act(conn, actor, now) as tx:
        i = locked(tx, id)
        if i.draft is None or i.draft_until is None:
            raise Conflict("standing_not_confirmable", f"{id} has nothing that waits for a code.")
        if i.draft_until <= now:
            raise Conflict("confirmation_expired", f"The time to confirm ended at {rfc3339(i.draft_until)}.")
        row = terms_row(conn, id, i.draft)
        hash = rules.hash_of(id, i.party_id, row.version, row.body)
        if not hash == row.hash == store.proposed_hash(conn, id, row.version):
            raise Conflict("payload_changed", f"{id} is not what the customer saw any more; nothing is confirmed.")
        terms = rules.from_body(row.body)
        allowed(tx, i, factor)
        instruction.check_fight(terms, others(conn, i.party_id, id, now))
        if not check_code(tx, i, code, data_key, setting):
            refusal = _wrong_code(tx, i, setting)
        else:
            tx.note("factor.used", id, {"factor": factor, "payload": hash})
            store.keep(conn, _confirmed(tx, i, terms))
            tx.note("standing.confirmed", id, {"party": i.party_id, "version": i.draft})
    if refusal is not None:
        raise refusal
    return get(conn, id)


def _confirmed(tx: Tx, i: Instruction, terms: Terms) -> Instruction:
    """The draft is in force. One that was paused stays paused: only `resume` makes it active again."""
    now = tx.now
    before = None if i.version == 0 else rules.from_body(terms_row(tx.conn, i.id, i.version).body)
    known = before is not None and rules.same_destination(before, terms)
    done = replace(
        i,
        version=i.draft or 0,
        draft=None,
        draft_until=None,
        tries=0,
        approved_at=i.approved_at if known else now,
        place=i.place if before is not None and before.xpub == terms.xpub and before.places == terms.places else 0,
        armed=i.armed if before is not None and before.trigger == terms.trigger else True,
        blind=False,
        alarms=alarms(tx.conn, i.party_id),
        changed_at=now,
    )
    if i.status is Status.PAUSED:
        return done
    return instruction.begun(done, terms, now)


def allowed(tx: Tx, i: Instruction, factor: str) -> None:
    """Raises where no code can count just now."""
    if factor != "totp":
        raise Conflict("factor_not_asked", f"This asks for totp, not {factor!r}.", field="factor")
    orders = parties.restrictions(tx.conn, [i.party_id], tx.now)[i.party_id]
    stopped = next((order.kind for order in orders if order.kind in BLOCKING), None)
    if stopped is not None:
        raise Forbidden("withdrawals_blocked", f"Withdrawals of this customer are stopped by a {stopped}.")


def check_code(tx: Tx, i: Instruction, code: str, data_key: bytes, setting: Setting) -> bool:
    policy = setting.policy
    pause = hours(policy.credential_hold_hours("mfa_changed"))
    return parties.check_totp(tx, i.party_id, code, data_key, policy.confirmation_tries, pause)


def _wrong_code(tx: Tx, i: Instruction, setting: Setting) -> Refusal:
    tries, most = i.tries + 1, setting.policy.confirmation_tries
    tx.note("factor.refused", i.id, {"tries": tries})
    if tries >= most:
        _drop_draft(tx, i, "code_tries_used_up")
        return TooMany("code_tries_used_up", f"{tries} wrong codes: the draft is dropped; set it up again.")
    store.keep(tx.conn, replace(i, tries=tries))
    return code_wrong(f"; tries left: {most - tries}")


def code_wrong(more: str = "") -> Forbidden:
    return Forbidden("code_wrong", f"The code is wrong, used already or expired{more}.", field="code")


def _drop_draft(tx: Tx, i: Instruction, reason: str) -> None:
    """Nobody confirmed it. What never was in force is gone with it."""
    dropped = replace(i, draft=None, draft_until=None, tries=0, changed_at=tx.now)
    if i.version == 0:
        wipe(tx, dropped, reason)
    else:
        store.keep(tx.conn, dropped)
        tx.note("standing.draft_dropped", i.id, {"party": i.party_id, "version": i.draft, "reason": reason})


def expire_draft(conn: Conn, id: str, now: datetime) -> None:
    """A draft was not confirmed in time."""
    with act(conn, "worker", now) as tx:
        i = lock(tx, id)
        if i.draft_until is not None and i.draft_until <= now:
            _drop_draft(tx, i, "not_confirmed")

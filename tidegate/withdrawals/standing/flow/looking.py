"""One instruction: under lock, what is read of it, and how it halts or skips a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tidegate.base.money import Asset
from tidegate.base.refusals import Conflict, NotFound
from tidegate.db import Conn, Tx
from tidegate.parties import flow as parties
from tidegate.withdrawals.review import BLOCKING
from tidegate.withdrawals.standing import answer, instruction, store
from tidegate.withdrawals.standing import terms as rules
from tidegate.withdrawals.standing.instruction import Instruction, Run, Status
from tidegate.withdrawals.standing.terms import Terms


def get(conn: Conn, id: str, party_id: str | None = None) -> Instruction:
    """One instruction; for a customer's credential only their own. Raises NotFound."""
    found = store.get(conn, id)
    if found is None or (party_id is not None and found.party_id != party_id):
        raise NotFound("standing_unknown", f"There is no standing withdrawal {id}.")
    return found


def views(conn: Conn, found: Sequence[Instruction], assets: Mapping[int, Asset]) -> list[dict[str, Any]]:
    """Instructions as the API says them."""
    pairs = [(i.id, version) for i in found for version in (i.version, i.draft) if version]
    rows = store.terms(conn, pairs)

    def of(i: Instruction, version: int | None) -> Terms | None:
        row = rows.get((i.id, version or 0))
        return None if row is None else rules.from_body(row.body)

    return [answer.as_json(i, assets[i.asset_id], of(i, i.version), of(i, i.draft)) for i in found]


def terms_row(conn: Conn, id: str, version: int) -> store.TermsRow:
    found = store.terms(conn, [(id, version)])
    if not found:
        raise Conflict("payload_changed", f"{id} is not what the customer saw any more; nothing is confirmed.")
    return found[id, version]


def others(conn: Conn, party_id: str, id: str, now: datetime) -> list[Terms]:
    """The terms of the customer's other instructions; a draft that nobody confirmed in time counts no more."""
    standing = [
        other
        for other in store.of_party(conn, party_id)
        if other.id != id and (other.version > 0 or (other.draft_until is not None and other.draft_until > now))
    ]
    pairs = [(other.id, other.version or other.draft or 0) for other in standing]
    found = store.terms(conn, pairs)
    return [rules.from_body(found[pair].body) for pair in pairs]


def alarms(conn: Conn, party_id: str) -> int:
    return parties.alarms(conn, party_id, instruction.SECURITY_EVENTS, sorted(BLOCKING))


def locked(tx: Tx, id: str) -> Instruction:
    """As `lock`, for what somebody asks for. Raises Conflict `standing_deleted`."""
    i = lock(tx, id)
    if i.status is Status.DELETED:
        raise Conflict("standing_deleted", f"{id} was deleted; set up a new one.")
    return i


def lock(tx: Tx, id: str) -> Instruction:
    """One instruction under the locks of its customer and its row. If the account was touched since its last code,
    it pauses here and now. Raises NotFound."""
    parties.lock(tx.conn, [get(tx.conn, id).party_id])
    i = store.lock(tx.conn, id)
    assert i is not None  # rows are never deleted
    if i.status is Status.ACTIVE and i.alarms != alarms(tx.conn, i.party_id):
        return halt(tx, i, "security_event")
    return i


def halt(tx: Tx, i: Instruction, reason: str) -> Instruction:
    """Stop it; a run that is due just now is skipped, and its record says so."""
    if i.due_at is not None and i.due_at <= tx.now:
        i = replace(skipped(tx, i, "paused", reason), due_at=None)
    paused = instruction.stopped(i, Status.PAUSED, reason, tx.now)
    store.keep(tx.conn, paused)
    tx.note("standing.paused", i.id, {"party": i.party_id, "reason": reason})
    return paused


def wipe(tx: Tx, i: Instruction, reason: str) -> None:
    store.wipe(tx.conn, i.id)
    store.keep(tx.conn, replace(instruction.stopped(i, Status.DELETED, reason, tx.now), due_at=None))
    tx.note("standing.deleted", i.id, {"party": i.party_id, "reason": reason})


def skipped(tx: Tx, i: Instruction, reason: str, detail: str = "") -> Instruction:
    """Write a skipped run's line for an instruction that is not running; it after that."""
    said = line_of(tx, i, reason, detail)
    store.add_run(tx.conn, said)
    after = replace(i, runs=i.runs + 1, skips=i.skips + 1, last_at=tx.now)
    note_skip(tx, after, said)
    return after


def line_of(tx: Tx, i: Instruction, reason: str | None, detail: str = "", **of_run: Any) -> Run:
    blank: dict[str, Any] = {"withdrawal_id": None, "address": None, "address_index": None}
    return Run(
        standing_id=i.id,
        number=i.runs + 1,
        due_at=i.due_at or tx.now,
        at=tx.now,
        version=i.version,
        reason=reason,
        detail=detail,
        **{**blank, **of_run},
    )


def note_skip(tx: Tx, i: Instruction, said: Run) -> None:
    body = {"party": i.party_id, "number": said.number, "due_at": said.due_at, "reason": said.reason}
    tx.note("standing.skipped", i.id, {**body, "detail": said.detail, "withdrawal": said.withdrawal_id})
    if i.skips == instruction.SKIPS_THAT_NOTIFY:
        tx.note("standing.skipping", i.id, {"party": i.party_id, "in_a_row": i.skips, "reason": said.reason})

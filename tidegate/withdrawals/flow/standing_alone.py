"""Only a decision: the platform pays itself, and says what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tidegate.base.findings import Outcome
from tidegate.base.refusals import NotFound
from tidegate.db import Conn, act
from tidegate.parties import flow as parties
from tidegate.withdrawals import deciding, store
from tidegate.withdrawals.flow.following import give_back
from tidegate.withdrawals.flow.reading import findings_of


def commit(conn: Conn, decision_id: str, actor: str, now: datetime) -> deciding.Lone:
    """The platform has paid: the room is consumed. The same again changes nothing. Raises as `deciding.moves`."""
    return _end_alone(conn, decision_id, deciding.Status.COMMITTED, actor, now)


def let_go(conn: Conn, decision_id: str, actor: str, now: datetime) -> deciding.Lone:
    """The platform does not pay: the room is free again, once. Raises as `deciding.moves`."""
    return _end_alone(conn, decision_id, deciding.Status.RELEASED, actor, now)


def expire_alone(conn: Conn, decision_id: str, now: datetime) -> deciding.Lone:
    """Nobody said anything in time: the room is free again. One that has ended meanwhile stays as it is."""
    found = alone(conn, decision_id)
    if found.expires_at is None or found.expires_at > now:
        return found
    return _end_alone(conn, decision_id, deciding.Status.EXPIRED, "worker", now)


def _end_alone(conn: Conn, id: str, target: deciding.Status, actor: str, now: datetime) -> deciding.Lone:
    with act(conn, actor, now) as tx:
        parties.lock(conn, [alone(conn, id).party_id])
        found = alone(conn, id)  # read again: who held the party's lock may have ended it
        if target is deciding.Status.EXPIRED and found.status is not deciding.Status.OPEN:
            return found
        if deciding.moves(found, target, now):
            if target is not deciding.Status.COMMITTED:
                give_back(tx, id)
            assert store.end_lone(conn, id, target, now) == 1  # it is open, and its party is ours
            tx.note(f"decision.{target}", id, {"status": target, "party": found.party_id})
        return alone(conn, id)


def alone(conn: Conn, decision_id: str) -> deciding.Lone:
    """One lone decision. Raises NotFound: `decision_unknown`, also for one about a withdrawal."""
    found = store.lone(conn, decision_id)
    if found is None:
        raise NotFound("decision_unknown", f"There is no decision {decision_id} that stands alone.")
    return found


def alone_view(conn: Conn, found: deciding.Lone) -> dict[str, Any]:
    """A lone decision as the API says it."""
    row = store.decision(conn, found.decision_id)
    assert row is not None  # the schema says so
    return deciding.as_json(found, Outcome(row.outcome), findings_of(row))

"""The counterparty is told who sends, and answers (travel rule)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from tidegate.base.canonical import readable
from tidegate.base.findings import Outcome
from tidegate.base.ids import new_id
from tidegate.base.money import to_text
from tidegate.base.outside import Message, Reply
from tidegate.base.refusals import Malformed, NotFound
from tidegate.db import Conn, act
from tidegate.screening import travel_rule
from tidegate.screening.ivms101 import Person
from tidegate.withdrawals import store
from tidegate.withdrawals.checks.place import awaited, travel_rule_asked
from tidegate.withdrawals.facts import TRAVEL_RULE
from tidegate.withdrawals.flow.gathering.law import sender_of
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.flow.looking import Looked, look
from tidegate.withdrawals.flow.outside import outside_answered
from tidegate.withdrawals.withdrawal import Status

TRY_AGAIN = (60, 120, 300, 900, 1800, 3600)
"""Seconds before a message is sent again, the last for ever: an answer may be a person's work over there."""


def next_travel_message(
    conn: Conn, id: str, us: Person, vasps: Mapping[str, Person], setting: Setting, now: datetime
) -> Message | None:
    """The message to send now about a withdrawal, stored before it is sent; None where nothing is to be sent.

    What cannot be written (a provider that is not in our directory) is an answer of its own: a person decides.
    """
    with act(conn, "worker", now) as tx:
        looked = look(tx, id, setting)
        if looked.withdrawal.status is not Status.SCREENING or not awaited(looked.facts):
            return None
        kept = store.travel_message(conn, id)
        if kept is None:
            written = _written(looked, us, vasps, setting)
            if isinstance(written, str):
                outside_answered(tx, id, TRAVEL_RULE, None, written, setting)
                return None
            kept = written
            store.add_travel_message(conn, kept)
            tx.note("travel_rule.written", id, {"message": kept.id, "vasp": kept.vasp_id, "fields": kept.fields})
        elif kept.answer is not None or kept.next_at > now:
            return None
        wait = TRY_AGAIN[min(kept.tries, len(TRY_AGAIN) - 1)]
        store.try_travel_message(conn, id, now + timedelta(seconds=wait))
        return Message(kept.id, kept.vasp_id, kept.body)


def _written(looked: Looked, us: Person, vasps: Mapping[str, Person], setting: Setting) -> store.TravelMessage | str:
    """The message, or why there can be none."""
    withdrawal, stated, asset = looked.withdrawal, looked.stated, looked.asset
    asked = travel_rule_asked(looked.facts, setting.policy)
    fields = "basic" if asked is None else asked[0]
    sender = sender_of(looked.party)
    lacks = travel_rule.missing(fields, sender, stated)
    if lacks or stated.counterparty is None:
        return f"Travel-rule data are missing: {', '.join(lacks)}."
    vasp_id = stated.counterparty.vasp_id
    if vasp_id not in vasps:
        return f"The provider {vasp_id!r} ({stated.counterparty.name}) is not in our directory."
    try:
        payload = travel_rule.build(fields, sender, stated, withdrawal.address, us, vasps[vasp_id])
    except Malformed as fault:
        return f"No message can be written: {fault.message}"[:500]
    id = new_id("trm")
    body = readable(
        {
            "id": id,
            "asset": asset.symbol,
            "network": asset.network,
            "address": withdrawal.address,
            "memo": withdrawal.memo or None,
            "amount": to_text(withdrawal.net_units, asset.decimals),
            "ivms101": payload,
        }
    )
    now = looked.facts.now
    return store.TravelMessage(withdrawal.id, id, vasp_id, fields, body, now, 0, now, None, None)


def travel_answered(
    conn: Conn, id: str, message_id: str, reply: Reply | None, why: str, setting: Setting, now: datetime
) -> bool:
    """The counterparty answered a message (`reply` None: it will not take it, as `why` says); once.

    Accepted lets it go on, rejected ends it, refused asks for a person; "pending" is no answer yet.
    """
    if reply is not None and reply.status == "pending":
        return False
    answers = {"accepted": Outcome.ALLOW, "rejected": Outcome.DECLINE}
    status = "refused" if reply is None else reply.status
    with act(conn, "worker", now) as tx:
        detail = f"The counterparty {status} it" + (f": {why}" if why else ".")
        outside_answered(tx, id, TRAVEL_RULE, answers.get(status), detail, setting)
        return store.answer_travel_message(conn, message_id, status, now) == 1


def travel_told(conn: Conn, vasp_id: str, message_id: str, reply: Reply, setting: Setting, now: datetime) -> str:
    """A counterparty says by itself what it says to a message of ours; the answer that counts, which is its first.

    Raises NotFound `message_unknown`, also for a message to somebody else.
    """
    found = store.travel_message_by_id(conn, message_id)
    if found is None or found.vasp_id != vasp_id:
        raise NotFound("message_unknown", f"You were sent no message {message_id[:64]}.", field="id")
    travel_answered(conn, found.ref, message_id, reply, reply.reason, setting, now)
    kept = store.travel_message_by_id(conn, message_id)
    assert kept is not None  # never deleted
    assert kept.answer is not None  # this one, or one before it
    return kept.answer

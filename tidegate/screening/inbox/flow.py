"""Taking a counterparty's message in, answering it, and saying which coins it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tidegate.base.ids import new_id
from tidegate.base.money import Asset
from tidegate.base.refusals import Conflict, Malformed, NotFound
from tidegate.db import Conn, Tx, act
from tidegate.parties import flow as parties
from tidegate.policy.screening_numbers import ScreeningNumbers
from tidegate.screening import flow as screening
from tidegate.screening.inbox import message as rules
from tidegate.screening.inbox import store
from tidegate.screening.inbox.message import Judged, Message

MATCH_WITHIN = timedelta(days=7)
"""Coins and a message are taken for each other's only so long: later ones of the same amount are others."""

REJECTED = "Rejected after review."
LONGEST_QUESTION = 300


def receive(
    conn: Conn,
    vasp_id: str,
    text: str,
    said: Mapping[str, Any],
    assets: Mapping[tuple[str, str], Asset],
    numbers: ScreeningNumbers | None,
    now: datetime,
) -> Message:
    """Take a message in and answer it by rule, or leave it to a person; sent again it is the same one.

    Raises Malformed as `message.read` says; Conflict `message_changed` where its id came with another body.
    """
    hashed = hashlib.sha256(text.encode()).hexdigest()
    with act(conn, actor(vasp_id), now) as tx:
        before = store.sent(conn, vasp_id, said["id"])
        if before is None:
            made = _made(conn, vasp_id, text, hashed, said, assets, numbers, now)
            if store.add(conn, made) == 1:
                told = {"status": made.status, "party": made.party_id, "vasp": vasp_id, "message": made.message_id}
                tx.note("travel_rule.received", made.id, told)
                return made
            before = store.sent(conn, vasp_id, said["id"])  # the same message, sent twice at once
            assert before is not None
    if before.body_hash != hashed:
        raise Conflict("message_changed", f"{said['id']} came before with another body; give a correction its own id.")
    return before


def _made(
    conn: Conn,
    vasp_id: str,
    text: str,
    hashed: str,
    said: Mapping[str, Any],
    assets: Mapping[tuple[str, str], Asset],
    numbers: ScreeningNumbers | None,
    now: datetime,
) -> Message:
    incoming = rules.read(said, assets)
    place = (incoming.asset.network, incoming.address)
    ours = screening.own(conn, [place]).get(place, [])
    party_id = next((own.party_id for own in ours if own.network == place[0] and own.party_id is not None), None)
    owner = None if party_id is None else parties.get(conn, party_id)
    name = None if owner is None else owner.verified_name or owner.name
    judged: Judged = rules.judge(incoming, name, numbers)
    return Message(
        id=new_id("tri"),
        vasp_id=vasp_id,
        message_id=incoming.message_id,
        body_hash=hashed,
        body=text,
        received_at=now,
        asset_id=incoming.asset.id,
        network=incoming.asset.network,
        address=incoming.address,
        units=incoming.units,
        party_id=party_id,
        status=judged.status,
        reason=judged.reason,
        why=judged.why,
        ended_at=None if judged.status == "pending" else now,
        deposit_id=None,
    )


def actor(vasp_id: str) -> str:
    """How the journal names a counterparty."""
    return f"vasp:{vasp_id}"


def answered(tx: Tx, id: str, answer: str) -> None:
    """People have answered (news from `cases`): the counterparty hears it when it asks again."""
    found = _locked(tx.conn, id)
    if found.status != "pending":
        return
    status = "accepted" if answer == "approved" else "rejected"
    store.end(tx.conn, id, status, "" if status == "accepted" else REJECTED, tx.now)
    tx.note("travel_rule.answered", id, {"status": status, "vasp": found.vasp_id, "party": found.party_id})


def ask(conn: Conn, id: str, question: str, actor: str, now: datetime) -> Message:
    """Ask the counterparty for more: it reads the question with its next try, and answers with a message of a new id.

    Raises NotFound; Conflict `message_answered`; Malformed `question_invalid`.
    """
    if not (len(question.strip()) >= 1 and len(question) <= LONGEST_QUESTION and question.isprintable()):
        raise Malformed(
            "question_invalid", f"Ask in 1 to {LONGEST_QUESTION} printable characters of one line.", field="question"
        )
    with act(conn, actor, now) as tx:
        found = _locked(conn, id)
        if found.status != "pending":
            raise Conflict("message_answered", f"{id} is {found.status}; nothing more can be asked.")
        store.say(conn, id, question)
        tx.note("travel_rule.asked", id, {"vasp": found.vasp_id})
        return _locked(conn, id)


def link(tx: Tx, id: str, deposit_id: str) -> bool:
    """The message is about these coins. False where one of the two has its counterpart already."""
    if store.link(tx.conn, id, deposit_id) != 1:
        return False
    tx.note("travel_rule.matched", id, {"deposit": deposit_id})
    return True


def about(conn: Conn, party_id: str, asset_id: int, units: int, now: datetime) -> list[str]:
    """Messages that coins just seen may be told of by, oldest first."""
    return store.without_coins(conn, party_id, asset_id, units, now - MATCH_WITHIN)


def get(conn: Conn, id: str) -> Message:
    """One message. Raises NotFound `message_unknown`."""
    with conn.transaction():
        return _locked(conn, id)


def page(conn: Conn, status: str | None, before: str | None, limit: int) -> list[Message]:
    """Messages, newest first."""
    return store.page(conn, status, before, limit)


def _locked(conn: Conn, id: str) -> Message:
    found = store.lock(conn, id)
    if found is None:
        raise NotFound("message_unknown", f"There is no travel-rule message {id}.")
    return found

"""Which people to ask about, and what their withdrawal makes of the answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from tidegate.base.naming import NameFound, NoAnswer, Person
from tidegate.db import Conn, act
from tidegate.parties import flow as parties
from tidegate.screening import travel_rule
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import store
from tidegate.withdrawals.asking import NOTHING_STATED
from tidegate.withdrawals.names import opinion
from tidegate.withdrawals.names.opinion import NAMES

Found = Sequence[tuple[Person, Sequence[NameFound]]]
"""Whom the service found for each person that it was asked about."""


def take(conn: Conn, ids: Sequence[str], now: datetime, again_at: datetime) -> list[tuple[str, list[Person]]]:
    """Withdrawals whose names nobody else asks about until `again_at`, each with the people to ask about."""
    with act(conn, "worker", now):
        taken = store.take_vendor_asks(conn, [NAMES], ids, now, again_at)
        return [(asked.ref, _people(conn, asked.ref)) for asked in taken]


def _people(conn: Conn, id: str) -> list[Person]:
    party = parties.get(conn, withdrawals.get(conn, id).party_id)
    said = store.statement(conn, id)
    stated = NOTHING_STATED if said is None else travel_rule.read(json.loads(said))
    return opinion.to_ask(party.verified_name or party.name, party.date_of_birth, party.country, stated)


def answered(conn: Conn, id: str, said: Found | NoAnswer, setting: withdrawals.Setting, now: datetime) -> bool:
    """The service answered, or gave nothing usable, which asks for a person. True where this was the first answer, in
    time. A policy that does not say when a name is a hit leaves it to a person, too."""
    with act(conn, "worker", now) as tx:
        numbers = setting.policy.screening_numbers
        if isinstance(said, NoAnswer):
            return withdrawals.outside_answered(tx, id, NAMES, None, str(said)[:500], setting)
        if numbers is None:
            why = "the policy does not say from which score on a name is a hit"
            return withdrawals.outside_answered(tx, id, NAMES, None, why, setting)
        found = opinion.of(said, numbers)
        return withdrawals.outside_answered(tx, id, NAMES, found.outcome, found.detail, setting)

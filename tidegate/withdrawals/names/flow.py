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
from tidegate.withdrawals.facts import NAMES, NAMES_LATER
from tidegate.withdrawals.names import opinion
from tidegate.withdrawals.store import VendorAsk

Found = Sequence[tuple[Person, Sequence[NameFound]]]
"""Whom the service found for each person that it was asked about."""


def take(conn: Conn, ids: Sequence[str], now: datetime, again_at: datetime) -> list[tuple[VendorAsk, list[Person]]]:
    """Questions that nobody else asks until `again_at`, each with the people to ask about."""
    with act(conn, "worker", now):
        taken = store.take_vendor_asks(conn, [NAMES, NAMES_LATER], ids, now, again_at)
        return [(asked, _people(conn, asked)) for asked in taken]


def _people(conn: Conn, asked: VendorAsk) -> list[Person]:
    party = parties.get(conn, withdrawals.get(conn, asked.ref).party_id)
    said = store.statement(conn, asked.ref)
    stated = NOTHING_STATED if said is None else travel_rule.read(json.loads(said))
    people = opinion.to_ask(party.verified_name or party.name, party.date_of_birth, party.country, stated)
    return people if asked.check_id == NAMES else people[1:]  # the customer was asked about before


def answered(conn: Conn, asked: VendorAsk, said: Found | NoAnswer, setting: withdrawals.Setting, now: datetime) -> bool:
    """The service answered, or gave nothing usable, which asks for a person. True where this was the first answer, in
    time. A policy that does not say when a name is a hit leaves it to a person, too. Where another receiver was named
    while the service thought, its answer is about the wrong people: the question stays open."""
    with act(conn, "worker", now) as tx:
        if isinstance(said, NoAnswer):
            return withdrawals.outside_answered(tx, asked.ref, asked.check_id, None, str(said)[:500], setting)
        withdrawals.locked_in_order(tx, asked.ref)
        if [person for person, _ in said] != _people(conn, asked):
            return False
        numbers = setting.policy.screening_numbers
        if numbers is None:
            why = "the policy does not say from which score on a name is a hit"
            return withdrawals.outside_answered(tx, asked.ref, asked.check_id, None, why, setting)
        found = opinion.of(said, numbers)
        return withdrawals.outside_answered(tx, asked.ref, asked.check_id, found.outcome, found.detail, setting)

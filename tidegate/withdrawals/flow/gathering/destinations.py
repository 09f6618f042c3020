"""What is known of the destinations of a batch: address-book entries, lists, likeness to known ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidegate.base.refusals import Conflict, Malformed, NotFound, Refusal
from tidegate.db import Conn, Tx
from tidegate.policy.pack import Policy
from tidegate.policy.screening_numbers import ScreeningNumbers
from tidegate.screening import flow as screening
from tidegate.screening.allow_list import usable_from
from tidegate.screening.travel_rule import Statement
from tidegate.withdrawals.asking import NOTHING_STATED, Ask, Asked, destination
from tidegate.withdrawals.facts import Hit, Resembles
from tidegate.withdrawals.flow.given import Setting


class Book:
    """The destinations of a batch: address-book entries (made for who asks first) and what lists say of them."""

    def __init__(
        self,
        tx: Tx,
        asks: Sequence[Ask],
        asked: Mapping[int, Asked | Refusal],
        known: Collection[str],
        setting: Setting,
    ) -> None:
        self._by_name, self._ours = setting.by_name, setting.ours
        by_id = [(a.party_id, a.address_id) for a in asks if a.address_id is not None]
        raw = [
            (a.party_id, a.network, item.address, item.memo)
            for a in asks
            if isinstance(item := asked[id(a)], Asked) and item.address is not None and a.party_id in known
        ]
        self._by_id = screening.entries_by_id(tx.conn, by_id)
        self._raw, self._new = screening.entries_for(tx.conn, raw, tx.now)
        self.first_named: list[screening.SavedAddress] = []
        entries = [*self._by_id.values(), *self._raw.values()]
        self.entry_ids = [entry.id for entry in entries]
        self.places = Places.gather(tx.conn, entries, setting.policy, tx.now)

    def entry(self, ask: Ask, asked: Asked) -> screening.SavedAddress:
        """The entry a request pays to. Raises NotFound for an address_id that is not this customer's, Conflict
        for one of another network, Malformed for another memo than its own.

        A saved address is judged again: since it was saved it may have become a token's contract or a wallet of ours.
        """
        if ask.address_id is None:
            return self._raw[ask.party_id, ask.network, asked.address or "", asked.memo]
        entry = self._by_id.get((ask.party_id, ask.address_id))
        if entry is None:
            raise NotFound("address_unknown", f"There is no saved address {ask.address_id}.", field="address_id")
        if entry.network != ask.network:
            raise Conflict("address_wrong_network", f"{ask.address_id} is on {entry.network}, not {ask.network}.")
        if asked.memo not in ("", entry.memo):
            own = repr(entry.memo) if entry.memo else "none"
            raise Malformed("memo_of_address", f"The memo of {entry.id} is {own}; leave memo out.", field="memo")
        destination(entry.network, entry.address, entry.memo, self._by_name, self._ours)
        return entry

    def named(self, entry: screening.SavedAddress) -> None:
        """A withdrawal was written that pays there; a refused request leaves no entry behind."""
        if entry.id in self._new:
            self._new.remove(entry.id)
            self.first_named.append(entry)

    def first_of(self, entry: screening.SavedAddress) -> int:
        """How many destinations this customer names for the first time in this batch, with this one."""
        made = {e.id for e in self.first_named if e.party_id == entry.party_id}
        return len(made | {entry.id}) if entry.id in self._new else len(made)


@dataclass(frozen=True, slots=True)
class Places:
    """What is known of destinations: lists, our own addresses, likeness to known ones, warnings that were shown."""

    now: datetime
    numbers: ScreeningNumbers | None  # None = the policy says nothing of look-alikes and warnings
    hits: Mapping[tuple[str, str], Sequence[screening.HitRow]]
    own: Mapping[tuple[str, str], Sequence[screening.OwnAddress]]
    alike: Mapping[tuple[str, str, str], screening.Likeness]
    warned: Mapping[tuple[str, str, str], Sequence[screening.Warned]]

    @staticmethod
    def gather(conn: Conn, entries: Sequence[screening.SavedAddress], policy: Policy, now: datetime) -> Places:
        numbers = policy.screening_numbers
        places = sorted({(e.network, e.address) for e in entries})
        hits = screening.hits(conn, places, now)
        warning = [(e.party_id, e.network, e.address) for e in entries if numbers and hits.get((e.network, e.address))]
        return Places(
            now,
            numbers,
            hits,
            screening.own(conn, places),
            {} if numbers is None else screening.look_alikes(conn, entries, numbers.look_alike),
            {} if numbers is None else screening.warned(conn, warning, numbers, now),
        )

    def facts(
        self, entry: screening.SavedAddress, allow: screening.AllowList | None, withdrawal_id: str = ""
    ) -> dict[str, Any]:
        """What a decision sees of one destination."""
        place = (entry.network, entry.address)
        whose = (entry.party_id, *place)
        alike = self.alike.get(whose)
        wait = 0 if self.numbers is None else self.numbers.allow_list_entry_hours
        return {
            "hits": tuple(Hit(hit.list, hit.entry, hit.category, hit.valid_from) for hit in self.hits.get(place, ())),
            "own": self._own(entry),
            "resembles": None
            if alike is None
            else Resembles(alike.known.address, alike.known.whose, alike.lead, alike.tail),
            "warnings": tuple(sorted((w.list, w.state(withdrawal_id)) for w in self.warned.get(whose, ()))),
            "allow_list": allow is not None,
            "usable_at": None if allow is None else usable_from(entry.booked_at, allow, wait),
        }

    def _own(self, entry: screening.SavedAddress) -> str:
        found = self.own.get((entry.network, entry.address), ())
        here = next((item for item in found if item.network == entry.network), None)
        if here is None:
            return "elsewhere" if found else ""
        return "own_deposit" if here.party_id == entry.party_id else here.kind

    def to_warn(self, entry: screening.SavedAddress) -> list[screening.HitRow]:
        """Hits that the customer must be warned about."""
        if self.numbers is None:
            return []
        numbers = self.numbers
        found = self.hits.get((entry.network, entry.address), ())
        return [hit for hit in found if numbers.action(hit.list, hit.category) == "warn"]


def of_entry(entry: screening.SavedAddress, stated: Statement = NOTHING_STATED) -> dict[str, Any]:
    """What the address book says of the destination, and a request that names the provider for the first time."""
    named = stated.counterparty is not None and entry.ownership == "unknown"
    return {
        "address_saved_at": entry.saved_at,
        "address_paid_at": entry.paid_at,
        "ownership": "vasp" if named else entry.ownership,
    }

"""Our own blocklist warns before it asks a person: shown, acknowledged, insisted. Each step is a fact with its
time, and the rating of merchants stands on it (S2 Art. 5.2(3)): who was not warned did not ignore a warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.base.refusals import Conflict
from tidegate.base.times import hours, rfc3339


@dataclass(frozen=True, slots=True)
class ListedWarning:
    """A warning that was shown to a customer, and what they answered."""

    id: str  # "lwn_…"
    party_id: str
    withdrawal_id: str  # the one that was asked for
    network: str
    family: str
    address: str  # the list's key
    list: str
    category: str
    entry: str
    listed_since: datetime
    text_version: int
    language: str  # "en", "zh"
    shown_at: datetime
    shown_evidence: str  # canonical JSON
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Insistence:
    """After an acknowledged warning the customer wants the payment all the same."""

    warning_id: str
    withdrawal_id: str  # the warned one, or a later one to the same address
    at: datetime
    by: str
    evidence: str  # canonical JSON


@dataclass(frozen=True, slots=True)
class Warned:
    """How far the warning about a place has come."""

    place: int  # which of those asked for
    id: str
    list: str
    shown_at: datetime
    acknowledged_at: datetime | None
    insisted_by: Sequence[str] | None  # withdrawals; None = nobody insisted

    def state(self, withdrawal_id: str) -> str:
        """ "shown", "acknowledged" or "insisted", for one withdrawal."""
        if withdrawal_id in (self.insisted_by or ()):
            return "insisted"
        return "shown" if self.acknowledged_at is None else "acknowledged"


def check_insist(w: ListedWarning, party_id: str, family: str, address: str, now: datetime, within_hours: int) -> None:
    """Whether a withdrawal of this party to this place may insist on the warning.

    Raises Conflict: `warning_of_another`, `warning_elsewhere`, `warning_not_acknowledged`, `warning_too_old`.
    """
    if w.party_id != party_id:
        raise Conflict("warning_of_another", f"Warning {w.id} was shown to another customer.")
    if (w.family, w.address) != (family, address):
        raise Conflict("warning_elsewhere", f"Warning {w.id} is about {w.address}, not {address}.")
    if w.acknowledged_at is None:
        raise Conflict("warning_not_acknowledged", f"Warning {w.id} was shown, but nobody has acknowledged it yet.")
    ends = w.acknowledged_at + hours(within_hours)
    if now >= ends:
        raise Conflict("warning_too_old", f"Warning {w.id} counted until {rfc3339(ends)}; it must be shown again.")

"""What a withdrawal is, where it can stand, and the only moves there are (rulebook section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tidegate.base.canonical import digest


class Status(StrEnum):
    """Where a withdrawal stands, in words a customer understands. Until it has ended, funds are held."""

    AWAITING_CONFIRMATION = "awaiting_confirmation"  # the customer must confirm with the factor the decision asked for
    SCREENING = "screening"  # an outside check is still open
    AWAITING_INFORMATION = "awaiting_information"  # travel-rule data, ownership proof, source of funds
    DELAYED = "delayed"  # until release_at, fixed at entry; then reviewed again
    IN_REVIEW = "in_review"  # a case is open: a person decides
    APPROVED = "approved"  # may be paid; see waiting_for
    PAYING = "paying"  # a payout attempt owns it: cancelling is over
    SETTLED = "settled"  # final on chain, and what arrived is what was asked for
    RETURNED = "returned"  # proven that it can never be paid: the funds are free again
    DECLINED = "declined"  # by decision or by a reviewer
    CANCELLED = "cancelled"  # by the customer, before paying
    EXPIRED = "expired"  # a deadline passed
    SEIZED = "seized"  # lawful order: moved to the legal-hold account


_S = Status
_ENDS = frozenset({_S.DECLINED, _S.CANCELLED, _S.EXPIRED, _S.SEIZED})
_WAITS = frozenset({_S.SCREENING, _S.AWAITING_INFORMATION, _S.DELAYED, _S.IN_REVIEW, _S.APPROVED})
_CODE = frozenset({_S.AWAITING_CONFIRMATION})  # of a standing one: its terms were enough, and now a code is asked for

MOVES: dict[Status, frozenset[Status]] = {
    _S.AWAITING_CONFIRMATION: _WAITS | _ENDS,
    _S.SCREENING: _WAITS - {_S.SCREENING} | _ENDS | _CODE,
    _S.AWAITING_INFORMATION: _WAITS - {_S.AWAITING_INFORMATION} | _ENDS | _CODE,
    _S.DELAYED: _WAITS | _ENDS | _CODE,  # delayed again: a new reason to wait appeared while it waited
    _S.IN_REVIEW: _WAITS - {_S.IN_REVIEW} | _ENDS | _CODE,
    _S.APPROVED: _WAITS - {_S.APPROVED} | _ENDS | _CODE | {_S.PAYING},
    _S.PAYING: frozenset({_S.SETTLED, _S.RETURNED}),
    _S.SETTLED: frozenset(),
    _S.RETURNED: frozenset(),
    _S.DECLINED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.SEIZED: frozenset(),
}
"""From -> to. `flow.move` applies it with one UPDATE; nothing else writes a status."""

FINAL = frozenset(status for status, onward in MOVES.items() if not onward)
CANCELLABLE = frozenset(status for status, onward in MOVES.items() if _S.CANCELLED in onward)


def sources(target: Status) -> list[Status]:
    """The statuses from which `target` can be reached in one move."""
    return [status for status, onward in MOVES.items() if target in onward]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One withdrawal as stored. Units are base units of its asset; `value` is micro-USD, frozen at the request."""

    id: str
    number: int
    party_id: str
    requester: str
    asset_id: int
    network: str
    address: str
    memo: str
    saved_address_id: str
    units: int  # leaves the balance, the fee inside
    fee_units: int
    fee_ceiling_units: int | None
    value: int
    payload_hash: str
    status: Status
    waiting_for: str | None
    required_factor: str | None
    tries: int
    decision_id: str
    release_at: datetime | None
    expires_at: datetime | None
    cleared: list[str]  # findings that a person let pass, as `review.named` says them
    confirmed_at: datetime | None
    authorised_at: datetime | None
    tx: str | None
    created_at: datetime
    changed_at: datetime
    ended_at: datetime | None
    description: str = ""  # what the transfer is for, in the customer's words

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", Status(self.status))

    @property
    def net_units(self) -> int:
        """What arrives: amount minus fee."""
        return self.units - self.fee_units


def payload_hash(
    id: str,
    party_id: str,
    asset: str,
    address: str,
    memo: str,
    units: int,
    fee_units: int,
    fee_ceiling_units: int | None,
    description: str = "",
) -> str:
    """What the customer sees and confirms, as one hash: a changed row no longer matches it (section 1).

    A description is part of it where there is one, so that the hash of a withdrawal without one is as it ever was.
    """
    seen = [id, party_id, asset, address, memo, str(units), str(fee_units), str(fee_ceiling_units)]
    return digest([*seen, description] if description else seen)


def payload_of(withdrawal: Withdrawal, asset: str) -> str:
    """The hash that the row's own fields give now."""
    return payload_hash(
        withdrawal.id,
        withdrawal.party_id,
        asset,
        withdrawal.address,
        withdrawal.memo,
        withdrawal.units,
        withdrawal.fee_units,
        withdrawal.fee_ceiling_units,
        withdrawal.description,
    )

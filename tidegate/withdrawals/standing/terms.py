"""What a standing withdrawal says: when, how much, where to, at what fee. The customer confirms it as one text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tidegate.base.canonical import canonical, digest
from tidegate.base.money import MAX_UNITS
from tidegate.base.refusals import Malformed
from tidegate.codec import receiving
from tidegate.codec.bip32 import BadKey
from tidegate.policy.standing_numbers import StandingNumbers
from tidegate.screening import address as addresses
from tidegate.withdrawals.standing import calendar
from tidegate.withdrawals.standing.calendar import Schedule

WHOLE = 10_000
"""Shares are in hundredths of a percent."""

MOST_ADDRESSES = 20


@dataclass(frozen=True, slots=True)
class Threshold:
    """Due when so much is available."""

    units: int


@dataclass(frozen=True, slots=True)
class Crossing:
    """Due when the asset's price comes to this side of a price: once per crossing."""

    when: str  # "at_or_above", "below"
    price: int  # 10^-12 USD per coin


Trigger = Schedule | Threshold | Crossing


@dataclass(frozen=True, slots=True)
class Amount:
    """How much a run takes. Never more than what is available above the keep-back."""

    kind: str  # "fixed", "all", "percent"
    units: int = 0  # of a fixed one
    share: int = 0  # of what is available, in hundredths of a percent


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most a run's fee may be; exactly one is given."""

    units: int | None
    share: int | None  # of the run's amount, in hundredths of a percent


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the address book, as it stood when the customer confirmed."""

    id: str  # "adr_…"
    address: str
    memo: str


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that says what may leave. A change of any of it needs a new code."""

    asset: str  # "USDT@evm-local"
    trigger: Trigger
    amount: Amount
    keep_units: int  # stays in the balance
    least_units: int  # a run of less is skipped; 0 = whatever is above the fee
    most_units: int | None  # of one run
    ceiling: Ceiling
    places: tuple[Place, ...]  # one, or several that take turns; empty with an extended public key
    xpub: str | None

    @property
    def network(self) -> str:
        return self.asset.partition("@")[2]

    @property
    def bound(self) -> int:
        """The most that one run may take, whatever the balance."""
        most = MAX_UNITS if self.most_units is None else self.most_units
        return min(most, self.amount.units) if self.amount.kind == "fixed" else most


def check(t: Terms, numbers: StandingNumbers, fee_units: int) -> None:
    """Raises Malformed naming the field of terms that could never pay, or pay more than anybody meant."""
    if isinstance(t.trigger, Schedule):
        calendar.check(t.trigger)
    if isinstance(t.trigger, Threshold):
        # What is above the keep-back at the threshold is the smallest run: below the fee it would be dust.
        least = max(t.least_units, fee_units + 1)
        if t.trigger.units < t.keep_units + least:
            raise Malformed(
                "threshold_too_low",
                "At this balance nothing could be paid: it must be at least the keep-back, the fee and something more.",
                field="trigger.balance",
            )
    if isinstance(t.trigger, Crossing) and t.trigger.price == 0:
        raise Malformed("price_zero", "A price of 0 is never crossed.", field="trigger.price")
    if t.amount.kind == "fixed" and t.amount.units <= fee_units:
        raise Malformed("amount_not_above_fee", "The amount leaves nothing after the fee.", field="amount.amount")
    if t.amount.kind == "percent" and not 0 < t.amount.share <= WHOLE:
        raise Malformed(
            "percent_invalid", "Give a percentage above 0 and up to 100, with two decimals at most.", field="amount"
        )
    if t.bound <= fee_units or t.bound < t.least_units:
        raise Malformed("most_too_low", "most leaves nothing after the fee, or is below least.", field="most")
    if t.ceiling.share is not None and t.ceiling.share > numbers.fee_share:
        raise Malformed(
            "fee_ceiling_too_high",
            f"A fee may take {percent_text(numbers.fee_share)} % of a run at most; give less, or an amount of coins.",
            field="fee_ceiling.percent",
        )
    if len(t.places) > MOST_ADDRESSES or len({p.id for p in t.places}) != len(t.places):
        raise Malformed(
            "addresses_invalid", f"Give 1 to {MOST_ADDRESSES} different addresses.", field="destination.address_ids"
        )
    assert bool(t.places) != (t.xpub is not None)  # the reader of the request says so
    if t.xpub is not None:
        account(t)


def account(t: Terms) -> receiving.Account:
    """The account of the extended public key. Raises Malformed: `xpub_invalid`, `xpub_is_private`."""
    assert t.xpub is not None
    try:
        return receiving.read(t.xpub, addresses.family(t.network))
    except receiving.PrivateKeyGiven as fault:
        raise Malformed("xpub_is_private", f"Stop: {fault}.", field="destination.xpub") from fault
    except BadKey as fault:
        raise Malformed("xpub_invalid", f"The key cannot be used: {fault}.", field="destination.xpub") from fault


def same_destination(a: Terms, b: Terms) -> bool:
    """Whether `b` sends nowhere that `a` could not send."""
    return a.xpub == b.xpub and {p.address for p in b.places} <= {p.address for p in a.places}


def fights(a: Terms, b: Terms) -> bool:
    """Whether two instructions could want the same coins without saying so: anything but two fixed amounts that a
    clock or a price asks for. A threshold that another one keeps from being reached is never run."""
    return a.asset == b.asset and any(
        isinstance(t.trigger, Threshold) or t.amount.kind != "fixed" or t.keep_units > 0 for t in (a, b)
    )


def body_of(t: Terms) -> str:
    """The terms as the text that is stored and confirmed."""
    return canonical({**_fields(t), "trigger": {"type": type(t.trigger).__name__.lower(), **_fields(t.trigger)}})


def hash_of(standing_id: str, party_id: str, version: int, body: str) -> str:
    """What a code is bound to. A changed text, another instruction or another customer gives another one."""
    return digest(["standing", standing_id, party_id, version, body])


def from_body(body: str) -> Terms:
    """The stored text as terms."""
    said: dict[str, Any] = json.loads(body)
    trigger = dict(said["trigger"])
    kind = {"schedule": Schedule, "threshold": Threshold, "crossing": Crossing}[trigger.pop("type")]
    whole = {name: int(trigger[name]) for name in ("units", "price") if name in trigger}
    amount, ceiling = said["amount"], said["ceiling"]
    return Terms(
        asset=said["asset"],
        trigger=kind(**{**trigger, **whole}),
        amount=Amount(amount["kind"], int(amount["units"]), int(amount["share"])),
        keep_units=int(said["keep_units"]),
        least_units=int(said["least_units"]),
        most_units=_or_none(said["most_units"]),
        ceiling=Ceiling(_or_none(ceiling["units"]), _or_none(ceiling["share"])),
        places=tuple(Place(p["id"], p["address"], p["memo"]) for p in said["places"]),
        xpub=said["xpub"],
    )


def covers(t: Terms, asset: str, address: str, memo: str, units: int, index: int | None) -> bool:
    """Whether a withdrawal is one that these terms allow: its asset, destination and amount (not its time)."""
    if asset != t.asset or not 0 < units <= t.bound:
        return False
    if t.xpub is not None:
        return index is not None and memo == "" and account(t).address(index) == address
    return any((p.address, p.memo) == (address, memo) for p in t.places)


def percent_text(share: int) -> str:
    """Hundredths of a percent as people write them."""
    whole, part = divmod(share, 100)
    return f"{whole}.{part:02}".rstrip("0") if part else str(whole)


def _fields(item: object) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__dataclass_fields__}  # type: ignore[attr-defined]


def _or_none(value: str | int | None) -> int | None:
    return None if value is None else int(value)

"""Reading what a customer wants of a standing withdrawal: amounts in units, addresses as the book has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.base.money import Asset, BadAmount, to_units
from tidegate.base.refusals import Malformed
from tidegate.policy.pack import Policy
from tidegate.policy.pricing import PRICE_DECIMALS
from tidegate.policy.standing_numbers import percent_share
from tidegate.withdrawals.standing.calendar import Schedule
from tidegate.withdrawals.standing.terms import Amount, Ceiling, Crossing, Place, Terms, Threshold, Trigger, check


@dataclass(frozen=True, slots=True)
class Wanted:
    """The request as it came in, amounts as text. Exactly one of schedule, balance and price is given, and either
    address ids or an extended public key."""

    schedule: Schedule | None = None
    balance: str | None = None  # of a threshold
    price: str | None = None  # USD per coin
    when: str | None = None  # which side of it: "at_or_above", "below"
    amount: str | None = None  # fixed; None = all above the keep-back, or a percentage
    percent: str | None = None
    keep_back: str = "0"
    least: str = "0"
    most: str | None = None
    fee_ceiling: str | None = None  # coins; None = a percentage
    fee_percent: str | None = None  # None = as much as the policy lets a fee take
    address_ids: tuple[str, ...] = ()
    xpub: str | None = None


def read(wanted: Wanted, asset: Asset, places: Mapping[str, Place], policy: Policy) -> Terms:
    """The terms that are asked for. Raises Malformed naming the field; PolicySilent where the policy has no fee."""
    numbers = policy.standing
    units = {
        name: None if text is None else _units(text, asset.decimals, name)
        for name, text in (
            ("trigger.balance", wanted.balance),
            ("amount.amount", wanted.amount),
            ("keep_back", wanted.keep_back),
            ("least", wanted.least),
            ("most", wanted.most),
            ("fee_ceiling.amount", wanted.fee_ceiling),
        )
    }
    if wanted.amount is not None:
        amount = Amount("fixed", units=units["amount.amount"] or 0)
    elif wanted.percent is not None:
        amount = Amount("percent", share=_share(wanted.percent, "amount.percent"))
    else:
        amount = Amount("all")
    share = numbers.fee_share if wanted.fee_percent is None else _share(wanted.fee_percent, "fee_ceiling.percent")
    coins = units["fee_ceiling.amount"]
    terms = Terms(
        asset=asset.name,
        trigger=_trigger(wanted, units["trigger.balance"]),
        amount=amount,
        keep_units=units["keep_back"] or 0,
        least_units=units["least"] or 0,
        most_units=units["most"],
        ceiling=Ceiling(coins, None if coins is not None else share),
        places=tuple(places[id] for id in wanted.address_ids),
        xpub=None if wanted.xpub is None else wanted.xpub.strip(),
    )
    check(terms, numbers, policy.fee_units(asset))
    return terms


def _trigger(wanted: Wanted, balance: int | None) -> Trigger:
    if wanted.schedule is not None:
        return wanted.schedule
    if balance is not None:
        return Threshold(balance)
    assert wanted.price is not None  # the shape of the request says so
    assert wanted.when in ("at_or_above", "below")
    return Crossing(wanted.when, _units(wanted.price, PRICE_DECIMALS, "trigger.price"))


def _units(text: str, decimals: int, field: str) -> int:
    try:
        return to_units(text, decimals)
    except BadAmount as bad:
        raise Malformed(bad.code, str(bad), field=field) from bad


def _share(text: str, field: str) -> int:
    share = percent_share(text)
    if share is None:
        raise Malformed(
            "percent_invalid", f'{text[:20]!r} is no percentage like "25" or "12.5", up to 100.', field=field
        )
    return share

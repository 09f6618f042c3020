"""The numbers of trading between customers: currencies, payment windows, disputes, and how long bought coins stay.

A part of the policy pack (`p2p`). A pack from before the desk has none; asking for it then is refused with `no_p2p`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.policy.reading import Reader

METHODS = ("bank", "wallet", "cash")
"""How the price in money of a state is paid."""

TIERS = ("low", "medium", "high", "extreme", "unrated")
"""Where the seller of coins can stand; "unrated" is everybody whom no rating has spoken of."""

_FIAT = re.compile(r"[A-Z]{3}")
_MOST_HOURS = 24 * 30


@dataclass(frozen=True, slots=True)
class Retention:
    """How many hours bought coins stay, by what the trade was; of all that apply the longest holds."""

    tiers: Mapping[str, int]  # standing of the seller -> hours
    methods: Mapping[str, int]  # payment method -> hours
    first_trade: int  # of a buyer who never bought here before

    def hours(self, tier: str, method: str, first: bool) -> int:
        """N of T+N for one trade."""
        return max(self.tiers[tier], self.methods[method], self.first_trade if first else 0)


@dataclass(frozen=True, slots=True)
class P2PNumbers:
    """One version of them."""

    currencies: Mapping[str, int]  # "EUR" -> micro-USD for one of it
    least_minutes: int  # a payment window lasts from so long
    most_minutes: int  # to so long
    open_orders: int  # of one taker at a time
    dispute_hours: int  # people have so long for a dispute
    two_people_from: int  # micro-USD: from this value on two people resolve a dispute in favour of the payer
    retention: Retention


def read(reader: Reader, value: object) -> P2PNumbers:
    """The section `p2p` of a pack; faults go to the reader."""
    top = reader.section("p2p", value, "currencies", "payment_minutes", "open_orders", "dispute", "retention_hours")
    currencies = reader.entries("p2p.currencies", top["currencies"], _FIAT, 'a currency, like "EUR"')
    window = reader.section("p2p.payment_minutes", top["payment_minutes"], "least", "most")
    dispute = reader.section("p2p.dispute", top["dispute"], "hours", "two_people_from_value")
    numbers = P2PNumbers(
        currencies={name: reader.usd(f"p2p.currencies.{name}", rate) for name, rate in currencies.items()},
        least_minutes=reader.whole("p2p.payment_minutes.least", window["least"], 1, 24 * 60),
        most_minutes=reader.whole("p2p.payment_minutes.most", window["most"], 1, 24 * 60),
        open_orders=reader.whole("p2p.open_orders", top["open_orders"], 1, 1000),
        dispute_hours=reader.whole("p2p.dispute.hours", dispute["hours"], 1, _MOST_HOURS),
        two_people_from=reader.usd("p2p.dispute.two_people_from_value", dispute["two_people_from_value"]),
        retention=_retention(reader, top["retention_hours"]),
    )
    for name, rate in numbers.currencies.items():
        if rate == 0 and not reader.faulty(f"p2p.currencies.{name}"):
            reader.fault(f"p2p.currencies.{name}", "must be more than 0: what costs nothing passes every limit")
    if numbers.most_minutes < numbers.least_minutes:
        reader.fault("p2p.payment_minutes.most", "must not be below least")
    return numbers


def _retention(reader: Reader, value: object) -> Retention:
    path = "p2p.retention_hours"
    given = reader.section(path, value, "tiers", "methods", "first_trade")
    tiers = reader.section(f"{path}.tiers", given["tiers"], *TIERS)
    methods = reader.section(f"{path}.methods", given["methods"], *METHODS)
    hours = Retention(
        {tier: reader.whole(f"{path}.tiers.{tier}", tiers[tier], 0, _MOST_HOURS) for tier in TIERS},
        {method: reader.whole(f"{path}.methods.{method}", methods[method], 0, _MOST_HOURS) for method in METHODS},
        reader.whole(f"{path}.first_trade", given["first_trade"], 0, _MOST_HOURS),
    )
    rated = [hours.tiers[tier] for tier in TIERS[:4]]
    if rated != sorted(rated) and not reader.faults:
        reader.fault(f"{path}.tiers", "must not let coins of a riskier seller go sooner")
    return hours

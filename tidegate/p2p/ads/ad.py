"""An ad: what a merchant offers, who may take it, and in which order ads stand (rulebook section 8).

"sell" and "buy" are what the MERCHANT does with coins. Best price first, at one price the earlier first; whoever edits
the price takes a new time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from tidegate.base.money import Asset, BadAmount, to_text, to_units
from tidegate.base.refusals import Conflict, Malformed
from tidegate.p2p import price as prices
from tidegate.p2p.ads.conditions import Conditions
from tidegate.policy.p2p_numbers import METHODS, P2PNumbers

LEAST_PERCENT, MOST_PERCENT = 5_000, 20_000
"""A floating price lies between half and twice of the market's: beyond that somebody has mistyped."""


class Side(StrEnum):
    """What the merchant does with coins."""

    BUY = "buy"
    SELL = "sell"


class AdStatus(StrEnum):
    """Where an ad stands."""

    ACTIVE = "active"  # may be taken
    PAUSED = "paused"  # by its merchant, or by what happened to them; see `reason`
    CLOSED = "closed"  # for good


MOVES: dict[AdStatus, frozenset[AdStatus]] = {
    AdStatus.ACTIVE: frozenset({AdStatus.PAUSED, AdStatus.CLOSED}),
    AdStatus.PAUSED: frozenset({AdStatus.ACTIVE, AdStatus.CLOSED}),
    AdStatus.CLOSED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Ad:
    """One ad as stored. Units are whole units of its asset, prices 10^-8 of the currency per coin."""

    id: str  # "ad_…"
    merchant_id: str
    party_id: str
    side: Side
    asset_id: int
    fiat: str
    price: int | None  # None = it floats
    percent: int | None  # hundredths of a percent of the market's price; None = it is fixed
    left_units: int
    min_units: int  # of one order
    max_units: int
    methods: list[str]
    payment_minutes: int
    terms: str  # the merchant's words
    status: AdStatus
    reason: str | None  # why it does not stand in the book: "merchant", "delisted", "exit", …
    conditions_version: int
    published_at: datetime
    priced_at: datetime  # when it took its price
    changed_at: datetime
    ended_at: datetime | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", AdStatus(self.status))
        object.__setattr__(self, "side", Side(self.side))

    def price_at(self, reference: int | None) -> int | None:
        """What one coin costs while the market's price is `reference`; None = it floats, and that is not known."""
        if self.percent is None:
            return self.price
        return None if reference is None else prices.of_percent(self.percent, reference)

    def exact_at(self, reference: int) -> int:
        """The same, 10^4 times, before it is rounded: what ads are ranked by."""
        return (self.price or 0) * prices.WHOLE if self.percent is None else self.percent * reference


@dataclass(frozen=True, slots=True)
class Terms:
    """What a merchant wants an ad to say, as they wrote it."""

    price: str | None  # of one coin; None = it floats
    percent: str | None  # "101.5" of the market's price; None = it is fixed
    amount: str  # coins that are offered in all
    least: str  # of one order
    most: str
    methods: Sequence[str]
    payment_minutes: int
    conditions: Conditions
    words: str = ""


class Ranked(Protocol):
    """What ranking looks at."""

    @property
    def id(self) -> str: ...
    @property
    def priced_at(self) -> datetime: ...


T = TypeVar("T", bound=Ranked)


def rank(side: Side, ads: Iterable[T], price: Callable[[T], int]) -> list[T]:
    """Sell ads cheapest first, buy ads dearest first; at one price the earlier first, and at one time by id."""
    sign = 1 if side is Side.SELL else -1
    return sorted(ads, key=lambda ad: (sign * price(ad), ad.priced_at, ad.id))


def drafted(
    id: str,
    merchant: tuple[str, str],
    side: str,
    asset: Asset,
    fiat: str,
    terms: Terms,
    numbers: P2PNumbers,
    now: datetime,
) -> Ad:
    """A new ad; `merchant` is (merchant, party). Raises Malformed naming the field."""
    if side not in set(Side):
        raise Malformed(
            "side_unknown", f"{side[:20]!r} is no side; a merchant's ad is to buy or to sell.", field="side"
        )
    prices.check_fiat(fiat, numbers.currencies)
    blank = Ad(
        id=id,
        merchant_id=merchant[0],
        party_id=merchant[1],
        side=Side(side),
        asset_id=asset.id,
        fiat=fiat,
        price=None,
        percent=None,
        left_units=0,
        min_units=0,
        max_units=0,
        methods=[],
        payment_minutes=0,
        terms="",
        status=AdStatus.ACTIVE,
        reason=None,
        conditions_version=0,
        published_at=now,
        priced_at=now,
        changed_at=now,
        ended_at=None,
    )
    return edited(blank, asset, terms, numbers, now)


def edited(ad: Ad, asset: Asset, terms: Terms, numbers: P2PNumbers, now: datetime) -> Ad:
    """The ad with other terms; another price takes a new time. Raises Malformed naming the field."""
    price, percent = _price(terms)
    amount = _units(terms.amount, asset, "amount")
    least, most = _units(terms.least, asset, "min_amount"), _units(terms.most, asset, "max_amount")
    if not least <= most:
        raise Malformed("limits_crossed", f"min_amount is {terms.least}, above max_amount.", field="min_amount")
    if not least <= amount:
        raise Malformed("amount_below_min", f"amount {terms.amount} is below min_amount {terms.least}.", field="amount")
    if not numbers.least_minutes <= terms.payment_minutes <= numbers.most_minutes:
        raise Malformed(
            "payment_minutes_invalid",
            f"{terms.payment_minutes} minutes; a payment window lasts {numbers.least_minutes} to "
            f"{numbers.most_minutes} minutes.",
            field="payment_minutes",
        )
    same_price = (price, percent) == (ad.price, ad.percent)
    return replace(
        ad,
        price=price,
        percent=percent,
        left_units=amount,
        min_units=least,
        max_units=most,
        methods=_methods(terms.methods),
        payment_minutes=terms.payment_minutes,
        terms=_words(terms.words),
        priced_at=ad.priced_at if same_price else now,
        changed_at=now,
    )


def moved(ad: Ad, target: AdStatus, reason: str | None, now: datetime) -> Ad:
    """The ad in another status. Raises Conflict `ad_closed`, `ad_not_paused`, `ad_not_active`."""
    if target not in MOVES[ad.status]:
        if ad.status is AdStatus.CLOSED:
            raise Conflict("ad_closed", f"{ad.id} is closed for good; publish another one.")
        raise Conflict(f"ad_not_{'paused' if target is AdStatus.ACTIVE else 'active'}", f"{ad.id} is {ad.status}.")
    ended = now if target is AdStatus.CLOSED else None
    return replace(ad, status=target, reason=reason, changed_at=now, ended_at=ended)


def check_amount(ad: Ad, units: int, asset: Asset) -> None:
    """Whether so much can be taken. Raises Conflict `amount_below_min`, `amount_above_max`, `ad_exhausted`."""

    def said(n: int) -> str:
        return f"{to_text(n, asset.decimals)} {asset.symbol}"

    if units < ad.min_units:
        raise Conflict("amount_below_min", f"{said(units)} is below {said(ad.min_units)} of one order.", field="amount")
    if units > ad.max_units:
        raise Conflict("amount_above_max", f"{said(units)} is above {said(ad.max_units)} of one order.", field="amount")
    if units > ad.left_units:
        raise Conflict("ad_exhausted", f"{said(ad.left_units)} are left in {ad.id}; take no more.", field="amount")


def check_active(ad: Ad) -> None:
    """Raises Conflict `ad_not_active`."""
    if ad.status is not AdStatus.ACTIVE:
        raise Conflict("ad_not_active", f"{ad.id} is {ad.status}; take another one.", field="ad")


def check_method(ad: Ad, method: str) -> None:
    """Raises Malformed `method_not_offered`."""
    if method not in ad.methods:
        raise Malformed(
            "method_not_offered",
            f"{method[:20]!r} is not among {', '.join(ad.methods)}, which this ad takes.",
            field="method",
        )


BLOCKING = frozenset({"freeze", "ban", "trade_block"})
"""Restrictions under which nobody begins a trade."""


def blocked(kinds: Collection[str]) -> str | None:
    """What keeps somebody from trading, of the restrictions in force; None = nothing does."""
    return min(BLOCKING.intersection(kinds), default=None)


def check_trade_limit(limits: Mapping[str, int], used: int, value: int | None) -> None:
    """No more in any 24 hours than a `trade_limit` leaves; {restriction: micro-USD}. Without a price nobody can tell.

    Raises Conflict `trade_limit_reached`, `price_stale`.
    """
    if not limits:
        return
    if value is None:
        raise Conflict("price_stale", "Nobody knows what this is worth just now, and a limit holds; try again later.")
    if used + value > min(limits.values()):
        raise Conflict("trade_limit_reached", "This is more than may be traded in 24 hours under a restriction.")


def _price(terms: Terms) -> tuple[int | None, int | None]:
    if (terms.price is None) == (terms.percent is None):
        raise Malformed("price_missing", "Give either price or percent: it is fixed, or it floats.", field="price")
    if terms.price is not None:
        return prices.read(terms.price, "price"), None
    assert terms.percent is not None
    try:
        percent = to_units(terms.percent, 2)
    except BadAmount as bad:
        raise Malformed(bad.code, str(bad), field="percent") from bad
    if not LEAST_PERCENT <= percent <= MOST_PERCENT:
        raise Malformed(
            "percent_invalid",
            f"{terms.percent[:20]} % of the market's price; it lies between {LEAST_PERCENT // 100} and "
            f"{MOST_PERCENT // 100}.",
            field="percent",
        )
    return None, percent


def _units(text: str, asset: Asset, field: str) -> int:
    try:
        units = to_units(text, asset.decimals)
    except BadAmount as bad:
        raise Malformed(bad.code, str(bad), field=field) from bad
    if units == 0:
        raise Malformed("amount_zero", f"{field} is 0; name how much.", field=field)
    return units


def _methods(methods: Sequence[str]) -> list[str]:
    if not methods or len(set(methods)) != len(methods) or not set(methods) <= set(METHODS):
        raise Malformed("methods_invalid", f"Name one or more of {', '.join(METHODS)}, each once.", field="methods")
    return [method for method in METHODS if method in methods]


def _words(text: str) -> str:
    if len(text) > 500 or not all(letter.isprintable() or letter in "\n\t" for letter in text):
        raise Malformed("terms_invalid", "terms are at most 500 readable characters.", field="terms")
    return text

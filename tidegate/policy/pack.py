"""A policy pack: every number that a decision uses, as data that two people agreed on (rulebook section 10).

A pack is strict: each key is known and present, amounts are decimal strings, hours and counts are whole. What
the pack does not say is a refusal with a named code, never "unlimited" and never 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tidegate.base.money import Asset, BadAmount, to_units
from tidegate.base.refusals import Conflict, FieldError, Malformed
from tidegate.base.times import from_rfc3339
from tidegate.parties.countries import COUNTRIES
from tidegate.policy import (
    behaviour,
    factor_numbers,
    indicator_numbers,
    jurisdictions,
    merchant_numbers,
    p2p_numbers,
    rating_numbers,
    retention_numbers,
    rules,
    screening_numbers,
    standing_numbers,
)
from tidegate.policy.behaviour import BehaviourNumbers
from tidegate.policy.factor_numbers import FactorNumbers
from tidegate.policy.indicator_numbers import IndicatorNumbers
from tidegate.policy.jurisdictions import Place
from tidegate.policy.language import Catalogue
from tidegate.policy.market import section as market_section
from tidegate.policy.market.params import DEFAULTS, Market
from tidegate.policy.merchant_numbers import MerchantNumbers
from tidegate.policy.p2p_numbers import P2PNumbers
from tidegate.policy.rating_numbers import RatingNumbers
from tidegate.policy.reading import Reader, kind
from tidegate.policy.retention_numbers import RetentionNumbers
from tidegate.policy.rules import NO_FACTS, NO_RULES, RuleBook
from tidegate.policy.screening_numbers import ScreeningNumbers
from tidegate.policy.standing_numbers import StandingNumbers

LEVELS = (0, 1, 2, 3)
CREDENTIAL_EVENTS = ("password_changed", "mfa_changed", "email_changed", "phone_changed")
SCOPES = ("party", "address", "key", "asset", "network", "platform")
"""Whose value a limit counts, narrowest first: a customer, a destination, the credential that asks, …"""
LIFETIME = "lifetime"
FAILURES = ("review", "decline", "ignore")
"""What may follow when a check fails; to ignore it takes this pack's two people and an end."""

_COUNTRY = re.compile("|".join(sorted(COUNTRIES)))
_NETWORK = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_ASSET = re.compile(r"[A-Za-z0-9.]{1,20}@[a-z0-9][a-z0-9-]{0,40}")
_CHECK = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_MOST_HOURS = 24 * 366
LOOSENING_HOURS = 24
"""How long a loosening waits after the second person agreed, where a pack does not say."""
MOST_LOOSENING_HOURS = 24 * 30


@dataclass(frozen=True, slots=True)
class Limit:
    """So much may leave in any window of so many hours, per subject of the scope."""

    scope: str  # of SCOPES
    hours: int | None  # None = lifetime
    value: int  # micro-USD


@dataclass(frozen=True, slots=True)
class Failing:
    """What follows until a day when a check fails or does not answer in time: of FAILURES."""

    check: str
    on_error: str
    on_timeout: str
    until: datetime


class PolicySilent(Conflict):
    """The policy in force does not say: no price, no level, no limit, no fee. Nothing goes on without a number."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the numbers. Values are micro-USD; `version` 0 is a pack that was never stored."""

    version: int
    limits_24h: Mapping[int, int]  # identity level -> micro-USD in any 24 hours
    new_address_from: int  # below this value a new address does not wait
    new_address_wait_hours: int
    new_address_large_from: int
    new_address_large_hours: int
    credential_hours: Mapping[str, int]  # event type -> hours of pause after it
    confirmation_minutes: int
    confirmation_tries: int
    jurisdiction_default: str
    jurisdictions: Mapping[str, str]  # country -> "allowed" | "restricted" | "banned"
    review_from: int  # values from here on go to a person
    review_quorum: tuple[tuple[int, int], ...]  # (from this value on, so many people), rising, from 0
    review_sla_hours: int
    fees: Mapping[str, str]  # asset name -> coins, decimal text
    network_fee_ceilings: Mapping[str, str]  # network -> native coins, decimal text
    fixed_prices: Mapping[str, int]  # asset name -> 10^-12 USD per coin
    required_lists: tuple[str, ...]
    authorisation_minutes: int
    places: Mapping[str, Place] = field(default_factory=dict)  # place -> its dated rules
    operator: str | None = None  # the place whose rules bind the operator
    fx: Mapping[str, int] = field(default_factory=dict)  # currency -> micro-USD for one of it
    stablecoins: frozenset[str] = frozenset()  # names of assets that promise to keep a price
    limits: tuple[Limit, ...] = ()  # beside the level's limit, which every pack must have
    limits_per_transaction: Mapping[str, int] = field(default_factory=dict)  # asset name -> micro-USD
    check_failures: tuple[Failing, ...] = ()  # elsewhere a failed check asks for a person
    outside_checks: tuple[tuple[str, int], ...] = ()  # (check, needed from this value on)
    outside_seconds: int = 10  # how long an outside check may take
    reserved_minutes: int = 15  # how long a decision for a platform with its own ledger keeps its room
    market: Market = DEFAULTS  # how limits follow the market
    travel_rule_wait_hours: int = 24  # for the counterparty's answer, and for what the customer has to give
    screening_numbers: ScreeningNumbers | None = None  # None = a pack from before these checks
    behaviour: BehaviourNumbers | None = None  # None = nobody looks at people's ways
    standing_numbers: StandingNumbers | None = None  # None = a pack from before standing withdrawals
    rules: RuleBook = NO_RULES  # the analysts' own; they can only add findings
    loosening_hours: int = LOOSENING_HOURS  # between a second person's word and a loosening
    factors: FactorNumbers = factor_numbers.DEFAULTS  # what confirms, and how long it counts
    merchant_numbers: MerchantNumbers | None = None  # None = a pack from before merchants
    rating: RatingNumbers = rating_numbers.DEFAULTS  # how merchants are rated
    retention: RetentionNumbers | None = None  # None = nothing is deleted
    p2p_numbers: P2PNumbers | None = None  # None = a pack from before the desk
    indicator_numbers: IndicatorNumbers | None = None  # None = a pack from before merchants were rated

    @property
    def screening(self) -> ScreeningNumbers:
        """The numbers of screening. Raises PolicySilent `no_screening`."""
        if self.screening_numbers is None:
            raise PolicySilent("no_screening", f"Policy version {self.version} has no section screening")
        return self.screening_numbers

    @property
    def standing(self) -> StandingNumbers:
        """The numbers of standing withdrawals. Raises PolicySilent `no_standing`."""
        if self.standing_numbers is None:
            raise PolicySilent("no_standing", f"Policy version {self.version} has no section standing")
        return self.standing_numbers

    @property
    def merchants(self) -> MerchantNumbers:
        """The numbers of merchants. Raises PolicySilent `no_merchants`."""
        if self.merchant_numbers is None:
            raise PolicySilent("no_merchants", f"Policy version {self.version} has no section merchants")
        return self.merchant_numbers

    def bond_units(self, asset: Asset) -> int:
        """What a merchant must lock, in units of the asset. Raises PolicySilent: `no_merchants`, `no_bond`,
        `bond_too_precise`."""
        if asset.name not in self.merchants.bond:
            known = ", ".join(sorted(self.merchants.bond)) or "nothing"
            raise PolicySilent("no_bond", f"No bond is taken in {asset.name}; it is taken in {known}")
        try:
            return to_units(self.merchants.bond[asset.name], asset.decimals)
        except BadAmount as bad:
            raise PolicySilent("bond_too_precise", f"The policy's bond for {asset.name}: {bad}") from bad

    @property
    def p2p(self) -> P2PNumbers:
        """The numbers of trading between customers. Raises PolicySilent `no_p2p`."""
        if self.p2p_numbers is None:
            raise PolicySilent("no_p2p", f"Policy version {self.version} has no section p2p")
        return self.p2p_numbers

    @property
    def indicators(self) -> IndicatorNumbers:
        """The numbers of the merchants' indicators. Raises PolicySilent `no_indicators`."""
        if self.indicator_numbers is None:
            raise PolicySilent("no_indicators", f"Policy version {self.version} has no section indicators")
        return self.indicator_numbers

    def outside_required(self, value: int) -> tuple[str, ...]:
        """The outside checks that a withdrawal of this value needs an answer from, by name."""
        return tuple(sorted(check for check, start in self.outside_checks if value >= start))

    def failing(self, check: str, now: datetime) -> Failing | None:
        """What the pack says of a failing check just now; None = nothing, or not any more."""
        return next((f for f in self.check_failures if f.check == check and now < f.until), None)

    def limit_24h(self, level: int | None) -> int:
        """Micro-USD in any 24 hours. Raises PolicySilent: `no_level`, `no_limit`."""
        if level is None:
            raise PolicySilent(
                "no_level", "The customer has no identity level yet; send one before anything is withdrawn"
            )
        if level not in self.limits_24h:
            raise PolicySilent("no_limit", f"Policy version {self.version} has no 24-hour limit for level {level}")
        return self.limits_24h[level]

    def new_address_hours(self, value: int) -> int | None:
        """Hours that an address must have been known before this value goes there; None = it need not wait."""
        if value >= self.new_address_large_from:
            return self.new_address_large_hours
        return self.new_address_wait_hours if value >= self.new_address_from else None

    def credential_hold_hours(self, event: str) -> int:
        """Hours of pause after a credential event ("password_changed"). Raises PolicySilent `no_hold`."""
        if event not in self.credential_hours:
            raise PolicySilent("no_hold", f"Policy version {self.version} says no pause for {event!r}")
        return self.credential_hours[event]

    def jurisdiction(self, country: str) -> str:
        """Where a country stands: "allowed", "restricted" or "banned"."""
        return self.jurisdictions.get(country, self.jurisdiction_default)

    def quorum(self, value: int) -> int:
        """How many people must approve a withdrawal of this value once it is in review."""
        return max(people for start, people in self.review_quorum if value >= start)

    def price(self, asset: str) -> int:
        """10^-12 USD per coin of "USDT@evm-local". Raises PolicySilent `no_price`."""
        if asset not in self.fixed_prices:
            raise PolicySilent("no_price", f"There is no price for {asset}; a missing price is not 1 and not 0")
        return self.fixed_prices[asset]

    def fee_units(self, asset: Asset) -> int:
        """The withdrawal fee in units of the asset. Raises PolicySilent: `no_fee`, `fee_too_precise`."""
        if asset.name not in self.fees:
            raise PolicySilent("no_fee", f"Policy version {self.version} has no withdrawal fee for {asset.name}")
        return _in_units(self.fees[asset.name], asset)

    def fee_ceiling_units(self, native: Asset) -> int:
        """The most network fee one payment on this native coin's network may cost, in its units.

        Raises PolicySilent: `no_fee_ceiling`, `fee_too_precise`.
        """
        if native.network not in self.network_fee_ceilings:
            raise PolicySilent(
                "no_fee_ceiling", f"Policy version {self.version} has no network fee ceiling for {native.network}"
            )
        return _in_units(self.network_fee_ceilings[native.network], native)


def _in_units(text: str, asset: Asset) -> int:
    try:
        return to_units(text, asset.decimals)
    except BadAmount as bad:
        raise PolicySilent("fee_too_precise", f"The policy's {text} for {asset.name}: {bad}") from bad


def from_json(text: str) -> dict[str, object]:
    """The pack in a JSON text. Raises Malformed `pack_invalid`: not JSON, not an object, a key written twice."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise Malformed("pack_invalid", f"The key {twice[0]!r} is written twice in one object", field=twice[0])
        return dict(pairs)

    try:
        pack = json.loads(text, object_pairs_hook=once)
    except RecursionError as bad:
        raise Malformed("pack_invalid", "The pack is nested far too deep") from bad
    except ValueError as bad:
        raise Malformed("pack_invalid", f"The pack is not JSON: {bad}") from bad
    if not isinstance(pack, dict):
        raise Malformed("pack_invalid", f"A pack is a JSON object, not {kind(pack)}")
    return pack


def parse(pack: Mapping[str, object], version: int = 0) -> Policy:
    """The policy that the pack says. Raises Malformed `pack_invalid` naming each path that is wrong."""
    policy, faults = _read(pack, version)
    if faults:
        words = "; ".join(f"{fault.field}: {fault.message}" for fault in faults)
        raise Malformed("pack_invalid", f"The pack is not a policy: {words}", field=faults[0].field)
    return policy


def faults(pack: Mapping[str, object], catalogue: Catalogue = NO_FACTS) -> list[FieldError]:
    """Everything that is wrong with a pack, path by path; empty for a good one. Its rules are read over `catalogue`."""
    policy, wrong = _read(pack, 0)
    return [*wrong, *rules.faults(policy.rules, catalogue)]


def misfits(policy: Policy, assets: Iterable[Asset]) -> list[FieldError]:
    """Fees, ceilings and bonds that no whole number of units can pay, for the assets that are registered."""
    bonds = {} if policy.merchant_numbers is None else policy.merchant_numbers.bond
    return [
        FieldError(path, "pack_invalid", f"{text} has more than the {asset.decimals} decimals of {asset.name}")
        for asset in assets
        for path, text in (
            (f"fees.{asset.name}", policy.fees.get(asset.name)),
            (
                f"network_fee_ceiling.{asset.network}",
                policy.network_fee_ceilings.get(asset.network) if asset.is_native else None,
            ),
            (f"merchants.bond.{asset.name}", bonds.get(asset.name)),
        )
        if text is not None and len(text.partition(".")[2].rstrip("0")) > asset.decimals
    ]


def _read(pack: Mapping[str, object], version: int) -> tuple[Policy, list[FieldError]]:
    reader = Reader()
    top = reader.section(
        "",
        pack,
        "limits_24h",
        "new_address",
        "credential_hold_hours",
        "confirmation",
        "jurisdictions",
        "review",
        "fees",
        "network_fee_ceiling",
        "fixed_prices",
        "required_lists",
        "authorisation_minutes",
        # Stored versions never change, and some are older than these.
        optional=(
            "places",
            "operator",
            "fx",
            "stablecoins",
            "screening",
            "market",
            "limits",
            "limits_per_transaction",
            "check_failures",
            "outside_checks",
            "deciding",
            "travel_rule_wait_hours",
            "behaviour",
            "standing",
            "rules",
            "loosening_hours",
            "factors",
            "merchants",
            "rating",
            "retention",
            "p2p",
            "indicators",
        ),
    )
    limits = reader.entries("limits_24h", top["limits_24h"], re.compile("[0-3]"), 'a level, "0" to "3"')
    address = reader.section(
        "new_address", top["new_address"], "from_value", "hours", "large_from_value", "large_hours"
    )
    credentials = reader.section("credential_hold_hours", top["credential_hold_hours"], *CREDENTIAL_EVENTS)
    confirmation = reader.section("confirmation", top["confirmation"], "minutes", "tries")
    places = reader.section("jurisdictions", top["jurisdictions"], "default", "countries")
    countries = reader.entries(
        "jurisdictions.countries", places["countries"], _COUNTRY, 'an assigned country code, like "DE" or "GB"'
    )
    review = reader.section("review", top["review"], "from_value", "quorum", "sla_hours")
    fees = reader.entries("fees", top["fees"], _ASSET, 'an asset, like "USDT@evm-local"')
    ceilings = reader.entries("network_fee_ceiling", top["network_fee_ceiling"], _NETWORK, "a network")
    at_once = reader.entries(
        "limits_per_transaction", top.get("limits_per_transaction", {}), _ASSET, 'an asset, like "USDT@evm-local"'
    )
    deciding = reader.section(
        "deciding",
        top.get("deciding", {"outside_seconds": 10, "reserved_minutes": 15}),  # the rulebook's section 10
        "outside_seconds",
        "reserved_minutes",
    )
    prices = reader.entries("fixed_prices", top["fixed_prices"], _ASSET, 'an asset, like "USDT@evm-local"')
    policy = Policy(
        version=version,
        limits_24h={int(level): reader.usd(f"limits_24h.{level}", text) for level, text in limits.items()},
        new_address_from=reader.usd("new_address.from_value", address["from_value"]),
        new_address_wait_hours=reader.whole("new_address.hours", address["hours"], 0, 24 * 365),
        new_address_large_from=reader.usd("new_address.large_from_value", address["large_from_value"]),
        new_address_large_hours=reader.whole("new_address.large_hours", address["large_hours"], 0, 24 * 365),
        credential_hours={
            event: reader.whole(f"credential_hold_hours.{event}", hours, 0, 24 * 365)
            for event, hours in credentials.items()
        },
        confirmation_minutes=reader.whole("confirmation.minutes", confirmation["minutes"], 1, 24 * 60),
        confirmation_tries=reader.whole("confirmation.tries", confirmation["tries"], 1, 20),
        jurisdiction_default=reader.standing("jurisdictions.default", places["default"]),
        jurisdictions={
            country: reader.standing(f"jurisdictions.countries.{country}", standing)
            for country, standing in countries.items()
        },
        review_from=reader.usd("review.from_value", review["from_value"]),
        review_quorum=reader.quorum("review.quorum", review["quorum"]),
        review_sla_hours=reader.whole("review.sla_hours", review["sla_hours"], 1, 24 * 365),
        fees={asset: reader.coins(f"fees.{asset}", text) for asset, text in fees.items()},
        network_fee_ceilings={
            network: reader.coins(f"network_fee_ceiling.{network}", text, above_zero=True)
            for network, text in ceilings.items()
        },
        fixed_prices={asset: reader.price(f"fixed_prices.{asset}", text) for asset, text in prices.items()},
        required_lists=reader.names("required_lists", top["required_lists"]),
        authorisation_minutes=reader.whole("authorisation_minutes", top["authorisation_minutes"], 1, 24 * 60),
        places=jurisdictions.read(reader, "places", top.get("places", {})),
        operator=jurisdictions.place(reader, "operator", top["operator"]) if "operator" in top else None,
        fx=jurisdictions.rates(reader, "fx", top.get("fx", {})),
        stablecoins=frozenset(reader.names("stablecoins", top.get("stablecoins", []), _ASSET, "an asset")),
        limits=_limits(reader, "limits", top.get("limits", [])),
        limits_per_transaction={
            asset: reader.usd(f"limits_per_transaction.{asset}", text) for asset, text in at_once.items()
        },
        check_failures=_failures(reader, "check_failures", top.get("check_failures", [])),
        outside_checks=_outside(reader, "outside_checks", top.get("outside_checks", [])),
        outside_seconds=reader.whole("deciding.outside_seconds", deciding["outside_seconds"], 1, 3600),
        reserved_minutes=reader.whole("deciding.reserved_minutes", deciding["reserved_minutes"], 1, 24 * 60),
        market=market_section.read(reader, top["market"]) if "market" in top else DEFAULTS,
        travel_rule_wait_hours=reader.whole(
            "travel_rule_wait_hours", top.get("travel_rule_wait_hours", 24), 1, 24 * 30
        ),
        screening_numbers=screening_numbers.read(reader, top["screening"]) if "screening" in top else None,
        behaviour=behaviour.read(reader, top["behaviour"]) if "behaviour" in top else None,
        standing_numbers=standing_numbers.read(reader, top["standing"]) if "standing" in top else None,
        rules=rules.read(reader, "rules", top.get("rules", [])),
        loosening_hours=reader.whole(
            "loosening_hours", top.get("loosening_hours", LOOSENING_HOURS), 1, MOST_LOOSENING_HOURS
        ),
        factors=factor_numbers.read(reader, top["factors"]) if "factors" in top else factor_numbers.DEFAULTS,
        merchant_numbers=merchant_numbers.read(reader, top["merchants"]) if "merchants" in top else None,
        rating=rating_numbers.read(reader, top["rating"]) if "rating" in top else rating_numbers.DEFAULTS,
        retention=retention_numbers.read(reader, top["retention"]) if "retention" in top else None,
        p2p_numbers=p2p_numbers.read(reader, top["p2p"]) if "p2p" in top else None,
        indicator_numbers=indicator_numbers.read(reader, top["indicators"]) if "indicators" in top else None,
    )
    if policy.new_address_large_from < policy.new_address_from:
        reader.fault("new_address.large_from_value", "must not be below from_value")
    if policy.new_address_large_hours < policy.new_address_wait_hours:
        reader.fault("new_address.large_hours", "must not be below hours: a larger amount never waits less")
    return policy, reader.faults


def _limits(reader: Reader, path: str, value: object) -> tuple[Limit, ...]:
    """Windows beside the level's limit; a scope has one limit per length."""
    found: list[Limit] = []
    for here, item in reader.lines(path, value):
        line = reader.section(here, item, "scope", "hours", "usd")
        scope = reader.choice(f"{here}.scope", line["scope"], SCOPES)
        lifetime = line["hours"] == LIFETIME
        hours = None if lifetime else _hours(reader, f"{here}.hours", line["hours"])
        if any((other.scope, other.hours) == (scope, hours) for other in found):
            reader.fault(here, f"says a second limit of {scope} for {hours or LIFETIME} hours; which one holds?")
        found.append(Limit(scope, hours, reader.usd(f"{here}.usd", line["usd"])))
    return tuple(found)


def _hours(reader: Reader, path: str, value: object) -> int:
    if isinstance(value, str):
        reader.fault(path, f'is {value!r}; it must be a whole number of hours, or "{LIFETIME}"'[:200])
        return 1
    return reader.whole(path, value, 1, _MOST_HOURS)


def _failures(reader: Reader, path: str, value: object) -> tuple[Failing, ...]:
    """What follows when a check fails, each with its end."""
    found: list[Failing] = []
    for here, item in reader.lines(path, value):
        line = reader.section(here, item, "check", "on_error", "on_timeout", "until")
        check = _check(reader, f"{here}.check", line["check"], [other.check for other in found])
        on_error = reader.choice(f"{here}.on_error", line["on_error"], FAILURES)
        on_timeout = reader.choice(f"{here}.on_timeout", line["on_timeout"], FAILURES)
        found.append(Failing(check, on_error, on_timeout, _time(reader, f"{here}.until", line["until"])))
    return tuple(found)


def _outside(reader: Reader, path: str, value: object) -> tuple[tuple[str, int], ...]:
    """The outside checks that must answer, and from which value on."""
    found: list[tuple[str, int]] = []
    for here, item in reader.lines(path, value):
        line = reader.section(here, item, "check", "from_value")
        check = _check(reader, f"{here}.check", line["check"], [other for other, _ in found])
        found.append((check, reader.usd(f"{here}.from_value", line["from_value"])))
    return tuple(found)


def _check(reader: Reader, path: str, value: object, before: list[str]) -> str:
    """A check's name, once."""
    name = reader.name(path, value, _CHECK, "a check's name, like 'vendor_a'")
    if name and name in before:
        reader.fault(path, f"{name!r} is named twice")
    return name


def _time(reader: Reader, path: str, value: object) -> datetime:
    """A time such as "2026-12-31T00:00:00Z"."""
    if isinstance(value, str):
        try:
            return from_rfc3339(value)
        except (ValueError, OverflowError):
            pass
    if not reader.absent(value):
        reader.fault(path, f'is {value!r}; it must be a time like "2026-12-31T00:00:00Z"'[:200])
    return datetime.min.replace(tzinfo=UTC)

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
from decimal import Decimal

from tidegate.base.money import Asset, BadAmount, to_units
from tidegate.base.refusals import Conflict, FieldError, Malformed
from tidegate.base.times import from_rfc3339
from tidegate.parties.countries import COUNTRIES
from tidegate.policy.pricing import PRICE_DECIMALS, VALUE_DECIMALS

LEVELS = (0, 1, 2, 3)
CREDENTIAL_EVENTS = ("password_changed", "mfa_changed", "email_changed", "phone_changed")
STANDINGS = ("allowed", "restricted", "banned")
SCOPES = ("party", "address", "key", "asset", "network", "platform")
"""Whose value a limit counts, narrowest first: a customer, a destination, the credential that asks, …"""
LIFETIME = "lifetime"
MOST_LIMIT_HOURS = 24 * 366
FAILURES = ("review", "decline", "ignore")
"""What may follow when a check fails; to ignore it takes this pack's two people and an end."""

_COUNTRY = re.compile("|".join(sorted(COUNTRIES)))
_NETWORK = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_ASSET = re.compile(r"[A-Za-z0-9.]{1,20}@[a-z0-9][a-z0-9-]{0,40}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_COIN_DECIMALS = 30  # the most an asset may have


@dataclass(frozen=True, slots=True)
class Limit:
    """So much may leave in any window of so many hours, per subject of the scope."""

    scope: str  # of SCOPES
    hours: int | None  # None = lifetime
    value: int  # micro-USD


@dataclass(frozen=True, slots=True)
class Failing:
    """What follows until a day when a check fails ("error") or does not answer in time ("timeout"): of FAILURES."""

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
    # Sections that a pack may leave out; what then holds is the rulebook's default (section 10).
    limits: tuple[Limit, ...] = ()  # beside the level's limit, which every pack must have
    limits_per_transaction: Mapping[str, int] = field(default_factory=dict)  # asset name -> micro-USD
    check_failures: tuple[Failing, ...] = ()  # elsewhere a failed check asks for a person
    outside_checks: tuple[tuple[str, int], ...] = ()  # (check, needed from this value on)
    outside_seconds: int = 10  # how long an outside check may take
    reserved_minutes: int = 15  # how long a decision for a platform with its own ledger keeps its room

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
    except ValueError as bad:
        raise Malformed("pack_invalid", f"The pack is not JSON: {bad}") from bad
    if not isinstance(pack, dict):
        raise Malformed("pack_invalid", f"A pack is a JSON object, not {_kind(pack)}")
    return pack


def parse(pack: Mapping[str, object], version: int = 0) -> Policy:
    """The policy that the pack says. Raises Malformed `pack_invalid` naming each path that is wrong."""
    policy, faults = _read(pack, version)
    if faults:
        words = "; ".join(f"{fault.field}: {fault.message}" for fault in faults)
        raise Malformed("pack_invalid", f"The pack is not a policy: {words}", field=faults[0].field)
    return policy


def faults(pack: Mapping[str, object]) -> list[FieldError]:
    """Everything that is wrong with a pack, path by path; empty for a good one."""
    return _read(pack, 0)[1]


def misfits(policy: Policy, assets: Iterable[Asset]) -> list[FieldError]:
    """Fees and ceilings that no whole number of units can pay, for the assets that are registered."""
    return [
        FieldError(path, "pack_invalid", f"{text} has more than the {asset.decimals} decimals of {asset.name}")
        for asset in assets
        for path, text in (
            (f"fees.{asset.name}", policy.fees.get(asset.name)),
            (
                f"network_fee_ceiling.{asset.network}",
                policy.network_fee_ceilings.get(asset.network) if asset.is_native else None,
            ),
        )
        if text is not None and len(text.partition(".")[2].rstrip("0")) > asset.decimals
    ]


def _read(pack: Mapping[str, object], version: int) -> tuple[Policy, list[FieldError]]:
    reader = _Reader()
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
        optional=("limits", "limits_per_transaction", "check_failures", "outside_checks", "deciding"),
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
    per_transaction = reader.entries(
        "limits_per_transaction", top["limits_per_transaction"], _ASSET, 'an asset, like "USDT@evm-local"'
    )
    deciding = reader.section("deciding", top["deciding"], "outside_seconds", "reserved_minutes")
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
        limits=reader.limits("limits", top["limits"]),
        limits_per_transaction={
            asset: reader.usd(f"limits_per_transaction.{asset}", text) for asset, text in per_transaction.items()
        },
        check_failures=reader.failures("check_failures", top["check_failures"]),
        outside_checks=reader.outside("outside_checks", top["outside_checks"]),
        outside_seconds=reader.whole("deciding.outside_seconds", deciding["outside_seconds"], 1, 3600, absent=10),
        reserved_minutes=reader.whole("deciding.reserved_minutes", deciding["reserved_minutes"], 1, 24 * 60, absent=15),
    )
    if policy.new_address_large_from < policy.new_address_from:
        reader.fault("new_address.large_from_value", "must not be below from_value")
    if policy.new_address_large_hours < policy.new_address_wait_hours:
        reader.fault("new_address.large_hours", "must not be below hours: a larger amount never waits less")
    return policy, reader.faults


_ABSENT = object()


@dataclass(slots=True)
class _Reader:
    """Reads a pack piece by piece and collects what is wrong instead of stopping at the first fault."""

    faults: list[FieldError] = field(default_factory=list)

    def fault(self, path: str, message: str) -> None:
        self.faults.append(FieldError(path, "pack_invalid", message))

    def section(self, path: str, value: object, *keys: str, optional: tuple[str, ...] = ()) -> dict[str, object]:
        """An object with exactly these keys, and perhaps the optional ones."""
        given = self._object(path, value)
        dot = f"{path}." if path else ""
        for key in given.keys() - {*keys, *optional}:
            self.fault(f"{dot}{key}", f"is not known here; known are {', '.join((*keys, *optional))}")
        if value is not _ABSENT and isinstance(value, Mapping):
            for key in keys:
                if key not in given:
                    self.fault(f"{dot}{key}", "is missing")
        return {key: given.get(key, _ABSENT) for key in (*keys, *optional)}

    def entries(self, path: str, value: object, pattern: re.Pattern[str], meaning: str) -> dict[str, object]:
        """An object whose keys are names that `pattern` describes."""
        given = self._object(path, value)
        for key in given:
            if not pattern.fullmatch(key):
                self.fault(f"{path}.{key}", f"is not {meaning}")
        return {key: item for key, item in given.items() if pattern.fullmatch(key)}

    def usd(self, path: str, value: object) -> int:
        return self._decimal(path, value, VALUE_DECIMALS)

    def price(self, path: str, value: object) -> int:
        price = self._decimal(path, value, PRICE_DECIMALS)
        if price == 0 and isinstance(value, str) and not self._faulty(path):
            self.fault(path, "must be more than 0: what costs nothing passes every limit")
        return price

    def coins(self, path: str, value: object, *, above_zero: bool = False) -> str:
        units = self._decimal(path, value, _COIN_DECIMALS)
        if above_zero and units == 0 and not self._faulty(path):
            self.fault(path, "must be more than 0, or nothing can ever be paid")
        return value if isinstance(value, str) else "0"

    def whole(self, path: str, value: object, least: int, most: int, absent: int | None = None) -> int:
        if value is _ABSENT:
            return least if absent is None else absent
        if type(value) is not int:
            self.fault(path, f"must be a whole number, not {_kind(value)}")
            return least
        if not least <= value <= most:
            self.fault(path, f"is {value}; it must be from {least} to {most}")
            return least
        return value

    def standing(self, path: str, value: object) -> str:
        if value is not _ABSENT and value not in STANDINGS:
            self.fault(path, f"is {value!r}; it must be one of {', '.join(STANDINGS)}")
        return value if isinstance(value, str) else "banned"

    def names(self, path: str, value: object) -> tuple[str, ...]:
        names: list[str] = []
        for place, item in enumerate(self._array(path, value)):
            if not isinstance(item, str) or not _NAME.fullmatch(item):
                self.fault(f"{path}[{place}]", f"{item!r} is not a list's name, like 'sanctions'")
            elif item in names:
                self.fault(f"{path}[{place}]", f"{item!r} is named twice")
            else:
                names.append(item)
        return tuple(names)

    def quorum(self, path: str, value: object) -> tuple[tuple[int, int], ...]:
        """The quorum table: from 0 on, values rising, never fewer people for more."""
        table: list[tuple[int, int]] = []
        for place, item in enumerate(self._array(path, value)):
            line = self.section(f"{path}[{place}]", item, "from_value", "people")
            start = self.usd(f"{path}[{place}].from_value", line["from_value"])
            people = self.whole(f"{path}[{place}].people", line["people"], 1, 5)
            if not table and start != 0:
                self.fault(f"{path}[0].from_value", "must be 0: a review of any amount needs at least one person")
            if table and start <= table[-1][0]:
                self.fault(f"{path}[{place}].from_value", "must be more than in the line before")
            if table and people < table[-1][1]:
                self.fault(f"{path}[{place}].people", "must not be fewer than in the line before")
            table.append((start, people))
        if not table and not self._faulty(path) and value is not _ABSENT:
            self.fault(path, "must have at least one line, from 0")
        return tuple(table)

    def limits(self, path: str, value: object) -> tuple[Limit, ...]:
        """Windows beside the level's limit; one scope has one limit per length."""
        found: list[Limit] = []
        for place, item in enumerate(self._array(path, value)):
            here = f"{path}[{place}]"
            line = self.section(here, item, "scope", "hours", "usd")
            scope = self._one_of(f"{here}.scope", line["scope"], SCOPES)
            lifetime = line["hours"] == LIFETIME
            hours = None if lifetime else self.whole(f"{here}.hours", line["hours"], 1, MOST_LIMIT_HOURS)
            limit = Limit(scope, hours, self.usd(f"{here}.usd", line["usd"]))
            if any((other.scope, other.hours) == (limit.scope, limit.hours) for other in found):
                self.fault(here, f"says a second limit of {scope} for {line['hours']} hours; one must be enough")
            found.append(limit)
        return tuple(found)

    def failures(self, path: str, value: object) -> tuple[Failing, ...]:
        """What follows when a check fails, each with its end."""
        found: list[Failing] = []
        for place, item in enumerate(self._array(path, value)):
            here = f"{path}[{place}]"
            line = self.section(here, item, "check", "on_error", "on_timeout", "until")
            check = self._name(f"{here}.check", line["check"])
            if any(other.check == check for other in found):
                self.fault(f"{here}.check", f"{check!r} is named twice")
            found.append(
                Failing(
                    check,
                    self._one_of(f"{here}.on_error", line["on_error"], FAILURES),
                    self._one_of(f"{here}.on_timeout", line["on_timeout"], FAILURES),
                    self._time(f"{here}.until", line["until"]),
                )
            )
        return tuple(found)

    def outside(self, path: str, value: object) -> tuple[tuple[str, int], ...]:
        """The outside checks that must answer, and from which value on."""
        found: list[tuple[str, int]] = []
        for place, item in enumerate(self._array(path, value)):
            line = self.section(f"{path}[{place}]", item, "check", "from_value")
            check = self._name(f"{path}[{place}].check", line["check"])
            if check in {other for other, _ in found}:
                self.fault(f"{path}[{place}].check", f"{check!r} is named twice")
            found.append((check, self.usd(f"{path}[{place}].from_value", line["from_value"])))
        return tuple(found)

    def _one_of(self, path: str, value: object, words: tuple[str, ...]) -> str:
        if value is not _ABSENT and value not in words:
            self.fault(path, f"is {value!r}; it must be one of {', '.join(words)}")
        return value if isinstance(value, str) and value in words else words[0]

    def _name(self, path: str, value: object) -> str:
        if value is not _ABSENT and not (isinstance(value, str) and _NAME.fullmatch(value)):
            self.fault(path, f"{value!r} is not a check's name, like 'vendor_a'")
        return value if isinstance(value, str) else ""

    def _time(self, path: str, value: object) -> datetime:
        if isinstance(value, str):
            try:
                return from_rfc3339(value)
            except (ValueError, OverflowError):
                pass
        if value is not _ABSENT:
            self.fault(path, f"is {value!r}; it must be a time like 2026-12-31T00:00:00Z")
        return datetime.min.replace(tzinfo=UTC)

    def _decimal(self, path: str, value: object, decimals: int) -> int:
        if value is _ABSENT:
            return 0
        if not isinstance(value, str):
            self.fault(path, f'must be a decimal string like "12.5", not {_kind(value)}')
            return 0
        try:
            return to_units(value, decimals)
        except BadAmount as bad:
            self.fault(path, str(bad))
            return 0

    def _object(self, path: str, value: object) -> dict[str, object]:
        if isinstance(value, Mapping):
            return {str(key): item for key, item in value.items()}
        if value is not _ABSENT:
            self.fault(path, f"must be an object, not {_kind(value)}")
        return {}

    def _array(self, path: str, value: object) -> list[object]:
        if isinstance(value, list | tuple):
            return list(value)
        if value is not _ABSENT:
            self.fault(path, f"must be a list, not {_kind(value)}")
        return []

    def _faulty(self, path: str) -> bool:
        return any(fault.field == path for fault in self.faults)


def _kind(value: object) -> str:
    words = {str: "text", bool: "true or false", int: "a whole number", float: "a number with a point", list: "a list"}
    if value is None:
        return "null"
    if isinstance(value, Decimal):
        return "a number with a point"
    return words.get(type(value), "an object" if isinstance(value, Mapping) else type(value).__name__)

"""A policy pack: every number that a decision uses, as data that two people agreed on (rulebook section 10).

A pack is strict: each key is known and present, amounts are decimal strings, hours and counts are whole. What
the pack does not say is a refusal with a named code, never "unlimited" and never 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tidegate.base.money import Asset, BadAmount, to_units
from tidegate.base.refusals import Conflict, FieldError, Malformed
from tidegate.parties.countries import COUNTRIES
from tidegate.policy.pricing import PRICE_DECIMALS, VALUE_DECIMALS

LEVELS = (0, 1, 2, 3)
CREDENTIAL_EVENTS = ("password_changed", "mfa_changed", "email_changed", "phone_changed")
STANDINGS = ("allowed", "restricted", "banned")

_COUNTRY = re.compile("|".join(sorted(COUNTRIES)))
_NETWORK = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_ASSET = re.compile(r"[A-Za-z0-9.]{1,20}@[a-z0-9][a-z0-9-]{0,40}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_COIN_DECIMALS = 30  # the most an asset may have


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

    def section(self, path: str, value: object, *keys: str) -> dict[str, object]:
        """An object with exactly these keys."""
        given = self._object(path, value)
        dot = f"{path}." if path else ""
        for key in given.keys() - set(keys):
            self.fault(f"{dot}{key}", f"is not known here; known are {', '.join(keys)}")
        if value is not _ABSENT and isinstance(value, Mapping):
            for key in keys:
                if key not in given:
                    self.fault(f"{dot}{key}", "is missing")
        return {key: given.get(key, _ABSENT) for key in keys}

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

    def whole(self, path: str, value: object, least: int, most: int) -> int:
        if value is _ABSENT:
            return least
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

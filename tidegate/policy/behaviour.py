"""The numbers about people's ways: sessions, how fast and how much, units gone wrong, coins leaving in a rush.

An optional part of the policy pack (`behaviour`), and each of its parts is optional: what is absent is not looked at,
and decisions say that its checks were skipped. Shares are whole percent, or parts per million of a supply.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.base.findings import Outcome
from tidegate.base.money import Asset
from tidegate.policy.reading import Reader

_ASSET = re.compile(r"[A-Za-z0-9.]{1,20}@[a-z0-9][a-z0-9-]{0,40}")

_ENDLESS = ("step_up", "review", "decline")
_ENDING = ("step_up", "delay", "review", "decline")
"""What a finding may ask for: a delay only where the reason ends by itself."""

MOST_COUNTED = 500
"""As many rows of a customer's past are read for one decision, the newest first; no line may lie above it."""


@dataclass(frozen=True, slots=True)
class Since:
    """What happened less than so many hours ago asks for something."""

    hours: int
    outcome: Outcome
    step_up: bool = False  # beside a delay: a stronger factor as well


@dataclass(frozen=True, slots=True)
class Travel:
    """Two logins in different countries less than so many hours apart; it counts for so many hours afterwards."""

    hours: int
    look_back_hours: int
    outcome: Outcome
    step_up: bool = False


@dataclass(frozen=True, slots=True)
class Sessions:
    """What is asked of the logins that the platform tells."""

    new_device: Since
    new_network: Since
    travel: Travel
    logins_required: bool  # no login known, or not where from and with what = a person looks


@dataclass(frozen=True, slots=True)
class Most:
    """So many are ordinary; one more asks for something."""

    most: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Share:
    """From this percentage on, for values from this one on (micro-USD)."""

    percent: int
    from_value: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class PassThrough:
    """So many percent of what was credited in the last minutes leaves again."""

    minutes: int
    percent: int
    from_value: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Dormant:
    """Nothing left for so many days, and now this value."""

    days: int
    from_value: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Velocity:
    """How fast coins leave one account."""

    count_1h: Most  # this withdrawal counts
    count_24h: Most
    new_addresses_24h: Most
    drain: Share
    pass_through: PassThrough
    dormant: Dormant


@dataclass(frozen=True, slots=True)
class History:
    """More than so many times the customer's own largest, or median, of 90 days."""

    largest_factor: int
    median_factor: int
    from_value: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Times:
    """More than so many times the customer's largest ever of that asset."""

    factor: int
    from_value: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class HotShare:
    """More than so many percent of what the hot wallet was last seen to hold."""

    percent: int
    stale_minutes: int  # older than this = nobody knows
    required: bool  # what nobody knows asks for a person
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Supply:
    """More than so many millionths of the coins that exist."""

    coins: Mapping[str, str]  # asset name -> coins in circulation, decimal text
    ppm: int
    outcome: Outcome

    def units(self, asset: Asset) -> int | None:
        """The coins that exist, in units, rounded down; None where the policy does not know."""
        if asset.name not in self.coins:
            return None
        whole, _, part = self.coins[asset.name].partition(".")
        return int(whole + part[: asset.decimals].ljust(asset.decimals, "0"))


@dataclass(frozen=True, slots=True)
class Units:
    """Amounts that look like a mistaken unit (Bithumb 2026: 620,000 BTC where won were meant)."""

    largest: Times
    hot: HotShare
    supply: Supply


@dataclass(frozen=True, slots=True)
class Egress:
    """The platform's line: this much may be asked for in so many minutes before the breaker trips."""

    minutes: int
    accounts: int
    destinations: int
    value: int  # micro-USD
    reset_people: int  # how many different people must ask for the reset


@dataclass(frozen=True, slots=True)
class BehaviourNumbers:
    """Each part; None = not looked at."""

    sessions: Sessions | None = None
    velocity: Velocity | None = None
    history: History | None = None
    units: Units | None = None
    egress: Egress | None = None

    @property
    def asks(self) -> bool:
        """Whether any of it looks at the request itself and the customer's past."""
        return any(part is not None for part in (self.velocity, self.history, self.units))


def read(reader: Reader, value: object) -> BehaviourNumbers:
    """The section `behaviour` of a pack. Faults go to the reader."""
    top = reader.section("behaviour", value, optional=("session", "velocity", "history", "units", "egress"))
    return BehaviourNumbers(
        _sessions(reader, top["session"]) if "session" in top else None,
        _velocity(reader, top["velocity"]) if "velocity" in top else None,
        _history(reader, top["history"]) if "history" in top else None,
        _units(reader, top["units"]) if "units" in top else None,
        _egress(reader, top["egress"]) if "egress" in top else None,
    )


def _sessions(reader: Reader, value: object) -> Sessions:
    path = "behaviour.session"
    part = reader.section(path, value, "new_device", "new_network", "travel", "logins_required")

    def since(key: str) -> Since:
        line = reader.section(f"{path}.{key}", part[key], "hours", "outcome", optional=("step_up",))
        return Since(reader.whole(f"{path}.{key}.hours", line["hours"], 0, 24 * 90), *asks(key, line))

    def asks(key: str, line: Mapping[str, object]) -> tuple[Outcome, bool]:
        outcome = _outcome(reader, f"{path}.{key}.outcome", line["outcome"], _ENDING)
        also = _flag(reader, f"{path}.{key}.step_up", line.get("step_up", False))
        if also and outcome is not Outcome.DELAY:
            reader.fault(f"{path}.{key}.step_up", "stands beside a delay only; say step_up as the outcome.")
        return outcome, also

    line = reader.section(
        f"{path}.travel", part["travel"], "hours", "look_back_hours", "outcome", optional=("step_up",)
    )
    travel = Travel(
        reader.whole(f"{path}.travel.hours", line["hours"], 0, 48),
        reader.whole(f"{path}.travel.look_back_hours", line["look_back_hours"], 1, 24 * 30),
        *asks("travel", line),
    )
    return Sessions(
        since("new_device"),
        since("new_network"),
        travel,
        _flag(reader, f"{path}.logins_required", part["logins_required"]),
    )


def _velocity(reader: Reader, value: object) -> Velocity:
    path = "behaviour.velocity"
    keys = ("count_1h", "count_24h", "new_addresses_24h", "drain", "pass_through", "dormant")
    part = reader.section(path, value, *keys)

    def most(key: str) -> Most:
        line = reader.section(f"{path}.{key}", part[key], "most", "outcome")
        return Most(
            reader.whole(f"{path}.{key}.most", line["most"], 0, MOST_COUNTED),
            _outcome(reader, f"{path}.{key}.outcome", line["outcome"]),
        )

    drain = reader.section(f"{path}.drain", part["drain"], "percent", "from_value", "outcome")
    through = reader.section(
        f"{path}.pass_through", part["pass_through"], "minutes", "percent", "from_value", "outcome"
    )
    dormant = reader.section(f"{path}.dormant", part["dormant"], "days", "from_value", "outcome")
    return Velocity(
        most("count_1h"),
        most("count_24h"),
        most("new_addresses_24h"),
        Share(
            reader.whole(f"{path}.drain.percent", drain["percent"], 1, 100_000),
            reader.usd(f"{path}.drain.from_value", drain["from_value"]),
            _outcome(reader, f"{path}.drain.outcome", drain["outcome"]),
        ),
        PassThrough(
            reader.whole(f"{path}.pass_through.minutes", through["minutes"], 1, 24 * 60),
            reader.whole(f"{path}.pass_through.percent", through["percent"], 1, 100),
            reader.usd(f"{path}.pass_through.from_value", through["from_value"]),
            _outcome(reader, f"{path}.pass_through.outcome", through["outcome"]),
        ),
        Dormant(
            reader.whole(f"{path}.dormant.days", dormant["days"], 1, 3650),
            reader.usd(f"{path}.dormant.from_value", dormant["from_value"]),
            _outcome(reader, f"{path}.dormant.outcome", dormant["outcome"]),
        ),
    )


def _history(reader: Reader, value: object) -> History:
    path = "behaviour.history"
    part = reader.section(path, value, "largest_factor", "median_factor", "from_value", "outcome")
    return History(
        reader.whole(f"{path}.largest_factor", part["largest_factor"], 1, 1_000_000),
        reader.whole(f"{path}.median_factor", part["median_factor"], 1, 1_000_000),
        reader.usd(f"{path}.from_value", part["from_value"]),
        _outcome(reader, f"{path}.outcome", part["outcome"]),
    )


def _units(reader: Reader, value: object) -> Units:
    path = "behaviour.units"
    part = reader.section(path, value, "largest", "hot", "supply")
    largest = reader.section(f"{path}.largest", part["largest"], "factor", "from_value", "outcome")
    hot = reader.section(f"{path}.hot", part["hot"], "percent", "stale_minutes", "required", "outcome")
    supply = reader.section(f"{path}.supply", part["supply"], "coins", "ppm", "outcome")
    coins = reader.entries(f"{path}.supply.coins", supply["coins"], _ASSET, 'an asset, like "USDT@evm-local"')
    return Units(
        Times(
            reader.whole(f"{path}.largest.factor", largest["factor"], 1, 10**9),
            reader.usd(f"{path}.largest.from_value", largest["from_value"]),
            _outcome(reader, f"{path}.largest.outcome", largest["outcome"]),
        ),
        HotShare(
            reader.whole(f"{path}.hot.percent", hot["percent"], 1, 10_000),
            reader.whole(f"{path}.hot.stale_minutes", hot["stale_minutes"], 1, 24 * 60),
            _flag(reader, f"{path}.hot.required", hot["required"]),
            _outcome(reader, f"{path}.hot.outcome", hot["outcome"]),
        ),
        Supply(
            {
                asset: reader.coins(f"{path}.supply.coins.{asset}", text, above_zero=True)
                for asset, text in coins.items()
            },
            reader.whole(f"{path}.supply.ppm", supply["ppm"], 1, 1_000_000),
            _outcome(reader, f"{path}.supply.outcome", supply["outcome"]),
        ),
    )


def _egress(reader: Reader, value: object) -> Egress:
    path = "behaviour.egress"
    part = reader.section(path, value, "minutes", "accounts", "destinations", "value", "reset_people")
    return Egress(
        reader.whole(f"{path}.minutes", part["minutes"], 1, 24 * 60),
        reader.whole(f"{path}.accounts", part["accounts"], 1, 10**7),
        reader.whole(f"{path}.destinations", part["destinations"], 1, 10**7),
        reader.usd(f"{path}.value", part["value"]),
        reader.whole(f"{path}.reset_people", part["reset_people"], 1, 2),
    )


def _outcome(reader: Reader, path: str, value: object, words: tuple[str, ...] = _ENDLESS) -> Outcome:
    return Outcome(reader.choice(path, value, words))


def _flag(reader: Reader, path: str, value: object) -> bool:
    if type(value) is bool:
        return value
    if value is None or isinstance(value, str | int | float | list | Mapping):
        reader.fault(path, "must be true or false")
    return True  # the stricter one; an absent key was told already

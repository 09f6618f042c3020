"""What everybody may know of the house, and how exactly (rulebook section 9): figures that name nobody.

A figure over a few withdrawals would be a figure about somebody: below `FEWEST` there is none. Larger ones are told
only as exactly as a waiting customer needs, so that two looks a minute apart do not give away whose turn it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.money import Asset
from tidegate.policy.market.params import Level
from tidegate.policy.market.regime import Regime
from tidegate.policy.switch import Switch

WINDOWS = (24, 7 * 24)
"""Hours that are looked back on."""

FEWEST = 10
"""Withdrawals below which a share or a percentile is not told."""

SILENT = timedelta(minutes=2)
"""Without a word of any worker for so long, nothing moves on, whatever else is well."""

BEHIND = 20
"""Blocks beyond finality that our view of a network may lag before customers notice."""


@dataclass(frozen=True, slots=True)
class Times:
    """Counted: paid withdrawals of an asset in a window, and how long they took."""

    asset_id: int
    hours: int
    paid: int
    median_seconds: int
    p95_seconds: int


@dataclass(frozen=True, slots=True)
class Held:
    """Counted: confirmed withdrawals under way in a window, and those of them that a person or a delay held."""

    hours: int
    under_way: int
    held: int
    ended: int  # of the held ones
    released: int  # of those: paid in the end


@dataclass(frozen=True, slots=True)
class Pace:
    """Published: how long an asset's withdrawals took. None = not told; with none at all, there is nothing to tell."""

    asset: Asset
    hours: int
    paid: int | None  # two digits of it; None = fewer than FEWEST
    median_seconds: int | None
    p95_seconds: int | None


@dataclass(frozen=True, slots=True)
class Holds:
    """Published: how many withdrawals were held. None = too few to tell."""

    hours: int
    under_way: int | None  # two digits of it
    held_percent: int | None  # rounded up: a hold is never told away
    released_percent: int | None  # of the held ones that have ended; rounded down


@dataclass(frozen=True, slots=True)
class Slowed:
    """An asset whose limits are lower because its market is restless."""

    asset: Asset
    level: str  # "nervous", "stormy"
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Late:
    """A network on which things take longer, and why: "unreachable" or "behind"."""

    network: str
    why: str


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that is public, as of one moment."""

    at: datetime
    switches: Sequence[Switch]
    egress_since: datetime | None  # the breaker holds every payment since then; None = it does not
    working: bool  # a worker is at work
    pace: Sequence[Pace]
    holds: Sequence[Holds]
    slowed: Sequence[Slowed]
    late: Sequence[Late]

    @property
    def paused(self) -> bool:
        """Nothing at all is paid."""
        return self.egress_since is not None or any(switch.scope == "platform" for switch in self.switches)

    @property
    def headline(self) -> str:
        """`paused`, `slow` or `open`: the worst that holds for anybody."""
        if self.paused:
            return "paused"
        return "slow" if self.switches or self.slowed or self.late or not self.working else "open"


def paces(assets: Collection[Asset], counted: Sequence[Times]) -> list[Pace]:
    """One row per asset and window, also where nothing was paid."""
    found = {(t.asset_id, t.hours): t for t in counted}
    return [_pace(asset, hours, found.get((asset.id, hours))) for asset in assets for hours in WINDOWS]


def _pace(asset: Asset, hours: int, counted: Times | None) -> Pace:
    if counted is None:
        return Pace(asset, hours, 0, None, None)
    if counted.paid < FEWEST:
        return Pace(asset, hours, None, None, None)
    return Pace(asset, hours, about(counted.paid), lasting(counted.median_seconds), lasting(counted.p95_seconds))


def holds(counted: Held) -> Holds:
    """The share that was held, and the share of those that was let go in the end."""
    enough = counted.under_way >= FEWEST
    return Holds(
        counted.hours,
        about(counted.under_way) if enough or not counted.under_way else None,
        -(-100 * counted.held // counted.under_way) if enough else None,
        100 * counted.released // counted.ended if counted.ended >= FEWEST else None,
    )


def slowed(assets: Mapping[int, Asset], regimes: Mapping[int, Regime]) -> list[Slowed]:
    """The assets whose market leaves less of a limit."""
    restless = [(assets[id], regime) for id, regime in regimes.items() if regime.level is not Level.CALM]
    return [Slowed(asset, regime.name, regime.since) for asset, regime in restless]


def late(heads: Mapping[str, int | None], seen: Mapping[str, int]) -> list[Late]:
    """Networks whose node does not answer, or of which we have seen far less than the node.

    `heads` and `seen`: the newest block that the node knows, and that we have looked at (`custody.blocks_seen`).
    """
    return [Late(network, why) for network, head in sorted(heads.items()) if (why := _late(head, seen.get(network)))]


def _late(head: int | None, seen: int | None) -> str:
    if head is None:
        return "unreachable"
    return "behind" if seen is not None and head - seen > BEHIND else ""


def about(count: int) -> int:
    """A count with its first two digits, the others zero: 1,234 is told as 1,200."""
    unit = int("1" + "0" * max(0, len(str(count)) - 2))
    return count // unit * unit


def lasting(seconds: int) -> int:
    """A span as people read it: up to ten minutes in steps of ten seconds, up to two hours in minutes, then in steps of
    five; rounded up, so that nobody is promised less than others waited."""
    step = 10 if seconds <= 600 else 60 if seconds <= 7200 else 300
    return -(-seconds // step) * step

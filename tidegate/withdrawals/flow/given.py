"""What a shell hands in with every request, and what a request is answered with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tidegate.base.money import Asset
from tidegate.custody import flow as custody
from tidegate.db import Conn
from tidegate.ledger import store as ledger_store
from tidegate.policy import flow as policies
from tidegate.policy.market import flow as market
from tidegate.policy.market import regime as regimes
from tidegate.policy.market.regime import Regime
from tidegate.policy.pack import Policy


@dataclass(frozen=True, slots=True)
class Setting:
    """What a shell hands in with every request: the registered assets, our own payable-looking addresses, the
    policy in force. Read once per batch, not per request."""

    assets: Mapping[int, Asset]
    ours: frozenset[str]
    policy: Policy
    regimes: Mapping[int, Regime] = field(default_factory=dict)
    """Asset id -> how restless its market is; one that is not named keeps its whole limits."""

    @property
    def by_name(self) -> dict[tuple[str, str], Asset]:
        return {(asset.symbol, asset.network): asset for asset in self.assets.values()}

    def market(self, asset_id: int, value: int) -> dict[str, Any]:
        """What the market leaves of the limits for so much of an asset, as facts (section 5)."""
        regime = self.regimes.get(asset_id)
        if regime is None:
            return {}
        found = regimes.for_value(regime, value, self.policy.market)
        return {"market_percent": found.multiplier_percent, "market": found.name, "market_reason": found.reason}

    def native(self, network: str) -> Asset:
        """The coin that pays a network's fees."""
        return next(asset for asset in self.assets.values() if asset.network == network and asset.is_native)


def setting(conn: Conn, now: datetime) -> Setting:
    """The setting as the database has it now. Raises Conflict `no_policy` where no policy is in force."""
    assets = {asset.id: asset for asset in ledger_store.assets(conn)}
    policy = policies.active(conn, now)
    return Setting(
        assets, frozenset(custody.platform_addresses(conn)), policy, market.regimes(conn, assets.keys(), now, policy)
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """The HTTP answer to a request: body as text, because a replay must give the same bytes."""

    status: int
    body: str
    replayed: bool = False

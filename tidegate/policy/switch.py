"""Kill switches: an overlay over everybody's withdrawals, by asset, by network or for the whole platform."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tidegate.base.money import Asset
from tidegate.base.refusals import Malformed
from tidegate.parties.party import check_reason


class Scope(StrEnum):
    ASSET = "asset"  # one asset on one network: "USDT@evm-local"
    NETWORK = "network"  # every asset of a network: "evm-local"
    PLATFORM = "platform"  # everything


@dataclass(frozen=True, slots=True)
class Switch:
    """A kill switch that is on. It blocks moves and never rewrites a status."""

    id: str  # "swi_…"
    scope: str
    subject: str  # "USDT@evm-local", "evm-local", "platform"
    reason: str  # shown to customers
    since: datetime

    def stops(self, asset: Asset) -> bool:
        return {
            Scope.ASSET: self.subject == asset.name,
            Scope.NETWORK: self.subject == asset.network,
            Scope.PLATFORM: True,
        }[Scope(self.scope)]


def stopping(switches: Iterable[Switch], asset: Asset) -> Switch | None:
    """The first switch that stops this asset, or None."""
    return next((switch for switch in switches if switch.stops(asset)), None)


def check(scope: str, subject: str, reason: str, assets: Iterable[Asset]) -> Scope:
    """The scope, when it, its subject and the reason make sense; raises Malformed otherwise.

    A switch on a misspelt asset would stop nothing while everybody believes it does.
    """
    if scope not in set(Scope):
        raise Malformed(
            "switch_scope_unknown", f"{scope!r} is not a scope; use asset, network or platform", field="scope"
        )
    check_reason(reason)
    known = {
        Scope.ASSET: {asset.name for asset in assets},
        Scope.NETWORK: {asset.network for asset in assets},
        Scope.PLATFORM: {"platform"},
    }[Scope(scope)]
    if subject not in known:
        listed = ", ".join(sorted(known)) or "none is registered yet"
        raise Malformed(
            "switch_subject_unknown", f"{subject!r} is no {scope} here; known are: {listed}", field="subject"
        )
    return Scope(scope)

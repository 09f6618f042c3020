"""How answers speak of status, assets and metrics: what everybody may know."""

from __future__ import annotations

from collections.abc import Mapping

from tidegate.api.say import Said
from tidegate.base.money import Asset
from tidegate.base.times import rfc3339
from tidegate.notifications import templates
from tidegate.reports.status.published import FEWEST, Status


def assets_by_id(assets: Mapping[int, Asset]) -> list[Said]:
    return [
        {"asset": a.symbol, "network": a.network, "decimals": a.decimals, "contract": a.contract}
        for a in assets.values()
    ]


def status(s: Status) -> Said:
    return {
        "at": rfc3339(s.at),
        "withdrawals": "paused" if s.paused else "open",
        "headline": s.headline,
        "switches": [
            {"scope": w.scope, "subject": w.subject, "reason": w.reason, "since": rfc3339(w.since)} for w in s.switches
        ],
        "egress": None
        if s.egress_since is None
        else {"since": rfc3339(s.egress_since), "reason": templates.WAITING["egress"].both()},
        "working": s.working,
        "times": [
            {
                "asset": p.asset.symbol,
                "network": p.asset.network,
                "hours": p.hours,
                "paid": p.paid,
                "median_seconds": p.median_seconds,
                "p95_seconds": p.p95_seconds,
            }
            for p in s.pace
        ],
        "holds": [
            {
                "hours": h.hours,
                "withdrawals": h.under_way,
                "held_percent": h.held_percent,
                "released_percent": h.released_percent,
            }
            for h in s.holds
        ],
        "fewest": FEWEST,
        "markets": [
            {
                "asset": m.asset.symbol,
                "network": m.asset.network,
                "level": m.level,
                "since": None if m.since is None else rfc3339(m.since),
                "reason": templates.market(m.level, m.asset.symbol, None).both(),
            }
            for m in s.slowed
        ],
        "networks": [
            {"network": late.network, "why": late.why, "reason": templates.NETWORKS[late.why].both()} for late in s.late
        ],
    }

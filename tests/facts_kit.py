"""The good case for tests of decisions: everything is as it should be, and small changes to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tidegate.withdrawals.facts import FACTS_VERSION, Facts, Hit, Restricted, Use

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
USD = 1_000_000

GOOD = Facts(
    now=NOW,
    party_id="cus_1",
    country="DE",
    level=2,
    asset="USDT@evm-local",
    address="0x0000000000000000000000000000000000001234",
    units=100_000_000,
    fee_units=100_000,
    value=100 * USD,
    available_units=100_000_000,
    used_24h=0,
    address_saved_at=NOW - 72 * HOUR,
    restrictions=(),
    changed=(),
    hits=(),
    stale_lists=(),
    cleared=(),
    requested_at=NOW,
    facts_version=FACTS_VERSION,
    windows=(Use("address", 1, 0),),
)


def hit(category: str) -> Hit:
    return Hit("a-list", "somebody", category, NOW - 9 * HOUR)


def under(kind: str, value: str | None = None) -> Restricted:
    return Restricted(kind, None, value, NOW - HOUR)

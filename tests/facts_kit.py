"""The good case for tests of decisions: everything is as it should be, and small changes to it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tidegate.base.canonical import canonical
from tidegate.base.findings import Finding
from tidegate.withdrawals.facts import FACTS_VERSION, Facts, Hit, Restricted, Use
from tidegate.withdrawals.habits import Asking, Behaviour, Rushing, Sessions

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


SESSIONS = Sessions(NOW - HOUR, "DE", True, NOW - 900 * HOUR, NOW - 800 * HOUR, NOW - 900 * HOUR)
PAST = Asking(
    count_1h=1,
    count_24h=2,
    new_addresses_24h=1,
    left_24h_units=0,
    balance_24h_units=10**15,
    arrived_units=0,
    arrived_minutes=30,
    sent_at=NOW - 240 * HOUR,
    sent_90d=3,
    largest_90d=200 * USD,
    median_90d=100 * USD,
    largest_units=200_000_000,
    hot_units=10**15,
    hot_as_of=NOW - HOUR / 60,
    supply_units=10**17,
)
QUIET = Behaviour(SESSIONS, PAST, Rushing(None))
"""An ordinary customer on an ordinary day."""


def hit(category: str) -> Hit:
    return Hit("a-list", "somebody", category, NOW - 9 * HOUR)


def under(kind: str, value: str | None = None) -> Restricted:
    return Restricted(kind, None, value, NOW - HOUR)


def assert_agreed(page: str, cases: Iterable[tuple[str, Iterable[Finding]]]) -> None:
    """Every word and figure of these findings is as kept in rules/PAGE: analysts and auditors read them.

    After a change that is meant: TIDEGATE_AGREE=1 pytest tests/rules, and read the difference.
    """
    said = "".join(f"{name}\n" + "".join(f"    {canonical(found)}\n" for found in findings) for name, findings in cases)
    kept = Path(__file__).parent / "rules" / page
    if os.environ.get("TIDEGATE_AGREE"):
        kept.write_text(said)
    assert said == kept.read_text()

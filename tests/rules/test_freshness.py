"""Which factor may let coins go after a change of credentials, with both sides of each boundary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tidegate.p2p.orders.freshness import Change, too_new

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def change(what: str, at: datetime, pause: int) -> Change:
    return Change(what, at, at + timedelta(hours=pause))


PASSWORD, FACTOR, MAIL = (change(what, ago(10), 24) for what in ("password_changed", "mfa_changed", "email_changed"))

RELEASES = {
    "nothing changed, and it came this moment": (NOW, []),
    "a tick older than the change": (ago(10) - TICK, [FACTOR]),
    "older than all of them": (ago(11), [PASSWORD, FACTOR, MAIL]),
    "the pause is over this moment": (ago(24), [change("mfa_changed", ago(24), 24)]),
    "a first factor, and the password was changed a tick later": (ago(10) - TICK, [PASSWORD]),
}
WAITS = {
    "it is the change": (ago(10), [FACTOR], 14),
    "the pause has a tick left": (ago(24) + TICK, [change("mfa_changed", ago(24) + TICK, 24)], 0),
    "a first factor after another password": (NOW, [PASSWORD], 14),
    "added long after the mail was changed": (ago(1), [change("email_changed", ago(70), 72)], 2),
    "older than the newest change and newer than the first": (
        ago(5),
        [PASSWORD, change("password_changed", ago(1), 24)],
        14,
    ),
    "the longest of those that came before it": (ago(1), [FACTOR, change("phone_changed", ago(9), 72)], 63),
}


@pytest.mark.parametrize(("since", "changes"), RELEASES.values(), ids=RELEASES)
def test_a_factor_from_before_the_change_releases(since: datetime, changes: list[Change]) -> None:
    assert too_new("fac_1", since, changes, NOW) is None


@pytest.mark.parametrize(("since", "changes", "hours"), WAITS.values(), ids=WAITS)
def test_one_that_came_with_it_waits_and_is_told_until_when(since: datetime, changes: list[Change], hours: int) -> None:
    refusal = too_new("fac_1", since, changes, NOW)
    assert refusal is not None
    assert refusal.code == "factor_too_new"
    assert refusal.until is not None
    assert refusal.until - NOW == (timedelta(hours=hours) or TICK)

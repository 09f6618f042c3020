"""Every whole number of a policy pack: the least and the most that it may be, and one beyond on both sides."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tidegate.policy import flow as policies
from tidegate.policy import pack as packs

YEAR, MONTH, WEEK, DAY = 24 * 365, 24 * 30, 24 * 7, 24  # in hours
BOUNDS: dict[str, tuple[int, int]] = {
    "new_address.hours": (0, YEAR),
    "new_address.large_hours": (0, YEAR),
    "credential_hold_hours.password_changed": (0, YEAR),
    "credential_hold_hours.mfa_changed": (0, YEAR),
    "credential_hold_hours.email_changed": (0, YEAR),
    "credential_hold_hours.phone_changed": (0, YEAR),
    "confirmation.minutes": (1, DAY * 60),
    "confirmation.tries": (1, 20),
    "review.sla_hours": (1, YEAR),
    "authorisation_minutes": (1, DAY * 60),
    "deciding.outside_seconds": (1, 3600),
    "deciding.reserved_minutes": (1, DAY * 60),
    "travel_rule_wait_hours": (1, MONTH),
    "loosening_hours": (1, 720),
    "factors.link_hours": (1, WEEK),
    "factors.resend_seconds": (60, 3600),
    "factors.challenge_minutes": (1, 15),
    "factors.freeze_link_days": (1, 365),
    "factors.unfreeze_hours": (1, MONTH),
    "standing.most": (1, 1000),
    "standing.per_asset": (1, 100),
    "standing.look_seconds": (1, 3600),
    "standing.again_hours": (1, MONTH),
    "screening.look_alike.lead": (3, 20),
    "screening.look_alike.tail": (3, 20),
    "screening.look_alike.score": (3, 20),
    "screening.look_alike.one_end": (3, 20),
    "screening.insist_hours": (1, MONTH),
    "screening.allow_list.off_hours": (1, MONTH),
    "screening.allow_list.entry_hours": (0, MONTH),
    "retention.mail_days": (7, 3660),
    "retention.challenge_days": (1, 3660),
    "retention.session_days": (7, 3660),
    "behaviour.session.new_device.hours": (0, DAY * 90),
    "behaviour.session.new_network.hours": (0, DAY * 90),
    "behaviour.session.travel.hours": (0, 48),
    "behaviour.session.travel.look_back_hours": (1, MONTH),
    "behaviour.velocity.count_1h.most": (0, 500),
    "behaviour.velocity.count_24h.most": (0, 500),
    "behaviour.velocity.new_addresses_24h.most": (0, 500),
    "behaviour.velocity.drain.percent": (1, 100_000),
    "behaviour.velocity.pass_through.minutes": (1, DAY * 60),
    "behaviour.velocity.pass_through.percent": (1, 100),
    "behaviour.velocity.dormant.days": (1, 3650),
    "behaviour.history.largest_factor": (1, 1_000_000),
    "behaviour.history.median_factor": (1, 1_000_000),
    "behaviour.units.largest.factor": (1, 10**9),
    "behaviour.units.hot.percent": (1, 10_000),
    "behaviour.units.hot.stale_minutes": (1, DAY * 60),
    "behaviour.units.supply.ppm": (1, 1_000_000),
    "behaviour.egress.minutes": (1, DAY * 60),
    "behaviour.egress.accounts": (1, 10**7),
    "behaviour.egress.destinations": (1, 10**7),
    "behaviour.egress.reset_people": (1, 2),
    "market.multipliers_percent.calm": (25, 100),
    "market.multipliers_percent.nervous": (25, 100),
    "market.multipliers_percent.stormy": (25, 100),
    "market.floor_percent": (1, 100),
    "market.ewma_percent": (1, 99),
    "market.sample_minutes": (1, 60),
    "market.history_days": (30, 1000),
    "market.quantile_percent": (1, 100),
    "market.volatility_percent.nervous": (100, 10_000),
    "market.volatility_percent.stormy": (100, 10_000),
    "market.least_volatility_percent.nervous": (1, 10_000),
    "market.least_volatility_percent.stormy": (1, 10_000),
    "market.fall_percent.nervous": (1, 99),
    "market.fall_percent.stormy": (1, 99),
    "market.depeg_percent.nervous": (1, 99),
    "market.depeg_percent.stormy": (1, 99),
    "market.exit_percent": (1, 99),
    "market.dwell_minutes": (1, DAY * 60 * 7),
    "market.expiry_hours": (1, MONTH),
    "market.confirm_minutes": (1, 60),
    "market.stale_minutes": (1, DAY * 60),
    "market.skew_seconds": (0, 300),
    "market.disagree_percent": (1, 50),
    "market.jump_factor": (2, 1000),
    "market.outflow_percent.hour.nervous": (1, 100),
    "market.outflow_percent.hour.stormy": (1, 100),
    "market.outflow_percent.day.nervous": (1, 100),
    "market.outflow_percent.day.stormy": (1, 100),
}
OTHERS = ("merchants.", "rating.", "p2p.", "indicators.")
"""Sections whose own tests hold their numbers."""
MORE: dict[str, Any] = {
    "deciding": {"outside_seconds": 10, "reserved_minutes": 15},
    "travel_rule_wait_hours": 24,
    "loosening_hours": 24,
}


def saying(path: str, value: int) -> dict[str, Any]:
    """The demo pack, with every section that has numbers, and this number changed."""
    pack: dict[str, Any] = copy.deepcopy({**MORE, **policies.shipped("demo")})
    *way, last = path.split(".")
    place = pack
    for key in way:
        place = place[key]
    assert type(place[last]) is int
    place[last] = value
    return pack


def said_of(path: str, value: int) -> list[str]:
    """What is wrong with this number for being too small or too large."""
    found = [fault.message for fault in packs.faults(saying(path, value)) if fault.field == path]
    return [message for message in found if "it must be from" in message]


@pytest.mark.parametrize(("path", "least", "most"), [(path, *bounds) for path, bounds in BOUNDS.items()])
def test_a_number_may_be_this_much_and_no_more(path: str, least: int, most: int) -> None:
    assert [said_of(path, value) for value in (least, most)] == [[], []]
    for beyond in (least - 1, most + 1):
        assert said_of(path, beyond) == [f"is {beyond}; it must be from {least} to {most}"]


def numbers(place: Any, path: str = "") -> set[str]:
    """The paths of all whole numbers below a place of a pack, but for those in lists."""
    if type(place) is dict:
        return {deep for key, inner in place.items() for deep in numbers(inner, f"{path}.{key}" if path else key)}
    return {path} if type(place) is int else set()


def test_no_number_of_the_shipped_pack_is_without_its_bounds() -> None:
    said = numbers({**MORE, **policies.shipped("demo")})
    assert {path for path in said if not path.startswith(OTHERS)} == set(BOUNDS)

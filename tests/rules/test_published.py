"""What the public status may say, and how exactly: both sides of every line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tidegate.base.money import Asset
from tidegate.console.words import Say
from tidegate.policy.market.regime import Regime
from tidegate.policy.switch import Switch
from tidegate.reports.status import published
from tidegate.reports.status.published import Held, Holds, Late, Pace, Slowed, Status, Times

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
USDT = Asset(1, "USDT", "evm-local", 6, "0xdAC17F958D2ee523a2206206994597C13D831ec7")
ETH = Asset(2, "ETH", "evm-local", 18, None)


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, 0),
        (9, 9),
        (10, 10),
        (99, 99),
        (100, 100),
        (109, 100),
        (110, 110),
        (999, 990),
        (1_234, 1_200),
        (99_999, 99_000),
    ],
)
def test_a_count_is_told_with_two_digits(count: int, told: int) -> None:
    assert published.about(count) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, 0), (1, 10), (10, 10), (11, 20), (599, 600), (600, 600),
        (601, 660), (660, 660), (661, 720), (7_199, 7_200), (7_200, 7_200),
        (7_201, 7_500), (7_500, 7_500), (7_501, 7_800),
    ],
)  # fmt: skip
def test_a_time_is_told_rounded_up(seconds: int, told: int) -> None:
    assert published.lasting(seconds) == told


@pytest.mark.parametrize(
    ("paid", "told"),
    [
        (1, Pace(USDT, 24, None, None, None)),
        (9, Pace(USDT, 24, None, None, None)),
        (10, Pace(USDT, 24, 10, 130, 660)),
        (1_234, Pace(USDT, 24, 1_200, 130, 660)),
    ],
)
def test_ten_withdrawals_are_enough_to_tell_how_long_they_took(paid: int, told: Pace) -> None:
    assert published.paces([USDT], [Times(1, 24, paid, 121, 601)])[0] == told


def test_an_asset_without_any_is_told_to_have_none_and_no_time() -> None:
    assert published.paces([USDT, ETH], [Times(2, 168, 10, 5, 5)]) == [
        Pace(USDT, 24, 0, None, None),
        Pace(USDT, 168, 0, None, None),
        Pace(ETH, 24, 0, None, None),
        Pace(ETH, 168, 10, 10, 10),
    ]


@pytest.mark.parametrize(
    ("counted", "told"),
    [
        (Held(24, 0, 0, 0, 0), Holds(24, 0, None, None)),
        (Held(24, 9, 9, 9, 9), Holds(24, None, None, None)),
        (Held(24, 10, 0, 0, 0), Holds(24, 10, 0, None)),
        (Held(24, 1_234, 1, 1, 1), Holds(24, 1_200, 1, None)),  # rounded up: held is held
        (Held(24, 200, 2, 2, 1), Holds(24, 200, 1, None)),
        (Held(24, 200, 3, 2, 1), Holds(24, 200, 2, None)),
        (Held(24, 20, 20, 9, 9), Holds(24, 20, 100, None)),
        (Held(24, 20, 20, 10, 10), Holds(24, 20, 100, 100)),
        (Held(24, 300, 200, 200, 199), Holds(24, 300, 67, 99)),  # rounded down: not all of them
        (Held(24, 300, 200, 200, 0), Holds(24, 300, 67, 0)),
    ],
)
def test_shares_are_told_of_ten_and_more(counted: Held, told: Holds) -> None:
    assert published.holds(counted) == told


@pytest.mark.parametrize(
    ("head", "seen", "told"),
    [
        (None, 100, [Late("evm-local", "unreachable")]),
        (None, None, [Late("evm-local", "unreachable")]),
        (120, 100, []),
        (121, 100, [Late("evm-local", "behind")]),
        (99, 100, []),  # another node that is a little behind
        (121, None, []),  # we do not look at it
    ],
)
def test_when_a_network_is_late(head: int | None, seen: int | None, told: list[Late]) -> None:
    assert published.late({"evm-local": head}, {} if seen is None else {"evm-local": seen}) == told


def test_only_restless_markets_are_told() -> None:
    calm = Regime("calm", 100, "fixed_price", None, None, 0, None)
    stormy = Regime("stormy", 25, "fall", NOW, NOW, 2, None)
    assert published.slowed({1: USDT, 2: ETH}, {1: calm, 2: stormy}) == [Slowed(ETH, "stormy", NOW)]


QUIET = Status(NOW, [], None, True, [], [], [], [])
ONE = Switch("swi_1", "asset", "USDT@evm-local", "Maintenance", NOW)


@pytest.mark.parametrize(
    ("status", "headline"),
    [
        (QUIET, "open"),
        (replace(QUIET, working=False), "slow"),
        (replace(QUIET, late=[Late("evm-local", "behind")]), "slow"),
        (replace(QUIET, slowed=[Slowed(ETH, "nervous", None)]), "slow"),
        (replace(QUIET, switches=[ONE]), "slow"),
        (replace(QUIET, switches=[replace(ONE, scope="network", subject="evm-local")]), "slow"),
        (replace(QUIET, switches=[replace(ONE, scope="platform", subject="platform")]), "paused"),
        (replace(QUIET, egress_since=NOW - timedelta(hours=1)), "paused"),
        (replace(QUIET, egress_since=NOW, working=False), "paused"),
    ],
)
def test_the_headline_is_the_worst_that_holds(status: Status, headline: str) -> None:
    assert status.headline == headline


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0, "0 s", "0 秒"), (119, "119 s", "119 秒"), (120, "2 min", "2 分钟"), (450, "7 min 30 s", "7 分钟 30 秒"),
        (7_199, "119 min 59 s", "119 分钟 59 秒"), (7_200, "2 h", "2 小时"), (11_400, "3 h 10 min", "3 小时 10 分钟"),
        (172_799, "47 h 59 min", "47 小时 59 分钟"), (172_800, "2 d", "2 天"), (187_200, "2 d 4 h", "2 天 4 小时"),
    ],
)  # fmt: skip
def test_a_length_of_time_in_words(seconds: int, en: str, zh: str) -> None:
    assert (Say("en").span(seconds), Say("zh").span(seconds)) == (en, zh)

"""The numbers of the market's regimes, read from the section `market` of a policy pack."""

from __future__ import annotations

import re

from tidegate.policy.market.params import Level, Market, Steps
from tidegate.policy.reading import Reader

_ASSET = re.compile(r"[A-Za-z0-9.]{1,20}@[a-z0-9][a-z0-9-]{0,40}")

_KEYS = (
    "multipliers_percent",
    "floor_percent",
    "ewma_percent",
    "sample_minutes",
    "history_days",
    "quantile_percent",
    "volatility_percent",
    "least_volatility_percent",
    "fall_percent",
    "falls_percent",
    "pegs",
    "depeg_percent",
    "exit_percent",
    "dwell_minutes",
    "expiry_hours",
    "confirm_minutes",
    "stale_minutes",
    "skew_seconds",
    "disagree_percent",
    "jump_factor",
    "two_sources_from_value",
    "outflow_percent",
)


def read(reader: Reader, value: object) -> Market:
    """The section `market` of a pack: every key of it. Faults go to the reader."""
    part = reader.section("market", value, *_KEYS)

    def whole(key: str, least: int, most: int) -> int:
        return reader.whole(f"market.{key}", part[key], least, most)

    def steps(key: str, most: int, *, least: int = 1) -> Steps:
        return _steps(reader, f"market.{key}", part[key], least, most)

    falls = reader.entries("market.falls_percent", part["falls_percent"], _ASSET, 'an asset, like "ETH@ethereum"')
    pegs = reader.entries("market.pegs", part["pegs"], _ASSET, 'an asset, like "USDC@ethereum"')
    outflow = reader.section("market.outflow_percent", part["outflow_percent"], "hour", "day")
    floor = whole("floor_percent", 1, 100)
    market = Market(
        multipliers=_multipliers(reader, "market.multipliers_percent", part["multipliers_percent"], floor),
        floor_percent=floor,
        ewma_percent=whole("ewma_percent", 1, 99),
        sample_minutes=whole("sample_minutes", 1, 60),
        history_days=whole("history_days", 30, 1000),
        quantile_percent=whole("quantile_percent", 1, 100),
        volatility=steps("volatility_percent", 10_000, least=100),
        least_volatility=steps("least_volatility_percent", 10_000),
        fall=steps("fall_percent", 99),
        falls={asset: _steps(reader, f"market.falls_percent.{asset}", item, 1, 99) for asset, item in falls.items()},
        pegs={asset: reader.price(f"market.pegs.{asset}", text) for asset, text in pegs.items()},
        depeg=steps("depeg_percent", 99),
        exit_percent=whole("exit_percent", 1, 99),
        dwell_minutes=whole("dwell_minutes", 1, 60 * 24 * 7),
        expiry_hours=whole("expiry_hours", 1, 24 * 30),
        confirm_minutes=whole("confirm_minutes", 1, 60),
        stale_minutes=whole("stale_minutes", 1, 24 * 60),
        skew_seconds=whole("skew_seconds", 0, 300),
        disagree_percent=whole("disagree_percent", 1, 50),
        jump_factor=whole("jump_factor", 2, 1000),
        two_sources_from=reader.usd("market.two_sources_from_value", part["two_sources_from_value"]),
        outflow_hour=_steps(reader, "market.outflow_percent.hour", outflow["hour"], 1, 100),
        outflow_day=_steps(reader, "market.outflow_percent.day", outflow["day"], 1, 100),
    )
    if market.dwell > market.expiry:
        reader.fault("market.expiry_hours", "must not be shorter than dwell_minutes: a level would end before its time")
    return market


def _steps(reader: Reader, path: str, value: object, least: int, most: int) -> Steps:
    """Where nervous and stormy begin; stormy never begins first."""
    part = reader.section(path, value, "nervous", "stormy")
    nervous = reader.whole(f"{path}.nervous", part["nervous"], least, most)
    stormy = reader.whole(f"{path}.stormy", part["stormy"], least, most)
    if stormy < nervous and not reader.faulty(f"{path}.nervous") and not reader.faulty(f"{path}.stormy"):
        reader.fault(f"{path}.stormy", "must not be below nervous")
    return Steps(nervous, stormy)


def _multipliers(reader: Reader, path: str, value: object, floor: int) -> dict[Level, int]:
    """What is left of a limit, level by level: never more than 100, never less than the floor, falling."""
    part = reader.section(path, value, *(level.word for level in Level))
    table = {level: reader.whole(f"{path}.{level.word}", part[level.word], floor, 100) for level in Level}
    faulty = any(fault.field.startswith(path) for fault in reader.faults)
    if not table[Level.CALM] >= table[Level.NERVOUS] >= table[Level.STORMY] and not faulty:
        reader.fault(path, "must not rise from calm to nervous to stormy")
    return table

"""The numbers of the merchants' indicators, read from the section `indicators` of a policy pack (rating rulebook, 9).

Each indicator's text names its numbers as `:group_key`, so `one_sided.share_percent` is `:one_sided_share_percent`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.policy.reading import Reader

_PERCENT = (0, 100)
_COUNT = (1, 1_000_000)
_HOURS = (1, 24 * 31)
_DAYS = (1, 31)

GROUPS: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "one_sided": {"share_percent": _PERCENT, "orders": _COUNT, "counter_flow_percent": _PERCENT},  # I-01
    "initial_funds": {"percent": (1, 10_000)},  # I-02
    "shared_account": {"accounts": _COUNT},  # I-03
    "insisted": {"hours": _HOURS, "times": _COUNT, "case_times": _COUNT},  # I-04
    "unrestricted": {"days": _DAYS, "frozen": _COUNT},  # I-05
    "freezes": {"people": _COUNT, "mass_people": _COUNT, "mass_share_people": _COUNT, "mass_share_percent": _PERCENT},
    "pass_through": {  # I-07
        "hours": _HOURS,
        "share_percent": _PERCENT,
        "least_sell_percent": _PERCENT,
        "most_sell_percent": _PERCENT,
        "orders": _COUNT,
    },
    "fast_out": {"percent": _PERCENT, "hours": _HOURS, "times": _COUNT, "days": _DAYS},  # I-08
    "structuring": {"from_percent": _PERCENT, "orders": _COUNT, "hours": _HOURS, "days": _DAYS},  # I-09
    "newcomers": {  # I-10
        "days": _DAYS,
        "least_percent": _PERCENT,
        "mads": (1, 100),
        "orders": _COUNT,
        "burst": _COUNT,
        "burst_hours": _HOURS,
    },
    "ring": {"takers": (2, 1_000_000)},  # I-11
    "price": {"least_percent": _PERCENT, "mads": (1, 100), "orders": _COUNT},  # I-12
    "jump": {"factor": (1, 1000), "days": _DAYS},  # I-13
    "concentration": {  # I-14
        "percent": _PERCENT,
        "orders": _COUNT,
        "cycles": _COUNT,
        "cycle_hours": _HOURS,
        "cycle_percent": _PERCENT,
    },
    "names": {"similarity_percent": _PERCENT, "orders": _COUNT},  # I-15
    "takeover": {"hours": _HOURS},  # I-17
    "lost": {"times": _COUNT, "percent": _PERCENT, "orders": _COUNT},  # I-18
    "counterfeit": {"events": _COUNT},  # I-20
    "bond": {"percent": (1, 1000)},  # I-22
}
"""Whole numbers with the least and the most that each may be."""

MOST_LIMITS = 20


@dataclass(frozen=True, slots=True)
class IndicatorNumbers:
    """One version of them. A percentage is in whole hundredths, an amount in micro-USD."""

    values: Mapping[str, int]  # "one_sided_share_percent" -> 90; "jump_limit" -> micro-USD
    structuring_limits: tuple[int, ...]  # micro-USD, rising: what payers may want to stay under


def read(reader: Reader, value: object) -> IndicatorNumbers:
    """The section `indicators` of a pack; faults go to the reader."""
    top = reader.section("indicators", value, *GROUPS)
    values: dict[str, int] = {}
    limits: list[int] = []
    for group, keys in GROUPS.items():
        here = f"indicators.{group}"
        extra = {"structuring": ("limits",), "jump": ("limit",)}.get(group, ())
        given = reader.section(here, top[group], *keys, *extra)
        for key, (least, most) in keys.items():
            values[f"{group}_{key}"] = reader.whole(f"{here}.{key}", given[key], least, most)
        if group == "jump":
            values["jump_limit"] = reader.usd(f"{here}.limit", given["limit"])
        if group == "structuring":
            limits = _limits(reader, f"{here}.limits", given["limits"])
    if values["pass_through_least_sell_percent"] > values["pass_through_most_sell_percent"]:
        reader.fault("indicators.pass_through.least_sell_percent", "must not be above most_sell_percent")
    return IndicatorNumbers(values, tuple(limits))


def _limits(reader: Reader, path: str, value: object) -> list[int]:
    found: list[int] = []
    for here, item in reader.lines(path, value):
        limit = reader.usd(here, item)
        if found and limit <= found[-1] and not reader.faulty(here):
            reader.fault(here, "must be more than the limit before it")
        found.append(limit)
    if len(found) > MOST_LIMITS:
        reader.fault(path, f"has {len(found)} limits; {MOST_LIMITS} is the most")
    return found

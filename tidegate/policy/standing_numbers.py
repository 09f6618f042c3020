"""The numbers of standing withdrawals, read from the section `standing` of a policy pack (rulebook section 10)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tidegate.policy.reading import Reader

_PERCENT = re.compile(r"(0|[1-9][0-9]?)(\.[0-9]{1,2})?|100(\.0{1,2})?")


@dataclass(frozen=True, slots=True)
class StandingNumbers:
    """One version of them."""

    most: int  # instructions of one customer
    per_asset: int
    fee_share: int  # hundredths of a percent: the most of a run that may go into its fee
    look_seconds: int  # how often a balance or a price is looked at
    again_hours: int  # how long a balance or price that was answered rests, and how long its run waits for a fee


def read(reader: Reader, value: object) -> StandingNumbers:
    """The section `standing` of a pack; faults go to the reader."""
    top = reader.section("standing", value, "most", "per_asset", "fee_percent", "look_seconds", "again_hours")
    text = top["fee_percent"]
    share = percent_share(text) if isinstance(text, str) else None
    if share is None and (isinstance(text, str | bool | int | float | list | dict) or text is None):
        reader.fault("standing.fee_percent", 'must be a percentage from "0" to "100" with two decimals at most')
    return StandingNumbers(
        reader.whole("standing.most", top["most"], 1, 1000),
        reader.whole("standing.per_asset", top["per_asset"], 1, 100),
        share or 0,
        reader.whole("standing.look_seconds", top["look_seconds"], 1, 3600),
        reader.whole("standing.again_hours", top["again_hours"], 1, 24 * 30),
    )


def percent_share(text: str) -> int | None:
    """A percentage as hundredths of a percent; None where the text is none."""
    if not _PERCENT.fullmatch(text):
        return None
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0") or "0")

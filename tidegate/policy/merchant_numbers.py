"""The numbers of merchants and their bonds, read from the section `merchants` of a policy pack (S2 Art. 2, 7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.policy.reading import Reader

_ASSET = re.compile(r"[A-Za-z0-9.]{1,20}@[a-z0-9][a-z0-9-]{0,40}")
_RULES = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")


@dataclass(frozen=True, slots=True)
class MerchantNumbers:
    """One version of them."""

    rules_version: str  # of the rules that merchants agree to
    bond: Mapping[str, str]  # asset name -> coins that a merchant must lock in it, decimal text
    release_days: int  # a bond that is given back waits so long
    top_up_days: int  # a demand must be paid within
    exit_review_hours: int  # a wish to leave must be looked at within
    name_score: int  # 0-100: a payment account's holder must be at least so much like the verified name


def read(reader: Reader, value: object) -> MerchantNumbers:
    """The section `merchants` of a pack; faults go to the reader."""
    top = reader.section(
        "merchants",
        value,
        "rules_version",
        "bond",
        "release_days",
        "top_up_days",
        "exit_review_hours",
        "name_score",
    )
    version = reader.text("merchants.rules_version", top["rules_version"], 40)
    if version and not _RULES.fullmatch(version):
        reader.fault("merchants.rules_version", f'is {version!r}; write a version like "2026-11"')
    bonds = reader.entries("merchants.bond", top["bond"], _ASSET, 'an asset, like "USDT@evm-local"')
    return MerchantNumbers(
        rules_version=version,
        bond={name: reader.coins(f"merchants.bond.{name}", text, above_zero=True) for name, text in bonds.items()},
        release_days=reader.whole("merchants.release_days", top["release_days"], 1, 365),
        top_up_days=reader.whole("merchants.top_up_days", top["top_up_days"], 1, 90),
        exit_review_hours=reader.whole("merchants.exit_review_hours", top["exit_review_hours"], 1, 24 * 30),
        name_score=reader.whole("merchants.name_score", top["name_score"], 50, 100),
    )

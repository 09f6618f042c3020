"""Made-up people: a name and a language for everybody on the desk, the same for the same number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马"
_GIVEN = (
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "秀英",
    "霞", "平", "刚", "桂英", "文", "云",
)  # fmt: skip
_FIRST = (
    "Aisha", "Ben", "Chloe", "Daniel", "Elaine", "Farid", "Grace", "Ivan", "Kavitha",
    "Marcus", "Nur", "Priya", "Ryan", "Siti", "Weiling", "Xavier", "Yusof",
)  # fmt: skip
_LAST = ("Tan", "Lim", "Lee", "Ng", "Ong", "Wong", "Goh", "Chua", "Koh", "Rahman", "Pillai", "Nair", "Fernandez")

HOMES: Sequence[str] = ("CN", "CN", "CN", "CN", "CN", "CN", "SG", "SG", "HK", "HK")
"""Where takers live, by the last digit of their number."""


@dataclass(frozen=True, slots=True)
class Name:
    """What somebody is called, and the language of what we write to them."""

    name: str
    language: str  # "en", "zh"


def named(number: int, country: str) -> Name:
    """The person with this number."""
    if country in ("CN", "HK"):
        return Name(_FAMILY[number % len(_FAMILY)] + _GIVEN[number // len(_FAMILY) % len(_GIVEN)], "zh")
    return Name(f"{_FIRST[number % len(_FIRST)]} {_LAST[number // len(_FIRST) % len(_LAST)]}", "en")

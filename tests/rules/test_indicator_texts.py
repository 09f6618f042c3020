"""The indicators' texts: portable, exact, and every number in them is the policy's."""

from __future__ import annotations

import re
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
from indicator_kit import numbers

from tidegate.base.refusals import FieldError
from tidegate.policy import flow as policies
from tidegate.policy import indicator_numbers
from tidegate.policy.pack import PolicySilent, parse
from tidegate.policy.reading import Reader
from tidegate.rating.indicators import texts
from tidegate.rating.indicators.catalogue import BY_ID, INDICATORS, RECORDS, Raises
from tidegate.rating.lake.store import database

FILES = sorted(
    path.name.removesuffix(".sql")
    for path in resources.files("tidegate.rating.indicators").joinpath("texts").iterdir()
    if path.name.endswith(".sql")
)


def code(name: str) -> str:
    """A text without its comments."""
    return re.sub(r"--[^\n]*", "", texts.text(name))


def test_each_text_is_an_indicator_a_view_or_a_digest() -> None:
    known = {*BY_ID, *texts.VIEWS, texts.ANSWER, texts.DIGEST, *(f"of-{record}" for record in RECORDS)}
    assert set(FILES) == known
    assert set(texts.VIEWS) >= texts.KEPT


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"/", "DuckDB divides decimals into doubles: multiply across, or per_million"),
        (r"\bavg\b|\bstddev|\bvar_|\bmedian\b|percentile_cont", "an average is a double: medians by percentile_disc"),
        (r"(?i)\b(float|double|real)\b", "money is never a float"),
        (r"\d\.\d*[1-9]|\d[eE]\d", "numbers are whole; the 0.5 of a median is no number of ours"),
        (r"::", "Spark has no such cast"),
        (r"(?i)\b(date_trunc|generate_series|lateral|distinct on|ilike|qualify|now\(|current_)", "not in every engine"),
    ],
)
def test_a_text_keeps_to_what_every_engine_does_exactly(name: str, pattern: str, why: str) -> None:
    said = code(name).replace("percentile_disc(0.5)", "")
    assert re.search(pattern, said) is None, why


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda indicator: indicator.id)
def test_each_indicator_says_its_article_first(indicator: object) -> None:
    one = BY_ID[str(getattr(indicator, "id"))]  # noqa: B009
    head = texts.text(one.id).split("WITH")[0]
    assert one.article.removeprefix("Art. ").split("-")[0] in head
    assert set(one.reads) <= set(RECORDS)
    assert (one.raises is Raises.ALERT) == (one.severity is not None)


def test_every_number_of_the_policy_is_used_and_no_other_is_asked_for() -> None:
    known = {*numbers().values, "structuring_limits", "evidence_most", "start", "end", "history"}
    asked = {name for file in FILES for name in texts.names(texts.text(file))}
    assert asked == known


def test_a_text_is_filled_with_numbers_and_with_nothing_else() -> None:
    assert texts.filled("a >= :least AND t < :end", {"least": 3, "end": "X"}) == "a >= 3 AND t < X"
    with pytest.raises(KeyError):
        texts.filled(":unheard_of", {})


def test_a_rule_has_another_version_when_its_text_changes() -> None:
    versions = {texts.version(indicator.id) for indicator in INDICATORS}
    assert len(versions) == len(INDICATORS)
    assert all(re.fullmatch(r"I-\d\d@[0-9a-f]{12}", version) for version in versions)


def faults(section: object) -> list[FieldError]:
    reader = Reader()
    indicator_numbers.read(reader, section)
    return reader.faults


SHIPPED = policies.shipped("default")["indicators"]


@pytest.mark.parametrize(
    ("group", "key", "value", "field"),
    [
        ("one_sided", "share_percent", 101, "one_sided.share_percent"),
        ("one_sided", "share_percent", "90", "one_sided.share_percent"),
        ("one_sided", "orders", 0, "one_sided.orders"),
        ("jump", "limit", 100, "jump.limit"),
        ("jump", "days", 32, "jump.days"),
        ("structuring", "limits", ["10", "10"], "structuring.limits[1]"),
        ("structuring", "limits", [str(n) for n in range(21)], "structuring.limits"),
        ("pass_through", "least_sell_percent", 76, "pass_through.least_sell_percent"),
        ("ring", "takers", 1, "ring.takers"),
        ("ring", "size", 3, "ring.size"),
    ],
)
def test_a_number_that_makes_no_sense_is_named(group: str, key: str, value: object, field: str) -> None:
    assert isinstance(SHIPPED, dict)
    assert faults(SHIPPED) == []
    assert [fault.field for fault in faults({**SHIPPED, group: {**SHIPPED[group], key: value}})] == [
        f"indicators.{field}"
    ]


def test_a_group_that_is_missing_is_named() -> None:
    assert isinstance(SHIPPED, dict)
    without = {key: value for key, value in SHIPPED.items() if key != "ring"}
    assert [fault.field for fault in faults(without)] == ["indicators.ring"]


def test_a_pack_from_before_merchants_were_rated_is_silent() -> None:
    pack = {key: value for key, value in policies.shipped("default").items() if key != "indicators"}
    with pytest.raises(PolicySilent) as refused:
        _ = parse(pack).indicators
    assert refused.value.code == "no_indicators"


@pytest.mark.parametrize(
    ("price", "units"),
    [
        ("0", 0),
        ("0.00000001", 1),
        ("7.2", 720_000_000),
        ("99999.99999999", 9_999_999_999_999),
        ("100000", 10_000_000_000_000),
        ("-99999.99999999", -9_999_999_999_999),
        ("-100000", -10_000_000_000_000),
        ("999999999.99999999", 99_999_999_999_999_999),
        ("1000000000", 10**17),
        ("123456789012345678901.12345678", 12_345_678_901_234_567_890_112_345_678),
    ],
)
def test_a_price_is_a_whole_number_of_its_smallest_part(price: str, units: int) -> None:
    with database(ZoneInfo("UTC")) as db:
        assert db.execute(f"SELECT price_units(CAST({price} AS DECIMAL(38,8)))").fetchone() == (units,)


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [
        (1, 3, 333_333),
        (5, 0, None),
        (9 * 10**12 - 1, 9 * 10**12 - 1, 1_000_000),
        (9 * 10**12, 7, 1_285_714_285_714_285_714),
        (7, 9 * 10**12, 0),
        (10**20, 10**20 + 1, 999_999),
        (-10, 3, -3_333_333),
        (-(9 * 10**12), 9, -(10**18)),
    ],
)
def test_a_share_is_the_same_in_64_bits_and_beyond(part: int, whole: int, share: int | None) -> None:
    with database(ZoneInfo("UTC")) as db:
        assert db.execute(f"SELECT per_million({part}, {whole})").fetchone() == (share,)

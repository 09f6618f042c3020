"""The indicators on a simulated desk of 400 merchants, against the truth (docs/simulator.md shows the same desk).

Bands, not figures: wide enough for another numpy, narrow enough that an indicator which reads the wrong rows falls out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tidegate.base.refusals import Malformed
from tidegate.demo.desk import jobs
from tidegate.demo.desk.facts import MOST
from tidegate.demo.desk.kinds import KINDS
from tidegate.demo.desk.simulate import Asked
from tidegate.demo.desk.store import TABLES
from tidegate.policy import flow as policies
from tidegate.policy.pack import parse
from tidegate.rating.indicators.catalogue import INDICATORS, Raises
from tidegate.rating.lake.tables import TABLES as LAKE

DESK = Asked(seed=7, merchants=400, days=61, orders=200_000, begins=date(2026, 9, 1))
NUMBERS = parse(policies.shipped("demo")).indicators

BANDS: dict[str, tuple[int, int]] = {
    # indicator: least precision, least recall, percent
    "I-01": (90, 45),
    "I-02": (90, 90),
    "I-03": (100, 100),
    "I-04": (100, 70),
    "I-05": (30, 25),
    "I-06": (40, 45),
    "I-07": (12, 20),
    "I-08": (8, 85),
    "I-09": (90, 90),
    "I-10": (20, 85),
    "I-11": (35, 90),
    "I-12": (85, 85),
    "I-13": (60, 12),
    "I-14": (40, 85),
    "I-15": (5, 90),
    "I-17": (100, 70),
    "I-18": (7, 85),
    "I-20": (100, 100),
    "I-22": (100, 100),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk") / "seven"
    jobs.write(DESK, folder)
    return folder


@pytest.fixture(scope="module")
def scored(written: Path) -> dict[str, Any]:
    return jobs.score(written, NUMBERS)


def test_every_indicator_that_raises_something_is_scored(scored: dict[str, Any]) -> None:
    raising = {one.id for one in INDICATORS if one.raises is not Raises.NOTHING}
    assert {one["indicator"] for one in scored["indicators"]} == raising == set(BANDS)


@pytest.mark.parametrize("indicator", BANDS)
def test_an_indicator_finds_what_was_planted_for_it(scored: dict[str, Any], indicator: str) -> None:
    got = next(one for one in scored["indicators"] if one["indicator"] == indicator)
    precision, recall = BANDS[indicator]
    assert (got["precision"] >= precision, got["recall"] >= recall) == (True, True), got


def test_the_idle_and_the_careful_raise_less_than_the_wrong(scored: dict[str, Any]) -> None:
    kinds = {one["kind"]: one for one in scored["kinds"]}
    assert set(kinds) == {kind.name for kind in KINDS}
    assert sum(one["merchants"] for one in kinds.values()) == DESK.merchants
    assert [kinds[name]["raised"] for name in ("dormant", "leaving", "applicant")] == [0, 0, 0]
    for kind in KINDS:
        if kind.wrong:
            assert kinds[kind.name]["raised"] * 100 >= 70 * kinds[kind.name]["merchants"], kinds[kind.name]


def test_the_written_desk_is_a_lake_without_days(written: Path) -> None:
    assert {table.name for table in LAKE} <= set(TABLES)
    assert sorted(path.name for path in written.iterdir()) == sorted(
        [*(f"{name}.parquet" for name in TABLES), "facts.json", "oracle.json"]
    )


def test_facts_are_bodies_of_the_api_and_some_are_told_twice(written: Path) -> None:
    facts = json.loads((written / "facts.json").read_text())
    assert all(1 <= len(body["facts"]) <= MOST for body in facts)
    names = [(one["source"], one["source_id"]) for body in facts for one in body["facts"]]
    assert len(set(names)) < len(names)


def test_months_count_from_end_to_end() -> None:
    def told(begins: date, days: int) -> list[str]:
        return [f"{span.start:%m-%d}/{span.end:%m-%d}" for span in jobs.whole_months(begins, days)]

    assert told(date(2026, 9, 1), 61) == ["09-01/10-01", "10-01/11-01"]
    assert told(date(2026, 9, 1), 60) == ["09-01/10-01"]
    assert told(date(2026, 9, 2), 58) == []
    assert told(date(2026, 9, 2), 60) == ["10-01/11-01"]
    assert told(date(2026, 12, 1), 31) == ["12-01/01-01"]


def test_a_desk_without_a_whole_month_and_a_folder_without_a_desk_are_refused(tmp_path: Path) -> None:
    jobs.write(Asked(1, 30, 20, 100, date(2026, 9, 5)), tmp_path / "short")
    with pytest.raises(Malformed, match="No whole month"):
        jobs.score(tmp_path / "short", NUMBERS)
    (tmp_path / "short" / "p2p_ads.parquet").unlink()
    with pytest.raises(Malformed, match="lacks p2p_ads"):
        jobs.score(tmp_path / "short", NUMBERS)
    with pytest.raises(Malformed, match="holds no desk"):
        jobs.score(tmp_path, NUMBERS)


def shell(*words: str | Path) -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, "-m", "tidegate", *map(str, words)], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_the_commands_write_a_desk_once_and_score_it(tmp_path: Path) -> None:
    words = ("desk", "simulate", "--merchants", "30", "--orders", "500", "--days", "30", "--out", tmp_path / "made")
    code, out, err = shell(*words)
    assert (code, err) == (0, "")
    assert json.loads(out)["rows"]["p2p_merchants"] == 30
    code, out, err = shell(*words)
    assert (code, out) == (2, "")
    assert err.startswith("tidegate: folder_not_empty: ")
    assert err.count("\n") == 1
    code, out, err = shell("desk", "simulate", "--merchants", "3", "--out", tmp_path / "other")
    assert (code, out, err) == (2, "", "tidegate: desk_impossible: merchants is 3; it must be from 23 to 100000\n")
    code, out, err = shell("desk", "score", tmp_path / "made")
    assert (code, err) == (0, "")
    assert len(json.loads(out)["kinds"]) == len(KINDS)

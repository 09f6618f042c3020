"""`tidegate market replay FILE`: reading price files strictly, and what the regime would have done on real ones."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.__main__ import main
from tidegate.base.refusals import Malformed
from tidegate.policy.market.params import DEFAULTS
from tidegate.policy.market.replay import Row, pegged, read
from tidegate.policy.market.series import Bar

HEAD = "ts_utc,open,high,low,close,volume\n"
USD = 10**12
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def text(*lines: str) -> str:
    return HEAD + "\n".join(lines) + "\n"


def hourly(*closes: float, start: int = 1_600_000_000) -> str:
    """An hour per close; the range reaches from one close to the next."""
    lines = []
    for n, (before, after) in enumerate(pairwise((closes[0], *closes))):
        low, high = min(before, after), max(before, after)
        lines.append(f"{start + 3600 * n},{before},{high},{low},{after},1")
    return text(*lines)


def test_a_row_is_a_bar_as_long_as_bars_usually_are() -> None:
    rows = read(text("1600000000,1,2.5,0.5,1.5,7", "1600003600,1.5,1.5,1.5,1.5,0"))
    at = datetime.fromtimestamp(1_600_000_000, UTC)
    assert rows == [
        Row(2, Bar(at, 3600, USD, 5 * USD // 2, USD // 2, 3 * USD // 2, 7 * USD)),
        Row(3, Bar(at + HOUR, 3600, *[3 * USD // 2] * 4, volume=0)),
    ]


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("1600000000", "2020-09-13T12:26:40+00:00"),
        ("2020-09-13T12:26:40Z", "2020-09-13T12:26:40+00:00"),
        ("2020-09-13 12:26:40", "2020-09-13T12:26:40+00:00"),
        ("2020-09-13T14:26:40+02:00", "2020-09-13T12:26:40+00:00"),
        ("2020-09-13", "2020-09-13T00:00:00+00:00"),
    ],
)
def test_a_time_is_seconds_or_rfc_3339_and_utc_where_no_zone_is_said(stamp: str, at: str) -> None:
    assert read(text(f"{stamp},1,1,1,1,1"))[0].bar.at.isoformat() == at


@pytest.mark.parametrize(
    ("seconds", "gaps", "length"), [(3600, {5}, 3600), (900, {2, 3}, 900), (86_400, set(), 86_400), (60, {1}, 60)]
)
def test_the_length_of_a_bar_is_the_commonest_distance(seconds: int, gaps: set[int], length: int) -> None:
    rows = read(text(*(f"{1_600_000_000 + seconds * n},1,1,1,1,1" for n in range(20) if n not in gaps)))
    assert {row.bar.seconds for row in rows} == {length}


def test_other_ways_to_write_numbers_and_repeated_rows_are_read() -> None:
    rows = read(HEAD.replace("ts_utc", " ts_utc") + "1600000000,1e-05,1E-5,0.00001,1.0e-5,1e3\n" * 2 + "\n")
    (row,) = rows
    assert row.bar.prices == (10**7,) * 4
    assert (row.bar.volume, row.bar.seconds) == (1000 * USD, 0)
    assert read(text("1600000000,0.1234567890125,1,0.1,1,1"))[0].bar.open == 123_456_789_012


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("", None),
        ("time,open,high,low,close,volume\n", 1),
        (HEAD, None),
        (text("1600000000,1,1,1,1"), 2),
        (text("1600000000,1,1,1,1,1,1"), 2),
        (text("1600000000,1,1,1,1,1", "x,1,1,1,1,1"), 3),
        (text("-5,1,1,1,1,1"), 2),
        (text("99999999999999,1,1,1,1,1"), 2),
        (text("1600000000,one,1,1,1,1"), 2),
        (text("1600000000,1,1,1,NaN,1"), 2),
        (text("1600000000,1,Infinity,1,1,1"), 2),
        (text("1600000000,1,1e80,1,1,1"), 2),
        (text("1600000000,1,1,1,1,-1"), 2),
        (text("1600000000,1,1,0,1,1"), 2),
        (text("1600000000,1,1,1e-13,1,1"), 2),
        (text("1600000000,1,1,1e-999999,1,1"), 2),
        (text("1600000000,1,1,-1,1,1"), 2),
        (text("1600000000,1,0.9,0.8,0.9,1"), 2),
        (text("1600003600,1,1,1,1,1", "1600000000,1,1,1,1,1"), 3),
        (text("1600000000,1,1,1,1,1", "1600000000,2,2,2,2,1"), 3),
    ],
)
def test_a_bad_row_is_refused_with_its_line(body: str, line: int | None) -> None:
    with pytest.raises(Malformed) as refused:
        read(body)
    assert refused.value.code == "prices_unreadable"
    if line is not None:
        assert refused.value.message.startswith(f"Line {line}:")


@given(st.text(max_size=200) | st.text(alphabet='0123456789.,-eE\n"N', max_size=200).map(lambda t: HEAD + t))
def test_any_text_is_read_or_refused(body: str) -> None:
    with suppress(Malformed):
        assert read(body)


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, dict[str, Any], str]:
    code = main(["market", "replay", *args])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else {}, said.err


def test_the_command_prints_changes_and_days(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "prices.csv"
    file.write_text(hourly(100, 100, 100, 85, *[99.0] * 72))
    code, said, err = run(capsys, str(file))
    assert (code, err) == (0, "")
    assert said["changes"] == [
        {"at": "2020-09-13T15:26:40Z", "from": "calm", "to": "stormy", "reason": "volatility", "multiplier": 0.25},
        *said["changes"][1:-1],
        {"at": said["changes"][-1]["at"], "from": "nervous", "to": "calm", "reason": "calm_again", "multiplier": 1},
    ]
    assert [c["multiplier"] for c in said["changes"]] == [0.25, 0.5, 1]
    assert list(said["days"]) == ["calm", "nervous", "stormy"]
    assert sum(said["days"].values()) == pytest.approx(75 / 24, abs=0.002)
    assert (said["bars"], said["bar_minutes"], said["refused"]) == (76, 60, [])
    packed = tmp_path / "prices.csv.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert run(capsys, str(packed)) == (0, said, "")


def test_a_gap_is_stale_and_a_jump_is_refused_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "luna.csv"
    before = hourly(*[0.0001] * 30)
    after = "".join(hourly(*[9.0] * 10, start=1_600_000_000 + 3600 * 500).splitlines(keepends=True)[1:])
    file.write_text(before + after)
    code, said, _ = run(capsys, str(file))
    assert code == 0
    assert [(c["to"], c["reason"]) for c in said["changes"]] == [("nervous", "prices_stale")]
    assert [(r["line"], r["code"]) for r in said["refused"]] == [(line, "price_jump") for line in range(32, 42)]


def test_a_peg_and_a_pack_may_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "usdc.csv"
    file.write_text(hourly(*[1.0] * 5, 0.97, *[1.0] * 40))
    assert run(capsys, str(file))[1]["changes"] == []
    assert run(capsys, str(file), "--peg", "1")[1]["changes"][0]["reason"] == "depeg"
    shipped = json.loads((Path(__file__).parent.parent.parent / "tidegate/policy/packs/default.json").read_text())
    shipped["market"]["pegs"] = {"USDC@ethereum": "1"}
    pack = tmp_path / "pack.json"
    pack.write_text(json.dumps(shipped))
    named = run(capsys, str(file), "--policy", str(pack), "--asset", "USDC@ethereum")
    assert named[1]["changes"][0]["reason"] == "depeg"
    for peg in ("0", "x", "-1"):
        code, _, err = run(capsys, str(file), f"--peg={peg}")
        assert (code, "peg_malformed" in err, err.count("\n")) == (2, True, 1)


def test_what_is_no_price_file_is_one_clear_line_and_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = gzip.compress(hourly(1, 2).encode())
    for name, content in (
        ("text.csv", b"hello"),
        ("bytes.csv", b"\xff\xfe\x00"),
        ("half.csv.gz", whole[:-10]),
        ("torn.csv.gz", whole[:12] + b"\x00\x00" + whole[14:]),
        ("bad.csv", text("1600000000,1,1,1,0,1").encode()),
    ):
        (tmp_path / name).write_bytes(content)
        code, said, err = run(capsys, str(tmp_path / name))
        assert (code, said, err.count("\n")) == (2, {}, 1), name
        assert "prices_unreadable" in err
    assert run(capsys, str(tmp_path / "nothing.csv"))[0] == 2


def test_a_peg_is_a_price_above_zero() -> None:
    assert pegged(DEFAULTS, "EURC@ethereum", "1.1").pegs == {**DEFAULTS.pegs, "EURC@ethereum": 11 * 10**11}
    for text, words in (("0", "A peg must be more than 0"), ("x", "The peg: ")):
        with pytest.raises(Malformed) as said:
            pegged(DEFAULTS, "EURC@ethereum", text)
        assert (said.value.code, said.value.field) == ("peg_malformed", "peg")
        assert str(said.value).startswith(words)

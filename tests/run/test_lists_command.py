"""`tidegate lists import` with files of every format, packed or not, good or bad."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tidegate.__main__ import main
from tidegate.db import connect
from tidegate.settings import Settings, save

A, B = "0x" + "a1" * 20, "0x" + "b2" * 20


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Path:
    path = tmp_path / "settings.json"
    save(Settings(database_url, {}, tmp_path / "s", tmp_path / "d", tmp_path / "a"), path)
    return path


def load(settings: Path, name: str, content: bytes, *more: str) -> int:
    file = settings.parent / "list.file"
    file.write_bytes(content)
    return main(["lists", "import", name, str(file), "--settings", str(settings), *more])


def test_csv_tags_and_events_packed_or_not(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tags = f"address,currency,label,category,abuse\n{A},ETH,Some Exchange,exchange,\nx,ZEC,?,,\n".encode()
    events = f"at,event,address\n2024-01-01T00:00:00Z,add,{A}\n2024-02-01T00:00:00Z,remove,{A}\n".encode()
    events += f"2024-02-01T00:00:00Z,add,{B}\n".encode()
    assert load(settings, "scams", f"asset,address\nETH,{A}\n".encode()) == 0
    assert load(settings, "tags", gzip.compress(tags), "--format", "tags") == 0
    assert load(settings, "ofac", gzip.compress(events), "--format", "events") == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert said == [
        {"imported": 1, "removed": 0, "quarantined": []},
        {"imported": 1, "removed": 0, "quarantined": [{"line": 3, "reason": "chain_unknown"}]},
        {"imported": 1, "removed": 0, "quarantined": []},
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "list_header_missing"),
        (b"asset,address\n", "list_empty"),
        (f"asset,address\n{A},ETH\n".encode(), "list_columns_shifted"),
        (b"asset,address\n" + b"x" * 3_000_000, "list_not_csv"),  # a line without an end
        (b"\x1f\x8bnot gzip at all", "list_not_gzip"),
        (gzip.compress(f"asset,address\nETH,{A}\n".encode())[:-9], "list_not_gzip"),
        (gzip.compress(b"asset,address\n" * 99)[:20] + b"\xff" * 20, "list_not_gzip"),
        (b"\xff\xfe\x00", "list_header_missing"),
    ],
)
def test_a_bad_file_is_one_clear_line_and_exit_2(
    settings: Path, content: bytes, message: str, capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    assert load(settings, "scams", content) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err
    assert said.err.count("\n") == 1
    with connect(database_url) as conn:
        assert conn.execute(
            "SELECT (SELECT count(*) FROM screening_list), (SELECT count(*) FROM list_staging)"
        ).fetchone() == (0, 0)


def test_a_smaller_list_needs_force(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert load(settings, "scams", f"asset,address\nETH,{A}\nETH,{B}\n".encode()) == 0
    smaller = f"asset,address\nETH,{A}\n".encode()
    assert load(settings, "scams", smaller) == 2
    assert "list_shrinks" in capsys.readouterr().err
    assert load(settings, "scams", smaller, "--force") == 0

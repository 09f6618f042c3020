"""The rating seen from outside: what indicators tell, who would move under other numbers, figures, the tools."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import merchant_kit
import pytest
from desk_kit import open_hall
from rating_kit import DECEMBER, Desk, open_desk, staffed

from tidegate.base.refusals import Malformed
from tidegate.db import Conn
from tidegate.rating.fact import Kind
from tidegate.rating.facts import flow as facts
from tidegate.rating.governance import flow as governance
from tidegate.rating.lake import jobs as lake
from tidegate.rating.runs import flow as runs
from tidegate.rating.window import month_after, month_before


@pytest.fixture
def desk(conn: Conn) -> Desk:
    return open_desk(conn)


def test_what_an_indicator_saw_is_told_once_and_judged_by_a_person(desk: Desk) -> None:
    one, two = (merchant_kit.person(desk.house) for _ in range(2))
    shops = [merchant_kit.certified(desk.house, who) for who in (one, two)]
    for who in (one, two):
        merchant_kit.account(desk.house, who)
    desk.month_over()
    done = runs.run(desk.conn, "2026-11", desk.mei, desk.now, runs.on_postgres(desk.conn))
    assert done.told == 2
    for shop in shops:
        (fact,) = facts.page(desk.conn, shop.id)
        assert (fact.indicator, fact.article, fact.fact, fact.disposition) == ("I-03", "5.2d", "violation", "open")
        assert fact.at == fact.known_at == DECEMBER - timedelta(microseconds=1)
        assert set(json.loads(fact.evidence)) >= {"value", "threshold", "inputs_hash", "evidence"}
    again = runs.run(desk.conn, "2026-11", desk.mei, desk.now, runs.on_postgres(desk.conn))
    assert (again.told, again.drawn, again.kept) == (0, 0, 2)


def test_the_lake_says_what_the_system_of_record_says(conn: Conn, tmp_path: Path) -> None:
    hall = open_hall(conn)
    desk = staffed(hall)
    seller, buyer = hall.merchant(), hall.person("Zhang Wei")
    merchant_kit.account(hall, seller.who, holder="Li Na")
    merchant_kit.account(hall, hall.merchant().who, holder="Li Na")
    hall.traded(hall.publish(seller), buyer)
    desk.confirmed(seller.id, Kind.COUNTERPARTY_FREEZE, counterparty=buyer.id)
    hall.now = DECEMBER + timedelta(days=1)
    lake.export(conn, tmp_path / "lake", hall.now)
    window, policy = runs.window_of(conn, "2026-11", hall.now)
    there = lake.look(tmp_path / "lake", window, policy)
    assert there == runs.on_postgres(conn)(window, policy)
    assert {reading.indicator for reading in there if reading.fired} >= {"I-03"}


def test_what_if_says_who_would_move_and_writes_nothing(desk: Desk) -> None:
    busy, quiet = desk.merchant(), desk.merchant()
    for n in range(2):
        desk.confirmed(busy.id, Kind.COUNTERPARTY_FREEZE, counterparty=f"u{n}")
    desk.month_over()
    before = desk.conn.execute("SELECT count(*) FROM journal").fetchone()
    numbers = governance.draft(desk.conn, {"mass_counterparties": 2, "mass_least": 2}, desk.now)
    found = governance.what_if(desk.conn, numbers, desk.now, 3)
    assert found.months == ["2026-09", "2026-10", "2026-11"]
    assert found.rated == 2
    (moved,) = found.moves
    assert (moved.month, moved.subject_id, moved.before, moved.after) == ("2026-11", busy.id, "high", "extreme")
    assert governance.what_if(desk.conn, governance.draft(desk.conn, {}, desk.now), desk.now).moves == []
    assert desk.conn.execute("SELECT count(*) FROM journal").fetchone() == before
    assert quiet.id != busy.id
    with pytest.raises(Malformed, match=r"rating\.multiple"):
        governance.draft(desk.conn, {"multiple": 0}, desk.now)
    with pytest.raises(Malformed, match="months"):
        governance.what_if(desk.conn, numbers, desk.now, 0)


def test_the_figures_of_a_month(desk: Desk) -> None:
    low, alerted, frozen = (desk.merchant() for _ in range(3))
    desk.confirmed(alerted.id, indicator="I-12")
    desk.judge(desk.told(low.id, indicator="I-12").id, "false_positive")
    desk.told(low.id, Kind.REFERENCE_FACTOR, indicator="I-01")
    desk.confirmed(frozen.id, Kind.COUNTERPARTY_FREEZE)
    desk.month_over()
    run = desk.run().run
    by = {line.subject_id: line for line in runs.lines_of(desk.conn, run.id)}
    desk.decide(by[frozen.id].id, "medium", code="victim")
    runs.publish(desk.conn, run.id, desk.mei, desk.now)
    desk.house.wait(days=1)
    desk.confirmed(alerted.id, Kind.COUNTERPARTY_FREEZE)
    found = governance.of_run(desk.conn, run.id)
    assert (found.matrix["low"]["low"], found.matrix["low"]["medium"], found.matrix["medium"]["medium"]) == (1, 1, 1)
    assert (found.stability, found.band) == (None, None), "there is no month before"
    (override,) = found.overrides
    assert (override.reviewer, override.decided, override.down, override.look) == (desk.mei, 1, 1, True)
    assert [(p.indicator, p.confirmed, p.false, p.open) for p in found.precision] == [
        ("I-01", 0, 0, 1),
        ("I-12", 1, 1, 0),
    ]
    assert {(row.tier, row.merchants, row.frozen) for row in found.frozen} == {("low", 1, 0), ("medium", 2, 1)}
    assert found.rises is True


def test_a_reviewer_with_two_keys_is_one_in_the_figures(desk: Desk) -> None:
    second = merchant_kit.staff(desk.house, "MEI")
    lines = []
    for _ in range(3):
        merchant = desk.merchant()
        desk.confirmed(merchant.id, Kind.COUNTERPARTY_FREEZE)
        lines.append(merchant.id)
    desk.month_over()
    run = desk.run().run
    by = {line.subject_id: line.id for line in runs.lines_of(desk.conn, run.id)}
    for merchant, who in zip(lines, (desk.mei, second, desk.anton), strict=True):
        desk.decide(by[merchant], "medium", who, code="victim")
    found = governance.of_run(desk.conn, run.id).overrides
    assert {(o.reviewer, o.decided) for o in found} == {(min(desk.mei, second), 2), (desk.anton, 1)}


def test_two_months_are_compared(desk: Desk) -> None:
    desk.merchant()
    desk.month_over()
    runs.publish(desk.conn, desk.run().run.id, desk.mei, desk.now)
    desk.house.now = DECEMBER + timedelta(days=31, hours=1)
    with pytest.raises(Exception, match="Nobody has confirmed the calendar CN for 2027"):
        desk.run("2026-12")
    assert month_after("2026-12") == "2027-01"
    assert month_before("2027-01") == "2026-12"


def test_the_tools_in_a_shell(desk: Desk, database_url: str, tmp_path: Path) -> None:
    merchant = desk.merchant()
    desk.told(merchant.id)
    settings = tmp_path / "settings.json"
    files = {name: str(tmp_path / name) for name in ("signer_socket", "data_key_file", "authoriser_key_file")}
    settings.write_text(json.dumps({"database_url": database_url, "networks": {}, **files}))

    def tool(*words: str | Path) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "tidegate", "rating", *map(str, words)], capture_output=True, timeout=60, text=True
        )
        return done.returncode, done.stdout, done.stderr

    code, out, err = tool("run", "2026-11", "--dry-run", "--settings", settings)
    assert (code, err) == (0, "")
    (line,) = json.loads(out)["lines"]
    assert (line["merchant"], line["computed"], line["person"]) == (merchant.id, "medium", True)
    code, out, err = tool("run", "2099-11", "--settings", settings)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "month_not_over" in err
    code, out, err = tool("run", "2026-10", "--engine", "duckdb", "--settings", settings)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "lake_missing" in err
    pack = tmp_path / "pack.json"
    pack.write_text(json.dumps({"rating": {"multiple": 2}}))
    code, out, err = tool("whatif", pack, "--months", "2", "--settings", settings)
    assert (code, err) == (0, "")
    assert len(json.loads(out)["months"]) == 2
    code, out, err = tool("evaluate", pack)
    assert (code, out, err.count("\n")) == (2, "", 1)

"""The signer's running totals say what adding up every order of the day would say."""

from __future__ import annotations

import itertools
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.base.signing import Gas, SignerRefused, Terms
from tidegate.signer.desk import Desk
from tidegate.signer.ledger import Ledger
from tidegate.signer.rules import Version
from tidegate.signer.settings import NetworkRule, SignerSettings

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(hours=24)
VERSION = Version("pay", 21_000, 2, 1, b"\x02")
_files = itertools.count()

Move = tuple[str | None, int, int]

moves = st.lists(
    st.tuples(
        st.sampled_from(["USDT@evm-local", "ETH@evm-local", None]),
        st.integers(1, 2**200),
        st.sampled_from([0, 1, 3600, 43_200, 86_399, 86_400, 86_401]),  # seconds since the one before
    ),
    max_size=12,
)


def begin(ledger: Ledger, n: int, asset: str | None, units: int, at: datetime) -> None:
    ledger.begin(f"wd_{n}", "evm-local", "0xhot", n, "digest", asset, units, VERSION, {}, at)


def test_a_new_ledger_has_spent_nothing(tmp_path: Path) -> None:
    assert Ledger(tmp_path / "l.sqlite").spent_24h("USDT@evm-local", START) == 0


@given(moves)
@settings(max_examples=40, deadline=None)
def test_a_day_is_the_sum_of_its_orders(tmp_path_factory: pytest.TempPathFactory, made: list[Move]) -> None:
    ledger = Ledger(tmp_path_factory.getbasetemp() / f"day-{next(_files)}.sqlite")
    now = START
    kept: list[tuple[str | None, int, datetime]] = []
    for n, (asset, units, later) in enumerate(made):
        now += timedelta(seconds=later)
        begin(ledger, n, asset, units, now)
        kept.append((asset, units, now))
        for name in ("USDT@evm-local", "ETH@evm-local"):
            assert ledger.spent_24h(name, now) == sum(u for a, u, at in kept if a == name and at > now - DAY)
    ledger.close()


def test_a_day_ends_to_the_second(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.sqlite")
    begin(ledger, 0, "USDT@evm-local", 5, START)
    begin(ledger, 1, "USDT@evm-local", 7, START + timedelta(seconds=1))
    assert ledger.spent_24h("USDT@evm-local", START + DAY - timedelta(seconds=1)) == 12
    assert ledger.spent_24h("USDT@evm-local", START + DAY) == 7
    assert ledger.spent_24h("USDT@evm-local", START + DAY + timedelta(seconds=1)) == 0


def test_a_clock_that_runs_backwards_never_makes_room(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.sqlite")
    begin(ledger, 0, "USDT@evm-local", 5, START)
    begin(ledger, 1, "USDT@evm-local", 7, START - timedelta(hours=30))
    for now in (START - timedelta(hours=30), START, START + timedelta(hours=23)):
        assert ledger.spent_24h("USDT@evm-local", now) == 12


def test_another_version_of_an_order_spends_nothing_more(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.sqlite")
    begin(ledger, 0, "USDT@evm-local", 5, START)
    ledger.add("wd_0", Version("pay", 21_000, 4, 2, b"\x03"), {}, START)
    with pytest.raises(SignerRefused, match="belongs to wd_0"):
        ledger.begin("wd_9", "evm-local", "0xhot", 0, "digest", "USDT@evm-local", 5, VERSION, {}, START)
    assert ledger.spent_24h("USDT@evm-local", START) == 5


def test_costs_are_kept_by_what_they_are_for_also_of_a_dearer_version(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.sqlite")
    ledger.begin("gas_0", "evm-local", "0xhot", 0, "digest", None, 9, VERSION, {"fees@n": 5, "gas@n": 9}, START)
    ledger.add("gas_0", VERSION, {"fees@n": 2}, START + timedelta(hours=1))
    assert [ledger.cost_24h(what, START + timedelta(hours=1)) for what in ("fees@n", "gas@n", "fees@m")] == [7, 9, 0]
    assert [ledger.cost_24h(what, START + DAY) for what in ("fees@n", "gas@n")] == [2, 0]


def test_a_ledger_without_totals_is_caught_up_once(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    ledger = Ledger(path)
    for n, hours in enumerate((0, 20, 30)):
        begin(ledger, n, "USDT@evm-local", 10**n, START + timedelta(hours=hours))
    begin(ledger, 3, None, 0, START)
    ledger.close()
    with sqlite3.connect(path) as old:
        old.execute("DROP TABLE spent")
    for _ in range(2):
        ledger = Ledger(path)
        assert ledger.spent_24h("USDT@evm-local", START + timedelta(hours=30)) == 110
        ledger.close()


def test_a_stolen_worker_burns_no_more_in_fees_and_gas_than_a_day_allows(tmp_path: Path) -> None:
    rule = NetworkRule(31337, 10**16, 10**15, {}, fees_24h=5 * 10**14, gas_24h=3 * 10**15)
    made = SignerSettings(tmp_path / "s", tmp_path / "k", tmp_path / "l", None, bytes(32), {"evm-local": rule})
    now = [START]
    desk = Desk(made, bytes(range(32)), lambda: now[0])

    def top_up(n: int, gwei: int = 1) -> str | None:
        terms = Terms(nonce=n, gas=60_000, max_fee=gwei * 10**9, tip=gwei * 10**8)
        try:
            desk.sign(Gas(f"gas_{n}", "evm-local", n, 10**15, terms))
        except SignerRefused as refused:
            return refused.code
        return None

    try:
        assert [top_up(n) for n in range(4)] == [None, None, None, "over_gas_day_limit"]
        assert [top_up(0, gwei) for gwei in (2, 6, 7)] == [None, None, "over_fee_day_limit"]
        assert top_up(0, 6) is None, "what was signed is handed out again"
        now[0] += timedelta(hours=24)
        assert top_up(3) is None
    finally:
        desk.close()
